// SPDX-License-Identifier: MIT
#include "bridge/random.h"

#include <string.h>

#include "bridge/clock.h"
#include "tests/unit/unit.h"

static int64_t fixed_wall(void)
{
    return 0x0123456789ab;
}

static void a_uuid_has_its_version_variant_and_time(void **state)
{
    (void)state;
    clock_replace(NULL, fixed_wall);
    char a[RANDOM_UUID_TEXT];
    char b[RANDOM_UUID_TEXT];
    random_uuid7(a);
    random_uuid7(b);
    clock_replace(NULL, NULL);
    assert_int_equal(strlen(a), 36);
    assert_memory_equal(a, "01234567-89ab-7", 15);
    assert_non_null(strchr("89ab", a[19]));
    assert_string_not_equal(a, b);
}

static void a_traceparent_has_its_form(void **state)
{
    (void)state;
    char trace[RANDOM_TRACEPARENT_TEXT];
    random_traceparent(trace);
    assert_int_equal(strlen(trace), 55);
    assert_int_equal(strspn(trace, "0123456789abcdef-"), 55);
    assert_true(trace[2] == '-' && trace[35] == '-' && trace[52] == '-');
}

static void below_a_limit_every_value_comes(void **state)
{
    (void)state;
    int counts[7] = {0};
    for (int i = 0; i < 7000; i++)
        counts[random_below(7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 700, 1300); // 8 standard deviations around 1,000
    assert_int_equal(random_below(0), 0);
    assert_int_equal(random_below(1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_has_its_version_variant_and_time),
        cmocka_unit_test(a_traceparent_has_its_form),
        cmocka_unit_test(below_a_limit_every_value_comes),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
