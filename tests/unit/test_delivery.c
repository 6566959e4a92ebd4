// SPDX-License-Identifier: MIT
//
// A command's way through its lane, its calls and its repeats. What closes an app to all its commands is
// test_delivery_gate.c's matter.
#include "tests/unit/deliveries.h"

// ---- order ----

static void a_lanes_commands_go_one_after_the_other(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    (void)!begin("b", "1");
    (void)!begin("c", "1");
    settle();
    assert_string_equal(chat_texts(), "a");
    assert_int_equal(deliveries_timeout_ms(&deliveries), -1); // only the answer can bring more
    answer(200);
    assert_string_equal(chat_texts(), "a b");
    assert_string_equal(finished, "a");
    answer(200);
    assert_string_equal(chat_texts(), "a b c");
    answer(200);
    assert_string_equal(finished, "a b c");
    assert_int_equal(deliveries.count, 0);
    assert_int_equal(deliveries.lanes.count, 0);
}

static void rooms_go_side_by_side_up_to_the_limit(void **state)
{
    (void)state;
    config.outbound.in_flight_max = 3;
    static const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < UNIT_COUNT(ids); i++)
        (void)!begin(ids[i], ids[i]);
    settle();
    assert_int_equal(http_client_in_flight(chat.client), 3);
    assert_int_equal(deliveries_timeout_ms(&deliveries), -1);
    chat_answer(1, 200);
    settle();
    assert_int_equal(chat.count, 4);
    assert_int_equal(http_client_in_flight(chat.client), 3);
    for (size_t i = 0; i < UNIT_COUNT(ids); i++)
        if (i != 1) {
            chat_answer(i, 200);
            settle();
        }
    assert_string_equal(finished, "b a c d e");
}

static void one_room_of_two_apps_is_two_lanes(void **state)
{
    (void)state;
    (void)!begin_with("shop", "a", "1", "");
    (void)!begin_with("desk", "b", "1", "");
    settle();
    assert_int_equal(http_client_in_flight(chat.client), 2);
}

static void apps_take_turns(void **state)
{
    (void)state;
    config.outbound.in_flight_max = 1;
    for (int i = 0; i < 4; i++) {
        static const char *const rooms[] = {"1", "2", "3", "4"};
        (void)!begin_with("shop", "s", rooms[i], "");
    }
    (void)!begin_with("desk", "d", "1", "");
    (void)!begin_with("desk", "d", "2", "");
    settle();
    for (int i = 0; i < 6; i++)
        answer(200);
    assert_string_equal(chat_texts(), "s d s d s s");
}

static void a_lane_that_waits_delays_no_other(void **state)
{
    (void)state;
    (void)!begin("a1", "1");
    (void)!begin("a2", "1");
    (void)!begin("b1", "2");
    settle();
    chat_answer(0, 500);
    chat_answer(1, 200);
    settle();
    (void)!begin("b2", "2");
    settle();
    answer(200);
    assert_string_equal(finished, "b1 b2");
    pass_backoff();
    assert_string_equal(chat_texts(), "a1 b1 b2 a1"); // a2 did not overtake it
    answer(200);
    answer(200);
    assert_string_equal(finished, "b1 b2 a1 a2");
}

// ---- the call ----

static char seen[600];

static void keep_request(const struct http_request *request)
{
    (void)snprintf(seen, sizeof seen, "%s %s|%s|%s|%s|%s", http_request_method(request), http_request_path(request),
        http_request_header(request, "X-Secret"), http_request_header(request, "Content-Type"),
        http_request_header(request, "Accept"), http_request_body(request, NULL));
}

static void a_call_carries_the_apps_secret(void **state)
{
    (void)state;
    static char url[100];
    (void)snprintf(url, sizeof url, "%s/base", chat.url);
    apps[0].base_url = url;
    (void)!begin("a", "7");
    settle();
    keep_request(chat.calls[0].request);
    char token[COMMAND_TOKEN_TEXT];
    char wanted[600];
    (void)snprintf(wanted, sizeof wanted,
        "POST /base/api/v2/rest/post_comment|hunter2|application/x-www-form-urlencoded|application/json|"
        "sender_email=a&room_id=7&message=a&unique_temp_id=%s",
        command_token("a", token));
    assert_string_equal(seen, wanted);
}

// ---- repeats ----

static void a_repeat_is_the_same_call_with_the_same_token(void **state)
{
    (void)state;
    static const int statuses[] = {500, 425, 599};
    (void)!begin("a", "1");
    settle();
    for (size_t i = 0; i < UNIT_COUNT(statuses); i++) {
        answer(statuses[i]);
        pass_backoff();
        assert_int_equal(chat.count, i + 2);
        assert_string_equal(chat.calls[i + 1].body, chat.calls[0].body);
    }
    answer(200);
    assert_outcome("a", "succeeded", 4);
    assert_int_equal(fake_out_count("dlq"), 0);
}

static void waits_double_up_to_their_limit(void **state)
{
    (void)state;
    static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000};
    config.retry.attempts_max = 0;
    config.retry.backoff_max_ms = 20000;
    (void)!begin("a", "1");
    settle();
    for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
        answer(500);
        assert_int_equal(deliveries_timeout_ms(&deliveries), waits[i]);
        pass_ms(waits[i] - 1);
        settle();
        assert_int_equal(chat.count, i + 1);
        pass_ms(1);
        settle();
        assert_int_equal(chat.count, i + 2);
    }
}

static void after_so_many_attempts_it_is_exhausted(void **state)
{
    (void)state;
    (void)!begin("a", "1");
    (void)!begin("b", "1");
    settle();
    for (int i = 0; i < 4; i++) {
        answer(500);
        pass_backoff();
    }
    assert_outcome("a", "exhausted", 4);
    assert_reason("HTTP 500: no");
    assert_string_equal(chat_texts(), "a a a a b"); // the room goes on
    assert_int_equal(fake_out_count("dlq"), 1);
    answer(200);
    assert_outcome("b", "succeeded", 1);
}

static void or_after_so_long(void **state)
{
    (void)state;
    config.retry.attempts_max = 0; // no limit
    config.retry.window_ms = 100000;
    (void)!begin("a", "1");
    settle();
    pass_ms(99999);
    answer(500);
    assert_int_equal(fake_out.count, 0);
    pass_ms(1000);
    settle();
    answer(500);
    assert_outcome("a", "exhausted", 2);
}

static void without_limits_it_is_tried_on(void **state)
{
    (void)state;
    config.retry.attempts_max = 0;
    config.retry.window_ms = 0;
    (void)!begin("a", "1");
    settle();
    for (int i = 0; i < 100; i++) {
        answer(500);
        pass_backoff();
    }
    answer(200);
    assert_outcome("a", "succeeded", 101);
}

// ---- what an answer means ----

static void refusals_are_final(void **state)
{
    (void)state;
    static const int statuses[] = {301, 400, 404, 405, 409, 410, 413, 415, 418, 422};
    for (size_t i = 0; i < UNIT_COUNT(statuses); i++) {
        (void)!begin("a", "1");
        settle();
        answer(statuses[i]);
        assert_outcome("a", "rejected", 1);
        json_auto_t *value = last_outcome();
        assert_int_equal(json_integer_value(json_at(value, "http_status")), statuses[i]);
        assert_string_equal(json_text_at(value, "error.message"), "no");
    }
    assert_int_equal(chat.count, UNIT_COUNT(statuses));
    assert_int_equal(fake_out_count("dlq"), UNIT_COUNT(statuses));
}

// A long reason is cut at a character's border: header and JSON are UTF-8.
static void a_long_reason_is_cut_between_characters(void **state)
{
    (void)state;
    char body[1500];
    size_t len = (size_t)snprintf(body, sizeof body, "{\"error\":{\"message\":\"");
    for (int i = 0; i < 300; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, "\xc3\xa9");
    (void)snprintf(body + len, sizeof body - len, "\"}}");
    (void)!begin("a", "1");
    settle();
    chat_answer_with(0, 400, body, NULL);
    settle();
    size_t reason_len = 0;
    const char *reason = kafka_header_of(fake_out_last("dlq"), "dlq_reason", &reason_len);
    json_auto_t *text = json_stringn(reason, reason_len);
    assert_non_null(text); // jansson takes UTF-8 only
    assert_reason("\xc3\xa9");
}

// How an answer that leaves open whether the call had its effect looks: a status, 0: a reset, or a body.
static const struct {
    int status;
    const char *body;
} ambiguous[] = {{408, "{}"}, {502, "{}"}, {504, "{}"}, {0, NULL}, {200, "<html>"}, {200, "[]"}, {200, ""}, {204, ""}};

static void answer_ambiguously(size_t i)
{
    if (ambiguous[i].status == 0)
        chat_reset(chat.count - 1);
    else
        chat_answer_with(chat.count - 1, ambiguous[i].status, ambiguous[i].body, NULL);
    settle();
}

static void what_may_have_had_its_effect_is_not_repeated_blindly(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(ambiguous); i++) {
        (void)!begin_unsafe("u", "1");
        settle();
        answer_ambiguously(i);
        assert_outcome("u", "unknown", 1);
        pass_backoff();
        assert_int_equal(chat.count, i + 1);
    }
    assert_int_equal(fake_out_count("dlq"), UNIT_COUNT(ambiguous));
}

static void unless_a_token_goes_with_it(void **state)
{
    (void)state;
    (void)!begin("k", "1");
    settle();
    chat_reset(0); // of a new connection; on a kept one curl sends a repeatable call again by itself
    settle();
    pass_backoff();
    answer(200);
    assert_outcome("k", "succeeded", 2);
    for (size_t i = 0; i < UNIT_COUNT(ambiguous); i++) {
        size_t before = chat.count;
        if (ambiguous[i].status == 0)
            continue;
        (void)!begin("k", "1");
        settle();
        answer_ambiguously(i);
        pass_backoff();
        assert_int_equal(chat.count, before + 2);
        answer(200);
        assert_outcome("k", "succeeded", 2);
    }
}

static void what_had_no_effect_is_repeated_even_so(void **state)
{
    (void)state;
    (void)!begin_unsafe("u", "1");
    settle();
    answer(500);
    pass_backoff();
    answer(200);
    assert_outcome("u", "succeeded", 2);
}

// The API may refuse a token that it has seen.
static void a_400_to_a_repeat_is_unknown_after_an_ambiguous_answer_only(void **state)
{
    (void)state;
    static const struct {
        int first;
        int then;
        const char *status;
    } rows[] = {{502, 400, "unknown"}, {500, 400, "rejected"}, {502, 422, "rejected"}, {502, 404, "rejected"}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        (void)!begin("k", "1");
        settle();
        answer(rows[i].first);
        pass_backoff();
        answer(rows[i].then);
        assert_outcome("k", rows[i].status, 2);
    }
    (void)!begin("k", "1"); // the ambiguous one need not be the last before it
    settle();
    answer(502);
    pass_backoff();
    answer(500);
    pass_backoff();
    answer(400);
    assert_outcome("k", "unknown", 3);
    assert_reason("refused on repeat: probably done");
}

// ---- ends without a call ----

static void an_expired_command_is_not_called(void **state)
{
    (void)state;
    (void)!begin_with("shop", "a", "1", ",\"expires_at\":\"2026-12-01T10:00:00Z\"");
    (void)!begin_with("shop", "b", "1", ",\"expires_at\":\"2026-12-01T10:00:00.001Z\"");
    settle();
    assert_outcome("a", "expired", 0);
    assert_string_equal(chat_texts(), "b"); // a moment later it would have been too late
    json_auto_t *value = last_outcome();
    assert_true(json_is_null(json_at(value, "started_at")));
    assert_true(json_is_null(json_at(value, "http_status")));
    pass_ms(5);
    answer(200); // a call under way is not looked at
    assert_outcome("b", "succeeded", 1);
}

// Before 1970 is long ago.
static void what_expired_long_ago_is_expired(void **state)
{
    (void)state;
    (void)!begin_with("shop", "a", "1", ",\"expires_at\":\"1970-01-01T00:00:00Z\"");
    (void)!begin_with("shop", "b", "1", ",\"expires_at\":\"1969-12-31T00:00:00Z\"");
    settle();
    assert_int_equal(chat.count, 0);
    assert_outcome("b", "expired", 0);
}

static void one_may_expire_between_its_attempts(void **state)
{
    (void)state;
    (void)!begin_with("shop", "a", "1", ",\"expires_at\":\"2026-12-01T10:00:30Z\"");
    settle();
    answer(500);
    pass_backoff();
    assert_int_equal(chat.count, 1);
    assert_outcome("a", "expired", 1);
    assert_int_equal(fake_out_count("dlq"), 1);
}

static void what_is_not_usable_is_reported_at_once(void **state)
{
    (void)state;
    struct error refusal;
    (void)error_set(&refusal, ERROR_INPUT, "params.message is required");
    (void)!begin("a", "1");
    (void)!delivery_begin(&deliveries,
        command_of("{\"id\":\"x\",\"command\":\"post_comment\",\"app\":\"shop\","
                   "\"params\":{\"sender_email\":\"a\",\"room_id\":1,\"message\":\"m\"}}",
            NULL),
        &refusal, NULL);
    settle();
    assert_int_equal(chat.count, 1);
    assert_outcome("x", "rejected", 0);
    assert_reason("params.message is required");
    assert_string_equal(finished, "x");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its dead letters are no news here
    const struct CMUnitTest tests[] = {
        TEST(a_lanes_commands_go_one_after_the_other),
        TEST(rooms_go_side_by_side_up_to_the_limit),
        TEST(one_room_of_two_apps_is_two_lanes),
        TEST(apps_take_turns),
        TEST(a_lane_that_waits_delays_no_other),
        TEST(a_call_carries_the_apps_secret),
        TEST(a_repeat_is_the_same_call_with_the_same_token),
        TEST(waits_double_up_to_their_limit),
        TEST(after_so_many_attempts_it_is_exhausted),
        TEST(or_after_so_long),
        TEST(without_limits_it_is_tried_on),
        TEST(refusals_are_final),
        TEST(a_long_reason_is_cut_between_characters),
        TEST(what_may_have_had_its_effect_is_not_repeated_blindly),
        TEST(unless_a_token_goes_with_it),
        TEST(what_had_no_effect_is_repeated_even_so),
        TEST(a_400_to_a_repeat_is_unknown_after_an_ambiguous_answer_only),
        TEST(an_expired_command_is_not_called),
        TEST(what_expired_long_ago_is_expired),
        TEST(one_may_expire_between_its_attempts),
        TEST(what_is_not_usable_is_reported_at_once),
    };
    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
