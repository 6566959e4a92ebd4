// SPDX-License-Identifier: MIT
#include "bridge/json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static void reads_an_object(void **state)
{
    (void)state;
    struct error error;
    json_auto_t *root = json_read_object(TEXT(" {\"a\":{\"b\":[1,2]},\"s\":\"x\\u0000y\"}\n"), &error);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_at(root, "a.b")), 2);
    assert_int_equal(json_string_length(json_at(root, "s")), 3); // an escaped NUL is a character like any other
}

static void only_the_given_bytes_are_read(void **state)
{
    (void)state;
    struct error error;
    static const char text[] = "{\"a\":1}{\"b\":2}";
    json_auto_t *root = json_read_object(text, 7, &error);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_at(root, "a")), 1);
}

static void refuses_and_says_why_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *reason;
    } rows[] = {
        {TEXT(""), "not JSON: it is empty"},
        {TEXT(" "), "it ends too early at line 1, column 1"},
        {TEXT("{\"a\":"), "it ends too early at line 1"},
        {TEXT("{\"a\":1"), "it ends too early at line 1"},
        {TEXT("{\n\"a\":1,\n}"), "a syntax error at line 3, column 1"},
        {TEXT("{'a':1}"), "a syntax error at line 1"},
        {TEXT("{\"a\":01}"), "a syntax error at line 1"},
        {TEXT("{\"a\":NaN}"), "a syntax error at line 1"},
        {TEXT("{} {}"), "more text behind the end of the value at line 1"},
        {TEXT("{\"a\":\"\xff\"}"), "invalid UTF-8 at line 1"},
        {TEXT("{\"a\":\"\xed\xa0\x80\"}"), "invalid UTF-8 at line 1"}, // a surrogate, encoded
        {TEXT("{\"a\":\"\\ud800\"}"), "at line 1"},
        {TEXT("{\"a\\u0000\":1}"), "a NUL in a key at line 1"},
        {TEXT("{\"a\":1e999}"), "a number out of range at line 1"},
        {TEXT("{\"a\":9223372036854775808}"), "a number out of range at line 1"},
        {TEXT("{\"a\":1}\0"), "at line 1"},
        {TEXT("[1]"), "not a JSON object but an array"},
        {TEXT("\"s\""), "not a JSON object but a string"},
        {TEXT("1"), "not a JSON object but a number"},
        {TEXT("1.5"), "not a JSON object but a number"},
        {TEXT("true"), "not a JSON object but true"},
        {TEXT("false"), "not a JSON object but false"},
        {TEXT("null"), "not a JSON object but null"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct error error = {.kind = ERROR_NONE};
        json_auto_t *root = json_read_object(rows[i].text, rows[i].len, &error);
        if (root != NULL || error.kind != ERROR_INPUT || strstr(error.text, rows[i].reason) == NULL)
            fail_msg("%s: '%s' instead of '%s'", rows[i].text, error.kind ? error.text : "taken", rows[i].reason);
    }
}

static void a_refusal_quotes_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"secret\":\"hunter2\" \"more\"}", "{\"hunter2\"", "hunter2", "{\"a\":hunter2}", "{\"a\":\"hunter2\n\"}"};
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct error error;
        json_auto_t *root = json_read_object(texts[i], strlen(texts[i]), &error);
        assert_null(root);
        assert_null(strstr(error.text, "hunter2"));
    }
}

static void depth_is_limited(void **state)
{
    (void)state;
    static char text[6 * 4000 + 8];
    for (int levels = 2000; levels <= 4000; levels += 2000) {
        char *end = text;
        for (int i = 0; i < levels; i++, end += 5)
            memcpy(end, "{\"a\":", 5);
        *end++ = '1';
        memset(end, '}', (size_t)levels);
        end += levels;
        struct error error;
        json_auto_t *root = json_read_object(text, (size_t)(end - text), &error);
        if (levels == 2000) {
            assert_non_null(root);
            continue;
        }
        assert_null(root);
        assert_non_null(strstr(error.text, "more than 2048 levels"));
    }
}

static void finds_values_by_path(void **state)
{
    (void)state;
    struct error error;
    json_auto_t *root = json_read_object(
        TEXT("{\"a\":{\"b\":{\"c\":\"deep\"},\"n\":null},\"t\":\"top\",\"\":{\"x\":1},\"l\":[1]}"), &error);
    assert_non_null(root);
    assert_string_equal(json_text_at(root, "a.b.c"), "deep");
    assert_string_equal(json_text_at(root, "t"), "top");
    assert_true(json_is_null(json_at(root, "a.n")));
    assert_int_equal(json_integer_value(json_at(root, ".x")), 1); // an empty name is a name
    static const char *const absent[] = {"x", "a.x", "a.b.c.d", "t.x", "l.0", "a.n.x", "a..b", "a.b."};
    for (size_t i = 0; i < UNIT_COUNT(absent); i++)
        assert_null(json_at(root, absent[i]));
    assert_null(json_text_at(root, "a.b"));
    assert_null(json_text_at(root, "l"));
    assert_null(json_text_at(root, "x"));
    assert_null(json_at(NULL, "x"));
}

static void an_id_is_an_integer_or_a_text(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *id; // NULL: none
    } rows[] = {
        {"7", "7"},
        {"0", "0"},
        {"-5", "-5"},
        {"9007199254740993", "9007199254740993"},
        {"1664855588089051000", "1664855588089051000"},
        {"9223372036854775807", "9223372036854775807"},
        {"\"x y\"", "x y"},
        {"\"\xc3\xa9\"", "\xc3\xa9"},
        {"\"\"", NULL},
        {"\"a\\u0000b\"", NULL},
        {"1.5", NULL},
        {"1e3", NULL},
        {"true", NULL},
        {"null", NULL},
        {"[1]", NULL},
        {"{}", NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char id[JSON_ID_MAX] = "before";
        json_auto_t *root = json_pack("{s:o}", "id", json_loads(rows[i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
        assert_non_null(root);
        assert_int_equal(json_id_at(root, "id", id), rows[i].id != NULL);
        assert_string_equal(id, rows[i].id ? rows[i].id : "");
    }
    char id[JSON_ID_MAX] = "before";
    assert_false(json_id_at(NULL, "id", id));
    assert_string_equal(id, "");
}

static void an_id_has_a_limit(void **state)
{
    (void)state;
    char text[JSON_ID_MAX + 1];
    char id[JSON_ID_MAX];
    for (size_t len = JSON_ID_MAX - 1; len <= JSON_ID_MAX; len++) {
        memset(text, 'i', len);
        text[len] = '\0';
        json_auto_t *root = json_pack("{s:s}", "id", text);
        assert_int_equal(json_id_at(root, "id", id), len < JSON_ID_MAX);
        assert_string_equal(id, len < JSON_ID_MAX ? text : "");
    }
}

static void a_value_is_one_line(void **state)
{
    (void)state;
    struct error error;
    static const char text[] = "{\"a\":\"x\\n\\u0000y\",\"n\":1664855588089051000,\"l\":[true,null,{}]}";
    json_auto_t *root = json_read_object(TEXT(text), &error);
    char *line = json_line(root);
    assert_string_equal(line, text);
    free(line);
    json_auto_t *bare = json_string("x");
    line = json_line(bare);
    assert_string_equal(line, "\"x\"");
    free(line);
}

// Reals leave with as many digits as they came with, not with the 17 that a double may need.
static void reals_keep_their_text(void **state)
{
    (void)state;
    struct error error;
    static const char *const texts[] = {"{\"a\":7.7}", "{\"a\":0.1,\"b\":[2.5,{\"c\":-106.816666}]}", "{\"a\":1e-07}",
        "{\"a\":1e300}", "{\"a\":1.0}", "{\"a\":0.30000000000000004}"};
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        json_auto_t *root = json_read_object(texts[i], strlen(texts[i]), &error);
        assert_non_null(root);
        char *line = json_line(root);
        json_auto_t *again = json_read_object(line, strlen(line), &error);
        assert_true(json_equal(root, again));
        if (strcmp(texts[i], "{\"a\":1e-07}") != 0) // an exponent may be written in several ways
            assert_string_equal(line, texts[i]);
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_object),
        cmocka_unit_test(only_the_given_bytes_are_read),
        cmocka_unit_test(refuses_and_says_why_and_where),
        cmocka_unit_test(a_refusal_quotes_nothing),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(finds_values_by_path),
        cmocka_unit_test(an_id_is_an_integer_or_a_text),
        cmocka_unit_test(an_id_has_a_limit),
        cmocka_unit_test(a_value_is_one_line),
        cmocka_unit_test(reals_keep_their_text),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
