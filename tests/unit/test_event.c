// SPDX-License-Identifier: MIT
#include "producers/event.h"

#include "bridge/text.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct event event;

static void decode(const char *body)
{
    struct error error;
    assert_int_equal(event_decode(&event, "shop", body, strlen(body), &error), 0);
}

static void each_form_gives_its_fields(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *type;
        const char *room;
        const char *id; // NULL: a UUID
        const char *sender;
        enum event_origin origin;
    } rows[] = {
        {"{\"type\":\"post_comment\",\"payload\":{\"from\":{\"email\":\"a@b\"},\"room\":{\"id\":1},"
         "\"message\":{\"text\":\"x\"}}}",
            "post_comment", "1", NULL, "a@b", ORIGIN_UNKNOWN},
        {"{\"type\":\"post_comment_mobile\",\"payload\":{\"room\":{\"id\":3,\"id_str\":\"3\"},\"message\":{\"id\":2}}}",
            "post_comment_mobile", "3", "shop:2", "", ORIGIN_CLIENT},
        {"{\"type\":\"post_comment_rest\",\"payload\":{\"room\":{\"id_str\":\"lobby\"},\"message\":{\"id\":0,"
         "\"id_str\":\"77\"}}}",
            "post_comment_rest", "lobby", "shop:77", "", ORIGIN_REST},
        {"{\"type\":\"t\",\"payload\":{\"room\":{\"id\":9},\"message\":{\"id\":0,\"unique_temp_id\":\"u1\"}}}", "t",
            "9", "shop:9:u1", "", ORIGIN_UNKNOWN},
        {"{\"type\":\"t\",\"payload\":{\"message\":{\"unique_temp_id\":\"u1\"}}}", "t", "", NULL, "", ORIGIN_UNKNOWN},
        {"{\"type\":\"t\",\"payload\":{\"room\":{\"id\":5,\"id_str\":\"0\"}}}", "t", "5", NULL, "", ORIGIN_UNKNOWN},
        {"{\"type\":\"t\",\"payload\":{\"room\":{\"id\":0,\"id_str\":\"\"}}}", "t", "", NULL, "", ORIGIN_UNKNOWN},
        {"{\"type\":\"t\",\"payload\":{\"room\":{\"id\":9007199254740993}}}", "t", "9007199254740993", NULL, "",
            ORIGIN_UNKNOWN},
        {"{\"type\":\"a b/c\",\"room_id\":\"r7\"}", "a_b_c", "r7", NULL, "", ORIGIN_UNKNOWN},
        {"{\"room_id\":12}", "event", "12", NULL, "", ORIGIN_UNKNOWN},
        {"{\"type\":7,\"payload\":\"text\"}", "event", "", NULL, "", ORIGIN_UNKNOWN},
        {"{}", "event", "", NULL, "", ORIGIN_UNKNOWN},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        decode(rows[i].body);
        assert_string_equal(event.type, rows[i].type);
        assert_string_equal(event.room, rows[i].room);
        assert_string_equal(event.sender, rows[i].sender);
        assert_int_equal(event.origin, rows[i].origin);
        if (rows[i].id != NULL)
            assert_string_equal(event.id, rows[i].id);
        else
            assert_int_equal(strlen(event.id), RANDOM_UUID_TEXT - 1);
    }
}

static void a_long_type_is_cut(void **state)
{
    (void)state;
    char body[256] = "{\"type\":\"";
    memset(body + strlen(body), 'x', 100);
    memcpy(body + strlen(body), "\"}", 3);
    decode(body);
    assert_int_equal(strlen(event.type), EVENT_TYPE_MAX);
}

static void what_is_not_usable_says_why_and_has_an_id(void **state)
{
    (void)state;
    static const char deep[] = "[";
    static const struct {
        const char *body;
        size_t len;
    } rows[] = {{"", 0}, {"nonsense", 8}, {"[]", 2}, {"\"x\"", 3}, {deep, 1}, {"{\"a\":\"\xff\"}", 9},
        {"{\"a\":1e999}", 11}, {"{\"a\":99999999999999999999}", 26}, {"{} x", 4}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct error error = {.kind = ERROR_NONE};
        assert_int_equal(event_decode(&event, "shop", rows[i].body, rows[i].len, &error), -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_true(strlen(error.text) > 5);
        assert_int_equal(strlen(event.id), RANDOM_UUID_TEXT - 1);
        assert_string_equal(event.type, "event");
    }
}

static void an_escaped_nul_is_taken(void **state)
{
    (void)state;
    decode("{\"type\":\"t\",\"payload\":{\"message\":{\"text\":\"a\\u0000b\"},\"room\":{\"id\":1}}}");
    assert_string_equal(event.room, "1");
}

static void cutting_keeps_characters_whole(void **state)
{
    (void)state;
    char out[8];
    text_cut(out, 4, "ab\xc3\xa9\xc3\xa9");
    assert_string_equal(out, "ab\xc3\xa9");
    text_cut(out, 3, "ab\xc3\xa9");
    assert_string_equal(out, "ab");
    text_cut(out, 7, "short");
    assert_string_equal(out, "short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_gives_its_fields),
        cmocka_unit_test(a_long_type_is_cut),
        cmocka_unit_test(what_is_not_usable_says_why_and_has_an_id),
        cmocka_unit_test(an_escaped_nul_is_taken),
        cmocka_unit_test(cutting_keeps_characters_whole),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
