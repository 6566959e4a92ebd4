// SPDX-License-Identifier: MIT
//
// Commands out of Kafka: what is taken, held back and committed. How partitions come and go is
// test_intake_rebalance.c's matter.
#include "tests/unit/intakes.h"

// ---- commits ----

static void an_offset_is_committed_when_its_outcome_is_durable(void **state)
{
    (void)state;
    fake_in_assign(0, 40, "");
    fake_out.acknowledges = false;
    add(0, 40, "1");
    run();
    assert_string_equal(chat_texts(), "40");
    reply(0, 200);
    pass_ms(10000);
    run();
    assert_int_equal(fake_out_count("results"), 1);
    assert_int_equal(fake_in.commit_count, 0); // called, but not yet durable
    fake_out.acknowledges = true;
    run();
    assert_int_equal(fake_in.commit_count, 1);
    assert_int_equal(last_commit()->offset, 41);
    assert_string_equal(last_commit()->metadata, "");
    commit_well();
    assert_int_equal(fake_in.commit_count, 1); // there is nothing new
    assert_int_equal(intake_timeout_ms(&intake), -1);
    assert_int_equal(intake.held_bytes, 0);
}

static void the_oldest_unfinished_is_committed_with_what_is_done_behind_it(void **state)
{
    (void)state;
    fake_in_assign(0, -1, "");
    for (int64_t offset = 7; offset < 12; offset++) {
        char room[16];
        (void)snprintf(room, sizeof room, "%d", (int)offset);
        add(0, offset, room);
    }
    run();
    assert_int_equal(chat.count, 5);
    reply(1, 200);
    reply(3, 400); // a dead letter is an end as well
    assert_int_equal(fake_in.commit_count, 1);
    commit_well();
    assert_int_equal(last_commit()->offset, 7);
    char metadata[KAFKA_METADATA_MAX];
    (void)snprintf(metadata, sizeof metadata, "%s", last_commit()->metadata);
    assert_string_not_equal(metadata, "");
    // Another instance takes over: 8 and 10 are not called again.
    fake_in_revoke(0, true);
    fake_in_assign(0, 7, metadata);
    size_t before = chat.count;
    for (int64_t offset = 7; offset < 12; offset++) {
        char room[16];
        (void)snprintf(room, sizeof room, "x%d", (int)offset);
        add(0, offset, room);
    }
    run();
    assert_int_equal(chat.count, before + 3);
    assert_string_equal(chat_texts(), "7 8 9 10 11 7 9 11");
}

static void commits_are_spaced_and_one_is_under_way(void **state)
{
    (void)state;
    chat.answers_all = 200;
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    run();
    assert_int_equal(fake_in.commit_count, 1);
    add(0, 1, "1");
    run();
    pass_ms(10000);
    run();
    assert_int_equal(fake_in.commit_count, 1); // the first is still under way
    assert_int_equal(intake_timeout_ms(&intake), -1);
    fake_in_committed(0, ERROR_NONE);
    run();
    assert_int_equal(fake_in.commit_count, 2);
    assert_int_equal(last_commit()->offset, 2);
    fake_in_committed(1, ERROR_NONE);
    add(0, 2, "1");
    run();
    assert_int_equal(fake_in.commit_count, 2); // not so soon
    assert_int_equal(intake_timeout_ms(&intake), 500);
    pass_ms(499);
    run();
    assert_int_equal(fake_in.commit_count, 2);
    pass_ms(1);
    run();
    assert_int_equal(fake_in.commit_count, 3);
    assert_int_equal(last_commit()->offset, 3);
}

static void a_commit_that_fails_is_tried_again(void **state)
{
    (void)state;
    chat.answers_all = 200;
    fake_in_assign(0, 0, "");
    fake_in.commit_refusals = 1;
    add(0, 0, "1");
    run();
    assert_int_equal(fake_in.commit_count, 0);
    assert_int_equal(intake_timeout_ms(&intake), 500);
    pass_ms(500);
    run();
    assert_int_equal(fake_in.commit_count, 1);
    fake_in_committed(0, ERROR_REMOTE);
    pass_ms(500);
    run();
    assert_int_equal(fake_in.commit_count, 2);
    assert_int_equal(last_commit()->offset, 1);
    commit_well();
    assert_int_equal(fake_in.commit_count, 2);
}

static void partitions_are_committed_each_by_itself(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 100, "");
    add(0, 0, "1");
    add(1, 100, "2");
    run();
    reply(1, 200);
    assert_int_equal(fake_in.commit_count, 1);
    assert_int_equal(last_commit()->partition, 1);
    assert_int_equal(last_commit()->offset, 101);
    reply(0, 200);
    assert_int_equal(fake_in.commit_count, 2);
    assert_int_equal(last_commit()->partition, 0);
}

static void what_is_no_command_ends_as_a_dead_letter_and_is_committed(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_add(0, 0, "not json");
    fake_in_add(0, 1, "{}");
    run();
    assert_int_equal(chat.count, 0);
    assert_int_equal(fake_out_count("dlq"), 2);
    commit_well();
    assert_int_equal(last_commit()->offset, 2);
}

static void what_is_done_already_is_passed(void **state)
{
    (void)state;
    fake_in_assign(0, 10, "");
    add(0, 9, "1"); // below what is committed
    run();
    assert_int_equal(chat.count, 0);
    add(0, 15, "1"); // 10 to 14 were compacted away
    run();
    assert_int_equal(chat.count, 1);
    assert_int_equal(last_commit()->offset, 15);
}

static void metadata_of_another_form_are_none(void **state)
{
    (void)state;
    fake_in_assign(0, 5, "theirs");
    add(0, 5, "1");
    run();
    assert_int_equal(chat.count, 1);
    reply(0, 200);
    assert_int_equal(last_commit()->offset, 6);
}

// ---- back-pressure ----

static void a_full_window_pauses_its_partition(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 0, "");
    add(0, 0, "1");
    add(0, LEDGER_WINDOW, "2"); // what lies between was compacted away
    run();
    assert_true(fake_in.paused[0]);
    assert_false(fake_in.paused[1]);
    assert_string_equal(chat_texts(), "0"); // the other does not fit, and waits
    add(0, LEDGER_WINDOW + 1, "3");
    run();
    assert_int_equal(chat.count, 1);
    reply(0, 200);
    assert_false(fake_in.paused[0]);
    assert_string_equal(chat_texts(), "0 16384 16385");
    answer_each(200);
    run();
    commit_well();
    assert_int_equal(last_commit()->offset, LEDGER_WINDOW + 2);
}

static void it_goes_on_at_half(void **state)
{
    (void)state;
    enum { HALF = LEDGER_WINDOW / 2 };
    fake_in_assign(0, 0, "");
    add(0, 0, "1");
    add(0, HALF - 1, "2");
    add(0, HALF, "3");
    add(0, LEDGER_WINDOW - 1, "4");
    run();
    assert_int_equal(chat.count, 4);
    assert_true(fake_in.paused[0]);
    reply(0, 200);
    assert_true(fake_in.paused[0]); // from HALF - 1 on it holds one more than half
    reply(1, 200);
    assert_true(fake_in.paused[0]); // now just half
    reply(2, 200);
    assert_false(fake_in.paused[0]);
}

static void many_bytes_pause_every_partition(void **state)
{
    (void)state;
    enum { LARGE = 1 << 20 };
    fake_in_assign(0, 0, "");
    fake_in_assign(1, 0, "");
    add(1, 0, "1");
    for (int64_t offset = 0; offset < 20; offset++)
        add_padded(0, offset, "2", LARGE);
    run();
    assert_int_equal(fake_in.queued, 20 - 16); // 16 MiB are held
    assert_true(fake_in.paused[0]);
    assert_true(fake_in.paused[1]);
    for (int i = 0; i < 8; i++)
        reply(i == 0 ? 0 : chat.count - 1, 200);
    assert_true(fake_in.paused[0]);
    reply(chat.count - 1, 200);
    reply(chat.count - 1, 200);
    assert_false(fake_in.paused[1]);
    assert_true(intake.held_bytes >= 8 * (size_t)LARGE);
    while (calls_held() > 0)
        reply(chat.count - 1, 200);
    assert_int_equal(fake_in.queued, 0);
    assert_int_equal(intake.held_bytes, 0);
    assert_int_equal(chat.count, 21);
}

static void records_are_taken_a_batch_at_a_time(void **state)
{
    (void)state;
    fake_in_assign(0, 0, "");
    chat.answers_all = 200;
    for (int64_t offset = 0; offset < FAKE_QUEUE_MAX; offset++)
        add(0, offset, "1");
    assert_true(intake_run(&intake)); // there may be more
    assert_int_equal(fake_in.queued, 0);
    assert_false(intake_run(&intake));
    run();
    assert_int_equal(chat.count, FAKE_QUEUE_MAX);
    for (size_t i = 0; i < chat.count; i++)
        assert_int_equal(strtol(chat.calls[i].text, NULL, 10), i); // a room's order is the partition's
}

static void records_of_others_are_ignored(void **state)
{
    (void)state;
    add(2, 0, "1");
    run();
    assert_int_equal(chat.count, 0);
    assert_int_equal(fake_out.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_intake, end_intake)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its warnings are no news here
    const struct CMUnitTest tests[] = {
        TEST(an_offset_is_committed_when_its_outcome_is_durable),
        TEST(the_oldest_unfinished_is_committed_with_what_is_done_behind_it),
        TEST(commits_are_spaced_and_one_is_under_way),
        TEST(a_commit_that_fails_is_tried_again),
        TEST(partitions_are_committed_each_by_itself),
        TEST(what_is_no_command_ends_as_a_dead_letter_and_is_committed),
        TEST(what_is_done_already_is_passed),
        TEST(metadata_of_another_form_are_none),
        TEST(a_full_window_pauses_its_partition),
        TEST(it_goes_on_at_half),
        TEST(many_bytes_pause_every_partition),
        TEST(records_are_taken_a_batch_at_a_time),
        TEST(records_of_others_are_ignored),
    };
    return cmocka_run_group_tests_name("intake", tests, NULL, NULL);
}
