// SPDX-License-Identifier: MIT
//
// The producer against librdkafka's mock cluster.
#include "bridge/kafka_out.h"

#include "bridge/kafka_conf.h"
#include "tests/unit/mock_kafka.h"

static struct kafka_out *out;
static struct kafka_delivery last;
static int reports;

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    last = *delivery;
    reports += *(const int *)context;
}

static int begin(const char *more, int64_t timeout_ms)
{
    struct error error;
    mock_begin(more);
    reports = 0;
    out = kafka_out_new(config, timeout_ms, &error);
    if (out == NULL)
        return -1;
    kafka_out_prepare(out, (const char *const[]){"t", NULL}, MOCK_DEADLINE_MS);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return begin("", 0);
}

static int end(void **state)
{
    (void)state;
    kafka_out_free(out);
    mock_end();
    return 0;
}

static int give(const struct kafka_record *record, struct error *error)
{
    static const int one = 1;
    return kafka_out_send(out, record, on_delivered, (void *)(uintptr_t)&one, error);
}

static void send_value(const char *value, size_t len)
{
    struct error error;
    const struct kafka_record record = {.topic = "t", .partition = -1, .value = value, .value_len = len};
    assert_int_equal(give(&record, &error), 0);
}

static void run_until_reports(int wanted)
{
    int64_t deadline = clock_ms() + MOCK_DEADLINE_MS;
    while (reports < wanted && clock_ms() < deadline) {
        mock_wait(kafka_out_fd(out));
        kafka_out_run(out);
    }
    assert_int_equal(reports, wanted);
}

// What the cluster holds at that offset. Owner: the caller.
static rd_kafka_message_t *read_back(rd_kafka_t *consumer, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "t", 0)->offset = offset;
    assert_int_equal(rd_kafka_assign(consumer, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, MOCK_DEADLINE_MS);
    assert_non_null(message);
    assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    return message;
}

static void a_record_arrives_whole(void **state)
{
    (void)state;
    struct error error;
    char value[] = "v\0w";
    const struct kafka_header headers[] = {{"a", "1\0002", 3}, {"none", NULL, 0}, {"empty", "", 0}, {"a", "x", 1}};
    const struct kafka_record record = {.topic = "t",
        .partition = -1,
        .key = "k",
        .key_len = 1,
        .value = value,
        .value_len = 3,
        .headers = headers,
        .header_count = 4};
    assert_int_equal(give(&record, &error), 0);
    memset(value, 'x', sizeof value); // it was copied
    assert_int_equal(kafka_out_pending(out), 1);
    run_until_reports(1);
    assert_true(last.delivered);
    assert_int_equal(last.partition, 0);
    assert_int_equal(last.offset, 0);
    assert_int_equal(kafka_out_pending(out), 0);
    static const struct kafka_default group[] = {{"group.id", "reader"}, {NULL, NULL}};
    rd_kafka_t *consumer = kafka_client(RD_KAFKA_CONSUMER, kafka_conf(config, "kafka.consumer", group, &error), &error);
    assert_non_null(consumer);
    rd_kafka_message_t *message = read_back(consumer, 0);
    struct kafka_header seen[KAFKA_HEADERS_MAX];
    struct kafka_record back = kafka_record_of(message, seen);
    assert_string_equal(back.topic, "t");
    assert_int_equal(back.offset, 0);
    assert_true(back.timestamp_ms > 0);
    assert_int_equal(back.key_len, 1);
    assert_memory_equal(back.key, "k", 1);
    assert_int_equal(back.value_len, 3);
    assert_memory_equal(back.value, "v\0w", 3);
    assert_int_equal(back.header_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(back.headers[i].name, headers[i].name);
        assert_int_equal(back.headers[i].len, headers[i].len);
        assert_int_equal(back.headers[i].value != NULL, headers[i].value != NULL);
    }
    assert_memory_equal(back.headers[0].value, "1\0002", 3);
    rd_kafka_message_destroy(message);
    rd_kafka_destroy(consumer);
}

static void key_and_value_may_be_none(void **state)
{
    (void)state;
    struct error error;
    const struct kafka_record none = {.topic = "t", .partition = -1};
    const struct kafka_record empty = {.topic = "t", .partition = -1, .key = "", .value = ""};
    assert_int_equal(give(&none, &error), 0);
    run_until_reports(1);
    assert_int_equal(give(&empty, &error), 0);
    run_until_reports(2);
    static const struct kafka_default group[] = {{"group.id", "reader"}, {NULL, NULL}};
    rd_kafka_t *consumer = kafka_client(RD_KAFKA_CONSUMER, kafka_conf(config, "kafka.consumer", group, &error), &error);
    assert_non_null(consumer);
    rd_kafka_message_t *message = read_back(consumer, 0);
    assert_null(message->payload);
    assert_null(message->key);
    rd_kafka_message_destroy(message);
    message = read_back(consumer, 1);
    assert_non_null(message->payload);
    assert_non_null(message->key);
    rd_kafka_message_destroy(message);
    rd_kafka_destroy(consumer);
}

static void reports_come_for_each_and_in_order(void **state)
{
    (void)state;
    enum { RECORDS = 500 };
    for (int i = 0; i < RECORDS; i++)
        send_value("v", 1);
    run_until_reports(RECORDS);
    assert_int_equal(last.offset, RECORDS - 1);
}

static void what_is_too_large_is_wrong_input(void **state)
{
    (void)state;
    struct error error;
    size_t size = config->inbound.body_max + (1 << 20);
    char *value = must_calloc(size, 1);
    const struct kafka_record record = {.topic = "t", .partition = -1, .value = value, .value_len = size};
    assert_int_equal(give(&record, &error), -1); // our own limit
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(kafka_out_pending(out), 0);
    free(value);
    rd_kafka_mock_push_request_errors(
        mock.cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE); // the broker's
    send_value("hunter2", 7);
    run_until_reports(1);
    assert_false(last.delivered);
    assert_int_equal(last.error.kind, ERROR_INPUT);
    assert_null(strstr(last.error.text, "hunter2")); // it goes into the log
}

static void what_a_broker_refuses_for_now_is_repeated_within(void **state)
{
    (void)state;
    rd_kafka_mock_push_request_errors(
        mock.cluster, 0, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    send_value("v", 1);
    run_until_reports(1);
    assert_true(last.delivered);
}

static int start_full(void **state)
{
    (void)state;
    return begin("queue.buffering.max.messages = 3\n", 0);
}

static void a_full_queue_is_busy(void **state)
{
    (void)state;
    struct error error;
    const struct kafka_record record = {.topic = "t", .partition = -1, .value = "v", .value_len = 1};
    must(rd_kafka_mock_broker_set_down(mock.cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int i = 0; i < 3; i++)
        assert_int_equal(give(&record, &error), 0);
    assert_int_equal(give(&record, &error), -1);
    assert_int_equal(error.kind, ERROR_BUSY);
    must(rd_kafka_mock_broker_set_up(mock.cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    run_until_reports(3);
    assert_true(last.delivered);
    assert_int_equal(give(&record, &error), 0);
    run_until_reports(4);
}

static int start_impatient(void **state)
{
    (void)state;
    return begin("", 300);
}

static void what_is_not_acknowledged_in_time_is_told(void **state)
{
    (void)state;
    must(rd_kafka_mock_broker_set_down(mock.cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    send_value("v", 1);
    run_until_reports(1);
    assert_false(last.delivered);
    assert_int_equal(last.error.kind, ERROR_REMOTE);
    assert_int_equal(kafka_out_pending(out), 0);
}

static void what_is_given_up_at_the_end_is_told(void **state)
{
    struct error error;
    must(rd_kafka_mock_broker_set_down(mock.cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    send_value("v", 1);
    send_value("w", 1);
    kafka_out_free(out);
    assert_int_equal(reports, 2);
    assert_false(last.delivered);
    out = kafka_out_new(config, 0, &error);
    assert_non_null(out);
    assert_false(kafka_out_failed(out, &error));
    kafka_out_free(NULL);
    (void)state;
}

static void topics_are_asked_about_for_so_long(void **state)
{
    (void)state;
    int64_t before = clock_ms();
    kafka_out_prepare(out, (const char *const[]){"t", "other", NULL}, MOCK_DEADLINE_MS);
    assert_true(clock_ms() - before < MOCK_DEADLINE_MS / 2);
    must(rd_kafka_mock_broker_set_down(mock.cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    before = clock_ms();
    kafka_out_prepare(out, (const char *const[]){"a", "b", "c", NULL}, 300);
    assert_true(clock_ms() - before < MOCK_DEADLINE_MS / 2);
}

int main(void)
{
    clear_environment();
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // librdkafka's complaints are no news here
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_arrives_whole, start, end),
        cmocka_unit_test_setup_teardown(key_and_value_may_be_none, start, end),
        cmocka_unit_test_setup_teardown(reports_come_for_each_and_in_order, start, end),
        cmocka_unit_test_setup_teardown(what_is_too_large_is_wrong_input, start, end),
        cmocka_unit_test_setup_teardown(what_a_broker_refuses_for_now_is_repeated_within, start, end),
        cmocka_unit_test_setup_teardown(a_full_queue_is_busy, start_full, end),
        cmocka_unit_test_setup_teardown(what_is_not_acknowledged_in_time_is_told, start_impatient, end),
        cmocka_unit_test_setup_teardown(what_is_given_up_at_the_end_is_told, start, end),
        cmocka_unit_test_setup_teardown(topics_are_asked_about_for_so_long, start, end),
    };
    return cmocka_run_group_tests_name("kafka_out", tests, NULL, NULL);
}
