// SPDX-License-Identifier: MIT
//
// client.h: the address that a webhook comes from: the peer's, unless that is a proxy of ours that tells of another.
// Plain functions; any thread.
#ifndef CHATBRIDGE_CLIENT_H
#define CHATBRIDGE_CLIENT_H

#include <stdbool.h>

#include "bridge/net.h"

enum { CLIENT_TEXT = 64 };

struct client {
    bool known; // false: a trusted proxy told something that is no address
    struct net_address address;
    char text[CLIENT_TEXT]; // for logs
};

// `forwarded` is X-Forwarded-For or NULL. Each proxy adds at its right whom it heard, so it is read from there for as
// long as proxies of ours wrote it; what stands further left anybody may have written.
void client_find(
    struct client *client, const struct net_blocks *trusted_proxies, const char *peer, const char *forwarded);

#endif
