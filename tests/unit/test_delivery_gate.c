// SPDX-License-Identifier: MIT
//
// What closes an app to its commands and is charged to none of them.
#include "tests/unit/deliveries.h"

// ---- "slow down" ----

static void a_throttled_app_waits_as_long_as_it_asks(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    (void)!begin("b", "2");
    settle();
    chat_answer_with(0, 429, "{}", "7");
    settle();
    (void)!begin("c", "3");
    (void)!begin_with("desk", "d", "1", "");
    settle();
    assert_string_equal(chat_texts(), "a b d"); // another app goes on
    assert_int_equal(deliveries_timeout_ms(&deliveries), 7000);
    chat_answer(1, 200); // what is under way may end well meanwhile
    chat_answer(2, 200);
    settle();
    pass_ms(6999);
    settle();
    assert_int_equal(chat.count, 3);
    pass_ms(1);
    settle();
    assert_string_equal(chat_texts(), "a b d c a"); // whoever was not called yet goes first
    chat_answer(4, 200);
    settle();
    assert_outcome("a", "succeeded", 1); // nothing was charged
}

static void a_throttle_without_a_time_backs_off(void **state)
{
    (void)state;
    static const int64_t waits[] = {1000, 2000, 4000};
    (void)!begin("a", "1");
    settle();
    for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
        answer(503);
        assert_int_equal(deliveries_timeout_ms(&deliveries), waits[i]);
        pass_ms(waits[i]);
        settle();
        assert_int_equal(chat.count, i + 2);
    }
    answer(200);
    assert_outcome("a", "succeeded", 1);
}

// "Retry-After: 0" (or a date gone by) is no wish to be called as fast as the line allows.
static void a_wish_for_no_pause_is_no_busy_loop(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    settle();
    for (int i = 0; i < 20 && calls_held() > 0; i++) {
        chat_answer_with(chat.count - 1, 503, "{}", "0");
        settle();
    }
    assert_int_equal(calls_held(), 0); // at this standing clock it pauses sooner or later
}

static void a_success_ends_the_backing_off(void **state)
{
    (void)state;
    static const int statuses[] = {503, 503, 200};
    (void)!begin("a", "1");
    settle();
    for (size_t i = 0; i < UNIT_COUNT(statuses); i++) {
        answer(statuses[i]);
        pass_ms(60000);
        settle();
    }
    (void)!begin("b", "1");
    settle();
    answer(503);
    assert_int_equal(deliveries_timeout_ms(&deliveries), 1000);
}

static void time_while_throttled_does_not_count(void **state)
{
    (void)state;
    config.retry.attempts_max = 0;
    config.retry.window_ms = 100000;
    (void)!begin("a", "1");
    settle();
    for (int i = 0; i < 5; i++) {
        chat_answer_with(chat.count - 1, 429, "{}", "3600");
        settle();
        pass_ms(3600000);
        settle();
    }
    pass_ms(99999);
    answer(500);
    assert_int_equal(fake_out.count, 0);
    pass_ms(1000);
    settle();
    answer(500);
    assert_outcome("a", "exhausted", 2);
}

static void nor_does_a_pause_before_the_first_attempt(void **state)
{
    (void)state;
    config.retry.attempts_max = 0;
    config.retry.window_ms = 100000;
    (void)!begin("a", "1");
    settle();
    chat_answer_with(0, 429, "{}", "3600");
    settle();
    pass_ms(3600000);
    settle();
    (void)!begin("b", "2"); // its time begins now
    settle();
    pass_ms(100000);
    answer(500);
    assert_outcome("b", "exhausted", 1);
}

// ---- the breaker ----

static void an_app_that_cannot_be_reached_is_left_alone(void **state)
{
    (void)state;
    apps[0].base_url = chat.dead_url;
    (void)!begin("a", "1");
    (void)!begin("b", "2");
    (void)!begin("c", "3");
    settle();
    assert_int_equal(deliveries.apps[0].gate.breaker.state, BREAKER_OPEN);
    (void)!begin_with("desk", "d", "1", "");
    settle();
    assert_string_equal(chat_texts(), "d"); // another app goes on
    chat_answer(0, 200);
    settle();
    apps[0].base_url = chat.url;
    pass_ms(4999);
    settle();
    assert_int_equal(chat.count, 1);
    pass_ms(1);
    settle();
    assert_int_equal(chat.count, 2); // one alone probes
    assert_int_equal(deliveries_timeout_ms(&deliveries), -1);
    answer(200);
    assert_int_equal(chat.count, 4); // then all
    chat_answer(2, 200);
    chat_answer(3, 200);
    settle();
    assert_int_equal(deliveries.count, 0);
    for (size_t i = 1; i < 4; i++) {
        struct error error;
        json_auto_t *value = json_read_object(fake_out.sent[i].record.value, fake_out.sent[i].record.value_len, &error);
        assert_string_equal(json_text_at(value, "status"), "succeeded");
        assert_int_equal(json_integer_value(json_at(value, "attempts")), 1);
    }
}

static void it_is_probed_more_and_more_seldom(void **state)
{
    (void)state;
    static const int64_t waits[] = {5000, 10000, 20000, 40000, 60000, 60000};
    config.retry.window_ms = 1000;
    config.breaker.failures = 1;
    start_again();
    apps[0].base_url = chat.dead_url;
    (void)!begin("a", "1");
    settle();
    for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
        assert_int_equal(deliveries.apps[0].gate.breaker.state, BREAKER_OPEN);
        assert_int_equal(gate_wait_ms(&deliveries.apps[0].gate, clock_ms()), waits[i]);
        pass_ms(waits[i]);
        settle();
    }
    assert_int_equal(fake_out.count, 0); // an outage leaves lag, no dead letters
    apps[0].base_url = chat.url;
    pass_ms(60000);
    settle();
    answer(200);
    assert_outcome("a", "succeeded", 1);
}

static void each_probe_comes_from_another_lane(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    settle();
    answer(401);
    (void)!begin("b", "2");
    static const char *const texts[] = {"a a", "a a b", "a a b a"};
    int64_t wait = 5000;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++, wait *= 2) {
        pass_ms(wait);
        settle();
        assert_string_equal(chat_texts(), texts[i]);
        answer(401);
    }
}

static void refused_credentials_are_nobodys_fault(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    (void)!begin("b", "2");
    (void)!begin("c", "1");
    settle();
    chat_answer(0, 401);
    chat_answer(1, 403);
    settle();
    assert_int_equal(chat.count, 2);
    assert_int_equal(deliveries_timeout_ms(&deliveries), 5000);
    pass_ms(5000);
    settle();
    assert_int_equal(chat.count, 3);
    answer(200);
    answer_each(200);
    answer_each(200);
    assert_string_equal(finished, "a b c");
    for (size_t i = 0; i < fake_out.count; i++) {
        struct error error;
        json_auto_t *value = json_read_object(fake_out.sent[i].record.value, fake_out.sent[i].record.value_len, &error);
        assert_int_equal(json_integer_value(json_at(value, "attempts")), 1);
    }
}

static void time_while_the_breaker_is_open_does_not_count(void **state)
{
    (void)state;
    config.retry.attempts_max = 0;
    config.retry.window_ms = 100000;
    (void)!begin("a", "1");
    settle();
    for (int i = 0; i < 5; i++) {
        answer(401);
        pass_ms(3600000);
        settle();
    }
    answer(500); // it is reached again; from here on its time counts
    pass_ms(1000);
    settle();
    pass_ms(98999);
    answer(500);
    assert_int_equal(fake_out.count, 0);
    pass_ms(2000);
    settle();
    answer(500);
    assert_outcome("a", "exhausted", 3);
}

// ---- whose fault it is ----

// "bad" alone is refused its credentials (say, its room is closed to us) while others of the app succeed.
static void what_only_one_command_meets_is_its_own_fault(void **state)
{
    (void)state;
    (void)!begin("bad", "1");
    settle();
    answer(403); // nobody knows yet: the app pauses
    assert_int_equal(deliveries_timeout_ms(&deliveries), 5000);
    pass_ms(5000);
    (void)!begin("good", "2");
    settle();
    assert_string_equal(chat_texts(), "bad bad"); // it is first in turn, and probes
    answer(403);
    pass_ms(10000);
    settle();
    assert_string_equal(chat_texts(), "bad bad good");
    answer(200);
    assert_string_equal(chat_texts(), "bad bad good bad");
    for (int charged = 1; charged < 4; charged++) {
        (void)!begin("good", "2");
        settle();
        chat_answer(chat.count - 1, 200);
        settle();
        chat_answer(chat.count - 2, 403);
        settle();
        assert_int_equal(deliveries.apps[0].gate.breaker.state, BREAKER_CLOSED); // the others are not held up
        pass_backoff();
    }
    (void)!begin("good", "2");
    settle();
    chat_answer(chat.count - 1, 200);
    settle();
    chat_answer(chat.count - 2, 403);
    settle();
    assert_outcome("bad", "exhausted", 4);
    assert_reason("HTTP 403");
}

static void without_a_success_between_it_is_not(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    (void)!begin("b", "2");
    settle();
    chat_answer(1, 200); // before a's first attempt ended
    settle();
    chat_answer(0, 401);
    settle();
    for (int i = 0; i < 10; i++) {
        pass_ms(3600000);
        settle();
        answer(401);
    }
    assert_int_equal(fake_out_count("dlq"), 0);
}

// The breaker waits for its probe's end, whoever's fault that is.
static void a_probe_that_fails_by_its_own_fault_is_a_failed_probe(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    settle();
    answer(500);
    (void)!begin("b", "2");
    settle();
    answer(200);
    (void)!begin("c", "2");
    settle();
    answer(401);
    assert_int_equal(deliveries.apps[0].gate.breaker.state, BREAKER_OPEN);
    struct delivery *c = TAILQ_LAST(&deliveries.live, delivery_list);
    assert_true(delivery_drop(c)); // so that "a" has to probe
    pass_ms(5000);
    settle();
    assert_string_equal(chat_texts(), "a b c a");
    answer(401);
    assert_int_equal(deliveries.apps[0].gate.breaker.state, BREAKER_OPEN);
    pass_ms(10000);
    settle();
    assert_int_equal(chat.count, 5);
    answer(200);
    assert_outcome("a", "succeeded", 3);
}

static void an_own_throttle_is_charged_and_yet_pauses_the_app(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    settle();
    chat_answer_with(0, 429, "{}", "1");
    settle();
    (void)!begin("b", "2");
    pass_ms(1000);
    settle();
    assert_string_equal(chat_texts(), "a a b");
    chat_answer(2, 200);
    settle();
    chat_answer_with(1, 429, "{}", "30");
    settle();
    assert_int_equal(gate_wait_ms(&deliveries.apps[0].gate, clock_ms()), 30000);
    pass_ms(60000);
    settle();
    answer(200);
    assert_outcome("a", "succeeded", 2);
}

// ---- rates ----

static void calls_keep_the_apps_rate(void **state)
{
    (void)state;
    config.rate.app = 2;
    start_again();
    chat.answers_all = 200;
    for (int i = 0; i < 6; i++) {
        char room[16];
        (void)snprintf(room, sizeof room, "%d", i);
        (void)!begin(room, room);
    }
    (void)!begin_with("desk", "d", "1", "");
    settle();
    assert_int_equal(chat.count, 3); // a second's worth, and the other app's
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(deliveries_timeout_ms(&deliveries), 500);
        pass_ms(499);
        settle();
        assert_int_equal(chat.count, 3 + i);
        pass_ms(1);
        settle();
        assert_int_equal(chat.count, 4 + i);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its complaints are no news here
    const struct CMUnitTest tests[] = {
        TEST(a_throttled_app_waits_as_long_as_it_asks),
        TEST(a_throttle_without_a_time_backs_off),
        TEST(a_wish_for_no_pause_is_no_busy_loop),
        TEST(a_success_ends_the_backing_off),
        TEST(time_while_throttled_does_not_count),
        TEST(nor_does_a_pause_before_the_first_attempt),
        TEST(an_app_that_cannot_be_reached_is_left_alone),
        TEST(it_is_probed_more_and_more_seldom),
        TEST(each_probe_comes_from_another_lane),
        TEST(refused_credentials_are_nobodys_fault),
        TEST(time_while_the_breaker_is_open_does_not_count),
        TEST(what_only_one_command_meets_is_its_own_fault),
        TEST(without_a_success_between_it_is_not),
        TEST(a_probe_that_fails_by_its_own_fault_is_a_failed_probe),
        TEST(an_own_throttle_is_charged_and_yet_pauses_the_app),
        TEST(calls_keep_the_apps_rate),
    };
    return cmocka_run_group_tests_name("delivery_gate", tests, NULL, NULL);
}
