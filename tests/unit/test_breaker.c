// SPDX-License-Identifier: MIT
#include "consumers/breaker.h"

#include "tests/unit/unit.h"

static struct breaker breaker;

static int start(void **state)
{
    (void)state;
    breaker_init(&breaker, 3, 5000, 20000);
    return 0;
}

static void opens_after_failures_in_a_row(void **state)
{
    (void)state;
    assert_false(breaker_failure(&breaker, 0, false, false));
    assert_false(breaker_failure(&breaker, 0, false, false));
    assert_false(breaker_success(&breaker)); // starts the count again
    assert_false(breaker_failure(&breaker, 0, false, false));
    assert_false(breaker_failure(&breaker, 0, false, false));
    assert_int_equal(breaker_wait_ms(&breaker, 0), 0);
    assert_true(breaker_failure(&breaker, 0, false, false));
    assert_int_equal(breaker_wait_ms(&breaker, 1000), 4000);
}

static void opens_at_once_when_told(void **state)
{
    (void)state;
    assert_true(breaker_failure(&breaker, 0, false, true));
    assert_int_equal(breaker_wait_ms(&breaker, 0), 5000);
}

static void lets_one_probe_through(void **state)
{
    (void)state;
    (void)breaker_failure(&breaker, 0, false, true);
    assert_int_equal(breaker_wait_ms(&breaker, 5000), 0);
    assert_true(breaker_call(&breaker));
    assert_int_equal(breaker_wait_ms(&breaker, 5000), -1);
    assert_true(breaker_success(&breaker));
    assert_int_equal(breaker_wait_ms(&breaker, 5000), 0);
    assert_false(breaker_call(&breaker));
}

static void waits_twice_as_long_after_each_failed_probe_up_to_a_limit(void **state)
{
    (void)state;
    int64_t now = 0;
    (void)breaker_failure(&breaker, now, false, true);
    static const int64_t waits[] = {5000, 10000, 20000, 20000};
    for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
        assert_int_equal(breaker_wait_ms(&breaker, now), waits[i]);
        now += waits[i];
        assert_true(breaker_call(&breaker));
        assert_false(breaker_failure(&breaker, now, true, false));
    }
    assert_true(breaker_success(&breaker)); // back to the first wait
    (void)breaker_failure(&breaker, now, false, true);
    assert_int_equal(breaker_wait_ms(&breaker, now), 5000);
}

static void late_failures_change_nothing(void **state)
{
    (void)state;
    (void)breaker_failure(&breaker, 0, false, true);
    assert_false(breaker_failure(&breaker, 4000, false, false)); // begun before it opened
    assert_int_equal(breaker_wait_ms(&breaker, 5000), 0);
    assert_true(breaker_call(&breaker));
    assert_false(breaker_failure(&breaker, 5100, false, false));
    assert_int_equal(breaker_wait_ms(&breaker, 5100), -1); // the probe is still to come back
}

static void a_probe_that_was_given_up_makes_room_for_another(void **state)
{
    (void)state;
    (void)breaker_failure(&breaker, 0, false, true);
    assert_true(breaker_call(&breaker));
    breaker_probe_gone(&breaker, 6000);
    assert_int_equal(breaker_wait_ms(&breaker, 6000), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(opens_after_failures_in_a_row, start),
        cmocka_unit_test_setup(opens_at_once_when_told, start),
        cmocka_unit_test_setup(lets_one_probe_through, start),
        cmocka_unit_test_setup(waits_twice_as_long_after_each_failed_probe_up_to_a_limit, start),
        cmocka_unit_test_setup(late_failures_change_nothing, start),
        cmocka_unit_test_setup(a_probe_that_was_given_up_makes_room_for_another, start),
    };
    return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
