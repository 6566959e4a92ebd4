// SPDX-License-Identifier: MIT
//
// call.h: the chat API's calls, and how a command's parameters become a request. Plain functions; any thread. Adding
// a call is a row in call_table.c and a directory of cases.
#ifndef CHATBRIDGE_CALL_H
#define CHATBRIDGE_CALL_H

#include <jansson.h>
#include <stddef.h>

#include "bridge/config.h"
#include "bridge/error.h"
#include "consumers/call_encode.h"

// What a repeat does when the first try may have had its effect.
enum call_repeat {
    REPEAT_SAFE,   // nothing new (reads)
    REPEAT_KEYED,  // nothing new either: an idempotency token (unique_temp_id) goes with it
    REPEAT_UNSAFE, // perhaps the effect a second time
};

struct call_param;

struct call {
    const char *name; // the command's
    const char *method;
    const char *path; // may end in the name of a parameter: "/exports/:backup_unique_id"
    enum call_encoding encoding;
    enum call_repeat repeat;
    const char *room_param; // the parameter that names the one room it touches, or NULL
    const struct call_param *params;
    int (*rules)(const json_t *params, struct error *error); // what no single row can say; or NULL
    bool (*by_get)(const struct app_config *app);            // the app wants it as GET with a query; or NULL: never
};

// The request of a command, ready to be sent any number of times.
struct call_request {
    const char *method;
    char *target;       // path and query
    char *content_type; // the whole header line; NULL: there is no body
    char *body;         // or NULL
    size_t body_len;
    size_t size; // bytes of all of it, about
};

// The call of that name, or NULL.
const struct call *call_find(const char *name);

// The names of all calls, comma-separated.
const char *call_names(void);

// Checks `params` against the table: 0, or -1 with an ERROR_INPUT that names the parameter. No text of `error` quotes a
// value that may be a secret.
int call_check(const struct call *call, const json_t *params, struct error *error) MUST_USE;

// Builds the request of checked `params`. `token` goes as unique_temp_id with a keyed call whose params have none.
void call_build(const struct call *call, const struct app_config *app, const json_t *params, const char *token,
    struct call_request *request);
void call_request_clear(struct call_request *request);

#endif
