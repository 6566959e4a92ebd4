// SPDX-License-Identifier: MIT
#include "consumers/gate.h"

#include "bridge/clock.h"
#include "bridge/log.h"
#include "tests/unit/unit.h"

static char shop[] = "shop";
static struct app_config app = {.name = shop};
static struct config config = {.retry = {.backoff_initial_ms = 1000, .backoff_max_ms = 8000},
    .rate = {.app = 0},
    .breaker = {.failures = 2, .open_ms = 5000, .open_max_ms = 60000}};
static struct gate gate;
static int64_t now_us;

static int64_t moved_clock(void)
{
    return now_us;
}

static void pass_ms(int64_t ms)
{
    now_us += ms * 1000;
}

static int64_t wait(void)
{
    return gate_wait_ms(&gate, clock_ms());
}

static int start(void **state)
{
    (void)state;
    now_us = 1000000000;
    clock_replace(moved_clock, NULL);
    gate_init(&gate, &config, &app);
    return 0;
}

static int end(void **state)
{
    (void)state;
    clock_replace(NULL, NULL);
    return 0;
}

static void a_throttle_holds_the_app_as_long_as_it_asks(void **state)
{
    (void)state;
    gate_answered(&gate, ANSWER_THROTTLED, 3000, false, "429");
    assert_int_equal(wait(), 3000);
    gate_answered(&gate, ANSWER_THROTTLED, 1000, false, "429"); // a shorter one does not shorten it
    assert_int_equal(wait(), 3000);
    pass_ms(3000);
    assert_int_equal(wait(), 0);
}

static void a_throttle_without_a_time_backs_off(void **state)
{
    (void)state;
    gate_answered(&gate, ANSWER_THROTTLED, -1, false, "429");
    assert_in_range(wait(), 500, 1000);
    pass_ms(1000);
    gate_answered(&gate, ANSWER_THROTTLED, -1, false, "429");
    assert_in_range(wait(), 1000, 2000);
}

static void refused_credentials_close_it_at_once(void **state)
{
    (void)state;
    gate_answered(&gate, ANSWER_CREDENTIALS, -1, false, "401");
    assert_int_equal(wait(), 5000);
    pass_ms(5000);
    assert_int_equal(wait(), 0);
    assert_true(gate_call(&gate)); // the probe
    assert_int_equal(wait(), -1);
    gate_answered(&gate, ANSWER_SUCCESS, -1, true, "");
    assert_int_equal(wait(), 0);
}

static void any_answer_shows_that_the_api_is_reached(void **state)
{
    (void)state;
    gate_answered(&gate, ANSWER_UNREACHABLE, -1, false, "refused");
    gate_answered(&gate, ANSWER_UNREACHABLE, -1, false, "refused");
    assert_int_equal(wait(), 5000);
    pass_ms(5000);
    assert_true(gate_call(&gate));
    gate_answered(&gate, ANSWER_TRANSIENT, -1, true, "500");
    assert_int_equal(wait(), 0);
}

static void keeps_account_of_the_time_it_is_closed(void **state)
{
    (void)state;
    gate_answered(&gate, ANSWER_THROTTLED, 3000, false, "429");
    pass_ms(2000);
    assert_int_equal(gate_paused_ms(&gate, clock_ms()), 2000);
    pass_ms(1000);
    (void)wait();
    pass_ms(9000);
    (void)wait();
    assert_int_equal(gate_paused_ms(&gate, clock_ms()), 3000);
}

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its warnings are no news here
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_throttle_holds_the_app_as_long_as_it_asks, start, end),
        cmocka_unit_test_setup_teardown(a_throttle_without_a_time_backs_off, start, end),
        cmocka_unit_test_setup_teardown(refused_credentials_close_it_at_once, start, end),
        cmocka_unit_test_setup_teardown(any_answer_shows_that_the_api_is_reached, start, end),
        cmocka_unit_test_setup_teardown(keeps_account_of_the_time_it_is_closed, start, end),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
