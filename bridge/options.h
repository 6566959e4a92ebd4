// SPDX-License-Identifier: MIT
//
// options.h: the command line of a command or program, from a table that also gives its --help. One thread.
#ifndef CHATBRIDGE_OPTIONS_H
#define CHATBRIDGE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/config.h"
#include "bridge/must.h"

enum { OPTIONS_GO_ON = -1, OPTIONS_REPEAT_MAX = 64 };

// The arguments of an option that may stand more than once, or of several that share the list, in their order.
struct options_list {
    const char *items[OPTIONS_REPEAT_MAX];
    const char *names[OPTIONS_REPEAT_MAX]; // the option that each came by
    size_t count;
};

// One of value, list and flag is set.
struct options_row {
    char letter;          // 0: none
    const char *name;     // NULL ends a table
    const char *argument; // what it is called in the help; NULL for a flag
    const char *help;
    const char **value;
    struct options_list *list;
    bool *flag;
};

struct options {
    const char *program;  // "chatbridge send"
    const char *operands; // as in the usage line; NULL: there are none
    const char *about;    // what it does, before the options in the help
    const char *more;     // behind them, or NULL
    const struct options_row *rows;
};

#define OPTIONS_CONFIG(path)                                                                                           \
    {                                                                                                                  \
        'c', "config", "FILE", "the configuration (default: $CHATBRIDGE_CONFIG, else the environment)",                \
            .value = (path)                                                                                            \
    }

// Reads argv; operands end up behind the options, the first at argv[*first]. OPTIONS_GO_ON, or the exit status with
// which to end (--help was asked for, or something is wrong and was said on stderr).
int options_read(const struct options *options, int argc, char **argv, int *first) MUST_USE;

// Says on stderr what is wrong and where the help is. EXIT_USAGE.
int options_wrong(const struct options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A whole number from min to max. 0 or -1.
int options_number(const char *text, int64_t min, int64_t max, int64_t *number) MUST_USE;

// A duration ("500ms", "8s") of at least 1 ms, in milliseconds. OPTIONS_GO_ON, or EXIT_USAGE after it was said.
int options_duration(const struct options *options, const char *name, const char *text, int64_t *ms) MUST_USE;

// The configuration, checked whole; NULL after its faults went to stderr. Owner: the caller.
struct config *options_config(const char *path) MUST_USE;

#endif
