// SPDX-License-Identifier: MIT
//
// outcomes.h: commands and what became of them, on their way into a Kafka that reports when the test says so.
#ifndef CHATBRIDGE_UNIT_OUTCOMES_H
#define CHATBRIDGE_UNIT_OUTCOMES_H

#include "bridge/clock.h"
#include "bridge/contract.h"
#include "bridge/json.h"
#include "consumers/outcome.h"
#include "tests/unit/fake_kafka_out.h"

static char shop[] = "shop";
static char results[] = "results";
static char dlq[] = "dlq";
static struct app_config app = {.name = shop};
static struct config config = {.apps = &app, .app_count = 1, .topics = {.results = results, .dlq = dlq}};
static struct outcomes outcomes;
static struct command *command;
static int durable;
static int64_t now_us;

static inline int64_t moved_clock(void)
{
    return now_us;
}

static inline void pass_ms(int64_t ms)
{
    now_us += ms * 1000;
}

static inline void on_durable(void *context)
{
    (*(int *)context)++;
}

static inline int start(void **state)
{
    (void)state;
    now_us = 5000000000;
    clock_replace(moved_clock, NULL);
    outcomes_init(&outcomes, &config, &fake_out);
    durable = 0;
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    outcomes_close(&outcomes);
    fake_out_report_all(ERROR_REMOTE);
    outcomes_clear(&outcomes);
    assert_int_equal(outcomes.pending, 0);
    fake_out_clear();
    command_free(command);
    command = NULL;
    clock_replace(NULL, NULL);
    return 0;
}

static const struct kafka_header command_headers[] = {{"traceparent", "00-x", 4}, {"x-own", "a\0b", 3},
    {"null", NULL, 0}, {"ce_other", "c", 1}, {"content-type", "text/x", 6}, {"dlq_redrives", "2", 1},
    {"dlq_status", "exhausted", 9}, {"command_id", "first", 5}};

#define VALUE                                                                                                          \
    "{\"id\":\"x-1\",\"command\":\"post_comment\",\"params\":{\"sender_email\":\"a\",\"room_id\":7,\"message\":\"m\"}" \
    "}"

static inline void make_command(const char *value, size_t len, const char *key, size_t header_count)
{
    struct error error;
    command_free(command);
    command = command_new(&config,
        &(struct kafka_record){.topic = "commands",
            .partition = 3,
            .offset = 41,
            .key = key,
            .key_len = key ? strlen(key) : 0,
            .value = value,
            .value_len = len,
            .headers = command_headers,
            .header_count = header_count},
        &error);
}

static const struct outcome success = {.status = OUTCOME_SUCCEEDED,
    .reason = "",
    .http_status = 200,
    .attempts = 3,
    .received_ms = 1796119200000, // 2026-12-01T10:00:00Z
    .started_ms = 1796119201000,
    .finished_ms = 1796119202345};

static inline struct outcome failure(enum outcome_status status, const char *reason)
{
    struct outcome outcome = success;
    outcome.status = status;
    outcome.reason = reason;
    outcome.http_status = 400;
    return outcome;
}

static inline void report(const struct outcome *outcome)
{
    outcomes_report(&outcomes, command, outcome, on_durable, &durable);
}

static inline void assert_value(const struct kafka_record *record, const char *wanted)
{
    struct error error;
    json_auto_t *value = json_read_object(record->value, record->value_len, &error);
    json_auto_t *other = json_loads(wanted, 0, NULL);
    assert_non_null(value);
    assert_non_null(other);
    if (!json_equal(value, other))
        fail_msg("%.*s instead of %s", (int)record->value_len, (const char *)record->value, wanted);
}

#endif
