// SPDX-License-Identifier: MIT
//
// log.h: one line a fact, to stderr, as logfmt or JSON. Any thread; errno is kept. Never a body, never a secret.
// The same message more than LOG_REPEATS times in LOG_WINDOW_MS is held back and counted; the count follows as
// `repeated=` on one line when the window ends (log_tick()) or the program does (log_close()).
//
//     log_info("inbound: listening", log_str("address", address), log_int("connections_max", 4096));
#ifndef CHATBRIDGE_LOG_H
#define CHATBRIDGE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

enum { LOG_REPEATS = 10, LOG_WINDOW_MS = 10000 };

struct log_field {
    const char *key; // NULL: no field
    const char *text;
    int64_t number; // used when text is NULL
};

// Before other threads run. `program` stands on each line unless NULL.
void log_open(enum log_level level, enum log_format format, const char *program);
void log_tick(void);  // prints what was held back for longer than the window; call about once a second
void log_close(void); // prints all that was held back

bool log_enabled(enum log_level level);

// `message` must be a string literal: it is what repeats are counted by. `fields` ends with an empty one.
void log_write(enum log_level level, const char *message, const struct log_field *fields);

static inline struct log_field log_str(const char *key, const char *text)
{
    return (struct log_field){key, text ? text : "", 0};
}

static inline struct log_field log_int(const char *key, int64_t number)
{
    return (struct log_field){key, NULL, number};
}

#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {0}})

#define log_debug(...) LOG_PICK(LOG_DEBUG, __VA_ARGS__, {0})
#define log_info(...)  LOG_PICK(LOG_INFO, __VA_ARGS__, {0})
#define log_warn(...)  LOG_PICK(LOG_WARN, __VA_ARGS__, {0})
#define log_error(...) LOG_PICK(LOG_ERROR, __VA_ARGS__, {0})
#define LOG_PICK(level, message, ...)                                                                                  \
    (log_enabled(level) ? log_write(level, message, LOG_FIELDS(__VA_ARGS__)) : (void)0)

#endif
