// SPDX-License-Identifier: MIT
//
// deliveries.h: a scheduler of deliveries between a chat API of the test's own (chat.h) and a Kafka that acknowledges
// each outcome at once (fake_kafka_out.h). Waits that are drawn at random elsewhere are known here.
#ifndef CHATBRIDGE_UNIT_DELIVERIES_H
#define CHATBRIDGE_UNIT_DELIVERIES_H

#include "bridge/json.h"
#include "bridge/random.h"
#include "consumers/delivery.h"
#include "tests/unit/chat.h"
#include "tests/unit/fake_kafka_out.h"

static struct app_config apps[2];
static struct config config;
static struct outcomes outcomes;
static struct deliveries deliveries;
static char finished[4096]; // the ids of those whose outcome is durable, in that order, separated by spaces
static int64_t next_offset;

// In the place of bridge/random.c: each wait is the longest that could be drawn.
uint64_t random_below(uint64_t limit)
{
    return limit > 0 ? limit - 1 : 0;
}

static inline void on_finished(void *context, struct delivery *delivery)
{
    (void)context;
    size_t len = strlen(finished);
    (void)snprintf(finished + len, sizeof finished - len, "%s%s", len > 0 ? " " : "", delivery->command->id);
}

static inline void configure(void)
{
    static char shop[] = "shop";
    static char desk[] = "desk";
    static char secret[] = "hunter2";
    static char header[] = "X-Secret";
    static char results[] = "results";
    static char dlq[] = "dlq";
    apps[0] = (struct app_config){.name = shop, .secret = secret, .secret_header = header};
    apps[1] = (struct app_config){.name = desk, .secret = secret, .secret_header = header};
    config = (struct config){.apps = apps,
        .app_count = 2,
        .topics = {.results = results, .dlq = dlq},
        .bridge = {.shutdown_timeout_ms = 25000},
        .outbound = {.in_flight_max = 8, .request_timeout_ms = 60000},
        .retry = {.attempts_max = 4, .window_ms = 900000, .backoff_initial_ms = 1000, .backoff_max_ms = 60000},
        .breaker = {.failures = 3, .open_ms = 5000, .open_max_ms = 60000}};
}

// Begins all parts with the configuration as it is now.
static inline void begin_all(void)
{
    chat_begin(config.outbound.in_flight_max);
    for (size_t i = 0; i < UNIT_COUNT(apps); i++)
        apps[i].base_url = chat.url;
    fake_out.acknowledges = true;
    finished[0] = '\0';
    next_offset = 0;
    outcomes_init(&outcomes, &config, &fake_out);
    deliveries_init(&deliveries, &config, chat.client, &outcomes, on_finished, NULL);
}

static inline int start(void **state)
{
    (void)state;
    configure();
    begin_all();
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    chat_end();
    outcomes_close(&outcomes);
    fake_out_report_all(ERROR_REMOTE);
    outcomes_clear(&outcomes);
    deliveries_clear(&deliveries);
    fake_out_clear();
    return 0;
}

// Anew, with a configuration that was changed since start().
static inline void start_again(void)
{
    (void)end(NULL);
    begin_all();
}

// A command as a record of the commands topic. Owner: the caller.
static inline struct command *command_of(const char *value, const char *key)
{
    const struct kafka_record record = {.topic = "commands",
        .partition = 3,
        .offset = next_offset++,
        .key = key,
        .key_len = key ? strlen(key) : 0,
        .value = value,
        .value_len = strlen(value)};
    struct error error;
    struct command *command = command_new(&config, &record, &error);
    assert_int_equal(error.kind, ERROR_NONE);
    return command;
}

// Begins a post_comment whose id and message are `id`; `more` is further members of the command, with a comma in front.
static inline struct delivery *begin_with(const char *app, const char *id, const char *room, const char *more)
{
    char value[512];
    (void)snprintf(value, sizeof value,
        "{\"id\":\"%s\",\"app\":\"%s\",\"command\":\"post_comment\"%s,"
        "\"params\":{\"sender_email\":\"a\",\"room_id\":\"%s\",\"message\":\"%s\"}}",
        id, app, more, room, id);
    return delivery_begin(&deliveries, command_of(value, NULL), NULL, NULL);
}

static inline struct delivery *begin(const char *id, const char *room)
{
    return begin_with("shop", id, room, "");
}

// A call that must not be repeated blindly.
static inline struct delivery *begin_unsafe(const char *id, const char *room)
{
    char value[512];
    (void)snprintf(value, sizeof value,
        "{\"id\":\"%s\",\"app\":\"shop\",\"command\":\"post_system_event_message\","
        "\"params\":{\"system_event_type\":\"join_room\",\"room_id\":\"%s\",\"subject_email\":\"%s\"}}",
        id, room, id);
    return delivery_begin(&deliveries, command_of(value, NULL), NULL, NULL);
}

static inline unsigned calls_held(void)
{
    unsigned held = 0;
    for (size_t i = 0; i < chat.count; i++)
        held += chat.calls[i].request != NULL;
    return held;
}

// Goes on until nothing more happens at this time of the clock: each call in flight has arrived and waits for the
// test, and no other may be made.
static inline void settle(void)
{
    int64_t deadline = real_ms() + CHAT_DEADLINE_MS;
    for (;;) {
        kafka_out_run(&fake_out);
        outcomes_run(&outcomes);
        deliveries_run(&deliveries);
        unsigned in_flight = http_client_in_flight(chat.client);
        if (in_flight == calls_held())
            return;
        if (real_ms() > deadline)
            fail_msg("%u calls in flight, %u at the API", in_flight, calls_held());
        chat_turn();
    }
}

// Answers the last call that came and goes on.
static inline void answer(int status)
{
    chat_answer(chat.count - 1, status);
    settle();
}

// Answers each call that waits for it.
static inline void answer_each(int status)
{
    for (size_t i = 0; i < chat.count; i++)
        if (chat.calls[i].request != NULL)
            chat_answer(i, status);
    settle();
}

// Lets the longest wait for a repeat pass.
static inline void pass_backoff(void)
{
    pass_ms(config.retry.backoff_max_ms);
    settle();
}

// The last outcome, as JSON. Owner: the caller.
static inline json_t *last_outcome(void)
{
    struct error error;
    const struct kafka_record *record = fake_out_last("results");
    json_t *value = json_read_object(record->value, record->value_len, &error);
    assert_non_null(value);
    return value;
}

// The last outcome is of that command and says that.
static inline void assert_outcome(const char *id, const char *status, int attempts)
{
    json_auto_t *value = last_outcome();
    const char *its_id = json_text_at(value, "id");
    const char *its_status = json_text_at(value, "status");
    int its_attempts = (int)json_integer_value(json_at(value, "attempts"));
    must(its_id != NULL && its_status != NULL);
    if (strcmp(its_id, id) != 0 || strcmp(its_status, status) != 0 || its_attempts != attempts)
        fail_msg(
            "%s is %s after %d instead of %s: %s after %d", its_id, its_status, its_attempts, id, status, attempts);
}

static inline void assert_reason(const char *part)
{
    json_auto_t *value = last_outcome();
    const char *reason = json_text_at(value, "reason");
    if (reason == NULL || strstr(reason, part) == NULL)
        fail_msg("'%s' without '%s'", reason ? reason : "null", part);
}

#endif
