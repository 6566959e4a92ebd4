// SPDX-License-Identifier: MIT
//
// reply.h: an answer of the API: {"results":…,"status":200}, or {"error":{"message":…,"detailed_messages":[…]},
// "status":…}.
#ifndef SANDBOX_REPLY_H
#define SANDBOX_REPLY_H

#include <jansson.h>
#include <stdbool.h>

struct reply {
    int status;        // 0: nothing said yet
    json_t *body;      // the whole of it
    const char *allow; // of a 405, the method that is right
};

void reply_results(struct reply *reply, json_t *results_steal);

// `details_steal`: an array of texts. What was said before is forgotten.
void reply_errors(struct reply *reply, int status, const char *message, json_t *details_steal);

// The message is its own only detail.
void reply_error(struct reply *reply, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

void reply_clear(struct reply *reply);

static inline bool reply_is_good(const struct reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

// For building JSON of what is known to be UTF-8.
void reply_put(json_t *object, const char *key, json_t *value_steal);
void reply_put_text(json_t *object, const char *key, const char *text);
void reply_put_int(json_t *object, const char *key, json_int_t number);

#endif
