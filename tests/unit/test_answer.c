// SPDX-License-Identifier: MIT
#include "consumers/answer.h"

#include <string.h>

#include "bridge/clock.h"
#include "tests/unit/unit.h"

static enum answer_class class_of(enum http_outcome outcome, int status, const char *body)
{
    struct answer answer;
    const struct http_result result = {
        .outcome = outcome, .status = status, .body = body, .body_len = strlen(body), .error = "e"};
    answer_read(&answer, &result);
    enum answer_class class = answer.class;
    answer_clear(&answer);
    return class;
}

static void each_answer_has_its_class(void **state)
{
    (void)state;
    static const struct {
        enum http_outcome outcome;
        int status;
        const char *body;
        enum answer_class class;
    } rows[] = {
        {HTTP_ANSWERED, 200, "{\"results\":{},\"status\":200}", ANSWER_SUCCESS},
        {HTTP_ANSWERED, 201, "{}", ANSWER_SUCCESS},
        {HTTP_ANSWERED, 200, "<html>", ANSWER_AMBIGUOUS},
        {HTTP_ANSWERED, 200, "[]", ANSWER_AMBIGUOUS},
        {HTTP_ANSWERED, 204, "", ANSWER_AMBIGUOUS},
        {HTTP_ANSWERED, 301, "", ANSWER_REFUSED},
        {HTTP_ANSWERED, 400, "not json", ANSWER_REFUSED},
        {HTTP_ANSWERED, 401, "{}", ANSWER_CREDENTIALS},
        {HTTP_ANSWERED, 403, "{}", ANSWER_CREDENTIALS},
        {HTTP_ANSWERED, 404, "{}", ANSWER_REFUSED},
        {HTTP_ANSWERED, 405, "{}", ANSWER_REFUSED},
        {HTTP_ANSWERED, 408, "{}", ANSWER_AMBIGUOUS},
        {HTTP_ANSWERED, 409, "{}", ANSWER_REFUSED},
        {HTTP_ANSWERED, 413, "{}", ANSWER_REFUSED},
        {HTTP_ANSWERED, 418, "{}", ANSWER_REFUSED},
        {HTTP_ANSWERED, 422, "{}", ANSWER_REFUSED},
        {HTTP_ANSWERED, 425, "{}", ANSWER_TRANSIENT},
        {HTTP_ANSWERED, 429, "{}", ANSWER_THROTTLED},
        {HTTP_ANSWERED, 500, "{}", ANSWER_TRANSIENT},
        {HTTP_ANSWERED, 501, "{}", ANSWER_TRANSIENT},
        {HTTP_ANSWERED, 502, "{}", ANSWER_AMBIGUOUS},
        {HTTP_ANSWERED, 503, "{}", ANSWER_THROTTLED},
        {HTTP_ANSWERED, 504, "{}", ANSWER_AMBIGUOUS},
        {HTTP_ANSWERED, 599, "{}", ANSWER_TRANSIENT},
        {HTTP_ANSWERED, 600, "{}", ANSWER_AMBIGUOUS},
        {HTTP_UNREACHABLE, 0, "", ANSWER_UNREACHABLE},
        {HTTP_AMBIGUOUS, 0, "", ANSWER_AMBIGUOUS},
        {HTTP_AMBIGUOUS, 200, "{\"resu", ANSWER_AMBIGUOUS},
        {HTTP_AMBIGUOUS, 400, "{\"err", ANSWER_REFUSED},
        {HTTP_TOO_LARGE, 200, "", ANSWER_AMBIGUOUS},
        {HTTP_TOO_LARGE, 500, "", ANSWER_TRANSIENT},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        enum answer_class class = class_of(rows[i].outcome, rows[i].status, rows[i].body);
        if (class != rows[i].class)
            fail_msg("status %d: %s instead of %s", rows[i].status, answer_class_name(class),
                answer_class_name(rows[i].class));
    }
}

static void tells_what_the_api_said(void **state)
{
    (void)state;
    static const char body[] = "{\"error\":{\"message\":\"bad\",\"detailed_messages\":[\"room is missing\"]}}";
    struct answer answer;
    answer_read(&answer,
        &(struct http_result){.outcome = HTTP_ANSWERED, .status = 400, .body = body, .body_len = sizeof body - 1});
    assert_string_equal(answer.reason, "HTTP 400: bad: room is missing");
    assert_string_equal(json_string_value(json_object_get(answer.error, "message")), "bad");
    assert_null(answer.results);
    answer_clear(&answer);
}

static void keeps_large_integers_exact(void **state)
{
    (void)state;
    static const char body[] = "{\"results\":{\"n\":1664855588089051000,\"id\":9007199254740993}}";
    struct answer answer;
    answer_read(&answer,
        &(struct http_result){.outcome = HTTP_ANSWERED, .status = 200, .body = body, .body_len = sizeof body - 1});
    assert_int_equal(json_integer_value(json_object_get(answer.results, "n")), 1664855588089051000);
    assert_int_equal(json_integer_value(json_object_get(answer.results, "id")), 9007199254740993);
    answer_clear(&answer);
}

static int64_t fixed_wall(void)
{
    return 1794830400000; // 2026-11-16T12:00:00Z, a Monday
}

static void reads_retry_after(void **state)
{
    (void)state;
    clock_replace(NULL, fixed_wall);
    static const struct {
        const char *retry_after;
        const char *date;
        int64_t wait_ms;
    } rows[] = {
        {NULL, NULL, -1},
        {"0", NULL, 0},
        {"2", NULL, 2000},
        {"-5", NULL, 0},
        {"99999999999", NULL, 24 * 3600 * 1000},
        {"soon", NULL, -1},
        {"", NULL, -1},
        {"Mon, 16 Nov 2026 12:00:07 GMT", NULL, 7000},
        {"Mon, 16 Nov 2026 11:00:00 GMT", NULL, 0},
        // A server whose clock is a year ahead: its own Date says what it means.
        {"Tue, 16 Nov 2027 12:00:05 GMT", "Tue, 16 Nov 2027 12:00:00 GMT", 5000},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct answer answer;
        answer_read(&answer, &(struct http_result){.outcome = HTTP_ANSWERED,
                                 .status = 429,
                                 .body = "",
                                 .retry_after = rows[i].retry_after,
                                 .date = rows[i].date});
        assert_int_equal(answer.retry_after_ms, rows[i].wait_ms);
        answer_clear(&answer);
    }
    clock_replace(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_has_its_class),
        cmocka_unit_test(tells_what_the_api_said),
        cmocka_unit_test(keeps_large_integers_exact),
        cmocka_unit_test(reads_retry_after),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
