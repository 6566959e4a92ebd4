// SPDX-License-Identifier: MIT
//
// inbound.h: the inbound side: a thread with its own HTTP server and its own producer. Called by the main thread.
#ifndef CHATBRIDGE_INBOUND_H
#define CHATBRIDGE_INBOUND_H

#include <stdint.h>

#include "bridge/config.h"
#include "bridge/error.h"

struct inbound;

// Listens and starts the thread. NULL with `error` set if it cannot. `config` must outlive it.
// `failed` is called once, from the thread, if it cannot go on; it must only wake somebody.
struct inbound *inbound_start(const struct config *config, void (*failed)(void), struct error *error) MUST_USE;

// Asks it to stop: no new webhooks, those that wait are answered, then the thread ends; at the latest at
// `deadline_ms` (monotonic). Returns at once.
void inbound_stop(struct inbound *inbound, int64_t deadline_ms);

// Waits for the thread's end and frees. Owner no more.
void inbound_join(struct inbound *inbound);

#endif
