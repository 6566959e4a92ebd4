// SPDX-License-Identifier: MIT
//
// The consumer against librdkafka's mock cluster. What needs a second member of the group is tests/flow's matter: the
// mock takes seconds to let one in.
#include "bridge/kafka_in.h"

#include "bridge/kafka_out.h"
#include "tests/unit/mock_kafka.h"

enum { RECORDS = 20 };

static struct kafka_in *in;

// What the handler was told.
static struct {
    int64_t offsets[4 * RECORDS];
    int records;
    int pause_at; // pauses when so many have come; 0: never
    int assigned;
    int64_t assigned_offset;
    char metadata[KAFKA_METADATA_MAX];
    int revoked;
    int settled; // partitions
    int commits;
    struct error commit_error;
} heard;

static void on_record(void *context, const struct kafka_record *record)
{
    (void)context;
    must(heard.records < (int)UNIT_COUNT(heard.offsets));
    assert_string_equal(record->topic, "t");
    assert_int_equal(record->value_len, 1);
    heard.offsets[heard.records++] = record->offset;
    if (heard.records == heard.pause_at)
        kafka_in_pause(in, record->topic, record->partition);
}

static void on_assigned(void *context, const char *topic, int32_t partition, int64_t offset, const char *metadata)
{
    (void)context;
    assert_string_equal(topic, "t");
    assert_int_equal(partition, 0);
    heard.assigned++;
    heard.assigned_offset = offset;
    (void)snprintf(heard.metadata, sizeof heard.metadata, "%s", metadata);
}

static void on_revoking(void *context, const char *topic, int32_t partition, bool lost)
{
    (void)context;
    (void)topic;
    (void)partition;
    assert_false(lost);
    heard.revoked++;
}

static void on_settled(void *context, int count)
{
    (void)context;
    heard.settled = count;
}

static void on_committed(void *context, const char *topic, int32_t partition, int64_t offset, const struct error *error)
{
    (void)context;
    (void)topic;
    (void)partition;
    (void)offset;
    heard.commits++;
    heard.commit_error = *error;
}

static void join(void)
{
    static const struct kafka_in_handler handler = {.record = on_record,
        .assigned = on_assigned,
        .revoking = on_revoking,
        .settled = on_settled,
        .committed = on_committed};
    struct error error;
    memset(&heard, 0, sizeof heard);
    in = kafka_in_new(config, "group", (const char *const[]){"t", NULL}, &handler, &error);
    assert_non_null(in);
}

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    *(int *)context += delivery->delivered;
}

static void produce(int count)
{
    struct error error;
    int delivered = 0;
    struct kafka_out *out = kafka_out_new(config, 0, &error);
    assert_non_null(out);
    kafka_out_prepare(out, (const char *const[]){"t", NULL}, MOCK_DEADLINE_MS);
    const struct kafka_record record = {.topic = "t", .partition = 0, .value = "v", .value_len = 1};
    for (int i = 0; i < count; i++)
        assert_int_equal(kafka_out_send(out, &record, on_delivered, &delivered, &error), 0);
    int64_t deadline = clock_ms() + MOCK_DEADLINE_MS;
    while (delivered < count && clock_ms() < deadline) {
        mock_wait(kafka_out_fd(out));
        kafka_out_run(out);
    }
    assert_int_equal(delivered, count);
    kafka_out_free(out);
}

static int start(void **state)
{
    (void)state;
    mock_begin("session.timeout.ms = 4000\nheartbeat.interval.ms = 500\nfetch.wait.max.ms = 10\n");
    produce(RECORDS);
    join();
    return 0;
}

static int end(void **state)
{
    (void)state;
    kafka_in_free(in);
    mock_end();
    return 0;
}

// As the outbound loop: it does not sleep while there may be more.
static void run_until(const int *counter, int wanted)
{
    int64_t deadline = clock_ms() + MOCK_DEADLINE_MS;
    bool more = false;
    while (*counter < wanted && clock_ms() < deadline) {
        if (!more)
            mock_wait(kafka_in_fd(in));
        more = kafka_in_run(in, 3);
    }
    assert_int_equal(*counter, wanted);
}

static void leave(void)
{
    int64_t deadline = clock_ms() + MOCK_DEADLINE_MS;
    kafka_in_close(in);
    while (!kafka_in_closed(in) && clock_ms() < deadline) {
        mock_wait(kafka_in_fd(in));
        (void)kafka_in_run(in, 3);
    }
    assert_true(kafka_in_closed(in));
    kafka_in_free(in);
    in = NULL;
}

static void a_group_goes_on_where_it_left(void **state)
{
    (void)state;
    static char metadata[2800];
    memset(metadata, 'm', sizeof metadata - 1);
    struct error error;
    run_until(&heard.records, RECORDS);
    assert_int_equal(heard.assigned, 1);
    assert_int_equal(heard.assigned_offset, -1); // a new one begins with the oldest
    assert_string_equal(heard.metadata, "");
    assert_int_equal(heard.settled, 1);
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(heard.offsets[i], i);
    assert_int_equal(kafka_in_commit(in, "t", 0, 7, metadata, &error), 0);
    run_until(&heard.commits, 1);
    assert_int_equal(heard.commit_error.kind, ERROR_NONE);
    leave();
    assert_int_equal(heard.revoked, 1);
    assert_int_equal(heard.settled, 0);
    join();
    run_until(&heard.records, RECORDS - 7);
    assert_int_equal(heard.assigned_offset, 7);
    assert_string_equal(heard.metadata, metadata);
    assert_int_equal(heard.offsets[0], 7);
}

static void a_failed_commit_is_told(void **state)
{
    (void)state;
    struct error error;
    run_until(&heard.records, RECORDS);
    rd_kafka_mock_push_request_errors(
        mock.cluster, 8 /* OffsetCommit */, 1, RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE);
    assert_int_equal(kafka_in_commit(in, "t", 0, 7, "", &error), 0);
    run_until(&heard.commits, 1);
    assert_int_equal(heard.commit_error.kind, ERROR_REMOTE);
}

// Also of what was fetched ahead: nothing comes while it is paused, and nothing is missing afterwards.
static void a_paused_partition_gives_nothing(void **state)
{
    (void)state;
    heard.pause_at = 5;
    run_until(&heard.records, 5);
    for (int i = 0; i < 20; i++)
        (void)kafka_in_run(in, RECORDS);
    assert_int_equal(heard.records, 5);
    kafka_in_resume(in, "t", 0);
    run_until(&heard.records, RECORDS);
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(heard.offsets[i], i);
}

static void a_wrong_configuration_joins_nothing(void **state)
{
    (void)state;
    static const struct kafka_in_handler handler = {.context = NULL};
    struct error error;
    load(CONFIG_APP "[kafka.consumer]\nfetch.min.bytes = x\n");
    assert_null(kafka_in_new(config, "group", (const char *const[]){"t", NULL}, &handler, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    kafka_in_free(NULL);
    (void)forget_config(NULL);
}

int main(void)
{
    clear_environment();
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // librdkafka's complaints are no news here
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_goes_on_where_it_left, start, end),
        cmocka_unit_test_setup_teardown(a_failed_commit_is_told, start, end),
        cmocka_unit_test_setup_teardown(a_paused_partition_gives_nothing, start, end),
        cmocka_unit_test(a_wrong_configuration_joins_nothing),
    };
    return cmocka_run_group_tests_name("kafka_in", tests, NULL, NULL);
}
