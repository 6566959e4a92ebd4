// SPDX-License-Identifier: MIT
#include "deploy/sandbox/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/log.h"
#include "bridge/loop.h"
#include "deploy/sandbox/control.h"
#include "deploy/sandbox/journal.h"
#include "deploy/sandbox/webhook.h"

enum {
    BODY_MAX = 6 * 1024 * 1024, // an import's file, which may hold 4,000,000 bytes, and what stands around it
    CONNECTIONS_MAX = 4096,
    REQUEST_TIMEOUT_MS = 60000,
    IDLE_TIMEOUT_MS = 75000,
    STEP_MS = 1000,
    LAST_ANSWERS_MS = 20,
    LAST_ROUNDS = 50,
};

static void refuse(struct http_request *request, int status, const char *text)
{
    struct reply reply = {0};
    reply_error(&reply, status, "%s", text);
    exchange_reply(request, &reply);
    reply_clear(&reply);
}

// ---- a request to the API ----

// A file's contents are left out: it may hold anything, and 4 MB of it.
static json_t *without_contents(const json_t *values)
{
    const char *name;
    json_t *value;
    json_t *kept = json_object();
    json_object_foreach((json_t *)(uintptr_t)values, name, value) {
        if (!json_is_object(value)) {
            must(json_object_set(kept, name, value) == 0);
            continue;
        }
        json_t *file = json_copy(value);
        (void)json_object_del(file, "content");
        reply_put(kept, name, file);
    }
    return kept;
}

// What cannot be read again from the body is kept as JSON.
static char *params_to_keep(const struct api_call *call)
{
    bool from_body = !call->mixed && (call->encoding == PARAMS_FORM || call->encoding == PARAMS_JSON);
    if (call->values == NULL || from_body)
        return NULL;
    json_t *kept = call->encoding == PARAMS_MULTIPART ? without_contents(call->values) : json_incref(call->values);
    char *text = reply_text(kept);
    json_decref(kept);
    return text;
}

// The room that the parameters name, as text, before the call changes their form.
static void room_of(const struct api_call *call, char *room, size_t size)
{
    const json_t *value = json_object_get(call->values, "room_id");
    room[0] = '\0';
    if (json_is_integer(value))
        (void)snprintf(room, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_string(value))
        (void)snprintf(room, size, "%s", json_string_value(value));
}

static void judge(struct server *server, const struct api_call *call, const char *room, struct fault *fault)
{
    *fault = (struct fault){.carry_out = true};
    if (!faults_any(server->sandbox->faults))
        return;
    struct fault_subject subject = {
        .call = call->route ? call->route->name : NULL,
        .app = call->app ? call->app->name : NULL,
        .room = room,
        .message = json_string_value(json_object_get(call->values, "message")),
    };
    faults_judge(server->sandbox->faults, &subject, fault);
}

static void serve_api(struct server *server, struct http_request *request)
{
    struct api_call call;
    struct fault fault;
    char room[256];
    api_begin(&call, server->sandbox, request);
    room_of(&call, room, sizeof room);
    judge(server, &call, room, &fault);
    char *params = params_to_keep(&call);
    if (fault.carry_out)
        api_run(&call);
    if (fault.action == FAULT_STATUS) {
        reply_error(&call.reply, fault.status, "a fault was asked for: status %d", fault.status);
    }
    bool silent = fault.action == FAULT_RESET || fault.action == FAULT_CLOSE || fault.action == FAULT_HANG;
    journal_add(server->sandbox->journal, request, &call, room, params, fault.name, silent ? 0 : call.reply.status);
    free(params);
    exchange_answer(&server->exchanges, request, &call.reply, &fault);
    api_clear(&call);
}

// ---- the contents of an export ----

static void serve_download(struct server *server, struct http_request *request)
{
    const char *name = http_request_path(request) + strlen(API_DOWNLOADS);
    size_t len = strlen(name);
    const size_t id_len = RANDOM_UUID_TEXT - 1;
    const struct job *job = NULL;
    if (len == id_len + strlen(".json") && strcmp(name + id_len, ".json") == 0) {
        char unique_id[RANDOM_UUID_TEXT] = "";
        memcpy(unique_id, name, id_len);
        job = jobs_find(&server->sandbox->jobs, NULL, JOB_EXPORT, unique_id);
    }
    if (job == NULL || job->content == NULL) {
        refuse(request, 404, "there is no such export, or its contents were given up for newer ones");
        return;
    }
    http_request_reply(
        request, &(struct http_response){
                     .status = 200, .content_type = "application/json", .body = job->content, .body_len = job->size});
}

// ---- the HTTP server's callbacks ----

static void count(struct server *server, const struct http_request *request)
{
    server->requests++;
    if (http_request_connection(request) > server->connections)
        server->connections = http_request_connection(request);
}

static bool begins_with(const char *path, const char *prefix)
{
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

static void on_complete(void *context, struct http_request *request)
{
    struct server *server = context;
    const char *path = http_request_path(request);
    count(server, request);
    if (begins_with(path, API_PREFIX))
        serve_api(server, request);
    else if (begins_with(path, CONTROL_PREFIX))
        control_serve(server, request);
    else if (begins_with(path, API_DOWNLOADS) && strcmp(http_request_method(request), "GET") == 0)
        serve_download(server, request);
    else
        refuse(
            request, 404, "there is no such path; the API is below " API_PREFIX ", its control below " CONTROL_PREFIX);
}

static void on_too_large(void *context, struct http_request *request)
{
    count(context, request);
    refuse(request, 413, "the body is too large");
}

// ---- the loop ----

int server_init(struct server *server, struct sandbox *sandbox, const char *listen, struct error *error)
{
    struct http_server_options options = {
        .listen = listen,
        .body_max = BODY_MAX,
        .connections_max = CONNECTIONS_MAX,
        .request_timeout_ms = REQUEST_TIMEOUT_MS,
        .idle_timeout_ms = IDLE_TIMEOUT_MS,
    };
    struct http_handler handler = {.context = server, .complete = on_complete, .too_large = on_too_large};
    *server = (struct server){.sandbox = sandbox};
    exchanges_init(&server->exchanges);
    server->http = http_server_new(&options, &handler, error);
    return server->http != NULL ? 0 : -1;
}

static bool sleep_and_serve(struct server *server, int stop_fd, int timeout_ms)
{
    struct webhooks *webhooks = server->sandbox->webhooks;
    struct pollfd fds[] = {
        {.fd = http_server_fd(server->http), .events = POLLIN},
        {.fd = webhooks_fd(webhooks), .events = POLLIN},
        {.fd = stop_fd, .events = POLLIN},
    };
    timeout_ms = loop_nearest(timeout_ms, http_server_timeout_ms(server->http));
    timeout_ms = loop_nearest(timeout_ms, webhooks_timeout_ms(webhooks));
    timeout_ms = loop_nearest(timeout_ms, exchanges_timeout_ms(&server->exchanges));
    timeout_ms = loop_nearest(timeout_ms, jobs_timeout_ms(&server->sandbox->jobs));
    loop_sleep(fds, 3, timeout_ms);
    http_server_run(server->http);
    exchanges_run(&server->exchanges);
    jobs_run(&server->sandbox->jobs);
    webhooks_run(webhooks);
    return fds[2].revents != 0;
}

void server_run(struct server *server, int stop_fd)
{
    while (!sleep_and_serve(server, stop_fd, STEP_MS))
        log_tick();
    http_server_quiesce(server->http);
    exchanges_release(&server->exchanges, true);
    for (int round = 0; round < LAST_ROUNDS && http_server_requests(server->http) > 0; round++) {
        (void)sleep_and_serve(server, -1, LAST_ANSWERS_MS);
        exchanges_release(&server->exchanges, true);
    }
    exchanges_release(&server->exchanges, true);
    exchanges_clear(&server->exchanges);
    http_server_free(server->http);
}
