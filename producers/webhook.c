// SPDX-License-Identifier: MIT
//
// One request in the order in which it is lived: on_begin(), on_complete(), on_delivered(). What ends early ends in
// refuse(). A request that waited for Kafka longer than ack.timeout is answered 503 and forgotten, while its webhook
// stays until librdkafka has reported on the record: the event may still arrive, and the sender's repeat carries the
// same ce_id.
#include "producers/webhook.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/log.h"
#include "producers/signature.h"
#include "producers/webhook_auth.h"

enum webhook_state { WEBHOOK_DECODED, WEBHOOK_PUBLISHING, WEBHOOK_ANSWERED, WEBHOOK_ABANDONED, WEBHOOK_STATES };

static const char *const state_names[WEBHOOK_STATES] = {"decoded", "publishing", "answered", "abandoned"};

struct webhook {
    TAILQ_ENTRY(webhook) link;
    struct webhooks *webhooks;
    struct http_request *request; // NULL once answered
    enum webhook_state state;
    bool usable;
    int64_t deadline_ms; // monotonic
    char id[CLOUDEVENT_VALUE_MAX + 1];
};

static void refuse(const struct webhooks *webhooks, struct http_request *request, enum refusal refusal)
{
    struct client client;
    webhook_auth_client(webhooks->config, request, &client);
    log_info("webhook: refused", log_int("status", refusal_status(refusal)), log_str("reason", refusal_name(refusal)),
        log_str("client", client.text));
    refusal_answer(request, refusal);
}

// ---- the headers are in ----

static void on_begin(void *context, struct http_request *request)
{
    struct webhooks *webhooks = context;
    enum refusal refusal;
    const struct app_config *app = webhook_auth(webhooks->config, request, &refusal);
    if (app == NULL)
        refuse(webhooks, request, refusal);
    else if (webhooks->stopping)
        refuse(webhooks, request, REFUSAL_STOPPING);
    else
        http_request_set_user(request, (void *)(uintptr_t)app);
}

static void on_too_large(void *context, struct http_request *request)
{
    const struct webhooks *webhooks = context;
    refuse(webhooks, request, REFUSAL_BODY_SIZE);
}

// ---- the body is in: is it authentic? decode and publish ----

static void webhook_move(struct webhook *webhook, enum webhook_state to)
{
    static const bool allowed[WEBHOOK_STATES][WEBHOOK_STATES] = {
        [WEBHOOK_DECODED] = {[WEBHOOK_PUBLISHING] = true, [WEBHOOK_ANSWERED] = true},
        [WEBHOOK_PUBLISHING] = {[WEBHOOK_ANSWERED] = true, [WEBHOOK_ABANDONED] = true},
        [WEBHOOK_ABANDONED] = {[WEBHOOK_ANSWERED] = true},
    };
    must(allowed[webhook->state][to]);
    log_debug("webhook: state", log_str("id", webhook->id), log_str("from", state_names[webhook->state]),
        log_str("to", state_names[to]));
    webhook->state = to;
}

static void answer(struct webhook *webhook, const struct kafka_delivery *delivery)
{
    const char *id = webhook->id;
    json_auto_t *body = NULL;
    if (webhook->usable)
        body = json_pack("{s:s, s:s, s:s, s:i, s:I}", "status", "accepted", "id", id, "topic",
            publish_topic(&webhook->webhooks->publish, true), "partition", (int)delivery->partition, "offset",
            (json_int_t)delivery->offset);
    else
        body = json_pack("{s:s, s:s}", "status", "rejected", "id", id);
    must(body != NULL);
    char *text = json_line(body);
    http_request_reply(webhook->request,
        &(struct http_response){
            .status = 200, .content_type = "application/json", .body = text, .body_len = strlen(text)});
    free(text);
}

// What a failed delivery means to the sender: a record that Kafka refuses for its size will not be taken next time
// either; all else may pass.
static enum refusal undelivered(const struct webhook *webhook, const struct error *error)
{
    log_error("webhook: not delivered", log_str("id", webhook->id), log_str("error", error->text));
    return error->kind == ERROR_INPUT ? REFUSAL_RECORD_SIZE : REFUSAL_NOT_DELIVERED;
}

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    struct webhook *webhook = context;
    struct webhooks *webhooks = webhook->webhooks;
    if (webhook->state == WEBHOOK_PUBLISHING) {
        TAILQ_REMOVE(&webhooks->waiting, webhook, link);
        if (delivery->delivered)
            answer(webhook, delivery);
        else
            refuse(webhooks, webhook->request, undelivered(webhook, &delivery->error));
    }
    webhook_move(webhook, WEBHOOK_ANSWERED);
    webhooks->pending--;
    free(webhook);
}

static struct webhook *webhook_new(struct webhooks *webhooks, struct http_request *request)
{
    struct webhook *webhook = must_calloc(1, sizeof *webhook);
    webhook->webhooks = webhooks;
    webhook->request = request;
    webhook->deadline_ms = clock_ms() + webhooks->config->inbound.ack_timeout_ms;
    return webhook;
}

// The event's metadata live on the stack: librdkafka copies what it takes, and only the id is needed afterwards.
static enum refusal publish(struct webhook *webhook, const struct app_config *app, const char *body, size_t len)
{
    struct webhooks *webhooks = webhook->webhooks;
    const struct http_request *request = webhook->request;
    struct event event;
    struct cloudevent cloudevent;
    struct error error;
    webhook->usable = event_decode(&event, app->name, body, len, &error) == 0;
    cloudevent_make(&cloudevent, &event, app->name, clock_wall_ms(), http_request_header(request, "Content-Type"),
        http_request_header(request, "traceparent"), webhook->usable ? NULL : error.text);
    memcpy(webhook->id, cloudevent.id, sizeof webhook->id);
    if (!webhook->usable) {
        log_warn("webhook: body not usable", log_str("app", app->name), log_str("id", webhook->id),
            log_str("reason", error.text));
        if (webhooks->config->inbound.rejected == REJECTED_REFUSE)
            return REFUSAL_UNUSABLE;
    }
    if (publish_event(
            &webhooks->publish, &event, &cloudevent, webhook->usable, body, len, on_delivered, webhook, &error) != 0)
        return undelivered(webhook, &error);
    return REFUSAL_NONE;
}

static void on_complete(void *context, struct http_request *request)
{
    struct webhooks *webhooks = context;
    const struct app_config *app = http_request_user(request);
    size_t len;
    const char *body = http_request_body(request, &len);
    if (!signature_is_right(app, http_request_header(request, app->signature_header), body, len)) {
        refuse(webhooks, request, REFUSAL_SIGNATURE);
        return;
    }
    struct webhook *webhook = webhook_new(webhooks, request);
    enum refusal refusal = publish(webhook, app, body, len);
    if (refusal != REFUSAL_NONE) {
        refuse(webhooks, request, refusal);
        free(webhook);
        return;
    }
    webhook_move(webhook, WEBHOOK_PUBLISHING);
    TAILQ_INSERT_TAIL(&webhooks->waiting, webhook, link);
    webhooks->pending++;
}

// ---- all of a loop's webhooks ----

void webhooks_init(struct webhooks *webhooks, const struct config *config, struct kafka_out *out)
{
    *webhooks = (struct webhooks){
        .config = config,
        .publish = {.out = out,
            .events_topic = config->topics.events,
            .rejected_topic = config->topics.rejected,
            .format = config->inbound.event_format},
    };
    TAILQ_INIT(&webhooks->waiting);
}

struct http_handler webhooks_handler(struct webhooks *webhooks)
{
    return (struct http_handler){
        .context = webhooks, .begin = on_begin, .complete = on_complete, .too_large = on_too_large};
}

int webhooks_timeout_ms(const struct webhooks *webhooks)
{
    const struct webhook *oldest = TAILQ_FIRST(&webhooks->waiting);
    if (oldest == NULL)
        return -1;
    int64_t left = oldest->deadline_ms - clock_ms();
    return left > 0 ? (int)left : 0;
}

void webhooks_expire(struct webhooks *webhooks, bool all)
{
    int64_t now = clock_ms();
    struct webhook *webhook;
    while ((webhook = TAILQ_FIRST(&webhooks->waiting)) != NULL && (all || webhook->deadline_ms <= now)) {
        TAILQ_REMOVE(&webhooks->waiting, webhook, link);
        webhook_move(webhook, WEBHOOK_ABANDONED);
        refuse(webhooks, webhook->request, REFUSAL_TIMEOUT);
        webhook->request = NULL;
    }
}
