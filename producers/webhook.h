// SPDX-License-Identifier: MIT
//
// webhook.h: a webhook request's life: headers -> body -> signature -> decode -> repeat? -> publish -> delivery report
// -> answer (design: docs/guarantees.md, "A 2xx is an obligation"). Every function belongs to the inbound loop's
// thread.
#ifndef CHATBRIDGE_WEBHOOK_H
#define CHATBRIDGE_WEBHOOK_H

#include <stdbool.h>
#include <sys/queue.h>

#include "bridge/config.h"
#include "bridge/http_server.h"
#include "producers/publish.h"
#include "producers/recent.h"
#include "producers/refusal.h"

struct webhook;
TAILQ_HEAD(webhook_list, webhook);

// What the requests of one loop share.
struct webhooks {
    const struct config *config;
    struct publish publish;
    struct recent *recent;       // events whose senders were answered 2xx; NULL: repeats are not looked for
    int64_t refused[REFUSALS];   // how often, by reason, since the start
    int64_t refused_logged;      // of them all, when they were last logged
    bool stopping;               // new requests are answered 503
    struct webhook_list waiting; // for a delivery report, oldest first; each waits equally long
    unsigned pending;            // in that list, or answered while the report is still to come
};

void webhooks_init(struct webhooks *webhooks, const struct config *config, struct kafka_out *out);
void webhooks_clear(struct webhooks *webhooks);

// The handler for http_server_new().
struct http_handler webhooks_handler(struct webhooks *webhooks);

// Milliseconds until the oldest wait for Kafka is over; -1: none waits.
int webhooks_timeout_ms(const struct webhooks *webhooks);

// Answers 503 to those whose wait for Kafka is over; with `all` to every one that waits.
void webhooks_expire(struct webhooks *webhooks, bool all);

// One line with the number of refusals by reason, if there are new ones: single ones are held back by the log when they
// come in crowds.
void webhooks_log_refused(struct webhooks *webhooks);

#endif
