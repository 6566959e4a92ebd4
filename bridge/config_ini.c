// SPDX-License-Identifier: MIT
//
// The file, over inih. inih alone is too forgiving for a configuration: it cuts long lines and long section names,
// reports one malformed line of many, says nothing of an empty section, and takes what stands behind a section's
// `]` or behind ` ;` for a comment. So it gets its lines from a reader of ours, which sees each of them first, counts
// them, and lets a section be heard of by feeding the line `=` (no name, no value) behind its head.
// Debian builds inih with its options as variables; they are set here, before any other thread runs.
#include "bridge/config_source.h"

#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"

enum {
    LINE_BYTES = 16 * 1024, // a certificate's key fits
    FILE_BYTES = 256 * 1024,
    ORIGIN_BYTES = 512,
};

struct reading {
    struct config_source *source;
    struct config *config;
    const char *path;
    const char *rest; // of the text
    int line;
    bool section_head; // the line before was one: its `=` comes next
    bool is_section;   // the `=` was fed
    bool pending;      // a line `key = value` was fed and not yet heard of
    bool skipping;     // the section's head was wrong: what follows is read and forgotten
    char origin[ORIGIN_BYTES];
};

static const char *origin_of(struct reading *reading)
{
    (void)snprintf(reading->origin, sizeof reading->origin, "%s:%d", reading->path, reading->line);
    return reading->origin;
}

static int on_line(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    reading->pending = false;
    if (reading->is_section) {
        config_source_begin(reading->source, reading->config, section, origin_of(reading));
        return 1;
    }
    if (reading->skipping)
        return 1;
    if (*name == '\0')
        config_fault(reading->config, origin_of(reading), "there is no key before the '='");
    else if (*section == '\0')
        config_fault(reading->config, origin_of(reading), "'%s' stands before any [section]", name);
    else
        config_source_add(reading->source, reading->config,
            &(struct config_entry){(char *)(uintptr_t)section, (char *)(uintptr_t)name, (char *)(uintptr_t)value,
                (char *)(uintptr_t)origin_of(reading), false});
    return 1;
}

// The head of a section. Answers false, with its fault, if it is none that inih would read as it is meant.
static bool is_good_head(struct reading *reading, const char *line)
{
    const char *end = strchr(line, ']');
    if (end == NULL) {
        config_fault(reading->config, origin_of(reading), "the section's name does not end with ']'");
        return false;
    }
    if (end[1 + strspn(end + 1, " \t\r")] != '\0') {
        config_fault(reading->config, origin_of(reading),
            "there is more behind the section's ']'; a comment stands on a line of its own");
        return false;
    }
    if (end - line - 1 > CONFIG_SECTION_BYTES) {
        config_fault(reading->config, origin_of(reading), "the section's name is longer than %d characters",
            CONFIG_SECTION_BYTES);
        return false;
    }
    return true;
}

// One line of the text, without its end, into `line`. Answers false at the end of the text.
static bool next_line(struct reading *reading, char *line, size_t size)
{
    if (*reading->rest == '\0')
        return false;
    size_t len = strcspn(reading->rest, "\n");
    reading->line++;
    if (len < size) {
        memcpy(line, reading->rest, len);
        line[len] = '\0';
    } else {
        line[0] = '\0';
        config_fault(reading->config, origin_of(reading), "the line is longer than %zu bytes", size - 1);
    }
    reading->rest += len + (reading->rest[len] == '\n');
    return true;
}

// inih's wish for a line; as fgets().
static char *feed(char *line, int size, void *context)
{
    struct reading *reading = context;
    if (reading->pending)
        config_fault(reading->config, origin_of(reading), "the line is neither [section] nor key = value");
    reading->pending = false;
    reading->is_section = reading->section_head;
    reading->section_head = false;
    if (reading->is_section) {
        (void)snprintf(line, (size_t)size, "=");
        return line;
    }
    if (!next_line(reading, line, (size_t)size))
        return NULL;
    size_t bom = reading->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    const char *start = line + bom + strspn(line + bom, " \t\r\f\v");
    if (*start == '[') {
        reading->section_head = is_good_head(reading, start);
        reading->skipping = !reading->section_head;
        if (reading->skipping)
            line[0] = '\0';
    } else {
        reading->pending = *start != '\0' && *start != '#' && *start != ';';
    }
    return line;
}

// The file's text; a fault if there is none. Owner: the caller.
static char *read_text(struct config *config, const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf text;
    char block[4096];
    size_t got;
    int full = 0;
    if (file == NULL) {
        config_fault(config, path, "it cannot be read: %s", strerror(errno));
        return NULL;
    }
    buf_init(&text, FILE_BYTES);
    while (full == 0 && (got = fread(block, 1, sizeof block, file)) > 0)
        full = buf_add(&text, block, got);
    size_t faults = config->fault_count;
    if (ferror(file))
        config_fault(config, path, "it cannot be read: %s", strerror(errno));
    else if (full != 0)
        config_fault(config, path, "it is larger than %d bytes", FILE_BYTES);
    else if (memchr(buf_text(&text), '\0', text.len) != NULL)
        config_fault(config, path, "it is no text: it holds a NUL byte");
    (void)fclose(file);
    char *taken = buf_take(&text);
    if (config->fault_count == faults)
        return taken;
    free(taken);
    return NULL;
}

void config_ini_read(struct config_source *source, struct config *config, const char *path)
{
    char *text = read_text(config, path);
    if (text == NULL)
        return;
    ini_allow_multiline = false;       // an indented line would silently become more of the one above
    ini_allow_inline_comments = false; // a secret may hold " ;"
    ini_allow_bom = true;
    ini_use_stack = false;
    ini_max_line = ini_initial_alloc = LINE_BYTES;
    struct reading reading = {.source = source, .config = config, .path = path, .rest = text};
    // The number it answers is of the first malformed line; feed() has reported them all.
    must(ini_parse_stream(feed, &reading, on_line, &reading) != -2);
    free(text);
}
