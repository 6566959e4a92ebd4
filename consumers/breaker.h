// SPDX-License-Identifier: MIT
//
// breaker.h: stops calling an app whose API cannot be reached or refuses our credentials, and finds out by single
// probes when it can be called again. Plain data; times in milliseconds of the monotonic clock.
//
//     CLOSED --failures in a row--> OPEN --time is over--> PROBING --success--> CLOSED
//                                     ^---------failure------'   (each time waiting twice as long, up to a limit)
#ifndef CHATBRIDGE_BREAKER_H
#define CHATBRIDGE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING };

struct breaker {
    enum breaker_state state;
    unsigned failures;     // in a row
    unsigned failures_max; // that open it
    int64_t open_ms;       // the first wait
    int64_t open_max_ms;   // the longest
    int64_t wait_ms;       // the present one
    int64_t until_ms;      // when OPEN ends
};

void breaker_init(struct breaker *breaker, unsigned failures_max, int64_t open_ms, int64_t open_max_ms);

// Milliseconds until a call may be made; 0: now; -1: not before the probe in flight has ended.
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

// A call is made. Answers whether it is the probe.
bool breaker_call(struct breaker *breaker);

// What became of a call. `probe`: what breaker_call() answered for it. `at_once`: opens without counting.
// Both answer whether the state changed between closed and not closed.
bool breaker_success(struct breaker *breaker);
bool breaker_failure(struct breaker *breaker, int64_t now_ms, bool probe, bool at_once);

// A probe ended without telling anything (it was given up).
void breaker_probe_gone(struct breaker *breaker, int64_t now_ms);

#endif
