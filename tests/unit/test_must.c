// SPDX-License-Identifier: MIT
#include "bridge/must.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/capture.h"

static int calls;

static int called(int answer)
{
    calls++;
    return answer;
}

static void what_holds_is_looked_at_once(void **state)
{
    (void)state;
    calls = 0;
    must(called(1) == 1);
    assert_int_equal(calls, 1);
}

static void break_a_promise(void)
{
    must(called(1) == 2);
}

static void what_does_not_hold_ends_the_process_and_says_where(void **state)
{
    (void)state;
    char *text = capture_death(break_a_promise);
    assert_non_null(strstr(text, "level=fatal"));
    assert_non_null(strstr(text, "called(1) == 2"));
    assert_non_null(strstr(text, "tests/unit/test_must.c:"));
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

// As an argument of must(), so that the compiler cannot leave the unused memory out.
// AddressSanitizer's allocator would end the process by itself; this has it answer NULL, as others do.
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void ask_for_too_much(void)
{
    must(must_calloc(SIZE_MAX / 2, 3) == NULL);
}

static void grow_too_much(void)
{
    must(must_realloc(NULL, SIZE_MAX / 2) == NULL);
}

static void memory_that_runs_out_ends_it_too(void **state)
{
    (void)state;
    static void (*const deeds[])(void) = {ask_for_too_much, grow_too_much};
    for (size_t i = 0; i < UNIT_COUNT(deeds); i++) {
        char *text = capture_death(deeds[i]);
        assert_non_null(strstr(text, "!= NULL"));
        assert_non_null(strstr(text, "bridge/must.c:"));
        free(text);
    }
}

static void memory_comes_zeroed_and_never_null(void **state)
{
    (void)state;
    unsigned char *data = must_calloc(100, 3);
    for (int i = 0; i < 300; i++)
        assert_int_equal(data[i], 0);
    memset(data, 7, 300);
    data = must_realloc(data, 600);
    for (int i = 0; i < 300; i++)
        assert_int_equal(data[i], 7);
    data = must_realloc(data, 0);
    assert_non_null(data);
    free(data);
    void *none[] = {must_calloc(0, 5), must_calloc(5, 0), must_realloc(NULL, 0)};
    for (size_t i = 0; i < UNIT_COUNT(none); i++) {
        assert_non_null(none[i]);
        free(none[i]);
    }
}

static void copies_are_of_their_own(void **state)
{
    (void)state;
    assert_null(must_strdup(NULL));
    char from[] = "text";
    char *text = must_strdup(from);
    char *data = must_memdup("a\0b", 3);
    char *nothing = must_memdup(NULL, 0);
    from[0] = 'T';
    assert_string_equal(text, "text");
    assert_memory_equal(data, "a\0b", 4); // a NUL stands behind them
    assert_string_equal(nothing, "");
    free(text);
    free(data);
    free(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_is_looked_at_once),
        cmocka_unit_test(what_does_not_hold_ends_the_process_and_says_where),
        cmocka_unit_test(memory_that_runs_out_ends_it_too),
        cmocka_unit_test(memory_comes_zeroed_and_never_null),
        cmocka_unit_test(copies_are_of_their_own),
    };
    return cmocka_run_group_tests_name("must", tests, NULL, NULL);
}
