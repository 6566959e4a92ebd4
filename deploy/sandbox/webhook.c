// SPDX-License-Identifier: MIT
//
// A lane a room: its first delivery is under way or waits for its next try, the others queue behind it. Lanes that
// have one to send stand in `ready`; a call is begun when one of the few slots is free. A delivery that is to come out
// of order is held until a later one of its room was told, or HOLD_MS have passed.
#include "deploy/sandbox/webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "bridge/backoff.h"
#include "bridge/clock.h"
#include "bridge/heap.h"
#include "bridge/http_client.h"
#include "bridge/log.h"
#include "bridge/loop.h"
#include "bridge/random.h"
#include "deploy/sandbox/reply.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/webhook_body.h"
#include "deploy/sandbox/webhook_log.h"

enum {
    PENDING_MAX = 100000,
    PENDING_BYTES_MAX = 256 * 1024 * 1024,
    IN_FLIGHT_MAX = 64,
    CONNECT_TIMEOUT_MS = 5000,
    CALL_TIMEOUT_MS = 10000,
    RESPONSE_MAX = 64 * 1024,
    HOLD_MS = 2000,
};

static const struct backoff pauses = {200, 5000};

struct delivery {
    TAILQ_ENTRY(delivery) link;      // in its lane's queue, or among those that the lane holds
    TAILQ_ENTRY(delivery) held_link; // among all that are held
    struct webhook_lane *lane;
    int64_t held_until_ms;
    const struct app *app;
    int64_t comment_id;
    const char *type;
    char *body;
    size_t len;
    unsigned attempt; // the last one begun, from 1
    bool repeat;      // told once more when it was told
};

TAILQ_HEAD(delivery_list, delivery);

enum lane_state { LANE_IDLE, LANE_READY, LANE_CALLING, LANE_WAITING };

struct webhook_lane {
    SLIST_ENTRY(webhook_lane) all_link;
    TAILQ_ENTRY(webhook_lane) ready_link;
    struct delivery_list queue;
    struct delivery_list held;
    struct webhooks *webhooks;
    struct heap_item timer;
    enum lane_state state;
};

struct webhooks {
    const struct settings *settings;
    struct http_client *client;
    struct webhook_log *log;
    SLIST_HEAD(lane_list, webhook_lane) lanes;
    TAILQ_HEAD(ready_list, webhook_lane) ready;
    struct heap timers;
    TAILQ_HEAD(held_list, delivery) held; // the first is the first whose time is over
    struct webhook_chances chances;
    size_t pending;
    size_t pending_bytes;
    uint64_t delivered;
    uint64_t given_up;
    uint64_t dropped;
};

// ---- lanes ----

static struct webhook_lane *lane_of(struct webhooks *webhooks, struct room *room)
{
    if (room->lane == NULL) {
        room->lane = must_calloc(1, sizeof *room->lane);
        room->lane->webhooks = webhooks;
        TAILQ_INIT(&room->lane->queue);
        TAILQ_INIT(&room->lane->held);
        SLIST_INSERT_HEAD(&webhooks->lanes, room->lane, all_link);
    }
    return room->lane;
}

static void lane_move(struct webhook_lane *lane, enum lane_state to)
{
    struct webhooks *webhooks = lane->webhooks;
    if (lane->state == LANE_READY)
        TAILQ_REMOVE(&webhooks->ready, lane, ready_link);
    heap_remove(&webhooks->timers, &lane->timer);
    lane->state = to;
    if (to == LANE_READY)
        TAILQ_INSERT_TAIL(&webhooks->ready, lane, ready_link);
}

static void enter_lane(struct delivery *delivery)
{
    TAILQ_INSERT_TAIL(&delivery->lane->queue, delivery, link);
    if (delivery->lane->state == LANE_IDLE)
        lane_move(delivery->lane, LANE_READY);
}

static void hold(struct delivery *delivery)
{
    delivery->held_until_ms = clock_ms() + HOLD_MS;
    TAILQ_INSERT_TAIL(&delivery->lane->held, delivery, link);
    TAILQ_INSERT_TAIL(&delivery->lane->webhooks->held, delivery, held_link);
}

static void let_go(struct delivery *delivery)
{
    TAILQ_REMOVE(&delivery->lane->held, delivery, link);
    TAILQ_REMOVE(&delivery->lane->webhooks->held, delivery, held_link);
    enter_lane(delivery);
}

// Those that the lane holds and that a later one has overtaken.
static void let_go_overtaken(struct webhook_lane *lane, int64_t comment_id)
{
    struct delivery *delivery;
    while ((delivery = TAILQ_FIRST(&lane->held)) != NULL && delivery->comment_id < comment_id)
        let_go(delivery);
}

static void let_go_in_time(struct webhooks *webhooks, int64_t now_ms)
{
    struct delivery *delivery;
    while ((delivery = TAILQ_FIRST(&webhooks->held)) != NULL && delivery->held_until_ms <= now_ms)
        let_go(delivery);
}

// It is in no list any more.
static void delivery_free(struct delivery *delivery)
{
    struct webhooks *webhooks = delivery->lane->webhooks;
    webhooks->pending--;
    webhooks->pending_bytes -= delivery->len;
    free(delivery->body);
    free(delivery);
}

// ---- a try ----

static void note(const struct delivery *delivery, int status, const char *error, int64_t duration_us)
{
    webhook_log_add(delivery->lane->webhooks->log,
        &(struct webhook_log_entry){.app = delivery->app->name,
            .type = delivery->type,
            .comment_id = delivery->comment_id,
            .attempt = delivery->attempt,
            .status = status,
            .duration_us = duration_us},
        error);
}

static void finish(struct delivery *delivery)
{
    struct webhook_lane *lane = delivery->lane;
    let_go_overtaken(lane, delivery->comment_id);
    if (delivery->repeat) {
        delivery->repeat = false;
        delivery->attempt = 0;
    } else {
        TAILQ_REMOVE(&lane->queue, delivery, link);
        delivery_free(delivery);
    }
    lane_move(lane, TAILQ_EMPTY(&lane->queue) ? LANE_IDLE : LANE_READY);
}

static void try_again(struct delivery *delivery)
{
    struct webhook_lane *lane = delivery->lane;
    lane_move(lane, LANE_WAITING);
    heap_add(&lane->webhooks->timers, &lane->timer, clock_ms() + backoff_ms(&pauses, delivery->attempt - 1));
}

static void on_answer(void *context, const struct http_result *result)
{
    struct delivery *delivery = context;
    struct webhooks *webhooks = delivery->lane->webhooks;
    bool answered = result->outcome == HTTP_ANSWERED || result->outcome == HTTP_TOO_LARGE;
    note(delivery, result->status, answered ? NULL : result->error, result->duration_us);
    if (answered && result->status >= 200 && result->status < 300) {
        webhooks->delivered++;
        finish(delivery);
    } else if (delivery->attempt < webhooks->settings->webhook_tries) {
        try_again(delivery);
    } else {
        webhooks->given_up++;
        log_warn("webhooks: given up", log_str("app", delivery->app->name), log_int("comment", delivery->comment_id),
            log_int("status", result->status), log_str("error", result->error));
        finish(delivery);
    }
}

static void begin(struct delivery *delivery)
{
    struct webhooks *webhooks = delivery->lane->webhooks;
    char hex[WEBHOOK_SIGNATURE_TEXT];
    char signature[WEBHOOK_SIGNATURE_TEXT + 32];
    const char *headers[] = {"Content-Type: application/json", NULL, NULL};
    if (delivery->app->signature_secret != NULL) {
        (void)snprintf(signature, sizeof signature, "QISCUS-SDK-SIGNATURE: %s",
            webhook_body_sign(delivery->app->signature_secret, delivery->body, hex));
        headers[1] = signature;
    }
    struct http_call call = {
        .method = "POST",
        .url = delivery->app->webhook_url,
        .headers = headers,
        .body = delivery->body,
        .body_len = delivery->len,
        .timeout_ms = CALL_TIMEOUT_MS,
    };
    struct error error;
    delivery->attempt++;
    lane_move(delivery->lane, LANE_CALLING);
    must(http_client_send(webhooks->client, &call, on_answer, delivery, &error) == 0);
}

// ---- the queue ----

static bool happens(double chance)
{
    enum { STEPS = 1 << 30 };
    return chance > 0 && (double)random_below(STEPS) < chance * STEPS;
}

static void log_dropped(
    struct webhooks *webhooks, const struct app *app, const struct comment *comment, const char *type, const char *why)
{
    webhooks->dropped++;
    webhook_log_add(
        webhooks->log, &(struct webhook_log_entry){.app = app->name, .type = type, .comment_id = comment->id}, why);
}

void webhooks_add(struct webhooks *webhooks, const struct app *app, const struct comment *comment, bool by_client)
{
    if (app->webhook_url == NULL)
        return;
    const char *type = webhook_body_type(webhooks->settings, by_client);
    if (webhooks->pending >= PENDING_MAX || webhooks->pending_bytes >= PENDING_BYTES_MAX) {
        log_dropped(webhooks, app, comment, type, "dropped: the queue is full");
        log_warn("webhooks: dropped, the queue is full", log_str("app", app->name));
        return;
    }
    if (happens(webhooks->chances.drop)) {
        log_dropped(webhooks, app, comment, type, "dropped as asked for");
        return;
    }
    struct delivery *delivery = must_calloc(1, sizeof *delivery);
    delivery->lane = lane_of(webhooks, comment->room);
    delivery->app = app;
    delivery->comment_id = comment->id;
    delivery->type = type;
    delivery->body = webhook_body_make(webhooks->settings, comment, type);
    delivery->len = strlen(delivery->body);
    webhooks->pending++;
    webhooks->pending_bytes += delivery->len;
    delivery->repeat = happens(webhooks->chances.repeat);
    if (happens(webhooks->chances.disorder)) {
        hold(delivery);
        return;
    }
    enter_lane(delivery);
}

const struct webhook_chances *webhooks_chances(const struct webhooks *webhooks)
{
    return &webhooks->chances;
}

void webhooks_set_chances(struct webhooks *webhooks, const struct webhook_chances *chances)
{
    webhooks->chances = *chances;
}

struct webhooks *webhooks_new(const struct settings *settings, struct error *error)
{
    struct webhooks *webhooks = must_calloc(1, sizeof *webhooks);
    struct http_client_options options = {
        .user_agent = "chat-sandbox",
        .in_flight_max = IN_FLIGHT_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .response_max = RESPONSE_MAX,
    };
    webhooks->settings = settings;
    webhooks->client = http_client_new(&options, error);
    if (webhooks->client == NULL) {
        free(webhooks);
        return NULL;
    }
    webhooks->log = webhook_log_new();
    SLIST_INIT(&webhooks->lanes);
    TAILQ_INIT(&webhooks->ready);
    TAILQ_INIT(&webhooks->held);
    return webhooks;
}

static void free_all(struct delivery_list *list)
{
    while (!TAILQ_EMPTY(list)) {
        struct delivery *delivery = TAILQ_FIRST(list);
        TAILQ_REMOVE(list, delivery, link);
        delivery_free(delivery);
    }
}

void webhooks_free(struct webhooks *webhooks)
{
    http_client_free(webhooks->client);
    struct webhook_lane *lane;
    while ((lane = SLIST_FIRST(&webhooks->lanes)) != NULL) {
        free_all(&lane->queue);
        free_all(&lane->held);
        lane_move(lane, LANE_IDLE);
        SLIST_REMOVE_HEAD(&webhooks->lanes, all_link);
        free(lane);
    }
    heap_clear(&webhooks->timers);
    webhook_log_free(webhooks->log);
    free(webhooks);
}

// ---- the loop ----

int webhooks_fd(const struct webhooks *webhooks)
{
    return http_client_fd(webhooks->client);
}

int webhooks_timeout_ms(const struct webhooks *webhooks)
{
    int64_t now_ms = clock_ms();
    int timeout = http_client_timeout_ms(webhooks->client);
    const struct heap_item *timer = heap_first(&webhooks->timers);
    const struct delivery *held = TAILQ_FIRST(&webhooks->held);
    if (!TAILQ_EMPTY(&webhooks->ready) && http_client_in_flight(webhooks->client) < IN_FLIGHT_MAX)
        return 0;
    if (timer != NULL)
        timeout = loop_nearest(timeout, timer->at > now_ms ? (int)(timer->at - now_ms) : 0);
    if (held != NULL)
        timeout = loop_nearest(timeout, held->held_until_ms > now_ms ? (int)(held->held_until_ms - now_ms) : 0);
    return timeout;
}

void webhooks_run(struct webhooks *webhooks)
{
    http_client_run(webhooks->client);
    int64_t now_ms = clock_ms();
    let_go_in_time(webhooks, now_ms);
    struct heap_item *item;
    while ((item = heap_first(&webhooks->timers)) != NULL && item->at <= now_ms)
        lane_move(table_owner(item, struct webhook_lane, timer), LANE_READY);
    struct webhook_lane *lane;
    while (http_client_in_flight(webhooks->client) < IN_FLIGHT_MAX && (lane = TAILQ_FIRST(&webhooks->ready)) != NULL)
        begin(TAILQ_FIRST(&lane->queue));
}

json_t *webhooks_log(const struct webhooks *webhooks, const char *app, uint64_t after, size_t limit)
{
    return webhook_log_list(webhooks->log, app, after, limit);
}

size_t webhooks_pending(const struct webhooks *webhooks)
{
    return webhooks->pending;
}

uint64_t webhooks_delivered(const struct webhooks *webhooks)
{
    return webhooks->delivered;
}

uint64_t webhooks_given_up(const struct webhooks *webhooks)
{
    return webhooks->given_up;
}

uint64_t webhooks_dropped(const struct webhooks *webhooks)
{
    return webhooks->dropped;
}
