// SPDX-License-Identifier: MIT
#include "bridge/backoff.h"

#include "bridge/must.h"
#include "bridge/random.h"

int64_t backoff_ceiling_ms(const struct backoff *backoff, unsigned repeat)
{
    must(backoff->initial_ms >= 0 && backoff->max_ms >= 0);
    int64_t ceiling = backoff->initial_ms;
    for (; repeat > 0 && ceiling > 0 && ceiling < backoff->max_ms; repeat--)
        ceiling = ceiling > backoff->max_ms / 2 ? backoff->max_ms : ceiling * 2; // cannot overflow
    return ceiling < backoff->max_ms ? ceiling : backoff->max_ms;
}

int64_t backoff_ms(const struct backoff *backoff, unsigned repeat)
{
    return (int64_t)random_below((uint64_t)backoff_ceiling_ms(backoff, repeat) + 1);
}
