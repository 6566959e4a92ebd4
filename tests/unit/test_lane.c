// SPDX-License-Identifier: MIT
#include "consumers/lane.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static void a_key_has_one_lane_while_it_lasts(void **state)
{
    (void)state;
    struct lanes lanes = {0};
    struct lane *a = lanes_get(&lanes, "a");
    assert_ptr_equal(lanes_get(&lanes, "a"), a);
    struct lane *b = lanes_get(&lanes, "b");
    assert_ptr_not_equal(a, b);
    assert_int_equal(lanes.count, 2);
    lanes_remove(&lanes, a);
    assert_int_equal(lanes.count, 1);
    lanes_remove(&lanes, lanes_get(&lanes, "a")); // a new one
    lanes_remove(&lanes, b);
    assert_null(lanes.tree);
}

static void without_a_key_each_has_its_own(void **state)
{
    (void)state;
    struct lanes lanes = {0};
    struct lane *first = lanes_get(&lanes, NULL);
    struct lane *second = lanes_get(&lanes, NULL);
    assert_ptr_not_equal(first, second);
    lanes_remove(&lanes, first);
    lanes_remove(&lanes, second);
    assert_int_equal(lanes.count, 0);
}

static void many_lanes_are_found(void **state)
{
    (void)state;
    enum { LANES = 20000 };
    static struct lane *all[LANES];
    struct lanes lanes = {0};
    char key[32];
    for (int i = 0; i < LANES; i++) {
        (void)snprintf(key, sizeof key, "rshop/%d", i);
        all[i] = lanes_get(&lanes, key);
    }
    for (int i = 0; i < LANES; i++) {
        (void)snprintf(key, sizeof key, "rshop/%d", i);
        assert_ptr_equal(lanes_get(&lanes, key), all[i]);
    }
    for (int i = 0; i < LANES; i++)
        lanes_remove(&lanes, all[i]);
    assert_null(lanes.tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_one_lane_while_it_lasts),
        cmocka_unit_test(without_a_key_each_has_its_own),
        cmocka_unit_test(many_lanes_are_found),
    };
    return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
