// SPDX-License-Identifier: MIT
#include "consumers/limiter.h"

#include <stdbool.h>

static const double RAMP_FROM = 0.1;

void limiter_init(struct limiter *limiter, double rate)
{
    *limiter = (struct limiter){.rate = rate};
}

static bool ramping(const struct limiter *limiter, int64_t now_us)
{
    return limiter->ramp_us > 0 && now_us < limiter->ramp_us + LIMITER_RAMP_US;
}

// Microseconds between two calls at the pace of now.
static int64_t interval_us(const struct limiter *limiter, int64_t now_us)
{
    double rate = limiter->rate;
    if (ramping(limiter, now_us)) {
        double part = now_us <= limiter->ramp_us ? 0 : (double)(now_us - limiter->ramp_us) / LIMITER_RAMP_US;
        rate *= RAMP_FROM + (1 - RAMP_FROM) * part;
    }
    return (int64_t)(1e6 / rate);
}

// How far ahead of the even pace calls may come: one second's worth, none while ramping.
static int64_t burst_us(const struct limiter *limiter, int64_t now_us)
{
    return limiter->rate <= 1 || ramping(limiter, now_us) ? 0 : 1000000 - (int64_t)(1e6 / limiter->rate);
}

int64_t limiter_wait_us(const struct limiter *limiter, int64_t now_us)
{
    if (limiter->rate <= 0)
        return 0;
    int64_t wait = limiter->next_us - burst_us(limiter, now_us) - now_us;
    return wait > 0 ? wait : 0;
}

void limiter_take(struct limiter *limiter, int64_t now_us)
{
    if (limiter->rate <= 0)
        return;
    int64_t from = limiter->next_us > now_us ? limiter->next_us : now_us;
    limiter->next_us = from + interval_us(limiter, now_us);
}

void limiter_ramp(struct limiter *limiter, int64_t from_us)
{
    limiter->ramp_us = from_us;
    if (limiter->next_us < from_us)
        limiter->next_us = from_us;
}
