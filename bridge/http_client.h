// SPDX-License-Identifier: MIT
//
// http_client.h: HTTP calls inside the caller's own event loop (libcurl's multi handle). Every function and callback
// belongs to the one thread that runs the loop. Connections are kept and used again; whatever happens to one, a call
// that does more than read is sent once. Redirects are never followed, cookies and netrc never used, proxies only as
// given by the environment's usual variables.
#ifndef CHATBRIDGE_HTTP_CLIENT_H
#define CHATBRIDGE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/error.h"

struct http_client;

struct http_client_options {
    const char *user_agent;
    unsigned in_flight_max;     // calls at once; one more is refused with ERROR_BUSY
    int64_t connect_timeout_ms; // DNS, TCP and TLS together
    size_t response_max;        // bytes of a body; more ends the call (HTTP_TOO_LARGE)
};

struct http_call {
    const char *method; // GET, POST, DELETE
    const char *url;
    const char *const *headers; // "Name: value" lines, NULL ends; copied
    const void *body;           // or NULL; must stay valid until the call is done
    size_t body_len;            // bytes
    int64_t timeout_ms;         // for the whole call
};

enum http_outcome {
    HTTP_ANSWERED,    // an HTTP status and the whole body came
    HTTP_UNREACHABLE, // it failed before anything of the request was sent: it surely had no effect
    HTTP_AMBIGUOUS,   // it failed after something was sent: it may have had its effect
    HTTP_TOO_LARGE,   // the body passed response_max; `status` is set
};

struct http_result {
    enum http_outcome outcome;
    int status;              // when an answer's head came, else 0
    const char *body;        // NUL-terminated, never NULL
    size_t body_len;         // bytes
    const char *retry_after; // the header's value, or NULL
    const char *date;        // the Date header's value, or NULL
    const char *error;       // what failed, for people; "" when answered
    int64_t duration_us;
};

// `result` and all in it are valid during the call only.
typedef void (*http_done)(void *context, const struct http_result *result);

struct http_client *http_client_new(const struct http_client_options *options, struct error *error) MUST_USE;

// Calls still in flight are ended without their http_done.
void http_client_free(struct http_client *client);

// Begins a call. 0: `done` is called exactly once, from http_client_run(). -1: it is not, `error` says why.
int http_client_send(struct http_client *client, const struct http_call *call, http_done done, void *context,
    struct error *error) MUST_USE;

// For the loop, as in http_server.h.
int http_client_fd(const struct http_client *client);
int http_client_timeout_ms(const struct http_client *client);
void http_client_run(struct http_client *client);

unsigned http_client_in_flight(const struct http_client *client);
uint64_t http_client_connections(const struct http_client *client); // opened since the start

#endif
