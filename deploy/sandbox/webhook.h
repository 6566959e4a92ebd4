// SPDX-License-Identifier: MIT
//
// webhook.h: comments are told to the app's webhook URL, in order a room, rooms side by side, with few tries. The queue
// is bounded; what does not fit is dropped, counted and logged: the API never waits for a receiver. One thread.
#ifndef SANDBOX_WEBHOOK_H
#define SANDBOX_WEBHOOK_H

#include <jansson.h>
#include <stdint.h>

#include "bridge/error.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/sandbox.h"

struct webhooks *webhooks_new(const struct settings *settings, struct error *error) MUST_USE;
void webhooks_free(struct webhooks *webhooks); // what waits is dropped

// Nothing if the app has no URL. `by_client`: a person's client wrote it, not the REST API.
void webhooks_add(struct webhooks *webhooks, const struct app *app, const struct comment *comment, bool by_client);

// What the sender does wrong: how probable it is, 0 to 1, that a webhook is told twice, told later than the next ones
// of its room, or not at all. All are 0 at the start.
struct webhook_chances {
    double repeat;
    double disorder;
    double drop;
};

const struct webhook_chances *webhooks_chances(const struct webhooks *webhooks);
void webhooks_set_chances(struct webhooks *webhooks, const struct webhook_chances *chances);

// For the loop, as in http_server.h.
int webhooks_fd(const struct webhooks *webhooks);
int webhooks_timeout_ms(const struct webhooks *webhooks);
void webhooks_run(struct webhooks *webhooks);

// The log of what was tried: {"deliveries":[…],"next":…,"total":…,"dropped":…}.
json_t *webhooks_log(const struct webhooks *webhooks, const char *app, uint64_t after, size_t limit) MUST_USE;
size_t webhooks_pending(const struct webhooks *webhooks);
uint64_t webhooks_delivered(const struct webhooks *webhooks);
uint64_t webhooks_given_up(const struct webhooks *webhooks);
uint64_t webhooks_dropped(const struct webhooks *webhooks);

#endif
