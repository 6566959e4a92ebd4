// SPDX-License-Identifier: MIT
#include "consumers/call.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define REST "/api/v2/rest/"

static const struct app_config app = {.load_comments_method = METHOD_POST};

static void build(const char *name, const char *text, const struct app_config *of, struct call_request *request)
{
    json_auto_t *params = json_loads(text, JSON_ALLOW_NUL, NULL);
    const struct call *call = call_find(name);
    struct error error;
    assert_non_null(params);
    assert_non_null(call);
    if (call_check(call, params, &error) != 0)
        fail_msg("%s %s: %s", name, text, error.text);
    call_build(call, of, params, "T", request);
}

static void builds_forms(void **state)
{
    (void)state;
    static const char event[] = "{\"system_event_type\":\"add_member\",\"room_id\":1,\"subject_email\":\"s\","
                                "\"object_email\":[\"a\",\"b\"],\"updated_room_name\":\"\"}";
    static const char card[] = "{\"sender_email\":\"a\",\"room_id\":\"x\",\"type\":\"card\",\"payload\":{\"n\":1},"
                               "\"extras\":\"{}\",\"unique_temp_id\":\"mine\",\"disable_link_preview\":true}";
    static const char login[] = "{\"device_platform\":\"ios\",\"device_token\":\"d\",\"avatar_url\":\"https://x/?a=1\","
                                "\"username\":\"A B\",\"password\":\"p&q\",\"email\":\"a@b.c\"}";
    static const struct {
        const char *call;
        const char *params;
        const char *path;
        const char *body;
    } rows[] = {
        {"post_comment", "{\"sender_email\":\"a@b.c\",\"room_id\":9007199254740993,\"message\":\"h\\u00e9 & =+%\"}",
            REST "post_comment",
            "sender_email=a%40b.c&room_id=9007199254740993&message=h%C3%A9%20%26%20%3D%2B%25&unique_temp_id=T"},
        {"post_comment", card, REST "post_comment",
            "sender_email=a&room_id=x&type=card&payload=%7B%22n%22%3A1%7D&extras=%7B%7D&unique_temp_id=mine&"
            "disable_link_preview=true"},
        {"post_system_event_message", event, REST "post_system_event_message",
            "system_event_type=add_member&room_id=1&subject_email=s&object_email[]=a&object_email[]=b"},
        {"load_comments", "{\"room_id\":1}", REST "load_comments", "room_id=1"},
        {"load_comments", "{\"limit\":\"100\",\"page\":2,\"room_id\":\"a b\"}", REST "load_comments",
            "room_id=a%20b&page=2&limit=100"},
        {"create_room", "{\"name\":\"n\",\"participants\":[\"a@b.c\",\"d\"],\"creator\":\"c\"}", REST "create_room",
            "name=n&participants[]=a%40b.c&participants[]=d&creator=c"},
        {"get_rooms_info", "{\"room_id\":[9007199254740993,\"13\",\"own name\"],\"user_email\":\"u\"}",
            REST "get_rooms_info", "room_id[]=9007199254740993&room_id[]=13&room_id[]=own%20name&user_email=u"},
        {"add_room_participants", "{\"room_id\":1,\"emails\":[\"a\",\"b\"]}", REST "add_room_participants",
            "room_id=1&emails[]=a&emails[]=b"},
        {"remove_room_participants", "{\"room_id\":\"1\",\"emails\":[\"a\"]}", REST "remove_room_participants",
            "room_id=1&emails[]=a"},
        {"login_or_register", "{\"email\":\"a\",\"username\":\"b\",\"password\":\"\"}", REST "login_or_register",
            "email=a&username=b"},
        {"login_or_register", login, REST "login_or_register",
            "email=a%40b.c&password=p%26q&username=A%20B&avatar_url=https%3A%2F%2Fx%2F%3Fa%3D1&device_token=d&"
            "device_platform=ios"},
        {"create_export", "{\"type\":\"users\",\"start_date\":\"2024-02-29\",\"end_date\":\"2024-02-29\"}",
            REST "exports", "type=users&start_date=2024-02-29&end_date=2024-02-29"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct call_request request;
        build(rows[i].call, rows[i].params, &app, &request);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.target, rows[i].path);
        assert_string_equal(request.content_type, "Content-Type: application/x-www-form-urlencoded");
        assert_string_equal(request.body, rows[i].body);
        assert_int_equal(request.body_len, strlen(rows[i].body));
        assert_true(request.size >= request.body_len);
        call_request_clear(&request);
    }
}

static void builds_queries_and_paths(void **state)
{
    (void)state;
    static const struct app_config by_get = {.load_comments_method = METHOD_GET};
    static const struct {
        const char *call;
        const char *params;
        const char *method;
        const char *target;
    } rows[] = {
        {"get_or_create_room_with_target", "{\"emails\":[\"a+1@b.c\",\"d\"]}", "GET",
            REST "get_or_create_room_with_target?emails[]=a%2B1%40b.c&emails[]=d"},
        {"get_or_create_room_with_target", "{\"emails\":[\"a\",\"a\"],\"avatar_url\":\"http://x/#&\"}", "GET",
            REST "get_or_create_room_with_target?emails[]=a&emails[]=a&avatar_url=http%3A%2F%2Fx%2F%23%26"},
        {"load_comments", "{\"room_id\":\"1\",\"page\":\"3\",\"limit\":20}", "GET",
            REST "load_comments?room_id=1&page=3&limit=20"},
        {"list_exports", "{}", "GET", REST "exports"},
        {"list_exports", "{\"page\":9007199254740993}", "GET", REST "exports?page=9007199254740993"},
        {"list_imports", "{\"page\":null}", "GET", REST "imports"},
        {"list_imports", "{\"page\":\"2\"}", "GET", REST "imports?page=2"},
        {"get_export", "{\"backup_unique_id\":\"dd2c46a8-0921\"}", "GET", REST "exports/dd2c46a8-0921"},
        {"get_export", "{\"backup_unique_id\":\"a/../b?c#d%2F\\u00e9\"}", "GET",
            REST "exports/a%2F..%2Fb%3Fc%23d%252F%C3%A9"},
        {"delete_export", "{\"backup_unique_id\":\"...\"}", "DELETE", REST "exports/..."},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct call_request request;
        build(rows[i].call, rows[i].params, &by_get, &request);
        assert_string_equal(request.method, rows[i].method);
        assert_string_equal(request.target, rows[i].target);
        assert_null(request.content_type);
        assert_null(request.body);
        assert_int_equal(request.body_len, 0);
        call_request_clear(&request);
    }
}

// The request's boundary, taken from its header.
static const char *boundary_of(const struct call_request *request)
{
    static const char line[] = "Content-Type: multipart/form-data; boundary=";
    assert_int_equal(strncmp(request->content_type, line, sizeof line - 1), 0);
    return request->content_type + sizeof line - 1;
}

static void assert_import(const struct call_request *request, const char *type, const char *file)
{
    const char *boundary = boundary_of(request);
    static char wanted[4096];
    int len = snprintf(wanted, sizeof wanted,
        "--%s\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n%s\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"import.json\"\r\n"
        "Content-Type: application/json\r\n\r\n%s\r\n--%s--\r\n",
        boundary, type, boundary, file, boundary);
    assert_string_equal(request->body, wanted);
    assert_int_equal(request->body_len, len);
}

static void builds_imports(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        const char *file;
    } rows[] = {
        {"{\"type\":\"users\",\"rows\":[{\"b\":9007199254740993,\"a\":[7.7,0.1,-1,null,true]},{\"\\u00e9/"
         "\":\"\\u0000\"}]}",
            "[{\"b\":9007199254740993,\"a\":[7.7,0.1,-1,null,true]},{\"\xc3\xa9/\":\"\\u0000\"}]"},
        {"{\"type\":\"users\",\"file\":\" [ {\\\"n\\\" : 1.10, \\\"n\\\":123456789012345678901234567890 , "
         "\\\"e\\\":1E400},\\r\\n {} ]\\n\"}",
            " [ {\"n\" : 1.10, \"n\":123456789012345678901234567890 , \"e\":1E400},\r\n {} ]\n"},
        {"{\"type\":\"users\",\"file\":\"[]\",\"rows\":[]}", "[]"},
        {"{\"type\":\"users\",\"file\":\"[\\\"--chatbridge-\\\\r\\\\n--\\\"]\"}", "[\"--chatbridge-\\r\\n--\"]"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct call_request request;
        build("create_import", rows[i].params, &app, &request);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.target, REST "imports");
        assert_import(&request, "users", rows[i].file);
        call_request_clear(&request);
    }
}

static void imports_differ_in_their_boundary(void **state)
{
    (void)state;
    struct call_request first;
    struct call_request second;
    build("create_import", "{\"type\":\"rooms\",\"rows\":[{}]}", &app, &first);
    build("create_import", "{\"type\":\"rooms\",\"rows\":[{}]}", &app, &second);
    assert_string_not_equal(boundary_of(&first), boundary_of(&second));
    call_request_clear(&first);
    call_request_clear(&second);
}

static void tells_how_each_call_repeats_and_its_room(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum call_repeat repeat;
        bool room;
    } rows[] = {
        {"create_room", REPEAT_UNSAFE, false},
        {"get_or_create_room_with_target", REPEAT_SAFE, false},
        {"get_rooms_info", REPEAT_SAFE, false},
        {"add_room_participants", REPEAT_UNSAFE, true},
        {"remove_room_participants", REPEAT_UNSAFE, true},
        {"post_comment", REPEAT_KEYED, true},
        {"load_comments", REPEAT_SAFE, true},
        {"login_or_register", REPEAT_UNSAFE, false},
        {"post_system_event_message", REPEAT_UNSAFE, true},
        {"create_export", REPEAT_UNSAFE, false},
        {"list_exports", REPEAT_SAFE, false},
        {"get_export", REPEAT_SAFE, false},
        {"delete_export", REPEAT_UNSAFE, false},
        {"create_import", REPEAT_UNSAFE, false},
        {"list_imports", REPEAT_SAFE, false},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        const struct call *call = call_find(rows[i].name);
        assert_non_null(call);
        assert_int_equal(call->repeat, rows[i].repeat);
        assert_true((call->room_param != NULL) == rows[i].room);
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
        cmocka_unit_test(builds_queries_and_paths),
        cmocka_unit_test(builds_imports),
        cmocka_unit_test(imports_differ_in_their_boundary),
        cmocka_unit_test(tells_how_each_call_repeats_and_its_room),
        cmocka_unit_test(unknown_calls_are_not_found),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
