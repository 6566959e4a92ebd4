// SPDX-License-Identifier: MIT
//
// net.h: addresses and listening sockets. Any thread.
#ifndef CHATBRIDGE_NET_H
#define CHATBRIDGE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "bridge/error.h"

// "host:port" or "[v6]:port" taken apart. 0, or -1 if it is not of that form or the port is over 65535.
int net_split(const char *address, char *host, size_t host_size, char *port, size_t port_size) MUST_USE;

// A non-blocking socket that listens at `address` (port 0: any free one), or -1 with `error` set. `bound` gets
// "address:port" as it is really bound.
int net_listen(const char *address, bool reuse_port, char *bound, size_t bound_size, struct error *error) MUST_USE;

// True when somebody takes connections at `address`. Waits for the answer, which on this machine comes at once.
bool net_answers(const char *address);

// The numeric address without its port; IPv4-mapped IPv6 as IPv4.
void net_address_text(const struct sockaddr *address, char *text, size_t size);

#endif
