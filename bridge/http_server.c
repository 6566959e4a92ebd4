// SPDX-License-Identifier: MIT
//
// libmicrohttpd without a thread of its own: its epoll descriptor is one more descriptor of the caller's loop, and
// MHD_run() serves what is ready. (Its internal epoll thread waits again before serving when exactly as many events
// come back as it can take at once; 256 lock-step connections then stand still.)
//
// Time is ours as well: the library's timeout is one of inactivity, in whole seconds, and is blind to a suspended
// connection. Each kind of wait has a constant length, so a first-in-first-out list a kind is a timer queue.
//
// The library calls on_access() for the headers, for each piece of the body, at its end, and once more after each
// resume: request->state says which of these a call is.
#include "bridge/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/buf.h"
#include "bridge/clock.h"
#include "bridge/log.h"
#include "bridge/net.h"

enum {
    MEMORY_DEFAULT = 16 * 1024,
    PEER_TEXT = INET6_ADDRSTRLEN + 8,
    DISCARD_FACTOR = 4, // a refused body is read and thrown away up to this many times body_max, so that the
                        // client sees the answer instead of a reset
    SWEEP_MS = 1000,
};

enum wait_kind { WAIT_HEADERS, WAIT_IDLE, WAIT_BODY, WAIT_SENT, WAIT_KINDS, WAIT_NONE = WAIT_KINDS };

struct connection {
    TAILQ_ENTRY(connection) link; // in the list of its wait
    enum wait_kind wait;
    int64_t deadline_ms;
    int fd;
    uint64_t serial;
    char peer[PEER_TEXT];
};

TAILQ_HEAD(connection_list, connection);

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_handler handler;
    int epoll_fd;
    int listen_fd; // -1 after quiesce
    char address[64];
    size_t body_max;
    int64_t wait_ms[WAIT_KINDS];
    struct connection_list waiting[WAIT_KINDS];
    int64_t next_sweep_ms;
    uint64_t serials;
    unsigned connections;
    unsigned requests;
    bool quiescing;
    bool resumed; // a connection since the last run: it wants another one
};

enum request_state {
    REQUEST_BODY,    // begun; the body is being read
    REQUEST_WAITING, // complete; suspended until the reply
    REQUEST_REPLIED, // the reply is there and can be queued
    REQUEST_SENT,    // the library has the reply
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct connection *connection;
    enum request_state state;
    bool handling; // inside a callback of the handler: a reply must not resume
    bool suspended;
    bool close;      // close instead of a response (a raw reply)
    bool discarding; // the body is not kept any more
    const char *method;
    char *path;
    struct buf body;
    size_t received; // bytes of the body, those thrown away included
    struct MHD_Response *response;
    int status;
    int64_t started_us;
    void *user;
};

// ---- waits ----

static void wait_begin(struct http_server *server, struct connection *connection, enum wait_kind kind)
{
    if (connection->wait != WAIT_NONE)
        TAILQ_REMOVE(&server->waiting[connection->wait], connection, link);
    connection->wait = kind;
    if (kind == WAIT_NONE)
        return;
    connection->deadline_ms = clock_ms() + server->wait_ms[kind];
    TAILQ_INSERT_TAIL(&server->waiting[kind], connection, link);
}

// The library sees the end of the connection at its next run.
static void hang_up(struct connection *connection, const char *last_words)
{
    if (last_words != NULL && send(connection->fd, last_words, strlen(last_words), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_debug("http: last words not sent", log_str("peer", connection->peer), log_int("errno", errno));
    (void)shutdown(connection->fd, SHUT_RDWR);
}

#define BARE_PROBLEM(status, title, length)                                                                            \
    "HTTP/1.1 " #status " " title "\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"                \
    "Content-Length: " #length "\r\n\r\n{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" #status "}"

// In the middle of a body the library takes no response, so these two go out as they are.
static const char bare_408[] = BARE_PROBLEM(408, "Request Timeout", 61);
static const char bare_413[] = BARE_PROBLEM(413, "Content Too Large", 63);

static void expire_waits(struct http_server *server)
{
    int64_t now = clock_ms();
    for (int kind = 0; kind < WAIT_KINDS; kind++) {
        struct connection *connection;
        while ((connection = TAILQ_FIRST(&server->waiting[kind])) != NULL && connection->deadline_ms <= now) {
            hang_up(connection, kind == WAIT_BODY ? bare_408 : NULL);
            wait_begin(server, connection, WAIT_NONE);
        }
    }
}

// The library's epoll is edge-triggered and it reads once an edge, so an end that came together with the last bytes
// goes unnoticed. Whoever has ended its side in the middle of a request is found here; one that waits for an answer
// may.
static void sweep_ended(struct http_server *server)
{
    static const enum wait_kind kinds[] = {WAIT_HEADERS, WAIT_BODY};
    int64_t now = clock_ms();
    if (now < server->next_sweep_ms)
        return;
    server->next_sweep_ms = now + SWEEP_MS;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct connection *connection;
        char byte;
        TAILQ_FOREACH(connection, &server->waiting[kinds[i]], link)
            if (recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
                hang_up(connection, NULL);
    }
}

// ---- connections ----

static void on_connection(
    void *context, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct connection *connection = *socket_context;
        wait_begin(server, connection, WAIT_NONE);
        server->connections--;
        free(connection);
        return;
    }
    struct connection *connection = must_calloc(1, sizeof *connection);
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->serial = ++server->serials;
    connection->wait = WAIT_NONE;
    const struct sockaddr *peer = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    net_address_text(peer, connection->peer, sizeof connection->peer);
    wait_begin(server, connection, WAIT_HEADERS);
    server->connections++;
    *socket_context = connection;
}

// ---- a request's life ----

static struct http_request *request_new(
    struct http_server *server, struct MHD_Connection *mhd, const char *path, const char *method)
{
    struct http_request *request = must_calloc(1, sizeof *request);
    request->server = server;
    request->mhd = mhd;
    request->connection = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    request->method = method;
    request->path = must_strdup(path);
    request->started_us = clock_us();
    buf_init(&request->body, server->body_max);
    server->requests++;
    return request;
}

static void request_free(struct http_request *request)
{
    request->server->requests--;
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    buf_clear(&request->body);
    free(request->path);
    free(request);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **slot, enum MHD_RequestTerminationCode code)
{
    struct http_server *server = context;
    struct http_request *request = *slot;
    (void)mhd;
    if (request == NULL)
        return;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        wait_begin(server, request->connection, WAIT_IDLE);
    request_free(request);
    *slot = NULL;
}

static void call_handler(struct http_request *request, void (*call)(void *, struct http_request *))
{
    request->handling = true;
    call(request->server->handler.context, request);
    request->handling = false;
}

// The reply goes to the library, which sends it.
static enum MHD_Result send_reply(struct http_request *request)
{
    request->state = REQUEST_SENT;
    wait_begin(request->server, request->connection, WAIT_SENT);
    if (request->close)
        return MHD_NO;
    if (request->server->quiescing)
        (void)MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
    return MHD_queue_response(request->mhd, (unsigned)request->status, request->response);
}

static void refuse_too_large(struct http_request *request)
{
    request->discarding = true;
    buf_clear(&request->body);
    if (request->state == REQUEST_REPLIED)
        return; // refused before, for another reason
    if (request->server->handler.too_large != NULL)
        call_handler(request, request->server->handler.too_large);
    else
        http_request_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than is taken here", NULL);
    must(request->state == REQUEST_REPLIED);
}

// The headers are in. A refusal waits for the end of the body, unless the client waits for a word before it sends
// one (Expect), or the body is so large that reading it only to throw it away would be a burden.
static enum MHD_Result on_headers(struct http_request *request)
{
    struct http_server *server = request->server;
    wait_begin(server, request->connection, WAIT_BODY);
    if (server->handler.begin != NULL)
        call_handler(request, server->handler.begin);
    const char *length_text = http_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long length = length_text ? strtoull(length_text, NULL, 10) : 0;
    if (length > server->body_max)
        refuse_too_large(request);
    bool expects = http_request_header(request, MHD_HTTP_HEADER_EXPECT) != NULL;
    if (request->state == REQUEST_REPLIED && (expects || length > DISCARD_FACTOR * server->body_max))
        return send_reply(request);
    request->discarding = request->state == REQUEST_REPLIED;
    return MHD_YES;
}

static void on_body(struct http_request *request, const char *data, size_t len)
{
    struct http_server *server = request->server;
    request->received += len;
    if (!request->discarding && buf_add(&request->body, data, len) != 0)
        refuse_too_large(request);
    if (request->received > DISCARD_FACTOR * server->body_max) {
        hang_up(request->connection, bare_413);
        wait_begin(server, request->connection, WAIT_NONE);
    }
}

// The body is in: the handler may reply at once; else the connection is put aside until it does.
static enum MHD_Result on_end(struct http_request *request)
{
    wait_begin(request->server, request->connection, WAIT_NONE);
    if (request->state == REQUEST_BODY) {
        request->state = REQUEST_WAITING;
        call_handler(request, request->server->handler.complete);
    }
    if (request->state == REQUEST_REPLIED)
        return send_reply(request);
    request->suspended = true;
    MHD_suspend_connection(request->mhd);
    return MHD_YES;
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *mhd, const char *path, const char *method,
    const char *version, const char *data, size_t *len, void **slot)
{
    (void)version;
    struct http_request *request = *slot;
    if (request == NULL) {
        *slot = request = request_new(context, mhd, path, method);
        return on_headers(request);
    }
    if (*len > 0) {
        on_body(request, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (request->state == REQUEST_SENT)
        return MHD_YES;
    return on_end(request);
}

// ---- replies ----

static void replied(struct http_request *request)
{
    must(request->state == REQUEST_BODY || request->state == REQUEST_WAITING);
    request->state = REQUEST_REPLIED;
    if (request->suspended) {
        request->suspended = false;
        request->server->resumed = true;
        MHD_resume_connection(request->mhd);
    }
}

void http_request_reply(struct http_request *request, const struct http_response *response)
{
    // The library copies; it does not change the bytes, though its parameter lacks the const.
    request->response =
        MHD_create_response_from_buffer(response->body_len, (void *)(uintptr_t)response->body, MHD_RESPMEM_MUST_COPY);
    must(request->response != NULL);
    request->status = response->status;
    if (response->content_type != NULL)
        must(MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type) ==
             MHD_YES);
    for (const struct http_header *header = response->headers; header != NULL && header->name != NULL; header++)
        must(MHD_add_response_header(request->response, header->name, header->value) == MHD_YES);
    replied(request);
}

void http_request_refuse(
    struct http_request *request, int status, const char *detail, const struct http_header *headers)
{
    char body[1024];
    // `detail` is ours: it holds no quote, no backslash and no control character.
    int len = snprintf(body, sizeof body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}",
        MHD_get_reason_phrase_for((unsigned)status), status, detail);
    must(len > 0 && (size_t)len < sizeof body);
    http_request_reply(request, &(struct http_response){.status = status,
                                    .content_type = "application/problem+json",
                                    .body = body,
                                    .body_len = (size_t)len,
                                    .headers = headers});
}

void http_request_reply_raw(struct http_request *request, const void *bytes, size_t len, bool reset)
{
    int fd = request->connection->fd;
    if (len > 0 && send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_debug("http: raw reply not sent", log_int("errno", errno));
    if (reset) { // on Linux this dissolves the association: the peer gets a RST
        struct sockaddr none = {.sa_family = AF_UNSPEC};
        (void)connect(fd, &none, sizeof none);
    }
    request->close = true;
    replied(request);
}

// ---- what a request says ----

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->path;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_GET_ARGUMENT_KIND, name);
}

struct each_query {
    bool (*each)(void *context, const char *name, const char *value);
    void *context;
};

static enum MHD_Result on_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct each_query *query = context;
    return query->each(query->context, name, value ? value : "") ? MHD_YES : MHD_NO;
}

void http_request_each_query(
    const struct http_request *request, bool (*each)(void *context, const char *name, const char *value), void *context)
{
    (void)MHD_get_connection_values(request->mhd, MHD_GET_ARGUMENT_KIND, on_query, &(struct each_query){each, context});
}

struct each_header {
    const char *name;
    bool (*each)(void *context, const char *value);
    void *context;
};

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct each_header *header = context;
    if (strcasecmp(name, header->name) != 0)
        return MHD_YES;
    return header->each(header->context, value ? value : "") ? MHD_YES : MHD_NO;
}

void http_request_each_header(
    const struct http_request *request, const char *name, bool (*each)(void *context, const char *value), void *context)
{
    (void)MHD_get_connection_values(
        request->mhd, MHD_HEADER_KIND, on_header, &(struct each_header){name, each, context});
}

const char *http_request_body(const struct http_request *request, size_t *len)
{
    if (len != NULL)
        *len = request->body.len;
    return buf_text(&request->body);
}

const char *http_request_peer(const struct http_request *request)
{
    return request->connection->peer;
}

uint64_t http_request_connection(const struct http_request *request)
{
    return request->connection->serial;
}

int64_t http_request_started_us(const struct http_request *request)
{
    return request->started_us;
}

void http_request_set_user(struct http_request *request, void *user)
{
    request->user = user;
}

void *http_request_user(const struct http_request *request)
{
    return request->user;
}

// ---- the server ----

static void on_library_log(void *context, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void on_library_log(void *context, const char *format, va_list args)
{
    (void)context;
    char text[256];
    (void)vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("http: library", log_str("text", text));
}

struct http_server *http_server_new(
    const struct http_server_options *options, const struct http_handler *handler, struct error *error)
{
    struct http_server *server = must_calloc(1, sizeof *server);
    server->handler = *handler;
    server->body_max = options->body_max;
    server->wait_ms[WAIT_HEADERS] = server->wait_ms[WAIT_BODY] = server->wait_ms[WAIT_SENT] =
        options->request_timeout_ms;
    server->wait_ms[WAIT_IDLE] = options->idle_timeout_ms;
    for (int kind = 0; kind < WAIT_KINDS; kind++)
        TAILQ_INIT(&server->waiting[kind]);
    server->listen_fd =
        net_listen(options->listen, options->reuse_port, server->address, sizeof server->address, error);
    if (server->listen_fd < 0) {
        free(server);
        return NULL;
    }
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL, MHD_OPTION_LISTEN_SOCKET,
        server->listen_fd, MHD_OPTION_CONNECTION_LIMIT, options->connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        options->memory_max ? options->memory_max : (size_t)MEMORY_DEFAULT, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)error_set(
            error, ERROR_FATAL, "the HTTP server on %s cannot start (out of descriptors?)", options->listen);
        (void)close(server->listen_fd);
        free(server);
        return NULL;
    }
    server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return server;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}

void http_server_quiesce(struct http_server *server)
{
    if (server->quiescing)
        return;
    server->quiescing = true;
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET)
        (void)close(listening);
    server->listen_fd = -1;
    struct connection *connection;
    TAILQ_FOREACH(connection, &server->waiting[WAIT_IDLE], link)
        hang_up(connection, NULL);
}

int http_server_fd(const struct http_server *server)
{
    return server->epoll_fd;
}

int http_server_timeout_ms(struct http_server *server)
{
    int64_t nearest = -1;
    MHD_UNSIGNED_LONG_LONG library_ms;
    if (server->resumed) // the library's own answer leaves this out
        return 0;
    if (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES)
        nearest = (int64_t)library_ms;
    int64_t now = clock_ms();
    for (int kind = 0; kind < WAIT_KINDS; kind++) {
        const struct connection *first = TAILQ_FIRST(&server->waiting[kind]);
        if (first == NULL)
            continue;
        int64_t left = first->deadline_ms > now ? first->deadline_ms - now : 0;
        if (nearest < 0 || left < nearest)
            nearest = left;
    }
    bool sweeping = TAILQ_FIRST(&server->waiting[WAIT_HEADERS]) || TAILQ_FIRST(&server->waiting[WAIT_BODY]);
    if (sweeping && nearest > SWEEP_MS)
        nearest = SWEEP_MS;
    return nearest > INT32_MAX ? INT32_MAX : (int)nearest;
}

void http_server_run(struct http_server *server)
{
    sweep_ended(server);
    expire_waits(server);
    server->resumed = false;
    must(MHD_run(server->daemon) == MHD_YES);
}

const char *http_server_address(const struct http_server *server)
{
    return server->address;
}

unsigned http_server_connections(const struct http_server *server)
{
    return server->connections;
}

unsigned http_server_requests(const struct http_server *server)
{
    return server->requests;
}
