// SPDX-License-Identifier: MIT
#include "bridge/backoff.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/capture.h"

static void the_ceiling_doubles_up_to_the_limit(void **state)
{
    (void)state;
    static const struct {
        struct backoff backoff;
        unsigned repeat;
        int64_t ceiling;
    } rows[] = {
        {{500, 60000}, 0, 500},
        {{500, 60000}, 1, 1000},
        {{500, 60000}, 2, 2000},
        {{500, 60000}, 6, 32000},
        {{500, 60000}, 7, 60000},
        {{500, 60000}, 8, 60000},
        {{500, 60000}, ~0U, 60000},
        {{1, INT64_MAX}, 61, INT64_C(1) << 61},
        {{1, INT64_MAX}, 63, INT64_MAX},
        {{INT64_MAX, INT64_MAX}, 5, INT64_MAX},
        {{3, 10}, 1, 6},
        {{3, 10}, 2, 10},
        {{700, 100}, 0, 100}, // the limit wins over a first wait above it
        {{0, 100}, ~0U, 0},
        {{100, 0}, 3, 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        assert_int_equal(backoff_ceiling_ms(&rows[i].backoff, rows[i].repeat), rows[i].ceiling);
}

// Full jitter: every wait from 0 to the ceiling, both included.
static void waits_are_drawn_from_the_whole_range(void **state)
{
    (void)state;
    enum { CEILING = 8, DRAWS = 9000 };
    static const struct backoff backoff = {2, 60000};
    int counts[CEILING + 1] = {0};
    for (int i = 0; i < DRAWS; i++) {
        int64_t wait = backoff_ms(&backoff, 2);
        assert_in_range(wait, 0, CEILING);
        counts[wait]++;
    }
    for (int i = 0; i <= CEILING; i++)
        assert_in_range(counts[i], 700, 1300); // 10 standard deviations around 1,000
}

static void no_wait_where_the_limit_is_none(void **state)
{
    (void)state;
    static const struct backoff backoff = {500, 0};
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(backoff_ms(&backoff, i), 0);
}

static void begin_below_zero(void)
{
    (void)backoff_ceiling_ms(&(struct backoff){-1, 5}, 0);
}

static void a_negative_wait_is_a_defect(void **state)
{
    (void)state;
    char *text = capture_death(begin_below_zero);
    assert_non_null(strstr(text, "backoff->initial_ms >= 0"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ceiling_doubles_up_to_the_limit),
        cmocka_unit_test(waits_are_drawn_from_the_whole_range),
        cmocka_unit_test(no_wait_where_the_limit_is_none),
        cmocka_unit_test(a_negative_wait_is_a_defect),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
