// SPDX-License-Identifier: MIT
//
// The HTTP server and client adapters against each other, in one loop, over loopback.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/http_client.h"
#include "bridge/http_server.h"
#include "bridge/loop.h"
#include "tests/unit/unit.h"

enum { DEADLINE_MS = 20000, BODY_MAX = 1000 };

static struct http_server *server;
static struct http_client *client;
static char base[64];
static char large[300]; // one byte more than the client takes

// What the server was asked, and how often; what the client heard.
static int begun;
static int completed;
static char seen[BODY_MAX + 1];
static struct http_request *held;
static struct {
    int count;
    enum http_outcome outcome;
    int status;
    char body[256];
    char retry_after[32];
} heard;

static void on_begin(void *context, struct http_request *request)
{
    (void)context;
    begun++;
    if (strcmp(http_request_path(request), "/refused") == 0)
        http_request_refuse(request, 404, "no such path", NULL);
}

static void on_complete(void *context, struct http_request *request)
{
    (void)context;
    completed++;
    size_t len;
    const char *body = http_request_body(request, &len);
    memcpy(seen, body, len + 1);
    const char *path = http_request_path(request);
    const struct http_header wait[] = {{"Retry-After", "7"}, {NULL, NULL}};
    if (strcmp(path, "/held") == 0)
        held = request;
    else if (strcmp(path, "/reset") == 0)
        http_request_reply_raw(request, "", 0, true);
    else if (strcmp(path, "/cut") == 0)
        http_request_reply_raw(request, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 45, false);
    else if (strcmp(path, "/large") == 0)
        http_request_reply(
            request, &(struct http_response){
                         .status = 200, .content_type = "text/plain", .body = large, .body_len = sizeof large});
    else
        http_request_reply(
            request, &(struct http_response){
                         .status = 200, .content_type = "text/plain", .body = "well", .body_len = 4, .headers = wait});
}

static void on_done(void *context, const struct http_result *result)
{
    (void)context;
    heard.count++;
    heard.outcome = result->outcome;
    heard.status = result->status;
    (void)snprintf(heard.body, sizeof heard.body, "%s", result->body);
    (void)snprintf(heard.retry_after, sizeof heard.retry_after, "%s", result->retry_after ? result->retry_after : "");
}

static void turn(void)
{
    struct pollfd fds[] = {
        {.fd = http_server_fd(server), .events = POLLIN}, {.fd = http_client_fd(client), .events = POLLIN}};
    int timeout = loop_nearest(http_server_timeout_ms(server), http_client_timeout_ms(client));
    loop_sleep(fds, 2, loop_nearest(timeout, 100));
    http_server_run(server);
    http_client_run(client);
}

static void turn_until(const int *counter, int wanted)
{
    int64_t deadline = clock_ms() + DEADLINE_MS;
    while (*counter < wanted && clock_ms() < deadline)
        turn();
    assert_int_equal(*counter, wanted);
}

static void ask(const char *path, const char *body)
{
    char url[128];
    (void)snprintf(url, sizeof url, "%s%s", base, path);
    const struct http_call call = {
        .method = "POST", .url = url, .body = body, .body_len = strlen(body), .timeout_ms = 5000};
    struct error error;
    assert_int_equal(http_client_send(client, &call, on_done, NULL, &error), 0);
}

static int start(void **state)
{
    (void)state;
    struct error error;
    const struct http_server_options options = {.listen = "127.0.0.1:0",
        .body_max = BODY_MAX,
        .connections_max = 16,
        .request_timeout_ms = 300,
        .idle_timeout_ms = 5000};
    const struct http_handler handler = {.begin = on_begin, .complete = on_complete};
    server = http_server_new(&options, &handler, &error);
    assert_non_null(server);
    (void)snprintf(base, sizeof base, "http://%s", http_server_address(server));
    const struct http_client_options client_options = {
        .user_agent = "test", .in_flight_max = 4, .connect_timeout_ms = 1000, .response_max = sizeof large - 1};
    client = http_client_new(&client_options, &error);
    assert_non_null(client);
    begun = completed = 0;
    held = NULL;
    memset(&heard, 0, sizeof heard);
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_client_free(client);
    http_server_free(server);
    return 0;
}

static void an_answer_comes_with_its_headers(void **state)
{
    (void)state;
    ask("/a", "hello");
    turn_until(&heard.count, 1);
    assert_int_equal(heard.outcome, HTTP_ANSWERED);
    assert_int_equal(heard.status, 200);
    assert_string_equal(heard.body, "well");
    assert_string_equal(heard.retry_after, "7");
    assert_string_equal(seen, "hello");
}

static void a_connection_is_used_again(void **state)
{
    (void)state;
    for (int i = 1; i <= 20; i++) {
        ask("/a", "x");
        turn_until(&heard.count, i);
    }
    assert_int_equal(http_client_connections(client), 1);
}

static void a_reply_can_come_later(void **state)
{
    (void)state;
    ask("/held", "x");
    turn_until(&completed, 1);
    assert_int_equal(http_server_requests(server), 1);
    http_request_reply(held, &(struct http_response){.status = 202});
    turn_until(&heard.count, 1);
    assert_int_equal(heard.status, 202);
    assert_int_equal(completed, 1); // the library calls again after a resume; the handler must not be
    assert_int_equal(http_server_requests(server), 0);
}

static void a_refusal_from_the_headers_skips_the_body(void **state)
{
    (void)state;
    ask("/refused", "x");
    turn_until(&heard.count, 1);
    assert_int_equal(heard.status, 404);
    assert_int_equal(completed, 0);
    ask("/a", "x"); // and the connection lives on
    turn_until(&heard.count, 2);
    assert_int_equal(http_client_connections(client), 1);
}

static void a_large_body_is_refused(void **state)
{
    (void)state;
    static char body[2 * BODY_MAX];
    memset(body, 'b', sizeof body - 1);
    ask("/a", body);
    turn_until(&heard.count, 1);
    assert_int_equal(heard.status, 413);
    assert_int_equal(completed, 0);
}

static void a_reset_after_sending_is_ambiguous(void **state)
{
    (void)state;
    ask("/reset", "x");
    turn_until(&heard.count, 1);
    assert_int_equal(heard.outcome, HTTP_AMBIGUOUS);
}

static void a_body_that_breaks_off_is_ambiguous(void **state)
{
    (void)state;
    ask("/cut", "x");
    turn_until(&heard.count, 1);
    assert_int_equal(heard.outcome, HTTP_AMBIGUOUS);
    assert_int_equal(heard.status, 200);
}

static void a_large_answer_ends_the_call(void **state)
{
    (void)state;
    ask("/large", "x");
    turn_until(&heard.count, 1);
    assert_int_equal(heard.outcome, HTTP_TOO_LARGE);
    assert_int_equal(heard.status, 200);
}

// On a kept connection curl would send a request again by itself when the connection ends without an answer.
static void nothing_is_sent_again_by_itself(void **state)
{
    (void)state;
    ask("/a", "x");
    turn_until(&heard.count, 1);
    ask("/reset", "x");
    turn_until(&heard.count, 2);
    assert_int_equal(heard.outcome, HTTP_AMBIGUOUS);
    assert_int_equal(completed, 2);
    ask("/a", "x");
    turn_until(&heard.count, 3);
    ask("/reset", ""); // nothing to rewind
    turn_until(&heard.count, 4);
    assert_int_equal(heard.outcome, HTTP_AMBIGUOUS);
    assert_int_equal(completed, 4);
}

static void nobody_there_is_unreachable(void **state)
{
    (void)state;
    http_server_quiesce(server);
    ask("/a", "x");
    turn_until(&heard.count, 1);
    assert_int_equal(heard.outcome, HTTP_UNREACHABLE);
    assert_int_equal(heard.status, 0);
}

static void calls_in_flight_are_limited(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        ask("/a", "x");
    struct error error;
    const struct http_call call = {.method = "GET", .url = base, .timeout_ms = 1000};
    assert_int_equal(http_client_send(client, &call, on_done, NULL, &error), -1);
    assert_int_equal(error.kind, ERROR_BUSY);
    turn_until(&heard.count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_comes_with_its_headers, start, end),
        cmocka_unit_test_setup_teardown(a_connection_is_used_again, start, end),
        cmocka_unit_test_setup_teardown(a_reply_can_come_later, start, end),
        cmocka_unit_test_setup_teardown(a_refusal_from_the_headers_skips_the_body, start, end),
        cmocka_unit_test_setup_teardown(a_large_body_is_refused, start, end),
        cmocka_unit_test_setup_teardown(a_reset_after_sending_is_ambiguous, start, end),
        cmocka_unit_test_setup_teardown(a_body_that_breaks_off_is_ambiguous, start, end),
        cmocka_unit_test_setup_teardown(a_large_answer_ends_the_call, start, end),
        cmocka_unit_test_setup_teardown(nothing_is_sent_again_by_itself, start, end),
        cmocka_unit_test_setup_teardown(nobody_there_is_unreachable, start, end),
        cmocka_unit_test_setup_teardown(calls_in_flight_are_limited, start, end),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
