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
#include "bridge/text.h"
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
    bool remembers;        // its id is the sender's, and repeats are looked for
    struct recent_key key; // if so
    int64_t deadline_ms;   // monotonic
    char id[CLOUDEVENT_VALUE_MAX + 1];
};

static void refuse(struct webhooks *webhooks, struct http_request *request, enum refusal refusal)
{
    struct client client;
    webhook_auth_client(webhooks->config, request, &client);
    webhooks->refused[refusal]++;
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
    struct webhooks *webhooks = context;
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

static void reply(struct webhook *webhook, json_t *stolen)
{
    must(stolen != NULL);
    char *text = json_line(stolen);
    json_decref(stolen);
    http_request_reply(webhook->request,
        &(struct http_response){
            .status = 200, .content_type = "application/json", .body = text, .body_len = strlen(text)});
    free(text);
}

static void answer(struct webhook *webhook, const char *status)
{
    reply(webhook, json_pack("{s:s, s:s}", "status", status, "id", webhook->id));
}

static void answer_delivered(struct webhook *webhook, const struct kafka_delivery *delivery)
{
    struct webhooks *webhooks = webhook->webhooks;
    if (webhook->remembers)
        recent_add(webhooks->recent, &webhook->key);
    if (!webhook->usable)
        answer(webhook, "rejected");
    else
        reply(webhook, json_pack("{s:s, s:s, s:s, s:i, s:I}", "status", "accepted", "id", webhook->id, "topic",
                           publish_topic(&webhooks->publish, true), "partition", (int)delivery->partition, "offset",
                           (json_int_t)delivery->offset));
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
            answer_delivered(webhook, delivery);
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

static int decode(struct webhook *webhook, struct event *event, struct error *why)
{
    const struct http_request *request = webhook->request;
    const struct app_config *app = http_request_user(request);
    size_t len;
    const char *body = http_request_body(request, &len);
    webhook->usable = event_decode(event, app->name, body, len, why) == 0;
    text_cut(webhook->id, CLOUDEVENT_VALUE_MAX, event->id);
    if (webhook->usable)
        return 0;
    log_warn("webhook: body not usable", log_str("app", app->name), log_str("id", webhook->id),
        log_str("reason", why->text));
    return webhook->webhooks->config->inbound.rejected == REJECTED_KEEP ? 0 : -1;
}

// Whether its sender was answered 2xx before. While the first one is still on its way, its repeat goes the same way.
static bool is_repeat(struct webhook *webhook, const struct event *event)
{
    const struct recent *recent = webhook->webhooks->recent;
    webhook->remembers = recent != NULL && webhook->usable && event->id_kind != EVENT_ID_OURS;
    if (!webhook->remembers)
        return false;
    webhook->key = recent_key_of(event);
    return recent_holds(recent, &webhook->key);
}

// The event's metadata live on the stack: librdkafka copies what it takes, and only the id is needed afterwards.
static int publish(struct webhook *webhook, const struct event *event, const char *rejected_reason, struct error *error)
{
    const struct http_request *request = webhook->request;
    const struct app_config *app = http_request_user(request);
    struct cloudevent cloudevent;
    size_t len;
    const char *body = http_request_body(request, &len);
    cloudevent_make(&cloudevent, event, app->name, clock_wall_ms(), http_request_header(request, "Content-Type"),
        http_request_header(request, "traceparent"), rejected_reason);
    return publish_event(
        &webhook->webhooks->publish, event, &cloudevent, webhook->usable, body, len, on_delivered, webhook, error);
}

static enum refusal take(struct webhook *webhook)
{
    struct webhooks *webhooks = webhook->webhooks;
    struct event event;
    struct error why;
    struct error error;
    if (decode(webhook, &event, &why) != 0)
        return REFUSAL_UNUSABLE;
    if (is_repeat(webhook, &event)) {
        log_info("webhook: repeat", log_str("id", webhook->id));
        answer(webhook, "duplicate");
        webhook_move(webhook, WEBHOOK_ANSWERED);
        return REFUSAL_NONE;
    }
    if (publish(webhook, &event, webhook->usable ? NULL : why.text, &error) != 0)
        return undelivered(webhook, &error);
    webhook_move(webhook, WEBHOOK_PUBLISHING);
    TAILQ_INSERT_TAIL(&webhooks->waiting, webhook, link);
    webhooks->pending++;
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
    enum refusal refusal = take(webhook);
    if (refusal != REFUSAL_NONE)
        refuse(webhooks, request, refusal);
    if (webhook->state != WEBHOOK_PUBLISHING)
        free(webhook);
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
    if (config->inbound.dedupe_window > 0)
        webhooks->recent = recent_new(config->inbound.dedupe_window);
    TAILQ_INIT(&webhooks->waiting);
}

void webhooks_clear(struct webhooks *webhooks)
{
    recent_free(webhooks->recent);
    webhooks->recent = NULL;
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

void webhooks_log_refused(struct webhooks *webhooks)
{
    struct log_field fields[REFUSALS + 1] = {{0}};
    size_t count = 0;
    int64_t all = 0;
    for (int reason = REFUSAL_NONE + 1; reason < REFUSALS; reason++) {
        all += webhooks->refused[reason];
        if (webhooks->refused[reason] > 0)
            fields[count++] = log_int(refusal_name(reason), webhooks->refused[reason]);
    }
    if (all != webhooks->refused_logged && log_enabled(LOG_INFO))
        log_write(LOG_INFO, "webhook: refused since the start, by reason", fields);
    webhooks->refused_logged = all;
}
