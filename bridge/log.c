// SPDX-License-Identifier: MIT
//
// A line is built whole in a buffer on the stack and written by one write(2), so lines of several threads never
// mix. What does not fit is cut, and the line stays well-formed: a log line is not the place for data.
#include "bridge/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge/clock.h"

enum { LINE_MAX_BYTES = 2048, HELD_SLOTS = 64 };

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

// What is known of one message in the running window.
struct held {
    const char *message;
    enum log_level level;
    int64_t window_start; // monotonic ms
    int shown;
    int64_t held_back;
};

static enum log_level min_level = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;
static const char *program_name;
static struct held slots[HELD_SLOTS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

// How much may still be added; what closes the line ("\"}\n") always fits.
static size_t room(const struct line *line)
{
    size_t limit = sizeof line->text - 3;
    return line->len < limit ? limit - line->len : 0;
}

static void put_bytes(struct line *line, const char *bytes, size_t len)
{
    memcpy(line->text + line->len, bytes, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text)
{
    size_t len = strlen(text);
    if (len > room(line))
        for (len = room(line); len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    put_bytes(line, text, len);
}

// One character of a quoted text, which `*text` moves past, with JSON's escapes; logfmt's readers understand them too.
static size_t escape(char out[8], const char **text)
{
    unsigned char c = (unsigned char)*(*text)++;
    if (c == '"' || c == '\\')
        return (size_t)snprintf(out, 8, "\\%c", c);
    if (c == '\n')
        return (size_t)snprintf(out, 8, "\\n");
    if (c < 0x20 || c == 0x7f)
        return (size_t)snprintf(out, 8, "\\u%04x", c);
    size_t len = 0;
    out[len++] = (char)c;
    while (len < 4 && ((unsigned char)**text & 0xc0) == 0x80)
        out[len++] = *(*text)++;
    return len;
}

static void put_quoted(struct line *line, const char *text)
{
    char escaped[8];
    put_text(line, "\"");
    while (*text != '\0') {
        size_t len = escape(escaped, &text);
        if (len > room(line))
            break;
        put_bytes(line, escaped, len);
    }
    line->text[line->len++] = '"';
}

static bool is_plain(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f || strchr("=\"\\", *text) != NULL)
            return false;
    return true;
}

// A field of which not even the name and a few characters fit is left out.
static void put_field(struct line *line, const struct log_field *field)
{
    enum { WORTH_IT = 32 };
    bool json = line_format == LOG_JSON;
    if (strlen(field->key) + WORTH_IT > room(line))
        return;
    if (line->len > 1)
        put_text(line, json ? "," : " ");
    if (json) {
        put_quoted(line, field->key);
        put_text(line, ":");
    } else {
        put_text(line, field->key);
        put_text(line, "=");
    }
    if (field->text == NULL) {
        char number[24];
        (void)snprintf(number, sizeof number, "%" PRId64, field->number);
        put_text(line, number);
    } else if (!json && is_plain(field->text)) {
        put_text(line, field->text);
    } else {
        put_quoted(line, field->text);
    }
}

static void print_line(enum log_level level, const char *message, const struct log_field *fields)
{
    struct line line = {.len = 0};
    char now[CLOCK_TEXT];
    if (line_format == LOG_JSON)
        put_text(&line, "{");
    put_field(&line, &(struct log_field){"time", clock_format(clock_wall_ms(), now), 0});
    put_field(&line, &(struct log_field){"level", level_names[level], 0});
    if (program_name != NULL)
        put_field(&line, &(struct log_field){"program", program_name, 0});
    put_field(&line, &(struct log_field){"msg", message, 0});
    for (; fields->key != NULL; fields++)
        put_field(&line, fields);
    if (line_format == LOG_JSON)
        line.text[line.len++] = '}';
    line.text[line.len++] = '\n';
    if (write(STDERR_FILENO, line.text, line.len) < 0)
        return; // nowhere left to say it
}

// Prints how often the slot's message was held back, and starts its window anew. Lock held.
static void settle(struct held *slot)
{
    if (slot->held_back > 0)
        print_line(slot->level, slot->message, LOG_FIELDS(log_int("repeated", slot->held_back)));
    slot->shown = 0;
    slot->held_back = 0;
}

// The slot of `message`: its own, else the one whose window is oldest. Lock held.
static struct held *slot_of(const char *message)
{
    struct held *oldest = &slots[0];
    for (int i = 0; i < HELD_SLOTS; i++) {
        if (slots[i].message == message)
            return &slots[i];
        if (slots[i].window_start < oldest->window_start)
            oldest = &slots[i];
    }
    settle(oldest);
    *oldest = (struct held){.message = message};
    return oldest;
}

void log_open(enum log_level level, enum log_format format, const char *program)
{
    min_level = level;
    line_format = format;
    program_name = program;
}

bool log_enabled(enum log_level level)
{
    return level >= min_level;
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    int saved = errno;
    if (level == LOG_DEBUG) { // whoever asks for debug lines wants all of them
        print_line(level, message, fields);
        errno = saved;
        return;
    }
    must(pthread_mutex_lock(&slots_lock) == 0);
    struct held *slot = slot_of(message);
    int64_t now = clock_ms();
    if (now - slot->window_start >= LOG_WINDOW_MS) {
        settle(slot);
        slot->window_start = now;
    }
    slot->level = level;
    if (slot->shown < LOG_REPEATS) {
        slot->shown++;
        print_line(level, message, fields);
    } else {
        slot->held_back++;
    }
    must(pthread_mutex_unlock(&slots_lock) == 0);
    errno = saved;
}

static void settle_all(int64_t older_than)
{
    must(pthread_mutex_lock(&slots_lock) == 0);
    for (int i = 0; i < HELD_SLOTS; i++)
        if (slots[i].message != NULL && slots[i].window_start <= older_than)
            settle(&slots[i]);
    must(pthread_mutex_unlock(&slots_lock) == 0);
}

void log_tick(void)
{
    settle_all(clock_ms() - LOG_WINDOW_MS);
}

void log_close(void)
{
    settle_all(INT64_MAX);
}
