// SPDX-License-Identifier: MIT
#include "producers/cloudevent.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/contract.h"
#include "tests/unit/unit.h"

static struct event event;
static struct cloudevent cloudevent;

static const char *header(const char *name)
{
    const struct kafka_record record = {.headers = cloudevent.headers, .header_count = cloudevent.count};
    return kafka_header_of(&record, name, NULL);
}

static void make(const char *body, const char *content_type, const char *traceparent, const char *reason)
{
    struct error error;
    assert_int_equal(event_decode(&event, "shop", body, strlen(body), &error), 0);
    cloudevent_make(&cloudevent, &event, "shop", 1794830400000, content_type, traceparent, reason);
}

static void tells_all_that_is_known(void **state)
{
    (void)state;
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    make("{\"type\":\"post_comment_mobile\",\"payload\":{\"from\":{\"email\":\"a@b\"},\"room\":{\"id\":3},"
         "\"message\":{\"id\":2}}}",
        "application/json; charset=utf-8", trace, NULL);
    static const struct {
        const char *name;
        const char *value;
    } rows[] = {
        {HEADER_CE_SPECVERSION, "1.0"},
        {HEADER_CE_ID, "shop:2"},
        {HEADER_CE_SOURCE, "/apps/shop"},
        {HEADER_CE_TYPE, "com.qiscus.chat.post_comment_mobile"},
        {HEADER_CE_SUBJECT, "rooms/3"},
        {HEADER_CE_TIME, "2026-11-16T12:00:00.000Z"},
        {HEADER_CE_ORIGIN, "client"},
        {HEADER_CE_SENDER, "a@b"},
        {HEADER_CE_PARTITIONKEY, "3"},
        {HEADER_CONTENT_TYPE, "application/json; charset=utf-8"},
        {HEADER_TRACEPARENT, trace},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        assert_string_equal(header(rows[i].name), rows[i].value);
    assert_int_equal(cloudevent.count, UNIT_COUNT(rows));
}

static void leaves_out_what_is_not_known(void **state)
{
    (void)state;
    make("{}", NULL, NULL, "because");
    assert_null(header(HEADER_CE_SUBJECT));
    assert_null(header(HEADER_CE_PARTITIONKEY));
    assert_null(header(HEADER_CE_SENDER));
    assert_string_equal(header(HEADER_CE_TYPE), "com.qiscus.chat.event");
    assert_string_equal(header(HEADER_CE_ORIGIN), "unknown");
    assert_string_equal(header(HEADER_CONTENT_TYPE), "application/json");
    assert_string_equal(header(HEADER_REJECTED_REASON), "because");
}

static void begins_a_trace_where_none_is_usable(void **state)
{
    (void)state;
    static const char *const unusable[] = {NULL, "", "00-xyz",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"};
    for (size_t i = 0; i < UNIT_COUNT(unusable); i++) {
        make("{}", NULL, unusable[i], NULL);
        const char *trace = header(HEADER_TRACEPARENT);
        assert_int_equal(strlen(trace), 55);
        assert_memory_equal(trace, "00-", 3);
        if (unusable[i] != NULL)
            assert_string_not_equal(trace, unusable[i]);
    }
}

static void a_content_type_is_printable(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "application/json; x=\xff", "application/json;\tx=y", "application/json\x7f", "application/json; x=\xc3\xa9"};
    for (size_t i = 0; i < UNIT_COUNT(strange); i++) {
        make("{}", strange[i], NULL, NULL);
        assert_string_equal(header(HEADER_CONTENT_TYPE), "application/json");
    }
}

static char *json_of(const char *body, const char *content_type)
{
    size_t len;
    make(body, content_type, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL);
    char *json = cloudevent_json(&cloudevent, body, strlen(body), &len);
    assert_int_equal(strlen(json), len);
    return json;
}

static void as_one_json_object(void **state)
{
    (void)state;
    static const char body[] = " { \"type\":\"post_comment_mobile\", \"payload\":{\"from\":{\"email\":\"a\\\"b\\n\"},"
                               "\"room\":{\"id\":3},\"message\":{\"id\":2.50e1, \"id_str\":\"2\"}} }\r\n";
    char *json = json_of(body, "application/json; charset=utf-8");
    static const char wanted[] =
        "{\"specversion\":\"1.0\",\"id\":\"shop:2\",\"source\":\"/apps/shop\","
        "\"type\":\"com.qiscus.chat.post_comment_mobile\",\"time\":\"2026-11-16T12:00:00.000Z\","
        "\"datacontenttype\":\"application/json; charset=utf-8\",\"subject\":\"rooms/3\",\"partitionkey\":\"3\","
        "\"origin\":\"client\",\"sender\":\"a\\\"b\\n\","
        "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"data\":";
    assert_memory_equal(json, wanted, sizeof wanted - 1);
    assert_memory_equal(json + sizeof wanted - 1, body, sizeof body - 1);
    assert_string_equal(json + sizeof wanted - 1 + sizeof body - 1, "}");
    free(json);
}

static void every_usable_body_gives_json(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "\n{}\t", "{\"a\":1,\"a\":2}", "{\"data\":{},\"id\":\"x\"}",
        "{\"room_id\":\"\\u0001\\ud83d\\ude00\\\\\"}", "{\"from\":{\"email\":\"a\\u0000b\"}}",
        "{\"type\":\"\\u00e9\\\"}\"}"};
    for (size_t i = 0; i < UNIT_COUNT(bodies); i++) {
        struct error error;
        char *json = json_of(bodies[i], NULL);
        json_t *read = json_read_object(json, strlen(json), &error);
        if (read == NULL)
            fail_msg("%s: %s", error.text, json);
        assert_true(json_is_object(json_object_get(read, "data")));
        assert_string_equal(json_string_value(json_object_get(read, "datacontenttype")), "application/json");
        assert_string_not_equal(json_string_value(json_object_get(read, "id")), "x"); // data's members are its own
        json_decref(read);
        free(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_all_that_is_known),
        cmocka_unit_test(leaves_out_what_is_not_known),
        cmocka_unit_test(begins_a_trace_where_none_is_usable),
        cmocka_unit_test(a_content_type_is_printable),
        cmocka_unit_test(as_one_json_object),
        cmocka_unit_test(every_usable_body_gives_json),
    };
    return cmocka_run_group_tests_name("cloudevent", tests, NULL, NULL);
}
