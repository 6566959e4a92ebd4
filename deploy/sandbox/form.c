// SPDX-License-Identifier: MIT
#include "deploy/sandbox/form.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { NAME_MAX_BYTES = 128 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Decodes into `out`, which has room for `len` bytes; the decoded length, or -1.
static ssize_t decode(const char *text, size_t len, char *out)
{
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[to++] = c;
    }
    return (ssize_t)to;
}

int form_add(json_t *values, const char *name, const char *value, size_t len, struct error *error)
{
    size_t name_len = strlen(name);
    bool array = name_len > 2 && strcmp(name + name_len - 2, "[]") == 0;
    if (array)
        name_len -= 2;
    json_t *text = json_stringn(value, len);
    if (text == NULL)
        return error_set(error, ERROR_INPUT, "a value is not UTF-8");
    json_t *there = json_object_getn(values, name, name_len);
    if (there == NULL && !array) {
        if (json_object_setn_new(values, name, name_len, text) != 0)
            return error_set(error, ERROR_INPUT, "a name is not UTF-8");
        return 0;
    }
    if (!json_is_array(there)) {
        json_t *list = json_array();
        must(list != NULL);
        if (there != NULL)
            must(json_array_append(list, there) == 0);
        if (json_object_setn_new(values, name, name_len, list) != 0) {
            json_decref(text);
            return error_set(error, ERROR_INPUT, "a name is not UTF-8");
        }
        there = list;
    }
    must(json_array_append_new(there, text) == 0);
    return 0;
}

static int read_pair(const char *pair, size_t len, char *value, json_t *values, struct error *error)
{
    char name[NAME_MAX_BYTES + 1];
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals ? (size_t)(equals - pair) : len;
    if (name_len > NAME_MAX_BYTES)
        return error_set(error, ERROR_INPUT, "the name of a parameter is longer than %d bytes", NAME_MAX_BYTES);
    ssize_t decoded = decode(pair, name_len, name);
    if (decoded < 0)
        return error_set(error, ERROR_INPUT, "the form's percent-encoding is broken");
    if (decoded == 0)
        return error_set(error, ERROR_INPUT, "the form has a value without a name");
    name[decoded] = '\0';
    decoded = equals == NULL ? 0 : decode(equals + 1, len - name_len - 1, value);
    if (decoded < 0)
        return error_set(error, ERROR_INPUT, "the form's percent-encoding is broken at %s", name);
    return form_add(values, name, value, (size_t)decoded, error);
}

int form_read(const char *text, size_t len, json_t *values, struct error *error)
{
    if (memchr(text, '\0', len) != NULL)
        return error_set(error, ERROR_INPUT, "the form holds a NUL");
    char *value = must_calloc(len + 1, 1); // room for the longest value
    int result = 0;
    const char *end = text + len;
    while (text < end && result == 0) {
        const char *next = memchr(text, '&', (size_t)(end - text));
        if (next == NULL)
            next = end;
        if (next > text)
            result = read_pair(text, (size_t)(next - text), value, values, error);
        text = next + 1;
    }
    free(value);
    return result;
}
