// SPDX-License-Identifier: MIT
//
// http_server.h: an HTTP/1.1 server inside the caller's own event loop. Every function and callback belongs to
// the one thread that runs that loop; a server has no thread of its own. All it holds is bounded: connections,
// header bytes, body bytes, and the time of each wait.
//
// A request's life: begin() when the headers are in, complete() when the body is. Each request gets exactly one
// http_request_reply(), from begin() (a refusal; the body is then read and thrown away, or the connection closed
// if it is very large), from complete(), or at any later time. Until then the request and all that it answers
// (path, headers, body) stay valid; after it the request must not be touched. A client may go away before
// complete(): then nothing more is heard of the request, so what begin() attaches to it must not own memory.
#ifndef CHATBRIDGE_HTTP_SERVER_H
#define CHATBRIDGE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/error.h"

struct http_server;
struct http_request;

struct http_server_options {
    const char *listen;         // "host:port" or "[v6]:port"; port 0: any free one
    size_t body_max;            // bytes of a request's body; more is answered 413
    size_t memory_max;          // bytes a connection may use for headers and buffers (0: 16 KiB); more: 431
    unsigned connections_max;   // at this number new connections wait in the kernel's queue
    int64_t request_timeout_ms; // for the headers, and again for the body (408)
    int64_t idle_timeout_ms;    // a kept-alive connection without a request is closed after this
    bool reuse_port;            // SO_REUSEPORT, for several servers on one port
};

struct http_header {
    const char *name; // NULL ends a list
    const char *value;
};

struct http_response {
    int status;
    const char *content_type;          // NULL: no body type is sent
    const void *body;                  // copied by http_request_reply()
    size_t body_len;                   // bytes
    const struct http_header *headers; // further ones, or NULL
};

struct http_handler {
    void *context;
    // The headers are in. May reply, which refuses the request. NULL: nothing to check.
    void (*begin)(void *context, struct http_request *request);
    // The body is in too. Not called when begin() replied or the body was refused (413, 408) by the server.
    void (*complete)(void *context, struct http_request *request);
    // The body is over body_max; has to reply. NULL: http_request_refuse() with 413.
    void (*too_large)(void *context, struct http_request *request);
};

// A listening server, or NULL with `error` set. `handler` is copied. Owner: the caller, http_server_free().
struct http_server *http_server_new(
    const struct http_server_options *options, const struct http_handler *handler, struct error *error) MUST_USE;

// Closes everything. Each request that had complete() must have been replied to before.
void http_server_free(struct http_server *server);

// No new connections from here on; those that are open are answered and then closed.
void http_server_quiesce(struct http_server *server);

// For the loop: wait until this descriptor is readable or the timeout (ms; -1: none) is over, then run.
int http_server_fd(const struct http_server *server);
int http_server_timeout_ms(struct http_server *server);
void http_server_run(struct http_server *server);

// "address:port" as it is really bound.
const char *http_server_address(const struct http_server *server);
unsigned http_server_connections(const struct http_server *server); // open ones
unsigned http_server_requests(const struct http_server *server);    // begun and not yet replied to

const char *http_request_method(const struct http_request *request);
const char *http_request_path(const struct http_request *request); // percent-decoded, without the query
// The first value of a header or query parameter, or NULL. Percent-decoded.
const char *http_request_header(const struct http_request *request, const char *name);
const char *http_request_query(const struct http_request *request, const char *name);
// Every line of a header in order; `each` answers false to end.
void http_request_each_header(const struct http_request *request, const char *name,
    bool (*each)(void *context, const char *value), void *context);
// Every query parameter in order; `each` answers false to end.
void http_request_each_query(const struct http_request *request,
    bool (*each)(void *context, const char *name, const char *value), void *context);
const char *http_request_body(const struct http_request *request, size_t *len); // NUL-terminated, never NULL
const char *http_request_peer(const struct http_request *request);              // the client's address, no port
uint64_t http_request_connection(const struct http_request *request);           // serial number of its connection
int64_t http_request_started_us(const struct http_request *request);            // clock_us() when begin() was called

void http_request_set_user(struct http_request *request, void *user);
void *http_request_user(const struct http_request *request);

void http_request_reply(struct http_request *request, const struct http_response *response);

// Replies with an RFC 9457 problem (application/problem+json): type about:blank, title, status and `detail`.
void http_request_refuse(
    struct http_request *request, int status, const char *detail, const struct http_header *headers);

// For tests that need a peer that misbehaves: writes `bytes` as they are (may be none) and closes the connection;
// with `reset` by RST. Counts as the reply.
void http_request_reply_raw(struct http_request *request, const void *bytes, size_t len, bool reset);

#endif
