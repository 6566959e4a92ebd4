// SPDX-License-Identifier: MIT
#include "consumers/breaker.h"

void breaker_init(struct breaker *breaker, unsigned failures_max, int64_t open_ms, int64_t open_max_ms)
{
    *breaker = (struct breaker){
        .failures_max = failures_max, .open_ms = open_ms, .open_max_ms = open_max_ms, .wait_ms = open_ms};
}

int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms)
{
    switch (breaker->state) {
    case BREAKER_CLOSED:
        return 0;
    case BREAKER_OPEN:
        return breaker->until_ms > now_ms ? breaker->until_ms - now_ms : 0;
    case BREAKER_PROBING:
        return -1;
    }
    return -1;
}

bool breaker_call(struct breaker *breaker)
{
    if (breaker->state != BREAKER_OPEN)
        return false;
    breaker->state = BREAKER_PROBING;
    return true;
}

bool breaker_success(struct breaker *breaker)
{
    bool changed = breaker->state != BREAKER_CLOSED;
    breaker->state = BREAKER_CLOSED;
    breaker->failures = 0;
    breaker->wait_ms = breaker->open_ms;
    return changed;
}

static void open_until(struct breaker *breaker, int64_t now_ms)
{
    breaker->state = BREAKER_OPEN;
    breaker->until_ms = now_ms + breaker->wait_ms;
}

bool breaker_failure(struct breaker *breaker, int64_t now_ms, bool probe, bool at_once)
{
    breaker->failures++;
    if (breaker->state == BREAKER_CLOSED) {
        if (breaker->failures < breaker->failures_max && !at_once)
            return false;
        open_until(breaker, now_ms);
        return true;
    }
    if (probe && breaker->state == BREAKER_PROBING) {
        breaker->wait_ms = breaker->wait_ms * 2 < breaker->open_max_ms ? breaker->wait_ms * 2 : breaker->open_max_ms;
        open_until(breaker, now_ms);
    }
    return false; // calls that were begun before it opened say nothing new
}

void breaker_probe_gone(struct breaker *breaker, int64_t now_ms)
{
    if (breaker->state == BREAKER_PROBING)
        open_until(breaker, now_ms);
}
