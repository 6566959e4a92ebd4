// SPDX-License-Identifier: MIT
//
// outbound.h: the outbound side: one thread that owns the consumer, the producer of outcomes, the HTTP client and all
// commands. Called by the main thread.
#ifndef CHATBRIDGE_OUTBOUND_H
#define CHATBRIDGE_OUTBOUND_H

#include <stdint.h>

#include "bridge/config.h"
#include "bridge/error.h"

struct outbound;

// Joins the group and starts the thread. NULL with `error` set if it cannot. `config` must outlive it.
// `failed` is called once, from the thread, if it cannot go on; it must only wake somebody.
struct outbound *outbound_start(const struct config *config, void (*failed)(void), struct error *error) MUST_USE;

// Asks it to stop: nothing new is called, calls in flight end and are committed, the group is left; what is not done at
// `deadline_ms` (monotonic) is given up and will be repeated. Returns at once.
void outbound_stop(struct outbound *outbound, int64_t deadline_ms);

// Waits for the thread's end and frees.
void outbound_join(struct outbound *outbound);

#endif
