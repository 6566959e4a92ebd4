// SPDX-License-Identifier: MIT
//
// webhook_auth.h: may this request's body be read? Everything that the headers alone can tell, in one order. Inbound
// loop's thread.
#ifndef CHATBRIDGE_WEBHOOK_AUTH_H
#define CHATBRIDGE_WEBHOOK_AUTH_H

#include "bridge/config.h"
#include "bridge/http_server.h"
#include "producers/client.h"
#include "producers/refusal.h"

// The app that the webhook is of, or NULL with why not in `refusal`.
const struct app_config *webhook_auth(
    const struct config *config, const struct http_request *request, enum refusal *refusal) MUST_USE;

// Who sends it.
void webhook_auth_client(const struct config *config, const struct http_request *request, struct client *client);

#endif
