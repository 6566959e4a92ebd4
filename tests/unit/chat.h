// SPDX-License-Identifier: MIT
//
// chat.h: a chat API of the test's own: a bridge/http_server that keeps each call until the test answers it, and the
// client that calls it, in one thread. The clock stands still until the test moves it.
#ifndef CHATBRIDGE_UNIT_CHAT_H
#define CHATBRIDGE_UNIT_CHAT_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/http_client.h"
#include "bridge/http_server.h"
#include "tests/unit/unit.h"

enum { CHAT_CALLS_MAX = 4096, CHAT_DEADLINE_MS = 20000, CHAT_IN_FLIGHT_MAX = 64 };

struct chat_call {
    struct http_request *request; // NULL once answered
    char text[64];                // its message, or its subject_email
    char token[64];               // its unique_temp_id
    char body[512];
};

static struct {
    struct http_server *server;
    struct http_client *client;
    char url[64];
    char dead_url[64]; // nobody listens there
    int dead_fd;
    struct chat_call calls[CHAT_CALLS_MAX];
    size_t count;
    int answers_all; // with this status; 0: the test answers each
    int64_t now_us;
    int64_t wall_ms;
} chat;

static inline int64_t chat_us(void)
{
    return chat.now_us;
}

static inline int64_t chat_wall_ms(void)
{
    return chat.wall_ms;
}

static inline void pass_ms(int64_t ms)
{
    chat.now_us += ms * 1000;
    chat.wall_ms += ms;
}

static inline int64_t real_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- the API's side ----

static inline void chat_answer_with(size_t i, int status, const char *body, const char *retry_after)
{
    const struct http_header headers[] = {{retry_after ? "Retry-After" : NULL, retry_after}, {NULL, NULL}};
    must(i < chat.count && chat.calls[i].request != NULL);
    struct http_request *request = chat.calls[i].request;
    chat.calls[i].request = NULL;
    http_request_reply(request, &(struct http_response){.status = status,
                                    .content_type = "application/json",
                                    .body = body,
                                    .body_len = strlen(body),
                                    .headers = headers});
}

// Call number `i` gets that status and a body that suits it.
static inline void chat_answer(size_t i, int status)
{
    chat_answer_with(i, status,
        status < 300 ? "{\"results\":{\"comment\":{\"id\":985}},\"status\":200}" : "{\"error\":{\"message\":\"no\"}}",
        NULL);
}

// The connection of call number `i` is reset without an answer.
static inline void chat_reset(size_t i)
{
    must(i < chat.count && chat.calls[i].request != NULL);
    http_request_reply_raw(chat.calls[i].request, "", 0, true);
    chat.calls[i].request = NULL;
}

// The form's value of that name, "" if it has none. Only what needs no decoding is looked for.
static inline void chat_field(const char *body, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    out[0] = '\0';
    for (const char *pair = body; pair != NULL; pair = strchr(pair, '&')) {
        pair += *pair == '&';
        if (strncmp(pair, name, len) == 0 && pair[len] == '=') {
            (void)snprintf(out, size, "%.*s", (int)strcspn(pair + len + 1, "&"), pair + len + 1);
            return;
        }
    }
}

static inline void chat_on_complete(void *context, struct http_request *request)
{
    (void)context;
    must(chat.count < CHAT_CALLS_MAX);
    struct chat_call *call = &chat.calls[chat.count++];
    *call = (struct chat_call){.request = request};
    (void)snprintf(call->body, sizeof call->body, "%s", http_request_body(request, NULL));
    chat_field(call->body, "message", call->text, sizeof call->text);
    if (call->text[0] == '\0')
        chat_field(call->body, "subject_email", call->text, sizeof call->text);
    chat_field(call->body, "unique_temp_id", call->token, sizeof call->token);
    if (chat.answers_all != 0)
        chat_answer(chat.count - 1, chat.answers_all);
}

// The texts of the calls so far, in their order, separated by spaces. Valid until the next time.
static inline const char *chat_texts(void)
{
    static char texts[4096];
    size_t len = 0;
    texts[0] = '\0';
    for (size_t i = 0; i < chat.count && len < sizeof texts - 1; i++)
        len += (size_t)snprintf(texts + len, sizeof texts - len, "%s%s", i > 0 ? " " : "", chat.calls[i].text);
    return texts;
}

// ---- both ----

static inline void chat_begin(unsigned in_flight_max)
{
    struct error error;
    memset(&chat, 0, sizeof chat);
    chat.now_us = 1000000000;
    chat.wall_ms = 1796119200000; // 2026-12-01T10:00:00Z
    clock_replace(chat_us, chat_wall_ms);
    const struct http_server_options options = {.listen = "127.0.0.1:0",
        .body_max = 1 << 20,
        .connections_max = 256,
        .request_timeout_ms = 1000000000,
        .idle_timeout_ms = 1000000000};
    const struct http_handler handler = {.complete = chat_on_complete};
    chat.server = http_server_new(&options, &handler, &error);
    const struct http_client_options client_options = {
        .user_agent = "test", .in_flight_max = in_flight_max, .connect_timeout_ms = 10000, .response_max = 8 << 20};
    chat.client = http_client_new(&client_options, &error);
    must(chat.server != NULL && chat.client != NULL);
    (void)snprintf(chat.url, sizeof chat.url, "http://%s", http_server_address(chat.server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    chat.dead_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); // bound, so that nobody else listens there
    must(bind(chat.dead_fd, (struct sockaddr *)&address, len) == 0);
    must(getsockname(chat.dead_fd, (struct sockaddr *)&address, &len) == 0);
    (void)snprintf(chat.dead_url, sizeof chat.dead_url, "http://127.0.0.1:%d", ntohs(address.sin_port));
}

// Ends the client first, so that nothing it calls back is heard any more.
static inline void chat_end_client(void)
{
    http_client_free(chat.client);
    chat.client = NULL;
}

static inline void chat_end(void)
{
    chat_end_client();
    for (size_t i = 0; i < chat.count; i++)
        if (chat.calls[i].request != NULL)
            chat_answer(i, 200);
    http_server_run(chat.server);
    http_server_free(chat.server);
    (void)close(chat.dead_fd);
    clock_replace(NULL, NULL);
}

// Lets the API and the client work, waiting a little if they have nothing to do.
static inline void chat_turn(void)
{
    struct pollfd fds[] = {
        {.fd = http_server_fd(chat.server), .events = POLLIN}, {.fd = http_client_fd(chat.client), .events = POLLIN}};
    bool at_once = http_server_timeout_ms(chat.server) == 0 || http_client_timeout_ms(chat.client) == 0;
    (void)poll(fds, 2, at_once ? 0 : 5);
    http_server_run(chat.server);
    http_client_run(chat.client);
}

#endif
