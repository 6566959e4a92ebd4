// SPDX-License-Identifier: MIT
//
// backoff.h: exponential backoff with full jitter: the n-th wait is drawn evenly from 0 to min(max, initial * 2^n).
// Full jitter spreads the repeats of many commands that failed together better than a fixed or half-fixed wait.
#ifndef CHATBRIDGE_BACKOFF_H
#define CHATBRIDGE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t initial_ms;
    int64_t max_ms;
};

// The wait before repeat number `repeat` (0 is the first), in milliseconds. Any thread.
int64_t backoff_ms(const struct backoff *backoff, unsigned repeat);

// The ceiling the wait is drawn below.
int64_t backoff_ceiling_ms(const struct backoff *backoff, unsigned repeat);

#endif
