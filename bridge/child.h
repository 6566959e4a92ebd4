// SPDX-License-Identifier: MIT
//
// child.h: programs started by `chatbridge dev`. They get a process group of their own, so that a Ctrl-C reaches the
// parent alone, which ends them in order; and they end by themselves when the parent is gone. One thread.
#ifndef CHATBRIDGE_CHILD_H
#define CHATBRIDGE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bridge/error.h"

struct child {
    const char *name; // of the program; borrowed
    pid_t pid;        // 0: it does not run
    int out;          // its standard output
};

// Starts the program `name`, which stands in the folder of this one or on the PATH. `argv` begins with its name and
// ends with NULL. Signals that the caller blocks are not blocked in it.
int child_start(struct child *child, const char *name, const char *const argv[], struct error *error) MUST_USE;

// The first line of its output, without the newline; what follows is thrown away. -1 when it ended without one, or
// `timeout_ms` is over.
int child_first_line(struct child *child, char *line, size_t size, int timeout_ms, struct error *error) MUST_USE;

// True once it has ended, whatever the reason.
bool child_ended(struct child *child);

// Asks it to end, and insists after `timeout_ms`.
void child_stop(struct child *child, int timeout_ms);

#endif
