// SPDX-License-Identifier: MIT
//
// control.h: the paths below /sandbox/, by which people and tests steer the sandbox and look into it. They need no
// secret.
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "bridge/http_server.h"
#include "deploy/sandbox/server.h"

#define CONTROL_PREFIX "/sandbox/"

// Answers the request.
void control_serve(struct server *server, struct http_request *request);

#endif
