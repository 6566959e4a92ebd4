// SPDX-License-Identifier: MIT
#include "deploy/sandbox/multipart.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "deploy/sandbox/form.h"

enum { BOUNDARY_MAX = 70, PARTS_MAX = 32, NAME_BYTES = 128, FILENAME_BYTES = 256 };

struct part {
    char name[NAME_BYTES];
    char filename[FILENAME_BYTES];
    bool is_file;
    const char *content;
    size_t len;
};

// ---- parameters of a header's value ----

// A token or a quoted string (in which \" stands for " and \\ for \) into `out`. Where it ends, or NULL.
static const char *read_value(const char *text, const char *end, char *out, size_t size)
{
    size_t len = 0;
    bool quoted = text < end && *text == '"';
    text += quoted;
    while (text < end && (quoted ? *text != '"' : strchr("; \t", *text) == NULL)) {
        if (quoted && *text == '\\' && text + 1 < end && strchr("\"\\", text[1]) != NULL)
            text++;
        if (len + 1 >= size)
            return NULL;
        out[len++] = *text++;
    }
    out[len] = '\0';
    if (!quoted)
        return len > 0 ? text : NULL;
    return text < end ? text + 1 : NULL; // behind the closing quote
}

static const char *skip(const char *text, const char *end, const char *characters)
{
    while (text < end && strchr(characters, *text) != NULL)
        text++;
    return text;
}

// The parameter `name` among `; name=value; …`: 1 and its value, 0 if it is not there, -1 if the list is broken.
static int read_parameter(const char *text, const char *end, const char *name, char *out, size_t size)
{
    char other[FILENAME_BYTES] = "";
    int found = 0;
    while ((text = skip(text, end, " \t")) < end) {
        if (*text != ';')
            return -1;
        text = skip(text + 1, end, " \t");
        const char *equals = memchr(text, '=', (size_t)(end - text));
        if (equals == NULL)
            return -1;
        size_t len = (size_t)(equals - text);
        bool wanted = found == 0 && len == strlen(name) && strncasecmp(text, name, len) == 0;
        text = read_value(equals + 1, end, wanted ? out : other, wanted ? size : sizeof other);
        if (text == NULL)
            return -1;
        found |= wanted;
    }
    return found;
}

// ---- a part's head ----

static int read_disposition(struct part *part, const char *value, const char *end, struct error *error)
{
    static const char form_data[] = "form-data";
    size_t len = strlen(form_data);
    value = skip(value, end, " \t");
    if ((size_t)(end - value) < len || strncasecmp(value, form_data, len) != 0)
        return error_set(error, ERROR_INPUT, "multipart: a part's Content-Disposition is not form-data");
    value += len;
    if (read_parameter(value, end, "name", part->name, sizeof part->name) != 1 || part->name[0] == '\0')
        return error_set(error, ERROR_INPUT, "multipart: a part has no name");
    int file = read_parameter(value, end, "filename", part->filename, sizeof part->filename);
    if (file < 0)
        return error_set(error, ERROR_INPUT, "multipart: the filename of %s is broken", part->name);
    part->is_file = file == 1;
    return 0;
}

// The lines of the head from `text` on; where the content begins, or NULL.
static const char *read_head(struct part *part, const char *text, const char *end, struct error *error)
{
    static const char disposition[] = "Content-Disposition:";
    for (;;) {
        const char *line_end = memmem(text, (size_t)(end - text), "\r\n", 2);
        if (line_end == NULL) {
            (void)error_set(error, ERROR_INPUT, "multipart: a part's head does not end");
            return NULL;
        }
        if (line_end == text)
            break;
        size_t len = strlen(disposition);
        if ((size_t)(line_end - text) > len && strncasecmp(text, disposition, len) == 0 &&
            read_disposition(part, text + len, line_end, error) != 0)
            return NULL;
        text = line_end + 2;
    }
    if (part->name[0] != '\0')
        return text + 2;
    (void)error_set(error, ERROR_INPUT, "multipart: a part has no Content-Disposition");
    return NULL;
}

// ---- parts ----

static int add_file(json_t *values, const struct part *part, struct error *error)
{
    if (json_object_get(values, part->name) != NULL)
        return error_set(error, ERROR_INPUT, "multipart: %s stands twice", part->name);
    // What a file holds is its reader's business: it need not be UTF-8.
    json_t *filename = json_string(part->filename);
    json_t *file = json_object();
    must(file != NULL);
    if (filename == NULL || json_object_set(values, part->name, file) != 0) {
        json_decref(filename);
        json_decref(file);
        return error_set(error, ERROR_INPUT, "multipart: a name is not UTF-8");
    }
    must(json_object_set_new(file, "filename", filename) == 0 &&
         json_object_set_new(file, "size", json_integer((json_int_t)part->len)) == 0 &&
         json_object_set_new(file, "content", json_stringn_nocheck(part->content, part->len)) == 0);
    json_decref(file);
    return 0;
}

static int add_part(json_t *values, const struct part *part, struct error *error)
{
    if (part->is_file)
        return add_file(values, part, error);
    if (memchr(part->content, '\0', part->len) != NULL)
        return error_set(error, ERROR_INPUT, "multipart: %s holds a NUL", part->name);
    return form_add(values, part->name, part->content, part->len, error);
}

// One part from behind its delimiter on; where the next delimiter ends, or NULL.
static const char *read_part(
    const char *text, const char *end, const char *delimiter, json_t *values, struct error *error)
{
    struct part part = {0};
    part.content = read_head(&part, text, end, error);
    if (part.content == NULL)
        return NULL;
    // The CRLF before a delimiter belongs to it; that of an empty content is the one that ends the head.
    const char *from = part.content - 2;
    const char *next = memmem(from, (size_t)(end - from), delimiter, strlen(delimiter));
    if (next == NULL) {
        (void)error_set(error, ERROR_INPUT, "multipart: %s does not end", part.name);
        return NULL;
    }
    part.len = next > part.content ? (size_t)(next - part.content) : 0;
    return add_part(values, &part, error) == 0 ? next + strlen(delimiter) : NULL;
}

static int read_boundary(const char *content_type, char *delimiter, size_t size, struct error *error)
{
    char boundary[BOUNDARY_MAX + 1];
    const char *end = content_type + strlen(content_type);
    const char *parameters = content_type + strcspn(content_type, "; \t");
    if (read_parameter(parameters, end, "boundary", boundary, sizeof boundary) != 1 || boundary[0] == '\0')
        return error_set(error, ERROR_INPUT, "multipart: the content type has no usable boundary");
    (void)snprintf(delimiter, size, "\r\n--%s", boundary);
    return 0;
}

int multipart_read(const char *content_type, const char *body, size_t len, json_t *values, struct error *error)
{
    char delimiter[BOUNDARY_MAX + 5];
    const char *end = body + len;
    if (read_boundary(content_type, delimiter, sizeof delimiter, error) != 0)
        return -1;
    size_t first = strlen(delimiter) - 2; // the first delimiter has no CRLF before it
    if (len < first || memcmp(body, delimiter + 2, first) != 0)
        return error_set(error, ERROR_INPUT, "multipart: the body does not begin with its boundary");
    const char *text = body + first;
    for (int parts = 0; end - text >= 2 && memcmp(text, "\r\n", 2) == 0; parts++) {
        if (parts == PARTS_MAX)
            return error_set(error, ERROR_INPUT, "multipart: more than %d parts", PARTS_MAX);
        text = read_part(text + 2, end, delimiter, values, error);
        if (text == NULL)
            return -1;
    }
    if (end - text < 2 || memcmp(text, "--", 2) != 0)
        return error_set(error, ERROR_INPUT, "multipart: the last boundary is missing");
    text += 2;
    if (text != end && !(end - text == 2 && memcmp(text, "\r\n", 2) == 0))
        return error_set(error, ERROR_INPUT, "multipart: there is more behind the last boundary");
    return 0;
}
