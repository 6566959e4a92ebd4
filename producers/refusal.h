// SPDX-License-Identifier: MIT
//
// refusal.h: every reason for which a webhook is not taken, and how its sender is told: one table. 4xx: sending it
// again will not help; 503: it will. Inbound loop's thread.
#ifndef CHATBRIDGE_REFUSAL_H
#define CHATBRIDGE_REFUSAL_H

#include "bridge/http_server.h"

enum refusal {
    REFUSAL_NONE,
    REFUSAL_ADDRESS,
    REFUSAL_PATH,
    REFUSAL_APP,
    REFUSAL_NO_TOKEN, // the path has a token, the app none
    REFUSAL_TOKEN,
    REFUSAL_UNSIGNED,
    REFUSAL_METHOD,
    REFUSAL_TYPE,
    REFUSAL_STOPPING,
    REFUSAL_BODY_SIZE,
    REFUSAL_SIGNATURE,
    REFUSAL_UNUSABLE,
    REFUSAL_RECORD_SIZE,
    REFUSAL_NOT_DELIVERED,
    REFUSAL_TIMEOUT,
    REFUSALS,
};

int refusal_status(enum refusal refusal);

// For logs and counters: "token", "not_delivered".
const char *refusal_name(enum refusal refusal);

// Replies.
void refusal_answer(struct http_request *request, enum refusal refusal);

#endif
