// SPDX-License-Identifier: MIT
#include "bridge/loop.h"

#include "bridge/clock.h"
#include "tests/unit/unit.h"

static void the_nearer_timeout_wins_and_none_is_never(void **state)
{
    (void)state;
    assert_int_equal(loop_nearest(-1, -1), -1);
    assert_int_equal(loop_nearest(-1, 5), 5);
    assert_int_equal(loop_nearest(5, -1), 5);
    assert_int_equal(loop_nearest(5, 3), 3);
    assert_int_equal(loop_nearest(0, 3), 0);
}

static void asking_to_stop_ends_a_sleep_once(void **state)
{
    (void)state;
    struct loop_stop stop;
    loop_stop_init(&stop);
    assert_false(loop_stop_asked(&stop));
    loop_stop_ask(&stop, 1234);
    struct pollfd fds[] = {{.fd = loop_stop_fd(&stop), .events = POLLIN}};
    int64_t before = clock_ms();
    loop_sleep(fds, 1, 60000);
    assert_true(clock_ms() - before < 30000);
    assert_true(loop_stop_asked(&stop));
    assert_int_equal(loop_stop_deadline_ms(&stop), 1234);
    fds[0].revents = 0;
    loop_sleep(fds, 1, 1); // the sleeps of the draining are sleeps again
    assert_int_equal(fds[0].revents, 0);
    assert_true(loop_stop_asked(&stop));
    loop_stop_clear(&stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearer_timeout_wins_and_none_is_never),
        cmocka_unit_test(asking_to_stop_ends_a_sleep_once),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
