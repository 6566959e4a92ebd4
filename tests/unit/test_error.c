// SPDX-License-Identifier: MIT
#include "bridge/error.h"

#include <string.h>

#include "tests/unit/unit.h"

static void is_filled_and_answers_failure(void **state)
{
    (void)state;
    struct error error = {.kind = ERROR_NONE};
    assert_int_equal(error_set(&error, ERROR_BUSY, "%s has %d of %d", "it", 4, 4), -1);
    assert_int_equal(error.kind, ERROR_BUSY);
    assert_string_equal(error.text, "it has 4 of 4");
    assert_int_equal(error_set(&error, ERROR_INPUT, "again"), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.text, "again");
}

static void nobody_has_to_want_it(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERROR_FATAL, "%s", "unheard"), -1);
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    static char text[2000];
    struct error error;
    memset(text, 'x', sizeof text - 1);
    (void)error_set(&error, ERROR_REMOTE, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_memory_equal(error.text, text, sizeof error.text - 1);
}

static void kinds_have_names(void **state)
{
    (void)state;
    static const struct {
        enum error_kind kind;
        const char *name;
    } rows[] = {
        {ERROR_NONE, "none"},
        {ERROR_INPUT, "input"},
        {ERROR_BUSY, "busy"},
        {ERROR_REMOTE, "remote"},
        {ERROR_FATAL, "fatal"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        assert_string_equal(error_kind_name(rows[i].kind), rows[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_filled_and_answers_failure),
        cmocka_unit_test(nobody_has_to_want_it),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
