// SPDX-License-Identifier: MIT
//
// progress.h: how far a long work is, on stderr. One thread.
#ifndef CHATBRIDGE_PROGRESS_H
#define CHATBRIDGE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

// What takes more than two seconds tells on stderr, if that is a terminal, how far it is.
struct progress {
    const char *what;
    int64_t done;
    int64_t total;
    int64_t next_ms; // when to show it
    bool shown;
};

struct progress progress_of(const char *what, int64_t total);
void progress_step(struct progress *progress); // one more is done
void progress_end(struct progress *progress);  // takes it away again

#endif
