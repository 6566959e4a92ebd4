// SPDX-License-Identifier: MIT
//
// When nothing new is called, and how commands are given up.
#include "tests/unit/deliveries.h"

// ---- what Kafka does not take ----

// Each answer is a third of what outcomes may hold: the fourth call has to wait until Kafka has taken one.
static void nothing_is_called_while_outcomes_have_no_place(void **state)
{
    (void)state;
    enum { THIRD = 6 * 1024 * 1024 };
    char *body = must_calloc(THIRD + 100, 1);
    int len = snprintf(body, THIRD + 100, "{\"results\":\"%0*d\"}", THIRD, 0);
    assert_true(len > THIRD);
    fake_out.acknowledges = false;
    for (int i = 0; i < 3; i++) {
        (void)!begin("a", "1");
        settle();
        assert_int_equal(chat.count, i + 1);
        chat_answer_with(chat.count - 1, 200, body, NULL);
        settle();
    }
    free(body);
    (void)!begin("b", "2");
    settle();
    assert_int_equal(chat.count, 3);
    assert_int_equal(deliveries_timeout_ms(&deliveries), -1);
    fake_out_report(0, ERROR_NONE);
    settle();
    assert_int_equal(chat.count, 4);
}

// ---- giving up ----

static void what_is_not_under_way_can_be_dropped(void **state)
{
    (void)state;
    struct delivery *a = begin("a", "1");
    struct delivery *b = begin("b", "1");
    struct delivery *c = begin("c", "1");
    struct delivery *d = begin("d", "2");
    settle();
    assert_false(delivery_drop(a)); // is being called
    assert_true(delivery_drop(b));
    chat_answer(1, 500);
    settle();
    assert_true(delivery_drop(d)); // waits for its repeat
    assert_int_equal(deliveries_timeout_ms(&deliveries), -1);
    fake_out.acknowledges = false;
    chat_answer(0, 200);
    settle();
    assert_false(delivery_drop(a)); // is being reported
    assert_string_equal(chat_texts(), "a d c");
    fake_out.acknowledges = true;
    chat_answer(2, 200);
    settle();
    (void)c;
    assert_string_equal(finished, "a c");
    assert_int_equal(fake_out.count, 2); // nothing is said of what was dropped
    assert_int_equal(deliveries.count, 0);
    assert_int_equal(deliveries.lanes.count, 0);
}

static void a_lane_whose_first_is_dropped_goes_on(void **state)
{
    (void)state;
    struct delivery *a = begin("a", "1");
    (void)!begin("b", "1");
    settle();
    answer(500);
    assert_true(delivery_drop(a));
    settle();
    assert_string_equal(chat_texts(), "a b");
}

static void of_what_is_abandoned_nothing_is_said(void **state)
{
    (void)state;
    static const int statuses[] = {200, 500, 400, 429, 401};
    for (size_t i = 0; i < UNIT_COUNT(statuses); i++) {
        struct delivery *a = begin("a", "1");
        (void)!begin("b", "1");
        settle();
        delivery_abandon(a);
        answer(statuses[i]);
        pass_backoff(); // its lane goes on when the app may be called
        assert_string_equal(chat.calls[chat.count - 1].text, "b");
        answer(200);
        assert_outcome("b", "succeeded", 1);
        assert_int_equal(fake_out.count, i + 1);
        assert_int_equal(chat.count, 2 * (i + 1));
    }
}

static void nor_of_what_was_abandoned_while_it_was_reported(void **state)
{
    (void)state;
    struct delivery *a = begin("a", "1");
    settle();
    fake_out.acknowledges = false;
    answer(200);
    assert_int_equal(fake_out.count, 1);
    delivery_abandon(a);
    fake_out.acknowledges = true;
    settle();
    assert_string_equal(finished, "");
    assert_int_equal(deliveries.count, 0);
}

static void nothing_new_is_called_while_stopping(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    (void)!begin("b", "1");
    (void)!begin("c", "2");
    settle();
    deliveries.stopping = true;
    chat_answer(0, 200);
    chat_answer(1, 500);
    settle();
    pass_backoff();
    assert_int_equal(chat.count, 2);
    assert_string_equal(finished, "a");
    assert_int_equal(deliveries_timeout_ms(&deliveries), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its complaints are no news here
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_called_while_outcomes_have_no_place),
        TEST(what_is_not_under_way_can_be_dropped),
        TEST(a_lane_whose_first_is_dropped_goes_on),
        TEST(of_what_is_abandoned_nothing_is_said),
        TEST(nor_of_what_was_abandoned_while_it_was_reported),
        TEST(nothing_new_is_called_while_stopping),
    };
    return cmocka_run_group_tests_name("delivery_drop", tests, NULL, NULL);
}
