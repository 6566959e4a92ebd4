// SPDX-License-Identifier: MIT
//
// gate.h: whether an app may be called now: its breaker, the pause it asked for (Retry-After) and its rate, together.
// What stands in the way is charged to the app, not to the commands: gate_paused_ms() is the time that does not count
// for their retry window. Plain data; one thread.
#ifndef CHATBRIDGE_GATE_H
#define CHATBRIDGE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/backoff.h"
#include "bridge/config.h"
#include "consumers/answer.h"
#include "consumers/breaker.h"
#include "consumers/limiter.h"

struct gate {
    const struct app_config *app;
    struct backoff throttle_backoff; // for a "slow down" that names no time
    struct breaker breaker;
    struct limiter limiter;
    int64_t throttled_until_ms; // monotonic
    unsigned throttles;         // in a row
    uint64_t successes;         // calls that did what they should
    int64_t closed_since_ms;    // the gate is closed (by breaker or throttle) since then; 0: open
    int64_t paused_ms;          // closed before that, in all
};

void gate_init(struct gate *gate, const struct config *config, const struct app_config *app);

// Keeps the account of the time during which the gate is closed: to be called in every turn of the loop.
void gate_account(struct gate *gate, int64_t now_ms);

// Milliseconds until a call may be made; 0: now; -1: not before a call in flight has ended.
int64_t gate_wait_ms(struct gate *gate, int64_t now_ms);

// A call is made. Answers whether it is the breaker's probe.
bool gate_call(struct gate *gate);

// What the call's answer says of the app. `retry_after_ms`: what the answer asked for; -1: nothing.
void gate_answered(struct gate *gate, enum answer_class class, int64_t retry_after_ms, bool probe, const char *reason);

// The call was given up before an answer.
void gate_call_gone(struct gate *gate, bool probe);

// How long the gate has been closed so far, in all.
int64_t gate_paused_ms(const struct gate *gate, int64_t now_ms);

#endif
