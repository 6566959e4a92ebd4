// SPDX-License-Identifier: MIT
#include "consumers/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct ledger ledger;
static char metadata[LEDGER_METADATA];

static void begin(int64_t offset, const char *with)
{
    struct error error;
    assert_int_equal(ledger_init(&ledger, offset, with, &error), 0);
}

static void take_new(int64_t from, int64_t to)
{
    for (int64_t offset = from; offset <= to; offset++)
        assert_int_equal(ledger_take(&ledger, offset), LEDGER_NEW);
}

static void commits_the_oldest_unfinished(void **state)
{
    (void)state;
    begin(-1, "");
    assert_int_equal(ledger_commit_offset(&ledger), -1);
    take_new(100, 103);
    assert_int_equal(ledger_commit_offset(&ledger), 100);
    ledger_finish(&ledger, 102);
    assert_int_equal(ledger_commit_offset(&ledger), 100);
    ledger_finish(&ledger, 100);
    assert_int_equal(ledger_commit_offset(&ledger), 101);
    ledger_finish(&ledger, 101);
    assert_int_equal(ledger_commit_offset(&ledger), 103);
    ledger_finish(&ledger, 103);
    assert_int_equal(ledger_commit_offset(&ledger), 104);
    assert_string_equal(ledger_metadata(&ledger, metadata), "");
}

static void a_restart_repeats_only_the_unfinished(void **state)
{
    (void)state;
    begin(50, "");
    take_new(50, 59);
    ledger_finish(&ledger, 51);
    ledger_finish(&ledger, 55);
    ledger_finish(&ledger, 59);
    int64_t committed = ledger_commit_offset(&ledger);
    ledger_metadata(&ledger, metadata);
    begin(committed, metadata);
    for (int64_t offset = 50; offset <= 59; offset++) {
        bool done = offset == 51 || offset == 55 || offset == 59;
        assert_int_equal(ledger_take(&ledger, offset), done ? LEDGER_DONE : LEDGER_NEW);
    }
    assert_int_equal(ledger_take(&ledger, 60), LEDGER_NEW);
}

static void a_full_window_survives_a_restart(void **state)
{
    (void)state;
    begin(7, "");
    take_new(7, 7 + LEDGER_WINDOW - 1);
    assert_int_equal(ledger_take(&ledger, 7 + LEDGER_WINDOW), LEDGER_FULL);
    for (int64_t offset = 8; offset < 7 + LEDGER_WINDOW; offset++)
        ledger_finish(&ledger, offset);
    assert_int_equal(ledger_commit_offset(&ledger), 7);
    assert_true(strlen(ledger_metadata(&ledger, metadata)) < 4096);
    begin(7, metadata);
    assert_int_equal(ledger_take(&ledger, 7), LEDGER_NEW);
    for (int64_t offset = 8; offset < 7 + LEDGER_WINDOW; offset++)
        assert_int_equal(ledger_take(&ledger, offset), LEDGER_DONE);
    assert_int_equal(ledger_take(&ledger, 7 + LEDGER_WINDOW), LEDGER_FULL);
    ledger_finish(&ledger, 7);
    assert_int_equal(ledger_commit_offset(&ledger), 7 + LEDGER_WINDOW);
    assert_int_equal(ledger_take(&ledger, 7 + LEDGER_WINDOW), LEDGER_NEW);
}

static void gaps_count_as_done(void **state)
{
    (void)state;
    begin(10, "");
    take_new(10, 10);
    take_new(15, 15); // 11 to 14 were compacted
    ledger_finish(&ledger, 10);
    assert_int_equal(ledger_commit_offset(&ledger), 15);
    ledger_finish(&ledger, 15);
    take_new(1000000, 1000000); // with nothing unfinished a gap of any size is passed
    assert_int_equal(ledger_commit_offset(&ledger), 1000000);
    assert_int_equal(ledger_take(&ledger, 1000000 + LEDGER_WINDOW), LEDGER_FULL);
    ledger_finish(&ledger, 1000000);
    assert_int_equal(ledger_take(&ledger, 1000000 + LEDGER_WINDOW), LEDGER_NEW);
}

static void what_expired_after_a_restart_holds_nothing_up(void **state)
{
    (void)state;
    begin(0, "");
    take_new(0, 5);
    ledger_finish(&ledger, 4);
    ledger_metadata(&ledger, metadata);
    begin(0, metadata);
    assert_int_equal(ledger_take(&ledger, 3), LEDGER_NEW); // 0 to 2 are beyond retention
    assert_int_equal(ledger_commit_offset(&ledger), 3);
    assert_int_equal(ledger_take(&ledger, 4), LEDGER_DONE);
    ledger_finish(&ledger, 3);
    assert_int_equal(ledger_commit_offset(&ledger), 5);
}

static void what_is_below_the_commit_is_done(void **state)
{
    (void)state;
    begin(100, "");
    assert_int_equal(ledger_take(&ledger, 99), LEDGER_DONE);
    take_new(100, 100);
    assert_int_equal(ledger_take(&ledger, 100), LEDGER_DONE);
}

static void foreign_metadata_are_refused(void **state)
{
    (void)state;
    static const char *const foreign[] = {"x", "1:***", "2:AAAA", "1:A"};
    for (size_t i = 0; i < UNIT_COUNT(foreign); i++) {
        struct error error;
        assert_int_equal(ledger_init(&ledger, 5, foreign[i], &error), -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_int_equal(ledger_commit_offset(&ledger), 5);
        assert_int_equal(ledger_take(&ledger, 5), LEDGER_NEW);
    }
    char *long_one = must_calloc(5000, 1);
    memset(long_one, 'A', 4999);
    long_one[0] = '1';
    long_one[1] = ':';
    assert_int_equal(ledger_init(&ledger, 5, long_one, NULL), -1);
    free(long_one);
}

// Against a plain array: random takes, finishes and restarts.
static void agrees_with_a_plain_model(void **state)
{
    (void)state;
    enum { OFFSETS = 60000 };
    static unsigned char done[OFFSETS];
    static unsigned char live[OFFSETS];
    memset(done, 0, sizeof done);
    unsigned seed = 20261124;
    int64_t next = 0;
    begin(0, "");
    memset(live, 0, sizeof live);
    for (int step = 0; step < 400000 && next < OFFSETS; step++) {
        int roll = rand_r(&seed) % 1000;
        if (roll == 0) { // a restart: everything from the commit on is read again
            next = ledger_commit_offset(&ledger);
            ledger_metadata(&ledger, metadata);
            begin(next, metadata);
            memset(live, 0, sizeof live);
        } else if (roll < 400) {
            enum ledger_answer answer = ledger_take(&ledger, next);
            if (answer == LEDGER_FULL)
                continue;
            assert_int_equal(answer, done[next] ? LEDGER_DONE : LEDGER_NEW);
            live[next] = answer == LEDGER_NEW;
            next++;
        } else if (next > 0) {
            int64_t back = rand_r(&seed) % 300;
            int64_t offset = next - 1 - back;
            if (offset < 0 || !live[offset])
                continue;
            ledger_finish(&ledger, offset);
            live[offset] = 0;
            done[offset] = 1;
        }
        int64_t oldest = ledger_commit_offset(&ledger);
        assert_true(oldest >= next || !done[oldest]); // it may pass what was done before the restart
        for (int64_t offset = oldest > 300 ? oldest - 300 : 0; offset < oldest; offset++)
            assert_true(done[offset]);
    }
    assert_true(next > 1000);
}

// A partition that comes back with a commit from before it was lost.
static void what_was_done_before_stays_done(void **state)
{
    (void)state;
    struct ledger known;
    struct error error;
    assert_int_equal(ledger_init(&known, 10, "", &error), 0);
    for (int64_t offset = 10; offset < 20; offset++)
        assert_int_equal(ledger_take(&known, offset), LEDGER_NEW);
    for (int64_t offset = 10; offset < 20; offset++)
        if (offset != 14 && offset != 17)
            ledger_finish(&known, offset);
    static const struct {
        int64_t committed;
        int64_t base; // afterwards
    } rows[] = {{10, 14}, {8, 14}, {14, 14}, {15, 17}, {18, 20}, {25, 25}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        assert_int_equal(ledger_init(&ledger, rows[i].committed, "", &error), 0);
        ledger_merge(&ledger, &known);
        assert_int_equal(ledger_commit_offset(&ledger), rows[i].base);
        for (int64_t offset = rows[i].committed; offset < 30; offset++) {
            bool done = offset < 20 && offset != 14 && offset != 17;
            assert_int_equal(ledger_take(&ledger, offset), done ? LEDGER_DONE : LEDGER_NEW);
        }
    }
}

static void what_is_far_behind_is_passed_whole(void **state)
{
    (void)state;
    struct ledger known;
    struct error error;
    assert_int_equal(ledger_init(&known, 3 * LEDGER_WINDOW, "", &error), 0);
    assert_int_equal(ledger_take(&known, 3 * LEDGER_WINDOW), LEDGER_NEW);
    assert_int_equal(ledger_take(&known, 3 * LEDGER_WINDOW + 1), LEDGER_NEW);
    ledger_finish(&known, 3 * LEDGER_WINDOW + 1);
    assert_int_equal(ledger_init(&ledger, 5, "", &error), 0);
    ledger_merge(&ledger, &known);
    assert_int_equal(ledger_commit_offset(&ledger), 3 * LEDGER_WINDOW);
    assert_int_equal(ledger_take(&ledger, 5), LEDGER_DONE);
    assert_int_equal(ledger_take(&ledger, 3 * LEDGER_WINDOW), LEDGER_NEW);
    assert_int_equal(ledger_take(&ledger, 3 * LEDGER_WINDOW + 1), LEDGER_DONE);
}

static void without_a_commit_nothing_is_merged(void **state)
{
    (void)state;
    struct ledger known;
    struct error error;
    assert_int_equal(ledger_init(&known, 10, "", &error), 0);
    assert_int_equal(ledger_init(&ledger, -1, "", &error), 0);
    ledger_merge(&ledger, &known);
    assert_int_equal(ledger_take(&ledger, 0), LEDGER_NEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_the_oldest_unfinished),
        cmocka_unit_test(a_restart_repeats_only_the_unfinished),
        cmocka_unit_test(a_full_window_survives_a_restart),
        cmocka_unit_test(gaps_count_as_done),
        cmocka_unit_test(what_expired_after_a_restart_holds_nothing_up),
        cmocka_unit_test(what_is_below_the_commit_is_done),
        cmocka_unit_test(foreign_metadata_are_refused),
        cmocka_unit_test(agrees_with_a_plain_model),
        cmocka_unit_test(what_was_done_before_stays_done),
        cmocka_unit_test(what_is_far_behind_is_passed_whole),
        cmocka_unit_test(without_a_commit_nothing_is_merged),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
