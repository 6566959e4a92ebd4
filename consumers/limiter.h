// SPDX-License-Identifier: MIT
//
// limiter.h: a token bucket as GCRA: one time instead of a count of tokens. A call is in order when it comes at most
// a burst ahead of the even pace. Plain data; times in microseconds of the monotonic clock.
#ifndef CHATBRIDGE_LIMITER_H
#define CHATBRIDGE_LIMITER_H

#include <stdint.h>

enum { LIMITER_RAMP_US = 10 * 1000 * 1000 }; // after a pause the pace grows from a tenth to the whole within this

struct limiter {
    double rate;     // calls a second; 0: no limit
    int64_t next_us; // when the next call would come at the even pace (GCRA's theoretical arrival time)
    int64_t ramp_us; // when the ramp began; 0: none
};

void limiter_init(struct limiter *limiter, double rate);

// Microseconds until a call is in order; 0: now.
int64_t limiter_wait_us(const struct limiter *limiter, int64_t now_us);

// A call is made.
void limiter_take(struct limiter *limiter, int64_t now_us);

// The destination asked for a pause that ends at `from_us`: no burst after it, the pace ramps up from there.
void limiter_ramp(struct limiter *limiter, int64_t from_us);

#endif
