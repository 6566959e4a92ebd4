// SPDX-License-Identifier: MIT
//
// server.h: the sandbox as a server: its one loop, and a request's way through it.
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "bridge/error.h"
#include "bridge/http_server.h"
#include "deploy/sandbox/api.h"
#include "deploy/sandbox/exchange.h"
#include "deploy/sandbox/sandbox.h"

struct server {
    struct sandbox *sandbox;
    struct http_server *http;
    struct exchanges exchanges;
    uint64_t requests;
    uint64_t connections; // so far: the largest serial number seen
};

// Listens at `listen` ("host:port").
int server_init(struct server *server, struct sandbox *sandbox, const char *listen, struct error *error) MUST_USE;

// Serves until `stop_fd` becomes readable; then gives every request that waits its answer.
void server_run(struct server *server, int stop_fd);

#endif
