// SPDX-License-Identifier: MIT
#include "consumers/limiter.h"

#include "tests/unit/unit.h"

// Calls made as early as allowed from `from_us` on, within `for_us`.
static int calls_within(struct limiter *limiter, int64_t from_us, int64_t for_us)
{
    int calls = 0;
    for (int64_t now = from_us;;) {
        now += limiter_wait_us(limiter, now);
        if (now >= from_us + for_us)
            return calls;
        limiter_take(limiter, now);
        calls++;
    }
}

static void keeps_the_rate_with_a_burst_of_a_second(void **state)
{
    (void)state;
    struct limiter limiter;
    limiter_init(&limiter, 30);
    int64_t now = 1000000000;
    assert_int_equal(calls_within(&limiter, now, 1), 30); // the burst, at once
    int calls = calls_within(&limiter, now + 1, 10 * 1000000);
    assert_in_range(calls, 298, 301);
}

static void idle_time_earns_no_more_than_the_burst(void **state)
{
    (void)state;
    struct limiter limiter;
    limiter_init(&limiter, 5);
    (void)calls_within(&limiter, 1000000, 1000000);
    assert_int_equal(calls_within(&limiter, 3600000000, 1), 5);
}

static void rates_below_one_have_no_burst(void **state)
{
    (void)state;
    struct limiter limiter;
    limiter_init(&limiter, 0.5);
    assert_int_equal(calls_within(&limiter, 1000000, 10 * 1000000), 5);
}

static void zero_is_no_limit(void **state)
{
    (void)state;
    struct limiter limiter;
    limiter_init(&limiter, 0);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(limiter_wait_us(&limiter, 5), 0);
        limiter_take(&limiter, 5);
    }
}

static void ramps_up_after_a_pause(void **state)
{
    (void)state;
    struct limiter limiter;
    limiter_init(&limiter, 100);
    int64_t now = 50000000;
    limiter_ramp(&limiter, now);
    int first = calls_within(&limiter, now, 1000000);
    assert_in_range(first, 5, 20); // about a tenth
    int middle = calls_within(&limiter, now + 5000000, 1000000);
    assert_in_range(middle, 45, 70);
    int whole = calls_within(&limiter, now + LIMITER_RAMP_US + 1000000, 10 * 1000000);
    assert_in_range(whole, 995, 1105);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_rate_with_a_burst_of_a_second),
        cmocka_unit_test(idle_time_earns_no_more_than_the_burst),
        cmocka_unit_test(rates_below_one_have_no_burst),
        cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(ramps_up_after_a_pause),
    };
    return cmocka_run_group_tests_name("limiter", tests, NULL, NULL);
}
