// SPDX-License-Identifier: MIT
#include "consumers/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/contract.h"
#include "tests/unit/unit.h"

static char shop[] = "shop";
static char desk[] = "desk";
static struct app_config apps[] = {{.name = shop}, {.name = desk}};
static struct config one = {.apps = apps, .app_count = 1};
static struct config two = {.apps = apps, .app_count = 2};

static struct command *command;
static struct error error;

// Decodes `value` with up to two headers; the command of the test before goes.
static void decode(const struct config *config, const char *value, const char *key, const struct kafka_header *headers,
    size_t header_count)
{
    command_free(command);
    const struct kafka_record record = {.topic = "chat.commands",
        .partition = 3,
        .offset = 41,
        .key = key,
        .key_len = key ? strlen(key) : 0,
        .value = value,
        .value_len = value ? strlen(value) : 0,
        .headers = headers,
        .header_count = header_count};
    command = command_new(config, &record, &error);
}

#define PARAMS "\"params\":{\"sender_email\":\"a\",\"room_id\":7,\"message\":\"m\"}"

static void reads_our_own_form(void **state)
{
    (void)state;
    decode(&one,
        "{\"id\":\"x-1\",\"app\":\"shop\",\"command\":\"post_comment\",\"expires_at\":\"2026-12-01T10:00:00Z\"," PARAMS
        "}",
        "k", NULL, 0);
    assert_int_equal(error.kind, ERROR_NONE);
    assert_string_equal(command->id, "x-1");
    assert_string_equal(command->name, "post_comment");
    assert_string_equal(command->app->name, "shop");
    assert_string_equal(command->room, "7");
    assert_string_equal(command->lane, "rshop/7");
    assert_int_equal(command->expires_ms, 1796119200000);
    assert_memory_equal(command->record.key, "k", 1);
}

static void reads_cloudevents_in_both_modes(void **state)
{
    (void)state;
    const struct kafka_header binary[] = {kafka_text_header(HEADER_CE_SPECVERSION, "1.0"),
        kafka_text_header(HEADER_CE_ID, "ce-1"), kafka_text_header(HEADER_CE_TYPE, "com.shop.post_comment")};
    decode(&one, "{\"sender_email\":\"a\",\"room_id\":7,\"message\":\"m\"}", NULL, binary, 3);
    assert_int_equal(error.kind, ERROR_NONE);
    assert_string_equal(command->id, "ce-1");
    assert_string_equal(command->name, "post_comment");
    decode(&one,
        "{\"specversion\":\"1.0\",\"id\":\"ce-2\",\"source\":\"/x\",\"type\":\"post_comment\",\"data\":"
        "{\"sender_email\":\"a\",\"room_id\":7,\"message\":\"m\"}}",
        NULL, NULL, 0);
    assert_int_equal(error.kind, ERROR_NONE);
    assert_string_equal(command->id, "ce-2");
    assert_string_equal(command->room, "7");
}

static void finds_the_id_in_its_order(void **state)
{
    (void)state;
    const struct kafka_header first[] = {kafka_text_header(HEADER_COMMAND_ID, "first")};
    decode(&one, "{\"command\":\"post_comment\"," PARAMS "}", NULL, NULL, 0);
    assert_string_equal(command->id, "chat.commands-3-41");
    decode(&one, "{\"command\":\"post_comment\"," PARAMS "}", NULL, first, 1);
    assert_string_equal(command->id, "first");
    decode(&one, "{\"id\":\"own\",\"command\":\"post_comment\"," PARAMS "}", NULL, first, 1);
    assert_string_equal(command->id, "own");
    decode(&one, "{\"id\":9007199254740993,\"command\":\"post_comment\"," PARAMS "}", NULL, first, 1);
    assert_string_equal(command->id, "9007199254740993");
    decode(&one, "not json", NULL, first, 1);
    assert_string_equal(command->id, "first");
}

static void refuses_and_names_the_field(void **state)
{
    (void)state;
    static char long_id[300];
    memset(long_id, 'i', 201);
    static char long_value[600];
    (void)snprintf(long_value, sizeof long_value, "{\"id\":\"%s\",\"command\":\"post_comment\"," PARAMS "}", long_id);
    const struct {
        const struct config *config;
        const char *value;
        const char *named;
    } rows[] = {
        {&one, NULL, "no value"},
        {&one, "", "JSON"},
        {&one, "[]", "array"},
        {&one, "{}", "command is required"},
        {&one, "{\"command\":\"sing\"," PARAMS "}", "command is not known: sing"},
        {&one, "{\"command\":5," PARAMS "}", "command has to be a string"},
        {&one, "{\"command\":\"post_comment\"}", "params has to be an object"},
        {&one, "{\"command\":\"post_comment\",\"params\":[]}", "params has to be an object"},
        {&one, "{\"command\":\"post_comment\",\"app\":\"nope\"," PARAMS "}", "app is not configured: nope"},
        {&one, "{\"command\":\"post_comment\",\"app\":1," PARAMS "}", "app has to be a string"},
        {&two, "{\"command\":\"post_comment\"," PARAMS "}", "app is required"},
        {&one, "{\"command\":\"post_comment\",\"id\":{}," PARAMS "}", "id has to be a string or an integer"},
        {&one, "{\"command\":\"post_comment\",\"expires_at\":\"tomorrow\"," PARAMS "}", "expires_at is not"},
        {&one, "{\"command\":\"post_comment\",\"expires_at\":5," PARAMS "}", "expires_at has to be a string"},
        {&one, long_value, "id is longer than 200"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        decode(rows[i].config, rows[i].value, NULL, NULL, 0);
        if (error.kind != ERROR_INPUT || strstr(error.text, rows[i].named) == NULL)
            fail_msg("%s: '%s' instead of '%s'", rows[i].value, error.kind ? error.text : "taken", rows[i].named);
        assert_non_null(command->id);
    }
}

static void orders_by_room_else_by_key(void **state)
{
    (void)state;
    decode(&one, "{\"command\":\"post_comment\"," PARAMS "}", "some key", NULL, 0);
    assert_string_equal(command->lane, "rshop/7");
    decode(&one, "{\"command\":\"post_comment\",\"params\":{\"sender_email\":\"a\"}}", "some key", NULL, 0);
    assert_string_equal(command->lane, "kshop/some key");
    decode(&one, "{\"command\":\"post_comment\",\"params\":{\"sender_email\":\"a\"}}", NULL, NULL, 0);
    assert_null(command->lane);
}

static void keeps_the_record_whole(void **state)
{
    (void)state;
    const struct kafka_header headers[] = {{"a", "1\0002", 3}, {"none", NULL, 0}, {"empty", "", 0}};
    decode(&one, "{}", "", headers, 3);
    assert_int_equal(command->record.header_count, 3);
    assert_int_equal(command->record.headers[0].len, 3);
    assert_memory_equal(command->record.headers[0].value, "1\0002", 3);
    assert_null(command->record.headers[1].value);
    assert_non_null(command->record.headers[2].value);
    assert_non_null(command->record.key);
    assert_int_equal(command->record.key_len, 0);
    decode(&one, "{}", NULL, NULL, 0);
    assert_null(command->record.key);
}

static void the_token_depends_on_the_id_alone(void **state)
{
    (void)state;
    char a[COMMAND_TOKEN_TEXT];
    char b[COMMAND_TOKEN_TEXT];
    assert_string_equal(command_token("order-42", a), command_token("order-42", b));
    assert_string_not_equal(command_token("order-42", a), command_token("order-43", b));
    assert_string_equal(command_token("order-42", a), "cb-3bf8b157c4238eefe5ae4a66eca81c6b");
}

static int forget(void **state)
{
    (void)state;
    command_free(command);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_our_own_form),
        cmocka_unit_test(reads_cloudevents_in_both_modes),
        cmocka_unit_test(finds_the_id_in_its_order),
        cmocka_unit_test(refuses_and_names_the_field),
        cmocka_unit_test(orders_by_room_else_by_key),
        cmocka_unit_test(keeps_the_record_whole),
        cmocka_unit_test(the_token_depends_on_the_id_alone),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, forget);
}
