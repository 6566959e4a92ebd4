// SPDX-License-Identifier: MIT
#include "consumers/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/backoff.h"
#include "bridge/buf.h"
#include "bridge/clock.h"
#include "bridge/log.h"

enum { URL_MAX = 2 * 1024 * 1024 }; // call.c's targets are shorter by far

#define NEVER_TRIED UINT64_MAX // in successes_seen

static const char *const state_names[DELIVERY_STATES] = {"queued", "calling", "waiting", "reporting"};

static void delivery_move(struct delivery *delivery, enum delivery_state to)
{
    static const bool allowed[DELIVERY_STATES][DELIVERY_STATES] = {
        [DELIVERY_QUEUED] = {[DELIVERY_CALLING] = true, [DELIVERY_REPORTING] = true},
        [DELIVERY_CALLING] = {[DELIVERY_QUEUED] = true, [DELIVERY_WAITING] = true, [DELIVERY_REPORTING] = true},
        [DELIVERY_WAITING] = {[DELIVERY_QUEUED] = true},
    };
    must(allowed[delivery->state][to]);
    log_debug("delivery: state", log_str("id", delivery->command->id), log_str("from", state_names[delivery->state]),
        log_str("to", state_names[to]));
    delivery->state = to;
}

static void delivery_free(struct delivery *delivery)
{
    TAILQ_REMOVE(&delivery->deliveries->live, delivery, live_link);
    delivery->deliveries->count--;
    command_free(delivery->command);
    free(delivery);
}

// ---- the lane of a delivery ----

static void lane_set(struct lane *lane, struct app *app, enum lane_state state)
{
    if (lane->state == LANE_READY)
        TAILQ_REMOVE(&app->ready, lane, ready_link);
    lane->state = state;
    if (state == LANE_READY)
        TAILQ_INSERT_TAIL(&app->ready, lane, ready_link);
}

static void enter_lane(struct delivery *delivery)
{
    delivery->lane = lanes_get(&delivery->deliveries->lanes, delivery->command->lane);
    TAILQ_INSERT_TAIL(&delivery->lane->queue, delivery, lane_link);
    if (delivery->lane->state == LANE_NEW)
        lane_set(delivery->lane, delivery->app, LANE_READY);
}

// The next one in the lane gets its turn; an empty lane goes.
static void leave_lane(struct delivery *delivery)
{
    struct lane *lane = delivery->lane;
    bool first = TAILQ_FIRST(&lane->queue) == delivery;
    TAILQ_REMOVE(&lane->queue, delivery, lane_link);
    delivery->lane = NULL;
    if (TAILQ_EMPTY(&lane->queue)) {
        lane_set(lane, delivery->app, LANE_NEW);
        lanes_remove(&delivery->deliveries->lanes, lane);
    } else if (first) {
        lane_set(lane, delivery->app, LANE_READY);
    }
}

// ---- the end of a delivery ----

static void on_durable(void *context)
{
    struct delivery *delivery = context;
    if (!delivery->abandoned)
        delivery->deliveries->finished(delivery->deliveries->context, delivery);
    delivery_free(delivery);
}

static void report(struct delivery *delivery, enum outcome_status status, const struct answer *answer,
    const char *reason, unsigned attempts)
{
    static const struct answer none = {0};
    if (answer == NULL)
        answer = &none;
    if (delivery->lane != NULL)
        leave_lane(delivery);
    delivery_move(delivery, DELIVERY_REPORTING);
    struct outcome outcome = {
        .status = status,
        .reason = reason,
        .http_status = answer->http_status,
        .attempts = attempts,
        .received_ms = delivery->received_ms,
        .started_ms = delivery->started_ms,
        .finished_ms = clock_wall_ms(),
        .results = answer->results,
        .error = answer->error,
    };
    if (status == OUTCOME_SUCCEEDED)
        log_debug("delivery: succeeded", log_str("id", delivery->command->id), log_int("attempts", attempts));
    else
        log_warn("delivery: dead letter", log_str("id", delivery->command->id),
            log_str("status", outcome_status_name(status)), log_str("reason", reason), log_int("attempts", attempts));
    outcomes_report(delivery->deliveries->outcomes, delivery->command, &outcome, on_durable, delivery);
}

// Where [outbound] on.dead = fail, what waits behind a command that failed fails with it, since the room's order is not
// to be broken by leaving one out. What comes later begins anew.
static void finish(struct delivery *delivery, enum outcome_status status, const struct answer *answer,
    const char *reason, unsigned attempts)
{
    struct delivery *next = NULL;
    if (status != OUTCOME_SUCCEEDED && delivery->lane != NULL &&
        delivery->deliveries->config->outbound.on_dead == ON_DEAD_FAIL)
        next = TAILQ_NEXT(delivery, lane_link);
    report(delivery, status, answer, reason, attempts);
    char before[512];
    (void)snprintf(before, sizeof before, "%s before it in its lane ended as %s", delivery->command->id,
        outcome_status_name(status));
    while (next != NULL) {
        struct delivery *after = TAILQ_NEXT(next, lane_link);
        report(next, OUTCOME_SKIPPED, NULL, before, 0);
        next = after;
    }
}

// ---- after an answer ----

// How long the command has been tried, without the time during which its app was closed to everybody.
static int64_t tried_for_ms(const struct delivery *delivery)
{
    int64_t now = clock_ms();
    int64_t paused = gate_paused_ms(&delivery->app->gate, now) - delivery->paused_at_first_ms;
    return now - delivery->first_ms - paused;
}

static void wait_ms(struct delivery *delivery, int64_t wait)
{
    delivery_move(delivery, DELIVERY_WAITING);
    lane_set(delivery->lane, delivery->app, LANE_WAITING);
    heap_add(&delivery->deliveries->timers, &delivery->timer, clock_ms() + wait);
}

static void try_again_charged(struct delivery *delivery, const struct answer *answer)
{
    const struct config *config = delivery->deliveries->config;
    delivery->postponed = 0;
    delivery->charged++;
    bool often = config->retry.attempts_max > 0 && delivery->charged >= config->retry.attempts_max;
    bool long_ago = config->retry.window_ms > 0 && tried_for_ms(delivery) >= config->retry.window_ms;
    if (often || long_ago) {
        finish(delivery, OUTCOME_EXHAUSTED, answer, answer->reason, delivery->charged);
        return;
    }
    struct backoff backoff = {config->retry.backoff_initial_ms, config->retry.backoff_max_ms};
    int64_t wait = backoff_ms(&backoff, delivery->charged - 1);
    log_info("delivery: tried again later", log_str("id", delivery->command->id), log_str("reason", answer->reason),
        log_int("attempt", delivery->charged), log_int("wait_ms", wait));
    wait_ms(delivery, wait);
}

// What kept it is the app's matter: the gate is closed, or about to be. An unreachable app's commands wait a little
// by themselves, so that a single failure does not become a busy loop before the breaker opens.
static void try_again_uncharged(struct delivery *delivery, const struct answer *answer)
{
    const struct config *config = delivery->deliveries->config;
    log_info("delivery: postponed", log_str("id", delivery->command->id), log_str("reason", answer->reason));
    if (answer->class == ANSWER_UNREACHABLE) {
        struct backoff backoff = {config->retry.backoff_initial_ms, config->breaker.open_ms};
        wait_ms(delivery, backoff_ms(&backoff, delivery->postponed++));
        return;
    }
    delivery_move(delivery, DELIVERY_QUEUED);
    lane_set(delivery->lane, delivery->app, LANE_READY);
}

// What never reached the API, what it postponed and what it refused for our credentials is the app's matter, unless
// another command of the app succeeded since this one's last attempt: then it is the command's own.
static bool is_own_fault(const struct delivery *delivery, enum answer_class class)
{
    bool tried_before = delivery->successes_seen != NEVER_TRIED;
    return (class == ANSWER_UNREACHABLE || class == ANSWER_THROTTLED || class == ANSWER_CREDENTIALS) && tried_before &&
           delivery->app->gate.successes != delivery->successes_seen;
}

// The gate hears of it, but for a failure that is the command's own: that is no reason to close it to the others. A
// probe tells in any case, since the gate waits for it, and so does "slow down", which is meant for all.
static void tell_gate(struct delivery *delivery, const struct answer *answer, bool own_fault)
{
    if (!own_fault || delivery->probe || answer->class == ANSWER_THROTTLED)
        gate_answered(&delivery->app->gate, answer->class, answer->retry_after_ms, delivery->probe, answer->reason);
}

static void decide(struct delivery *delivery, const struct answer *answer, bool own_fault)
{
    enum call_repeat repeat = delivery->command->call->repeat;
    switch (answer->class) {
    case ANSWER_SUCCESS:
        finish(delivery, OUTCOME_SUCCEEDED, answer, "", delivery->charged + 1);
        return;
    case ANSWER_REFUSED:
        if (delivery->ambiguous && answer->http_status == 400)
            finish(delivery, OUTCOME_UNKNOWN, answer, "refused on repeat: probably done", delivery->charged + 1);
        else
            finish(delivery, OUTCOME_REJECTED, answer, answer->reason, delivery->charged + 1);
        return;
    case ANSWER_AMBIGUOUS:
        if (repeat == REPEAT_UNSAFE) {
            finish(delivery, OUTCOME_UNKNOWN, answer, answer->reason, delivery->charged + 1);
            return;
        }
        delivery->ambiguous = true;
        try_again_charged(delivery, answer);
        return;
    case ANSWER_TRANSIENT:
        try_again_charged(delivery, answer);
        return;
    case ANSWER_UNREACHABLE:
    case ANSWER_THROTTLED:
    case ANSWER_CREDENTIALS:
        if (own_fault)
            try_again_charged(delivery, answer);
        else
            try_again_uncharged(delivery, answer);
        return;
    }
}

static void on_answer(void *context, const struct http_result *result)
{
    struct delivery *delivery = context;
    struct answer answer;
    answer_read(&answer, result);
    bool own_fault = is_own_fault(delivery, answer.class);
    log_debug("delivery: answer", log_str("id", delivery->command->id),
        log_str("class", answer_class_name(answer.class)), log_int("http_status", answer.http_status),
        log_int("duration_us", result->duration_us));
    tell_gate(delivery, &answer, own_fault);
    if (delivery->abandoned) {
        leave_lane(delivery);
        delivery_free(delivery);
    } else {
        delivery->successes_seen = delivery->app->gate.successes;
        decide(delivery, &answer, own_fault);
    }
    answer_clear(&answer);
}

// ---- a call ----

static void call(struct delivery *delivery)
{
    struct command *command = delivery->command;
    struct app *app = delivery->app;
    struct buf url;
    buf_init(&url, URL_MAX);
    must(buf_printf(&url, "%s%s", app->config->base_url, command->request.target) == 0);
    const char *const headers[] = {
        app->secret_line, "Accept: application/json", command->request.content_type, NULL}; // the last may be NULL
    struct http_call request = {
        .method = command->request.method,
        .url = buf_text(&url),
        .headers = headers,
        .body = command->request.body,
        .body_len = command->request.body_len,
        .timeout_ms = delivery->deliveries->config->outbound.request_timeout_ms,
    };
    if (delivery->first_ms == 0) {
        delivery->first_ms = clock_ms();
        delivery->started_ms = clock_wall_ms();
        delivery->paused_at_first_ms = gate_paused_ms(&app->gate, delivery->first_ms);
    }
    delivery->probe = gate_call(&app->gate);
    delivery_move(delivery, DELIVERY_CALLING);
    lane_set(delivery->lane, app, LANE_CALLING);
    struct error error;
    must(http_client_send(delivery->deliveries->client, &request, on_answer, delivery, &error) == 0);
    buf_clear(&url);
}

// The first of a ready lane has its turn.
static void take_turn(struct delivery *delivery)
{
    if (clock_wall_ms() >= delivery->command->expires_ms)
        finish(delivery, OUTCOME_EXPIRED, NULL, "expires_at has passed", delivery->charged);
    else
        call(delivery);
}

// One call of one app whose gate is open; false: there is none.
static bool take_next_turn(struct deliveries *deliveries, int64_t now_ms)
{
    size_t count = deliveries->config->app_count;
    for (size_t i = 0; i < count; i++) {
        struct app *app = &deliveries->apps[(deliveries->next_app + i) % count];
        struct lane *lane = TAILQ_FIRST(&app->ready);
        if (lane == NULL || gate_wait_ms(&app->gate, now_ms) != 0)
            continue;
        deliveries->next_app = (deliveries->next_app + i + 1) % count;
        take_turn(TAILQ_FIRST(&lane->queue));
        return true;
    }
    return false;
}

static void fire_timers(struct deliveries *deliveries, int64_t now_ms)
{
    struct heap_item *item;
    while ((item = heap_first(&deliveries->timers)) != NULL && item->at <= now_ms) {
        struct delivery *delivery = (struct delivery *)((char *)item - offsetof(struct delivery, timer));
        heap_remove(&deliveries->timers, item);
        delivery_move(delivery, DELIVERY_QUEUED);
        lane_set(delivery->lane, delivery->app, LANE_READY);
    }
}

static bool is_full(const struct deliveries *deliveries)
{
    return http_client_in_flight(deliveries->client) >= deliveries->config->outbound.in_flight_max ||
           !outcomes_roomy(deliveries->outcomes);
}

void deliveries_run(struct deliveries *deliveries)
{
    int64_t now_ms = clock_ms();
    fire_timers(deliveries, now_ms);
    for (size_t i = 0; i < deliveries->config->app_count; i++)
        gate_account(&deliveries->apps[i].gate, now_ms);
    if (deliveries->stopping)
        return;
    while (!is_full(deliveries) && take_next_turn(deliveries, now_ms))
        continue;
}

int deliveries_timeout_ms(struct deliveries *deliveries)
{
    int64_t now_ms = clock_ms();
    const struct heap_item *first = heap_first(&deliveries->timers);
    int64_t nearest = first == NULL ? -1 : first->at > now_ms ? first->at - now_ms : 0;
    bool full = is_full(deliveries);
    for (size_t i = 0; i < deliveries->config->app_count && !full && !deliveries->stopping; i++) {
        struct app *app = &deliveries->apps[i];
        int64_t wait = TAILQ_EMPTY(&app->ready) ? -1 : gate_wait_ms(&app->gate, now_ms);
        if (wait >= 0 && (nearest < 0 || wait < nearest))
            nearest = wait;
    }
    return nearest > INT32_MAX ? INT32_MAX : (int)nearest;
}

// ---- begin and end ----

static struct app *app_of(const struct deliveries *deliveries, const struct app_config *config)
{
    return &deliveries->apps[config - deliveries->config->apps];
}

struct delivery *delivery_begin(
    struct deliveries *deliveries, struct command *command_steal, const struct error *refusal, void *owner)
{
    struct delivery *delivery = must_calloc(1, sizeof *delivery);
    delivery->deliveries = deliveries;
    delivery->command = command_steal;
    delivery->owner = owner;
    delivery->successes_seen = NEVER_TRIED;
    delivery->received_ms = clock_wall_ms();
    TAILQ_INSERT_TAIL(&deliveries->live, delivery, live_link);
    deliveries->count++;
    if (refusal != NULL) {
        finish(delivery, OUTCOME_REJECTED, NULL, refusal->text, 0);
        return delivery;
    }
    delivery->app = app_of(deliveries, command_steal->app);
    enter_lane(delivery);
    return delivery;
}

bool delivery_drop(struct delivery *delivery)
{
    if (delivery->state == DELIVERY_CALLING || delivery->state == DELIVERY_REPORTING)
        return false;
    heap_remove(&delivery->deliveries->timers, &delivery->timer);
    leave_lane(delivery);
    delivery_free(delivery);
    return true;
}

void delivery_abandon(struct delivery *delivery)
{
    must(delivery->state == DELIVERY_CALLING || delivery->state == DELIVERY_REPORTING);
    delivery->abandoned = true;
}

void deliveries_init(struct deliveries *deliveries, const struct config *config, struct http_client *client,
    struct outcomes *outcomes, void (*finished)(void *, struct delivery *), void *context)
{
    *deliveries = (struct deliveries){
        .config = config, .client = client, .outcomes = outcomes, .finished = finished, .context = context};
    TAILQ_INIT(&deliveries->live);
    deliveries->apps = must_calloc(config->app_count, sizeof *deliveries->apps);
    for (size_t i = 0; i < config->app_count; i++) {
        struct app *app = &deliveries->apps[i];
        app->config = &config->apps[i];
        gate_init(&app->gate, config, app->config);
        TAILQ_INIT(&app->ready);
        size_t size = strlen(app->config->secret_header) + strlen(app->config->secret) + 3;
        app->secret_line = must_calloc(size, 1);
        (void)snprintf(app->secret_line, size, "%s: %s", app->config->secret_header, app->config->secret);
    }
}

void deliveries_clear(struct deliveries *deliveries)
{
    struct delivery *delivery;
    while ((delivery = TAILQ_FIRST(&deliveries->live)) != NULL) {
        heap_remove(&deliveries->timers, &delivery->timer);
        if (delivery->lane != NULL)
            leave_lane(delivery);
        delivery_free(delivery);
    }
    for (size_t i = 0; i < deliveries->config->app_count; i++)
        free(deliveries->apps[i].secret_line);
    free(deliveries->apps);
    heap_clear(&deliveries->timers);
}
