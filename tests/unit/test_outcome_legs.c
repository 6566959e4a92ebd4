// SPDX-License-Identifier: MIT
//
// The two legs of an outcome on their way into Kafka: when they are durable, fail, or are too large.
#include "tests/unit/outcomes.h"

// ---- their way ----

static void both_legs_have_to_be_durable(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    for (size_t first = 0; first < 2; first++) {
        durable = 0;
        report(&outcome);
        fake_out_report(2 * first + first, ERROR_NONE);
        assert_int_equal(durable, 0);
        assert_int_equal(outcomes.pending, 1);
        fake_out_report(2 * first + 1 - first, ERROR_NONE);
        assert_int_equal(durable, 1);
        assert_int_equal(outcomes.pending, 0);
    }
    assert_int_equal(outcomes_timeout_ms(&outcomes), -1);
}

static void a_leg_that_fails_is_sent_again_alone(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    struct outcome outcome = failure(OUTCOME_EXHAUSTED, "why");
    json_auto_t *said = json_pack("{s:s}", "message", "no");
    outcome.error = said;
    report(&outcome);
    fake_out_report(0, ERROR_REMOTE); // the result
    fake_out_report(1, ERROR_NONE);   // the dead letter
    for (size_t i = 2; i < 5; i++) {
        assert_int_equal(outcomes_timeout_ms(&outcomes), 1000);
        pass_ms(999);
        outcomes_run(&outcomes);
        assert_int_equal(fake_out.count, i);
        pass_ms(1);
        outcomes_run(&outcomes);
        assert_int_equal(fake_out.count, i + 1);
        assert_string_equal(fake_out.sent[i].record.topic, results);
        assert_int_equal(fake_out.sent[i].record.value_len, fake_out.sent[0].record.value_len);
        assert_memory_equal(
            fake_out.sent[i].record.value, fake_out.sent[0].record.value, fake_out.sent[0].record.value_len);
        assert_int_equal(outcomes_timeout_ms(&outcomes), -1);
        if (i < 4)
            fake_out_report(i, ERROR_REMOTE);
    }
    assert_int_equal(durable, 0);
    fake_out_report(4, ERROR_NONE);
    assert_int_equal(durable, 1);
}

static void what_the_queue_has_no_room_for_comes_soon_again(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    fake_out.refusal = ERROR_BUSY;
    fake_out.refusals = 1;
    report(&outcome);
    assert_int_equal(fake_out_count(results), 0);
    assert_int_equal(fake_out_count(dlq), 1);
    assert_int_equal(outcomes_timeout_ms(&outcomes), 10);
    fake_out_report(0, ERROR_NONE);
    assert_int_equal(durable, 0);
    pass_ms(10);
    fake_out.refusals = 1;
    outcomes_run(&outcomes);
    assert_int_equal(fake_out.count, 1);
    pass_ms(10);
    outcomes_run(&outcomes);
    assert_int_equal(fake_out_count(results), 1);
    fake_out_report(1, ERROR_NONE);
    assert_int_equal(durable, 1);
}

static void both_legs_may_fail(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    report(&outcome);
    fake_out_report(0, ERROR_REMOTE);
    pass_ms(400);
    fake_out_report(1, ERROR_REMOTE);
    pass_ms(1000);
    outcomes_run(&outcomes);
    assert_int_equal(fake_out.count, 4);
    fake_out_report(3, ERROR_NONE);
    fake_out_report(2, ERROR_NONE);
    assert_int_equal(durable, 1);
}

static void a_leg_under_way_is_not_sent_a_second_time(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    report(&outcome);
    fake_out_report(1, ERROR_REMOTE);
    pass_ms(1000);
    outcomes_run(&outcomes);
    assert_int_equal(fake_out_count(results), 1);
    assert_int_equal(fake_out_count(dlq), 2);
    fake_out_report(2, ERROR_NONE);
    fake_out_report(0, ERROR_NONE);
    assert_int_equal(durable, 1);
}

static void outcomes_wait_for_each_other_not(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    report(&success);
    report(&success);
    report(&success);
    fake_out_report(1, ERROR_NONE);
    fake_out_report(0, ERROR_REMOTE);
    assert_int_equal(durable, 1);
    pass_ms(500);
    fake_out_report(2, ERROR_REMOTE);
    pass_ms(500);
    outcomes_run(&outcomes);
    assert_int_equal(fake_out.count, 4); // the first of them
    assert_int_equal(outcomes_timeout_ms(&outcomes), 500);
    pass_ms(500);
    outcomes_run(&outcomes);
    assert_int_equal(fake_out.count, 5);
}

// The nearest time counts, whoever was first.
static void the_next_time_is_the_nearest(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    report(&success);
    fake_out_report(0, ERROR_REMOTE);
    fake_out.refusal = ERROR_BUSY;
    fake_out.refusals = 1;
    report(&success);
    assert_int_equal(outcomes_timeout_ms(&outcomes), 10);
}

// ---- what is too large ----

// Runs until all is acknowledged by a Kafka that takes records of up to `max` bytes.
static void run_with_limit(size_t max)
{
    fake_out.record_max = max;
    for (int i = 0; i < 10 && outcomes.pending > 0; i++) {
        fake_out_report_all(ERROR_NONE);
        pass_ms(1000);
        outcomes_run(&outcomes);
    }
    assert_int_equal(outcomes.pending, 0);
    assert_int_equal(durable, 1);
}

static void an_answer_that_is_too_large_is_left_out(void **state)
{
    (void)state;
    static char large[20001];
    memset(large, 'x', sizeof large - 1);
    make_command(VALUE, strlen(VALUE), "k", UNIT_COUNT(command_headers));
    json_auto_t *answer = json_pack("{s:s}", "text", large);
    struct outcome outcome = success;
    outcome.results = answer;
    report(&outcome);
    run_with_limit(2000);
    const struct kafka_record *record = fake_out_last(results);
    assert_value(record, "{\"id\":\"x-1\",\"command\":\"post_comment\",\"app\":\"shop\",\"room\":\"7\","
                         "\"status\":\"succeeded\",\"http_status\":200,\"attempts\":3,"
                         "\"reason\":\"the API's answer is left out: Kafka does not take a record of its size\","
                         "\"received_at\":\"2026-12-01T10:00:00.000Z\",\"started_at\":\"2026-12-01T10:00:01.000Z\","
                         "\"finished_at\":\"2026-12-01T10:00:02.345Z\","
                         "\"source\":{\"topic\":\"commands\",\"partition\":3,\"offset\":41}}");
}

static void a_command_that_is_too_large_is_left_out_of_its_dead_letter(void **state)
{
    (void)state;
    static char value[20001];
    memset(value, ' ', sizeof value - 1);
    value[0] = '{';
    value[1] = '}';
    make_command(value, sizeof value - 1, "k", 2);
    struct outcome outcome = failure(OUTCOME_REJECTED, "command is required");
    report(&outcome);
    run_with_limit(2000);
    const struct kafka_record *record = fake_out_last(dlq);
    assert_null(record->value);
    assert_header(record, HEADER_DLQ_VALUE, "omitted");
    assert_header(record, HEADER_DLQ_SOURCE, "commands:3:41"); // there the whole of it stands
    assert_header(record, HEADER_TRACEPARENT, "00-x");
    assert_memory_equal(record->key, "k", 1);
    assert_int_equal(fake_out_count(results), 1); // the other leg was well
}

static void headers_and_keys_can_be_too_large_too(void **state)
{
    (void)state;
    static char large[20001];
    memset(large, 'x', sizeof large - 1);
    struct error error;
    for (int i = 0; i < 2; i++) {
        const struct kafka_header header = {"large", large, i == 0 ? sizeof large - 1 : 1};
        command_free(command);
        command = command_new(&config,
            &(struct kafka_record){.topic = "commands",
                .partition = 3,
                .offset = 41,
                .key = large,
                .key_len = i == 0 ? 1 : sizeof large - 1,
                .value = VALUE,
                .value_len = strlen(VALUE),
                .headers = &header,
                .header_count = 1},
            &error);
        durable = 0;
        struct outcome outcome = failure(OUTCOME_REJECTED, "why");
        report(&outcome);
        run_with_limit(2000);
        assert_header(fake_out_last(dlq), HEADER_DLQ_SOURCE, "commands:3:41");
        assert_header(fake_out_last(dlq), HEADER_DLQ_COMMAND_ID, "x-1");
        assert_header(fake_out_last(results), HEADER_CE_ID, "x-1");
        assert_int_equal(fake_out_count(dlq), 3 * (i + 1)); // whole, without its value, without the rest
        assert_int_equal(fake_out_count(results), 3 * (i + 1));
    }
}

// A command that nobody knows may have a name of any length.
static void a_name_can_be_too_large_too(void **state)
{
    (void)state;
    static char value[20000];
    int len = snprintf(value, sizeof value, "{\"id\":\"x-1\",\"command\":\"%010000d\"}", 0);
    make_command(value, (size_t)len, "k", 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    report(&outcome);
    run_with_limit(2000);
}

// ---- the end ----

static void at_the_end_nothing_is_sent_again(void **state)
{
    (void)state;
    make_command(VALUE, strlen(VALUE), NULL, 0);
    struct outcome outcome = failure(OUTCOME_REJECTED, "why");
    report(&outcome);
    report(&success);
    fake_out_report(1, ERROR_NONE);
    outcomes_close(&outcomes);
    fake_out_report(0, ERROR_REMOTE); // the producer gives them up
    fake_out_report(2, ERROR_REMOTE);
    outcomes_clear(&outcomes);
    assert_int_equal(durable, 0);
    assert_int_equal(outcomes.pending, 0);
    assert_int_equal(fake_out.count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its warnings are no news here
    const struct CMUnitTest tests[] = {
        TEST(both_legs_have_to_be_durable),
        TEST(a_leg_that_fails_is_sent_again_alone),
        TEST(what_the_queue_has_no_room_for_comes_soon_again),
        TEST(both_legs_may_fail),
        TEST(a_leg_under_way_is_not_sent_a_second_time),
        TEST(outcomes_wait_for_each_other_not),
        TEST(the_next_time_is_the_nearest),
        TEST(an_answer_that_is_too_large_is_left_out),
        TEST(a_command_that_is_too_large_is_left_out_of_its_dead_letter),
        TEST(headers_and_keys_can_be_too_large_too),
        TEST(a_name_can_be_too_large_too),
        TEST(at_the_end_nothing_is_sent_again),
    };
    return cmocka_run_group_tests_name("outcome_legs", tests, NULL, NULL);
}
