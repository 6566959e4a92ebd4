// SPDX-License-Identifier: MIT
//
// answer.h: what an answer of the chat API means: the one table from status (or its absence) to class
// (docs/guarantees.md, "What an answer means"). Any thread.
#ifndef CHATBRIDGE_ANSWER_H
#define CHATBRIDGE_ANSWER_H

#include <jansson.h>

#include "bridge/http_client.h"

enum answer_class {
    ANSWER_SUCCESS,
    ANSWER_REFUSED,     // it will be refused again
    ANSWER_TRANSIENT,   // it had no effect and may be repeated
    ANSWER_AMBIGUOUS,   // it may have had its effect
    ANSWER_UNREACHABLE, // it never reached the API
    ANSWER_THROTTLED,   // "slow down": the whole app waits
    ANSWER_CREDENTIALS, // our secret was refused
};

struct answer {
    enum answer_class class;
    int http_status;        // 0: none came
    json_t *results;        // of a success, as the API sent them; or NULL. Owned: answer_clear()
    json_t *error;          // of anything else, if its body has one; or NULL. Owned
    int64_t retry_after_ms; // -1: not asked for
    char reason[512];       // for people; "" on success
};

void answer_read(struct answer *answer, const struct http_result *result);
void answer_clear(struct answer *answer);

const char *answer_class_name(enum answer_class class);

#endif
