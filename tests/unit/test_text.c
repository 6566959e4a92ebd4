// SPDX-License-Identifier: MIT
#include "bridge/text.h"

#include <jansson.h>
#include <string.h>

#include "tests/unit/unit.h"

static void what_fits_stays_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "abc", "a\xc3\xa9", "\xe2\x82\xac", "\xff\xff", "a\xc3"};
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        char out[5] = "####";
        text_cut(out, 4, texts[i]);
        assert_string_equal(out, texts[i]);
    }
}

static void a_cut_is_between_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *cut; // at four bytes
    } rows[] = {
        {"abcde", "abcd"},
        {"abc\xc3\xa9", "abc"},
        {"ab\xc3\xa9x", "ab\xc3\xa9"},
        {"ab\xe2\x82\xac", "ab"},
        {"a\xe2\x82\xacx", "a\xe2\x82\xac"},
        {"\xf0\x9f\x98\x80x", "\xf0\x9f\x98\x80"},
        {"a\xf0\x9f\x98\x80", "a"},
        {"abc\xf0\x9f\x98\x80", "abc"},
        {"\xc3\xa9\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char out[5];
        text_cut(out, 4, rows[i].text);
        assert_string_equal(out, rows[i].cut);
    }
}

// Whatever the bytes are, a cut of UTF-8 is UTF-8, and no byte beyond the limit is written.
static void every_cut_of_utf8_is_utf8(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa9z\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xacz";
    for (size_t max = 0; max < sizeof text; max++) {
        char out[sizeof text + 2];
        memset(out, '#', sizeof out);
        text_cut(out, max, text);
        size_t len = strlen(out);
        assert_true(len <= max && max - len < 4);
        assert_memory_equal(out, text, len);
        assert_int_equal(out[max + 1], '#');
        json_auto_t *checked = json_string(out); // jansson takes UTF-8 only
        assert_non_null(checked);
    }
}

static void half_a_character_at_the_end_is_taken_away(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""}, {"abc", "abc"}, {"ab\xc3", "ab"}, {"a\xe2\x82", "a"}, {"\xe2", ""},
        {"a\xf0\x9f\x98", "a"}, {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"}, {"\x80", ""}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "%s", rows[i][0]);
        text_trim(text);
        assert_string_equal(text, rows[i][1]);
    }
}

static void a_quotation_is_short(void **state)
{
    (void)state;
    char text[201];
    memset(text, 'x', 200);
    text[200] = '\0';
    assert_int_equal(strlen(text_short(text).text), TEXT_SHORT_MAX);
    assert_string_equal(text_short("abc").text, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_stays_as_it_is),
        cmocka_unit_test(a_cut_is_between_characters),
        cmocka_unit_test(every_cut_of_utf8_is_utf8),
        cmocka_unit_test(half_a_character_at_the_end_is_taken_away),
        cmocka_unit_test(a_quotation_is_short),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
