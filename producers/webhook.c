// SPDX-License-Identifier: MIT
//
// One request in the order in which it is lived: on_begin(), on_complete(), on_delivered(). What ends early ends in
// refuse(). A request that waited for Kafka longer than ack.timeout is answered 503 and forgotten, while its webhook
// stays until librdkafka has reported on the record: the event may still arrive, and the sender's repeat carries the
// same ce_id.
#include "producers/webhook.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/log.h"

#define WEBHOOKS_PATH "/webhooks/"
#define RETRY_AFTER   "5" // seconds; about what a broker's restart takes

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

// ---- refusals ----

static const struct http_header allow_post[] = {{"Allow", "POST"}, {NULL, NULL}};
static const struct http_header retry_later[] = {{"Retry-After", RETRY_AFTER}, {NULL, NULL}};
static const struct http_header ask_token[] = {{"WWW-Authenticate", "PathToken realm=\"webhooks\""}, {NULL, NULL}};

static void refuse(struct http_request *request, int status, const char *detail)
{
    const struct http_header *headers = status == 405   ? allow_post
                                        : status == 503 ? retry_later
                                        : status == 401 ? ask_token
                                                        : NULL;
    log_info("webhook: refused", log_int("status", status), log_str("reason", detail),
        log_str("peer", http_request_peer(request)));
    http_request_refuse(request, status, detail, headers);
}

// ---- the headers are in: who is it, and may it? ----

// The path's app, whose token (may be absent) is compared in constant time. NULL after a refusal.
static const struct app_config *authenticate(struct webhooks *webhooks, struct http_request *request)
{
    const char *path = http_request_path(request);
    if (strncmp(path, WEBHOOKS_PATH, strlen(WEBHOOKS_PATH)) != 0) {
        refuse(request, 404, "no such path; webhooks go to /webhooks/{app}");
        return NULL;
    }
    const char *name = path + strlen(WEBHOOKS_PATH);
    size_t name_len = strcspn(name, "/");
    const char *token = name[name_len] == '/' ? name + name_len + 1 : NULL;
    if (token != NULL && strchr(token, '/') != NULL) {
        refuse(request, 404, "no such path; webhooks go to /webhooks/{app} or /webhooks/{app}/{token}");
        return NULL;
    }
    char app_name[128];
    if (name_len == 0 || name_len >= sizeof app_name) {
        refuse(request, 404, "no such app");
        return NULL;
    }
    memcpy(app_name, name, name_len);
    app_name[name_len] = '\0';
    const struct app_config *app = config_app(webhooks->config, app_name);
    if (app == NULL || (token != NULL && app->webhook_token == NULL)) {
        refuse(request, 404, app == NULL ? "no such app" : "no such path; this app's webhooks have no token");
        return NULL;
    }
    if (app->webhook_token != NULL) {
        size_t len = strlen(app->webhook_token);
        if (token == NULL || strlen(token) != len || CRYPTO_memcmp(token, app->webhook_token, len) != 0) {
            refuse(request, 401, "the path's token is missing or wrong");
            return NULL;
        }
    }
    return app;
}

// application/json and +json, with or without parameters; a missing content-type is taken as JSON.
static bool is_json(const char *content_type)
{
    if (content_type == NULL)
        return true;
    size_t len = strcspn(content_type, "; \t");
    static const char json[] = "application/json";
    if (len == strlen(json) && strncasecmp(content_type, json, len) == 0)
        return true;
    return len > 5 && strncasecmp(content_type + len - 5, "+json", 5) == 0;
}

static void on_begin(void *context, struct http_request *request)
{
    struct webhooks *webhooks = context;
    const struct app_config *app = authenticate(webhooks, request);
    if (app == NULL)
        return;
    if (strcmp(http_request_method(request), "POST") != 0)
        refuse(request, 405, "webhooks are sent by POST");
    else if (!is_json(http_request_header(request, "Content-Type")))
        refuse(request, 415, "the content-type is not JSON");
    else if (webhooks->stopping)
        refuse(request, 503, "shutting down");
    else
        http_request_set_user(request, (void *)(uintptr_t)app);
}

static void on_too_large(void *context, struct http_request *request)
{
    (void)context;
    refuse(request, 413, "the body is larger than [inbound] body.max");
}

// ---- the body is in: decode and publish ----

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
static void refuse_undelivered(struct webhook *webhook, const struct error *error)
{
    log_error("webhook: not delivered", log_str("id", webhook->id), log_str("error", error->text));
    if (error->kind == ERROR_INPUT)
        refuse(webhook->request, 413, "Kafka does not take a record of this size");
    else
        refuse(webhook->request, 503, "Kafka did not take the event; send it again");
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
            refuse_undelivered(webhook, &delivery->error);
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
static int publish(struct webhook *webhook, struct error *error)
{
    struct webhooks *webhooks = webhook->webhooks;
    const struct app_config *app = http_request_user(webhook->request);
    struct event event;
    struct cloudevent cloudevent;
    struct error unusable;
    size_t len;
    const char *body = http_request_body(webhook->request, &len);
    webhook->usable = event_decode(&event, app->name, body, len, &unusable) == 0;
    cloudevent_make(&cloudevent, &event, app->name, clock_wall_ms(),
        http_request_header(webhook->request, "Content-Type"), http_request_header(webhook->request, "traceparent"),
        webhook->usable ? NULL : unusable.text);
    memcpy(webhook->id, cloudevent.id, sizeof webhook->id);
    if (!webhook->usable) {
        log_warn("webhook: body not usable", log_str("app", app->name), log_str("id", webhook->id),
            log_str("reason", unusable.text));
        if (webhooks->config->inbound.rejected == REJECTED_REFUSE)
            return error_set(error, ERROR_INPUT, "the body is not usable: it must be one JSON object in UTF-8");
    }
    return publish_event(
        &webhooks->publish, &event, &cloudevent, webhook->usable, body, len, on_delivered, webhook, error);
}

static void on_complete(void *context, struct http_request *request)
{
    struct webhooks *webhooks = context;
    struct webhook *webhook = webhook_new(webhooks, request);
    struct error error;
    if (publish(webhook, &error) != 0) {
        if (!webhook->usable && error.kind == ERROR_INPUT && webhooks->config->inbound.rejected == REJECTED_REFUSE)
            refuse(request, 400, error.text);
        else
            refuse_undelivered(webhook, &error);
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
        .publish = {.out = out, .events_topic = config->topics.events, .rejected_topic = config->topics.rejected},
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
        refuse(webhook->request, 503, "Kafka did not answer in time; send the event again");
        webhook->request = NULL;
    }
}
