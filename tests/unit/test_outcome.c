// SPDX-License-Identifier: MIT
//
// Outcomes and dead letters, field by field.
#include "tests/unit/outcomes.h"

// ---- the records ----

static void a_success_is_one_record(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), "k", 0);
    json_auto_t *answer = json_loads("{\"comment\":{\"id\":9007199254740993}}", 0, NULL);
    struct outcome outcome = success;
    outcome.results = answer;
    report(&outcome);
    assert_int_equal(fake_out.count, 1);
    const struct kafka_record *record = fake_out_last(results);
    assert_value(record, "{\"id\":\"x-1\",\"command\":\"post_comment\",\"app\":\"shop\",\"room\":\"7\","
                         "\"status\":\"succeeded\",\"reason\":null,\"http_status\":200,\"attempts\":3,"
                         "\"received_at\":\"2026-12-01T10:00:00.000Z\",\"started_at\":\"2026-12-01T10:00:01.000Z\","
                         "\"finished_at\":\"2026-12-01T10:00:02.345Z\","
                         "\"results\":{\"comment\":{\"id\":9007199254740993}},"
                         "\"source\":{\"topic\":\"commands\",\"partition\":3,\"offset\":41}}");
    assert_int_equal(record->partition, -1);
    assert_int_equal(record->key_len, 1);
    assert_memory_equal(record->key, "k", 1);
    assert_header(record, HEADER_CE_SPECVERSION, "1.0");
    assert_header(record, HEADER_CE_ID, "x-1");
    assert_header(record, HEADER_CE_SOURCE, "/apps/shop");
    assert_header(record, HEADER_CE_TYPE, "chatbridge.command.succeeded");
    assert_header(record, HEADER_CE_TIME, "2026-12-01T10:00:02.345Z");
    assert_header(record, HEADER_CE_SUBJECT, "rooms/7");
    assert_header(record, HEADER_CONTENT_TYPE, "application/json");
    assert_int_equal(record->header_count, 7);
    assert_int_equal(durable, 0);
    fake_out_report(0, ERROR_NONE);
    assert_int_equal(durable, 1);
}

static void the_commands_own_headers_are_carried(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, UNIT_COUNT(command_headers));
    report(&success);
    const struct kafka_record *record = fake_out_last(results);
    size_t len = 0;
    assert_header(record, HEADER_TRACEPARENT, "00-x");
    assert_memory_equal(kafka_header_of(record, "x-own", &len), "a\0b", 3);
    assert_int_equal(len, 3);
    assert_int_equal(record->header_count, 7 + 3); // those and "null"
    assert_string_equal(record->headers[9].name, "null");
    assert_null(record->headers[9].value);
    assert_header(record, HEADER_CONTENT_TYPE, "application/json"); // this is of this record, not of the command's
    assert_header(record, "ce_other", NULL);
    assert_header(record, HEADER_DLQ_REDRIVES, NULL);
    assert_header(record, HEADER_COMMAND_ID, NULL);
    assert_null(record->key);
}

static void anything_else_is_a_dead_letter_too(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), "k", UNIT_COUNT(command_headers));
    struct outcome outcome = failure(OUTCOME_REJECTED, "HTTP 400: no");
    json_auto_t *said = json_loads("{\"message\":\"no\",\"detailed_messages\":[\"x\"]}", 0, NULL);
    outcome.error = said;
    report(&outcome);
    assert_int_equal(fake_out.count, 2);
    assert_value(fake_out_last(results),
        "{\"id\":\"x-1\",\"command\":\"post_comment\",\"app\":\"shop\",\"room\":\"7\","
        "\"status\":\"rejected\",\"reason\":\"HTTP 400: no\",\"http_status\":400,\"attempts\":3,"
        "\"received_at\":\"2026-12-01T10:00:00.000Z\",\"started_at\":\"2026-12-01T10:00:01.000Z\","
        "\"finished_at\":\"2026-12-01T10:00:02.345Z\","
        "\"error\":{\"message\":\"no\",\"detailed_messages\":[\"x\"]},"
        "\"source\":{\"topic\":\"commands\",\"partition\":3,\"offset\":41}}");
    const struct kafka_record *record = fake_out_last(dlq);
    assert_memory_equal(record->key, "k", 1); // key, value and headers as they were
    assert_int_equal(record->value_len, strlen(VALUE));
    assert_memory_equal(record->value, VALUE, strlen(VALUE));
    assert_header(record, HEADER_TRACEPARENT, "00-x");
    assert_header(record, "ce_other", "c");
    assert_header(record, HEADER_CONTENT_TYPE, "text/x");
    assert_header(record, HEADER_COMMAND_ID, "first");
    assert_header(record, HEADER_DLQ_COMMAND_ID, "x-1");
    assert_header(record, HEADER_DLQ_STATUS, "rejected");
    assert_header(record, HEADER_DLQ_REASON, "HTTP 400: no");
    assert_header(record, HEADER_DLQ_HTTP_STATUS, "400");
    assert_header(record, HEADER_DLQ_ATTEMPTS, "3");
    assert_header(record, HEADER_DLQ_FIRST_AT, "2026-12-01T10:00:01.000Z");
    assert_header(record, HEADER_DLQ_LAST_AT, "2026-12-01T10:00:02.345Z");
    assert_header(record, HEADER_DLQ_SOURCE, "commands:3:41");
    assert_header(record, HEADER_DLQ_REDRIVES, "2");
    assert_header(record, HEADER_DLQ_VALUE, NULL);
    // Of an earlier time in the dead letters only the count of redrives is kept, and nothing stands there twice.
    assert_int_equal(record->header_count, 6 + 9);
}

static void what_was_never_called_says_so(void **state)
{
    (void)state;
    static const char value[] = "not json";
    make_command(value, sizeof value - 1, NULL, 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    outcome.http_status = 0;
    outcome.attempts = 0;
    outcome.started_ms = 0;
    report(&outcome);
    assert_value(fake_out_last(results),
        "{\"id\":\"commands-3-41\",\"command\":null,\"app\":null,\"room\":null,"
        "\"status\":\"rejected\",\"reason\":\"why\",\"http_status\":null,\"attempts\":0,"
        "\"received_at\":\"2026-12-01T10:00:00.000Z\",\"started_at\":null,"
        "\"finished_at\":\"2026-12-01T10:00:02.345Z\","
        "\"source\":{\"topic\":\"commands\",\"partition\":3,\"offset\":41}}");
    assert_header(fake_out_last(results), HEADER_CE_SOURCE, "/chatbridge");
    assert_header(fake_out_last(results), HEADER_CE_SUBJECT, NULL);
    assert_header(fake_out_last(dlq), HEADER_DLQ_HTTP_STATUS, "");
    assert_header(fake_out_last(dlq), HEADER_DLQ_ATTEMPTS, "0");
    assert_header(fake_out_last(dlq), HEADER_DLQ_FIRST_AT, "2026-12-01T10:00:00.000Z"); // when it came
    assert_header(fake_out_last(dlq), HEADER_DLQ_REDRIVES, "0");
}

static void each_status_has_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"succeeded", "rejected", "expired", "exhausted", "unknown", "skipped"};
    make_command(VALUE, strlen(VALUE), NULL, 0);
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        struct outcome outcome = failure((enum outcome_status)i, "why");
        char type[64];
        (void)snprintf(type, sizeof type, "chatbridge.command.%s", names[i]);
        report(&outcome);
        assert_header(fake_out_last(results), HEADER_CE_TYPE, type);
        assert_int_equal(fake_out_count(dlq), i);
        assert_string_equal(outcome_status_name((enum outcome_status)i), names[i]);
    }
}

static void a_command_without_a_value_stays_without(void **state)
{
    (void)state;
    make_command(NULL, 0, "", 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "the record has no value");
    report(&outcome);
    assert_null(fake_out_last(dlq)->value);
    assert_non_null(fake_out_last(dlq)->key); // empty is not none
    assert_int_equal(fake_out_last(dlq)->key_len, 0);
    make_command("", 0, NULL, 0);
    report(&outcome);
    assert_non_null(fake_out_last(dlq)->value);
    assert_null(fake_out_last(dlq)->key);
}

// A header may hold any bytes, JSON may not.
static void text_that_is_no_utf8_becomes_readable(void **state)
{
    (void)state;
    struct error error;
    static const struct kafka_header headers[] = {
        {"command_id", "id-\xff\xc3", 5}, {"dlq_redrives", "123456789012345678901234567", 27}};
    command = command_new(&config,
        &(struct kafka_record){
            .topic = "commands", .value = "[]", .value_len = 2, .headers = headers, .header_count = 2},
        &error);
    struct outcome outcome = failure(OUTCOME_REJECTED, "broken \xe2\x82");
    report(&outcome);
    json_auto_t *value = json_read_object(fake_out_last(results)->value, fake_out_last(results)->value_len, &error);
    assert_non_null(value);
    assert_string_equal(json_text_at(value, "id"), "id-??");
    assert_string_equal(json_text_at(value, "reason"), "broken ??");
    assert_header(fake_out_last(dlq), HEADER_DLQ_COMMAND_ID, "id-\xff\xc3"); // there bytes are bytes
    assert_header(fake_out_last(dlq), HEADER_DLQ_REDRIVES, "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its warnings are no news here
    const struct CMUnitTest tests[] = {
        TEST(a_success_is_one_record),
        TEST(the_commands_own_headers_are_carried),
        TEST(anything_else_is_a_dead_letter_too),
        TEST(what_was_never_called_says_so),
        TEST(each_status_has_its_name),
        TEST(a_command_without_a_value_stays_without),
        TEST(text_that_is_no_utf8_becomes_readable),
    };
    return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
