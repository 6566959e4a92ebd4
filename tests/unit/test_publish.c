// SPDX-License-Identifier: MIT
#include "producers/publish.h"

#include "bridge/contract.h"
#include "tests/unit/fake_kafka_out.h"

static struct publish publish = {.out = &fake_out, .events_topic = "events", .rejected_topic = "rejected"};
static struct event event;
static struct cloudevent cloudevent;
static struct error error;
static int deliveries;

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    deliveries += delivery->delivered ? *(int *)context : 100;
}

static int start(void **state)
{
    (void)state;
    deliveries = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_out_clear();
    return 0;
}

static int send(const char *body, size_t len, const char *reason)
{
    static int one = 1;
    assert_int_equal(event_decode(&event, "shop", body, len, &error), reason ? -1 : 0);
    cloudevent_make(&cloudevent, &event, "shop", 1796119200000, NULL, NULL, reason);
    return publish_event(&publish, &event, &cloudevent, reason == NULL, body, len, on_delivered, &one, &error);
}

static void an_event_goes_with_its_room_as_key(void **state)
{
    (void)state;
    static const char body[] =
        " {\"type\":\"post_comment\",\"payload\":{\"room\":{\"id\":7},\"message\":{\"id\":5}}}\n";
    assert_int_equal(send(body, sizeof body - 1, NULL), 0);
    const struct kafka_record *record = fake_out_last("events");
    assert_int_equal(fake_out.count, 1);
    assert_int_equal(record->partition, -1);
    assert_int_equal(record->timestamp_ms, 0);
    assert_int_equal(record->key_len, 1);
    assert_memory_equal(record->key, "7", 1);
    assert_int_equal(record->value_len, sizeof body - 1); // byte for byte
    assert_memory_equal(record->value, body, sizeof body - 1);
    assert_int_equal(record->header_count, cloudevent.count);
    assert_header(record, HEADER_CE_ID, "shop:5");
    assert_header(record, HEADER_CE_PARTITIONKEY, "7");
    assert_int_equal(deliveries, 0);
    fake_out_report_all(ERROR_NONE);
    assert_int_equal(deliveries, 1);
}

static void one_without_a_room_has_no_key(void **state)
{
    (void)state;
    assert_int_equal(send("{}", 2, NULL), 0);
    assert_null(fake_out_last("events")->key);
    assert_int_equal(fake_out_last("events")->key_len, 0);
}

static void what_is_not_usable_goes_elsewhere(void **state)
{
    (void)state;
    static const char body[] = "no\0json";
    assert_int_equal(send(body, sizeof body - 1, "because"), 0);
    const struct kafka_record *record = fake_out_last("rejected");
    assert_int_equal(fake_out_count("events"), 0);
    assert_memory_equal(record->value, body, sizeof body - 1);
    assert_int_equal(record->value_len, sizeof body - 1);
    assert_header(record, HEADER_REJECTED_REASON, "because");
    assert_string_equal(publish_topic(&publish, true), "events");
    assert_string_equal(publish_topic(&publish, false), "rejected");
}

static void a_refusal_is_told_at_once_and_once(void **state)
{
    (void)state;
    fake_out.refusals = 1;
    fake_out.refusal = ERROR_BUSY;
    assert_int_equal(send("{}", 2, NULL), -1);
    assert_int_equal(error.kind, ERROR_BUSY);
    fake_out_report_all(ERROR_NONE);
    assert_int_equal(deliveries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_goes_with_its_room_as_key, start, end),
        cmocka_unit_test_setup_teardown(one_without_a_room_has_no_key, start, end),
        cmocka_unit_test_setup_teardown(what_is_not_usable_goes_elsewhere, start, end),
        cmocka_unit_test_setup_teardown(a_refusal_is_told_at_once_and_once, start, end),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
