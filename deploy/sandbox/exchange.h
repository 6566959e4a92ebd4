// SPDX-License-Identifier: MIT
//
// exchange.h: answers that do not go out at once: those that a fault delays and those that it never gives. An answer
// of its own form (a reset, a body that breaks off) is made here too. One thread.
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <sys/queue.h>

#include "bridge/heap.h"
#include "bridge/http_server.h"
#include "deploy/sandbox/faults.h"
#include "deploy/sandbox/reply.h"

struct exchange;

struct exchanges {
    struct heap delayed;
    TAILQ_HEAD(exchange_list, exchange) hanging;
    size_t hanging_count;
};

void exchanges_init(struct exchanges *exchanges);
void exchanges_clear(struct exchanges *exchanges); // none may wait any more

// Answers the request with `reply`, or as the fault wants it: now, later or never.
void exchange_answer(
    struct exchanges *exchanges, struct http_request *request, const struct reply *reply, const struct fault *fault);

// Those that are due. How long until the next, in ms; -1: there is none.
void exchanges_run(struct exchanges *exchanges);
int exchanges_timeout_ms(const struct exchanges *exchanges);

// Closes what hangs, and with `all` answers what is delayed too.
void exchanges_release(struct exchanges *exchanges, bool all);

// Answers now.
void exchange_reply(struct http_request *request, const struct reply *reply);

#endif
