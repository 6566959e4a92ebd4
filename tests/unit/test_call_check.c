// SPDX-License-Identifier: MIT
//
// What call_check() refuses, and that the reason names the parameter.
#include "consumers/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void refuses_and_names_the_parameter(void **state)
{
    (void)state;
#define COMMENT                  "\"sender_email\":\"a\",\"room_id\":1"
#define EVENT                    "\"room_id\":1,\"subject_email\":\"s\""
#define TARGET                   "get_or_create_room_with_target"
#define EXPORT(type, start, end) "{\"type\":\"" type "\",\"start_date\":\"" start "\",\"end_date\":\"" end "\"}"
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
        {"load_comments", "{\"room_id\":1,\"page\":0}", "params.page"},
        {"load_comments", "{\"room_id\":1,\"page\":-1}", "params.page"},
        {"load_comments", "{\"room_id\":1,\"page\":1.0}", "params.page"},
        {"load_comments", "{\"room_id\":1,\"limit\":\"01\"}", "params.limit"},
        {"load_comments", "{\"room_id\":1,\"limit\":\"+1\"}", "params.limit"},
        {"load_comments", "{\"room_id\":1,\"limit\":\"1 \"}", "params.limit"},
        {"load_comments", "{\"room_id\":1,\"limit\":\"1\\u0000\"}", "params.limit"},
        {"load_comments", "{\"room_id\":1,\"limit\":\"1234567890123456789\"}", "params.limit"},
        {"load_comments", "{\"room_id\":1,\"limit\":true}", "params.limit"},
        {"create_room", "{\"participants\":[\"a\"],\"creator\":\"c\"}", "params.name"},
        {"create_room", "{\"name\":\"n\",\"creator\":\"c\"}", "params.participants"},
        {"create_room", "{\"name\":\"n\",\"participants\":[\"a\",null],\"creator\":\"c\"}", "params.participants[1]"},
        {"create_room", "{\"name\":\"n\",\"participants\":[\"a\"]}", "params.creator"},
        {TARGET, "{}", "params.emails"},
        {TARGET, "{\"emails\":[\"a\"]}", "params.emails has to hold exactly 2 strings, not 1"},
        {TARGET, "{\"emails\":[\"a\",\"b\",\"c\"]}", "params.emails has to hold exactly 2 strings, not 3"},
        {TARGET, "{\"emails\":[\"a\",\"b\\u0000\"]}", "params.emails[1]"},
        {TARGET, "{\"emails\":{\"a\":1}}", "params.emails"},
        {"get_rooms_info", "{\"room_id\":1,\"user_email\":\"u\"}", "params.room_id has to be an array"},
        {"get_rooms_info", "{\"room_id\":[1,\"\"],\"user_email\":\"u\"}", "params.room_id[1]"},
        {"get_rooms_info", "{\"room_id\":[1.5],\"user_email\":\"u\"}", "params.room_id[0]"},
        {"get_rooms_info", "{\"room_id\":[1]}", "params.user_email"},
        {"add_room_participants", "{\"room_id\":1,\"emails\":[]}", "params.emails"},
        {"remove_room_participants", "{\"emails\":[\"a\"]}", "params.room_id"},
        {"login_or_register", "{\"email\":\"a\"}", "params.username"},
        {"login_or_register", "{\"email\":\"a\",\"username\":\"b\",\"password\":1}", "params.password"},
        {"login_or_register", "{\"email\":\"a\",\"username\":\"b\",\"device_platform\":\"web\"}",
            "params.device_platform"},
        {"create_export", EXPORT("messages", "2024-01-01", "2024-01-02"), "params.type"},
        {"create_export", EXPORT("users", "2023-02-29", "2024-01-02"), "params.start_date"},
        {"create_export", EXPORT("users", "2024-01-01", "2024-13-01"), "params.end_date"},
        {"create_export", EXPORT("users", "2024-1-1", "2024-01-02"), "params.start_date"},
        {"create_export", EXPORT("users", "2024-01-01T", "2024-01-02"), "params.start_date"},
        {"create_export", EXPORT("users", "2024-01-02", "2024-01-01"), "params.end_date"},
        {"create_export", "{\"type\":\"users\",\"start_date\":\"2024-01-01\"}", "params.end_date"},
        {"create_export", "{\"type\":\"users\",\"start_date\":20240101,\"end_date\":\"2024-01-01\"}",
            "params.start_date"},
        {"list_exports", "{\"page\":0}", "params.page"},
        {"list_imports", "{\"limit\":1}", "params.limit"},
        {"get_export", "{}", "params.backup_unique_id"},
        {"get_export", "{\"backup_unique_id\":\".\"}", "params.backup_unique_id"},
        {"delete_export", "{\"backup_unique_id\":\"..\"}", "params.backup_unique_id"},
        {"delete_export", "{\"backup_unique_id\":5}", "params.backup_unique_id"},
        {"create_import", "{\"type\":\"users\"}", "params.rows or params.file"},
        {"create_import", "{\"type\":\"users\",\"rows\":[{}],\"file\":\"[]\"}", "params.rows and params.file"},
        {"create_import", "{\"type\":\"users\",\"rows\":{}}", "params.rows"},
        {"create_import", "{\"type\":\"users\",\"rows\":[{},1]}", "params.rows[1]"},
        {"create_import", "{\"type\":\"users\",\"file\":[{}]}", "params.file"},
        {"create_import", "{\"type\":\"users\",\"file\":\"{}\"}", "params.file"},
        {"create_import", "{\"type\":\"users\",\"file\":\"[}\"}", "params.file"},
        {"create_import", "{\"type\":\"users\",\"file\":\"[\\u0000]\"}", "params.file"},
        {"create_import", "{\"rows\":[{}]}", "params.type"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        json_auto_t *params = json_loads(rows[i].params, JSON_ALLOW_NUL, NULL);
        assert_non_null(params);
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

// A file of exactly `size` bytes, as rows or as its text.
static json_t *import_of(size_t size, bool as_rows)
{
    static const char frame[] = "[{\"x\":\"\"}]";
    char *text = must_calloc(size + 1, 1);
    memset(text, 'x', size);
    memcpy(text, frame, 7);
    memcpy(text + size - 3, frame + 7, 3);
    json_t *params = json_pack("{s:s}", "type", "users");
    json_t *value = as_rows ? json_loads(text, 0, NULL) : json_string(text);
    assert_non_null(value);
    assert_int_equal(json_object_set_new(params, as_rows ? "rows" : "file", value), 0);
    free(text);
    return params;
}

static void imports_have_a_size_limit(void **state)
{
    (void)state;
    for (int as_rows = 0; as_rows < 2; as_rows++)
        for (size_t over = 0; over < 2; over++) {
            struct error error = {.kind = ERROR_NONE};
            json_auto_t *params = import_of(4000000 + over, as_rows);
            assert_int_equal(call_check(call_find("create_import"), params, &error), over ? -1 : 0);
            assert_true(!over || strstr(error.text, as_rows ? "params.rows" : "params.file") != NULL);
            assert_true(!over || strstr(error.text, "4000001 bytes") != NULL);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_and_names_the_parameter),
        cmocka_unit_test(counts_characters_not_bytes),
        cmocka_unit_test(types_that_need_no_message),
        cmocka_unit_test(imports_have_a_size_limit),
    };
    return cmocka_run_group_tests_name("call_check", tests, NULL, NULL);
}
