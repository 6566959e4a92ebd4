// SPDX-License-Identifier: MIT
//
// reply.h: an answer of the API: {"results":…,"status":200}, or {"error":{"message":…,"detailed_messages":[…]},
// "status":…}.
#ifndef SANDBOX_REPLY_H
#define SANDBOX_REPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "bridge/must.h"

enum { REPLY_ALLOW = 32 };

struct reply {
    int status;              // 0: nothing said yet
    json_t *body;            // the whole of it
    char allow[REPLY_ALLOW]; // of a 405, the methods that are right
};

void reply_results(struct reply *reply, json_t *results_steal);

// `details_steal`: an array of texts. What was said before is forgotten.
void reply_errors(struct reply *reply, int status, const char *message, json_t *details_steal);

// The message is its own only detail.
void reply_error(struct reply *reply, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Adds a method to a list of them, and refuses with that list (405).
void reply_allow(char allow[REPLY_ALLOW], const char *method);
void reply_not_allowed(struct reply *reply, const char *allow);

void reply_clear(struct reply *reply);

static inline bool reply_is_good(const struct reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

// One line of JSON text; numbers that came with up to 15 digits look as they came. Owner: the caller, free().
char *reply_text(const json_t *value) MUST_USE;

// A string of a text that may have been cut in the middle of a character: what is not UTF-8 then stands as `?`.
json_t *reply_string(const char *text) MUST_USE;

// For building JSON of what is known to be UTF-8.
void reply_put(json_t *object, const char *key, json_t *value_steal);
void reply_put_text(json_t *object, const char *key, const char *text);
void reply_put_int(json_t *object, const char *key, json_int_t number);

#endif
