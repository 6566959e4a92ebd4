// SPDX-License-Identifier: MIT
//
// Partitions that come and go, and the stop: what is finished, what is given up, and what must not be called any more.
#include "tests/unit/intakes.h"

// ---- revoked ----

static void a_revoked_partition_ends_what_is_under_way(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 0, "");
    add(0, 0, "1");
    add(0, 1, "1");
    add(0, 2, "2");
    add(1, 0, "3");
    run();
    assert_string_equal(chat_texts(), "0 2 0");
    fake_in_revoke(0, false);
    run();
    assert_int_equal(fake_in.let_go, 0);
    assert_int_equal(intake_timeout_ms(&intake), 25000);
    reply(0, 200);
    assert_string_equal(chat_texts(), "0 2 0"); // what stood behind it is the next owner's
    assert_int_equal(fake_in.let_go, 0);
    reply(1, 200);
    assert_int_equal(fake_in.let_go, 0); // not before it is committed
    assert_int_equal(fake_in.commit_count, 1);
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_int_equal(fake_in.commit_count, 2); // and the second outcome's commit does not wait its time
    assert_int_equal(last_commit()->offset, 1);
    assert_string_not_equal(last_commit()->metadata, ""); // 2 is done
    assert_int_equal(fake_in.let_go, 0);
    fake_in_committed(1, ERROR_NONE);
    run();
    assert_int_equal(fake_in.let_go, 1);
    assert_false(intake_drained(&intake)); // the other partition stays
    add(1, 1, "4");
    run();
    assert_string_equal(chat_texts(), "0 2 0 1");
}

static void one_with_nothing_under_way_goes_at_once(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    run();
    fake_in_revoke(0, false);
    run();
    assert_int_equal(fake_in.let_go, 1);
    assert_true(intake_drained(&intake));
}

static void several_go_together(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    fake_in_revoke(1, false);
    run();
    assert_int_equal(fake_in.let_go, 0);
    reply(0, 200);
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_int_equal(fake_in.let_go, 1);
    assert_true(intake_drained(&intake));
}

// An answer that would be repeated ends the wait: the repeat is the next owner's.
static void what_would_be_repeated_is_given_up(void **state)
{
    (void)state;
    static const int statuses[] = {500, 502, 429, 401};
    for (size_t i = 0; i < UNIT_COUNT(statuses); i++) {
        fake_in_assign(0, 0, "");
        add(0, 0, "1");
        run();
        assert_int_equal(chat.count, i + 1);
        fake_in_revoke(0, false);
        run();
        reply(i, statuses[i]);
        assert_int_equal(fake_in.let_go, i + 1); // at once
        assert_int_equal(fake_out.count, 0);     // and nothing was said of it
        pass_ms(3600000);
        run();
        assert_int_equal(chat.count, i + 1); // nor is it called again
        assert_int_equal(deliveries.count, 0);
    }
}

static void records_that_still_come_are_not_taken(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    fake_in_add(0, 1, "not json");
    add(0, 2, "2");
    assert_false(turn());
    assert_true(fake_in.paused[0]);
    assert_int_equal(chat.count, 1);
    assert_int_equal(fake_out.count, 0); // nor is a dead letter written
    reply(0, 200);
    assert_int_equal(last_commit()->offset, 1);
}

static void a_record_that_did_not_fit_goes_with_it(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    add(0, LEDGER_WINDOW, "2");
    run();
    fake_in_revoke(0, false);
    reply(0, 200);
    assert_int_equal(chat.count, 1);
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_int_equal(fake_in.let_go, 1);
}

static void a_commit_that_fails_meanwhile_is_repeated(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    reply(0, 200);
    fake_in_committed(0, ERROR_REMOTE);
    pass_ms(500);
    run();
    assert_int_equal(fake_in.let_go, 0);
    assert_int_equal(fake_in.commit_count, 2);
    fake_in_committed(1, ERROR_NONE);
    run();
    assert_int_equal(fake_in.let_go, 1);
}

// While a commit fails again and again, it is not tried faster than usual.
static void a_commit_that_keeps_failing_is_no_busy_loop(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    reply(0, 200);
    for (size_t i = 0; i < 50 && i < fake_in.commit_count; i++) {
        fake_in_committed(i, ERROR_REMOTE);
        run();
    }
    assert_true(fake_in.commit_count < 5); // at this standing clock
}

static void one_that_is_refused_as_well(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    fake_in.commit_refusals = 3;
    reply(0, 200);
    pass_ms(500);
    run();
    assert_int_equal(fake_in.let_go, 0);
    for (int i = 0; i < 10 && fake_in.commit_count == 0; i++) {
        pass_ms(500);
        run();
    }
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_int_equal(fake_in.let_go, 1);
}

// After the deadline the partition goes with the call under way, of which nothing is said.
static void at_the_deadline_it_goes_in_any_case(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    add(0, 1, "2");
    run();
    reply(1, 200);
    fake_in_committed(0, ERROR_NONE);
    fake_in_revoke(0, false);
    pass_ms(24999);
    run();
    assert_int_equal(fake_in.let_go, 0);
    pass_ms(1);
    run();
    assert_int_equal(fake_in.let_go, 1);
    assert_true(intake_drained(&intake));
    assert_int_equal(intake.held_bytes, 0);
    assert_int_equal(intake_timeout_ms(&intake), -1);
    // It comes back: its room waits for the call that is still under way.
    fake_in_assign(0, 0, last_commit()->metadata);
    add(0, 0, "1");
    add(0, 1, "2");
    run();
    assert_string_equal(chat_texts(), "0 1");
    reply(0, 200);
    assert_string_equal(chat_texts(), "0 1 0");
    assert_int_equal(fake_out.count, 1);
    reply(2, 200);
    assert_int_equal(fake_out.count, 2);
    assert_int_equal(last_commit()->offset, 2);
}

static void nothing_is_called_for_a_partition_that_went(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    pass_ms(25000);
    run();
    assert_int_equal(fake_in.let_go, 1);
    reply(0, 500); // only now
    pass_ms(3600000);
    run();
    assert_int_equal(chat.count, 1);
    assert_int_equal(fake_out.count, 0);
    assert_int_equal(fake_in.commit_count, 0);
    assert_int_equal(deliveries.count, 0);
}

// ---- lost ----

static void a_lost_partition_is_gone(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 0, "");
    for (int64_t offset = 0; offset < 4; offset++)
        add(0, offset, offset < 2 ? "1" : offset < 3 ? "2" : "3"); // under way and behind it, waiting, reported
    add(1, 0, "9");
    run();
    assert_string_equal(chat_texts(), "0 2 3 0");
    fake_out.acknowledges = false;
    reply(1, 500);
    reply(2, 200);
    fake_in_revoke(0, true);
    fake_out.acknowledges = true;
    reply(0, 200);
    pass_ms(3600000);
    run();
    assert_string_equal(chat_texts(), "0 2 3 0");
    assert_int_equal(fake_out.count, 1);       // what was on its way; of the rest nothing is said
    assert_int_equal(fake_in.commit_count, 0); // nor committed
    assert_int_equal(fake_in.let_go, 0);       // the adapter does that by itself
    reply(3, 200);
    assert_int_equal(fake_in.commit_count, 1);
    assert_int_equal(last_commit()->partition, 1);
    assert_int_equal(deliveries.count, 0);
    assert_int_equal(intake.held_bytes, 0);
}

static void one_that_is_leaving_can_be_lost(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    fake_in_revoke(0, false);
    run();
    fake_in_revoke(0, true);
    run();
    assert_true(intake_drained(&intake));
    assert_int_equal(intake_timeout_ms(&intake), -1);
    fake_in_assign(0, 0, "");
    add(0, 0, "2");
    run();
    assert_int_equal(chat.count, 2);
}

// The group's broker died before the commit, and the partition comes back with the one of before.
static void what_was_done_is_not_called_again(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    add(0, 1, "2");
    run();
    assert_int_equal(chat.count, 2);
    reply(1, 200);
    run();
    fake_in_revoke(0, true);
    run();
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    add(0, 1, "2");
    add(0, 2, "3");
    run();
    assert_string_equal(chat_texts(), "0 1 2"); // what is new; what was done is not called again
    reply(0, 200);
    assert_string_equal(chat_texts(), "0 1 2 0"); // nor what was in flight before that has ended
}

static void what_is_unknown_can_be_revoked(void **state)
{
    (void)state;
    fake_in_revoke(3, false);
    fake_in_revoke(3, true);
    run();
    assert_true(intake_drained(&intake));
}

// The result of a commit may come when its partition is gone.
static void late_results_of_commits_are_ignored(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    reply(0, 200);
    assert_int_equal(fake_in.commit_count, 1);
    fake_in_revoke(0, true);
    fake_in_committed(0, ERROR_NONE);
    fake_in_committed(0, ERROR_REMOTE);
    run();
    assert_int_equal(fake_in.commit_count, 1);
}

// The result of a commit of an earlier time must not pass for that of the present one.
static void a_late_result_is_not_the_next_commits(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    reply(0, 200); // commit 0 is under way
    fake_in_revoke(0, true);
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    add(0, 1, "2");
    run();
    assert_int_equal(fake_in.commit_count, 2); // of what was done before
    fake_in_committed(1, ERROR_NONE);
    reply(1, 200);
    pass_ms(500);
    run();
    assert_int_equal(fake_in.commit_count, 3);
    assert_int_equal(last_commit()->offset, 2);
    fake_in_committed(0, ERROR_NONE); // of before
    fake_in_committed(2, ERROR_REMOTE);
    pass_ms(500);
    run();
    assert_int_equal(fake_in.commit_count, 4); // what failed is tried again
    assert_int_equal(last_commit()->offset, 2);
}

// ---- the stop ----

static void a_stop_ends_what_is_under_way(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 0, "");
    add(0, 0, "1");
    add(0, 1, "1");
    add(1, 0, "2");
    run();
    deliveries.stopping = true;
    intake_close(&intake, clock_ms() + 25000);
    run();
    assert_true(fake_in.paused[0] && fake_in.paused[1]);
    assert_false(intake_drained(&intake));
    reply(0, 200);
    reply(1, 429);                         // would be repeated: given up
    assert_false(intake_drained(&intake)); // the commit is still under way
    assert_int_equal(last_commit()->partition, 0);
    assert_int_equal(last_commit()->offset, 1);
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_true(intake_drained(&intake));
    assert_int_equal(chat.count, 2);
    assert_int_equal(deliveries.count, 0);
}

static void a_stop_has_an_end(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    deliveries.stopping = true;
    intake_close(&intake, clock_ms() + 3000);
    pass_ms(2999);
    run();
    assert_false(intake_drained(&intake));
    assert_int_equal(intake_timeout_ms(&intake), 1);
    pass_ms(1);
    run();
    assert_true(intake_drained(&intake));
    assert_int_equal(deliveries.count, 1); // the call under way, abandoned
}

static void with_nothing_at_hand_it_stops_at_once(void **state)
{
    (void)state;
    intake_close(&intake, clock_ms() + 3000);
    assert_true(intake_drained(&intake));
}

static void what_is_assigned_while_stopping_is_not_begun(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    deliveries.stopping = true;
    intake_close(&intake, clock_ms() + 3000);
    fake_in_assign(1, 0, "");
    add(1, 0, "2");
    run();
    reply(0, 200);
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_true(intake_drained(&intake));
    assert_int_equal(chat.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_intake, end_intake)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its warnings are no news here
    const struct CMUnitTest tests[] = {
        TEST(a_revoked_partition_ends_what_is_under_way),
        TEST(one_with_nothing_under_way_goes_at_once),
        TEST(several_go_together),
        TEST(what_would_be_repeated_is_given_up),
        TEST(records_that_still_come_are_not_taken),
        TEST(a_record_that_did_not_fit_goes_with_it),
        TEST(a_commit_that_fails_meanwhile_is_repeated),
        TEST(a_commit_that_keeps_failing_is_no_busy_loop),
        TEST(one_that_is_refused_as_well),
        TEST(at_the_deadline_it_goes_in_any_case),
        TEST(nothing_is_called_for_a_partition_that_went),
        TEST(a_lost_partition_is_gone),
        TEST(one_that_is_leaving_can_be_lost),
        TEST(what_was_done_is_not_called_again),
        TEST(what_is_unknown_can_be_revoked),
        TEST(late_results_of_commits_are_ignored),
        TEST(a_late_result_is_not_the_next_commits),
        TEST(a_stop_ends_what_is_under_way),
        TEST(a_stop_has_an_end),
        TEST(with_nothing_at_hand_it_stops_at_once),
        TEST(what_is_assigned_while_stopping_is_not_begun),
    };
    return cmocka_run_group_tests_name("intake_rebalance", tests, NULL, NULL);
}
