// SPDX-License-Identifier: MIT
#include "consumers/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/json.h"
#include "bridge/text.h"

enum { RETRY_AFTER_MAX_MS = 24 * 3600 * 1000 };

// The first row whose range holds the status decides.
static const struct meaning {
    int from;
    int to;
    enum answer_class class;
} meanings[] = {
    {200, 299, ANSWER_SUCCESS}, // with a readable body; see answer_read()
    {300, 399, ANSWER_REFUSED}, // never followed
    {401, 401, ANSWER_CREDENTIALS},
    {403, 403, ANSWER_CREDENTIALS},
    {408, 408, ANSWER_AMBIGUOUS},
    {425, 425, ANSWER_TRANSIENT},
    {429, 429, ANSWER_THROTTLED},
    {400, 499, ANSWER_REFUSED},
    {502, 502, ANSWER_AMBIGUOUS},
    {503, 503, ANSWER_THROTTLED},
    {504, 504, ANSWER_AMBIGUOUS},
    {500, 599, ANSWER_TRANSIENT},
};

const char *answer_class_name(enum answer_class class)
{
    static const char *const names[] = {
        "success", "refused", "transient", "ambiguous", "unreachable", "throttled", "credentials"};
    return names[class];
}

// A status outside every row (1xx, 6xx) is no HTTP that we know: it may have had its effect.
static enum answer_class class_of(int status)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (status >= meanings[i].from && status <= meanings[i].to)
            return meanings[i].class;
    return ANSWER_AMBIGUOUS;
}

// Seconds or an HTTP date (RFC 9110 section 10.2.3). A date is read against the answer's own Date if it has one, so
// that a skewed clock on either side does not matter.
static int64_t read_retry_after(const struct http_result *result)
{
    if (result->retry_after == NULL)
        return -1;
    char *end;
    long long seconds = strtoll(result->retry_after, &end, 10);
    int64_t wait = -1;
    int64_t until;
    if (end != result->retry_after && *end == '\0') {
        wait = seconds > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : (int64_t)seconds * 1000;
    } else if (clock_parse_http(result->retry_after, &until) == 0) {
        int64_t now;
        if (result->date == NULL || clock_parse_http(result->date, &now) != 0)
            now = clock_wall_ms();
        wait = until - now;
    } else {
        return -1;
    }
    return wait < 0 ? 0 : wait > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : wait;
}

static void explain_refusal(struct answer *answer)
{
    const char *message = json_text_at(answer->error, "message");
    const char *detail = json_string_value(json_array_get(json_object_get(answer->error, "detailed_messages"), 0));
    if (snprintf(answer->reason, sizeof answer->reason, "HTTP %d%s%s%s%s", answer->http_status, message ? ": " : "",
            message ? message : "", detail ? ": " : "", detail ? detail : "") >= (int)sizeof answer->reason)
        text_trim(answer->reason);
}

static void read_body(struct answer *answer, const struct http_result *result)
{
    struct error unreadable;
    json_auto_t *root = json_read_object(result->body, result->body_len, &unreadable);
    if (answer->class != ANSWER_SUCCESS) {
        answer->error = json_incref(json_object_get(root, "error"));
        explain_refusal(answer);
        return;
    }
    if (root == NULL) {
        answer->class = ANSWER_AMBIGUOUS;
        (void)snprintf(answer->reason, sizeof answer->reason, "HTTP %d with a body that is not usable: %.300s",
            answer->http_status, unreadable.text);
        return;
    }
    answer->results = json_incref(json_object_get(root, "results"));
}

void answer_read(struct answer *answer, const struct http_result *result)
{
    *answer = (struct answer){.http_status = result->status, .retry_after_ms = -1};
    if (result->outcome == HTTP_ANSWERED) {
        answer->class = class_of(result->status);
        answer->retry_after_ms = read_retry_after(result);
        read_body(answer, result);
        return;
    }
    // The head of an answer decides even if its body broke off, unless it says success: that needs the body.
    enum answer_class class = result->status > 0 ? class_of(result->status) : ANSWER_AMBIGUOUS;
    answer->class = class == ANSWER_SUCCESS ? ANSWER_AMBIGUOUS : class;
    if (result->outcome == HTTP_UNREACHABLE)
        answer->class = ANSWER_UNREACHABLE;
    text_cut(answer->reason, sizeof answer->reason - 1, result->error);
}

void answer_clear(struct answer *answer)
{
    json_decref(answer->results);
    json_decref(answer->error);
    answer->results = answer->error = NULL;
}
