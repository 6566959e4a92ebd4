// SPDX-License-Identifier: MIT
//
// api.h: one call of the chat API, from the request to its answer. The table of routes names every endpoint, its
// parameters and the function that does it; those functions are in the files api_*.c.
#ifndef SANDBOX_API_H
#define SANDBOX_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/http_server.h"
#include "deploy/sandbox/params.h"
#include "deploy/sandbox/reply.h"
#include "deploy/sandbox/sandbox.h"

#define API_PREFIX    "/api/v2/rest/"
#define API_DOWNLOADS "/downloads/" // of exports, without a secret

struct api_call;

struct api_route {
    const char *method;
    const char *path; // behind API_PREFIX; one that ends in a slash takes one more segment, an id
    const char *name; // of the call, as in the journal and the rules of faults
    const struct param *params;
    void (*run)(struct api_call *call);
};

struct api_call {
    struct sandbox *sandbox;
    const struct api_route *route; // NULL: there is none of that path
    struct app *app;               // NULL: not known
    json_t *values;                // the parameters, or NULL
    enum params_encoding encoding;
    bool mixed;     // there are some in the query and in the body
    const char *id; // the segment behind the path
    bool by_client; // a person's client posts, not the REST API
    struct reply reply;
    // What the journal tells.
    bool effect;        // it changed something
    int64_t comment_id; // the comment that it made or found; 0: none
};

// Finds route and app and reads the parameters. What is wrong with them is in the reply already; then api_run() does
// nothing. Owner: the caller, api_clear().
void api_begin(struct api_call *call, struct sandbox *sandbox, const struct http_request *request);

// Checks the parameters and does what is asked.
void api_run(struct api_call *call);

void api_clear(struct api_call *call);

// The user, or NULL with the reply set. With auto-create there always is one.
struct user *api_user(struct api_call *call, const char *email);

// The users of an array of e-mails; free(). NULL with the reply set.
struct user **api_users(struct api_call *call, const json_t *emails, size_t *count) MUST_USE;

// The room, or NULL with the reply set. With auto-create there always is one, made by `creator` (NULL: by the app, and
// nobody takes part).
struct room *api_room(struct api_call *call, const char *name, struct user *creator);

#endif
