// SPDX-License-Identifier: MIT
#include "consumers/call.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static void builds_forms(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        const char *params;
        const char *body;
    } rows[] = {
        {"post_comment", "{\"sender_email\":\"a@b.c\",\"room_id\":9007199254740993,\"message\":\"h\\u00e9 & =+%\"}",
            "sender_email=a%40b.c&room_id=9007199254740993&message=h%C3%A9%20%26%20%3D%2B%25&unique_temp_id=T"},
        {"post_comment",
            "{\"sender_email\":\"a\",\"room_id\":\"x\",\"type\":\"card\",\"payload\":{\"n\":1},\"extras\":\"{}\","
            "\"unique_temp_id\":\"mine\",\"disable_link_preview\":true}",
            "sender_email=a&room_id=x&type=card&payload=%7B%22n%22%3A1%7D&extras=%7B%7D&unique_temp_id=mine&"
            "disable_link_preview=true"},
        {"post_system_event_message",
            "{\"system_event_type\":\"add_member\",\"room_id\":1,\"subject_email\":\"s\",\"object_email\":[\"a\",\"b\"]"
            ","
            "\"updated_room_name\":\"\"}",
            "system_event_type=add_member&room_id=1&subject_email=s&object_email[]=a&object_email[]=b"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        json_auto_t *params = json_loads(rows[i].params, 0, NULL);
        const struct call *call = call_find(rows[i].call);
        struct error error;
        struct call_request request;
        assert_int_equal(call_check(call, params, &error), 0);
        call_build(call, params, "T", &request);
        assert_string_equal(request.body, rows[i].body);
        assert_int_equal(request.body_len, strlen(rows[i].body));
        call_request_clear(&request);
    }
}

static void refuses_and_names_the_parameter(void **state)
{
    (void)state;
#define COMMENT "\"sender_email\":\"a\",\"room_id\":1"
#define EVENT   "\"room_id\":1,\"subject_email\":\"s\""
    static const struct {
        const char *call;
        const char *params;
        const char *named;
    } rows[] = {
        {"post_comment", "{}", "params.sender_email"},
        {"post_comment", "{\"sender_email\":\"\",\"room_id\":1,\"message\":\"m\"}", "params.sender_email"},
        {"post_comment", "{\"sender_email\":5,\"room_id\":1,\"message\":\"m\"}", "params.sender_email"},
        {"post_comment", "{\"sender_email\":\"a\",\"message\":\"m\"}", "params.room_id"},
        {"post_comment", "{\"sender_email\":\"a\",\"room_id\":1.5,\"message\":\"m\"}", "params.room_id"},
        {"post_comment", "{\"sender_email\":\"a\",\"room_id\":[1],\"message\":\"m\"}", "params.room_id"},
        {"post_comment", "{" COMMENT "}", "params.message"},
        {"post_comment", "{" COMMENT ",\"type\":\"reply\"}", "params.message"},
        {"post_comment", "{" COMMENT ",\"message\":\"a\\u0000b\"}", "params.message"},
        {"post_comment", "{" COMMENT ",\"message\":\"m\",\"type\":\"system_event\"}", "params.type"},
        {"post_comment", "{" COMMENT ",\"message\":\"m\",\"payload\":[1]}", "params.payload"},
        {"post_comment", "{" COMMENT ",\"message\":\"m\",\"extras\":\"no json\"}", "params.extras"},
        {"post_comment", "{" COMMENT ",\"message\":\"m\",\"disable_link_preview\":\"yes\"}",
            "params.disable_link_preview"},
        {"post_comment", "{" COMMENT ",\"mesage\":\"m\"}", "params.mesage"},
        {"post_system_event_message", "{" EVENT "}", "params.system_event_type"},
        {"post_system_event_message", "{" EVENT ",\"system_event_type\":\"sing\"}", "params.system_event_type"},
        {"post_system_event_message", "{" EVENT ",\"system_event_type\":\"add_member\"}", "params.object_email"},
        {"post_system_event_message", "{" EVENT ",\"system_event_type\":\"remove_member\",\"object_email\":[]}",
            "params.object_email"},
        {"post_system_event_message", "{" EVENT ",\"system_event_type\":\"add_member\",\"object_email\":\"a\"}",
            "params.object_email"},
        {"post_system_event_message", "{" EVENT ",\"system_event_type\":\"add_member\",\"object_email\":[\"a\",\"\"]}",
            "params.object_email[1]"},
        {"post_system_event_message", "{" EVENT ",\"system_event_type\":\"create_room\"}", "params.updated_room_name"},
        {"post_system_event_message",
            "{" EVENT ",\"system_event_type\":\"change_room_name\",\"updated_room_name\":\"\"}",
            "params.updated_room_name"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        json_auto_t *params = json_loads(rows[i].params, JSON_ALLOW_NUL, NULL);
        struct error error = {.kind = ERROR_NONE};
        if (call_check(call_find(rows[i].call), params, &error) == 0 || strstr(error.text, rows[i].named) == NULL)
            fail_msg("%s: %s", rows[i].params, error.kind ? error.text : "was taken");
    }
}

static void counts_characters_not_bytes(void **state)
{
    (void)state;
    static char params[20000];
    struct error error;
    for (int over = 0; over < 2; over++) {
        size_t len = (size_t)snprintf(params, sizeof params, "{" COMMENT ",\"message\":\"");
        for (int i = 0; i < 4000 + over; i++)
            len += (size_t)snprintf(params + len, sizeof params - len, "\xc3\xa9");
        (void)snprintf(params + len, sizeof params - len, "\"}");
        json_auto_t *object = json_loads(params, 0, NULL);
        assert_int_equal(call_check(call_find("post_comment"), object, &error), over ? -1 : 0);
    }
}

static void types_that_need_no_message(void **state)
{
    (void)state;
    static const char *const types[] = {"buttons", "card", "carousel", "custom"};
    for (size_t i = 0; i < UNIT_COUNT(types); i++) {
        json_auto_t *params = json_pack("{s:s,s:i,s:s}", "sender_email", "a", "room_id", 1, "type", types[i]);
        struct error error;
        assert_int_equal(call_check(call_find("post_comment"), params, &error), 0);
    }
}

static void unknown_calls_are_not_found(void **state)
{
    (void)state;
    assert_null(call_find("post_comments"));
    assert_null(call_find(""));
    assert_non_null(strstr(call_names(), "post_comment, "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_forms),
        cmocka_unit_test(refuses_and_names_the_parameter),
        cmocka_unit_test(counts_characters_not_bytes),
        cmocka_unit_test(types_that_need_no_message),
        cmocka_unit_test(unknown_calls_are_not_found),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
