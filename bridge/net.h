// SPDX-License-Identifier: MIT
//
// net.h: addresses, blocks of them, and listening sockets. Any thread.
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

// An IPv4 address (4 bytes; also one that came mapped into IPv6) or an IPv6 one (16 bytes).
struct net_address {
    size_t len;
    unsigned char bytes[16];
};

// The addresses whose first `bits` bits are these.
struct net_block {
    struct net_address address;
    unsigned bits;
};

struct net_blocks {
    size_t count;
    struct net_block list[];
};

// A numeric address; a zone behind it (fe80::1%eth0) is left out. 0, or -1 if it is none.
int net_address_read(struct net_address *address, const char *text) MUST_USE;

// "10.0.0.0/8, 192.0.2.7, 2001:db8::/32", or NULL with an ERROR_INPUT that names what is wrong. Owner: the caller,
// free().
struct net_blocks *net_blocks_read(const char *text, struct error *error) MUST_USE;

// Whether one of them holds the address. NULL is no block.
bool net_blocks_hold(const struct net_blocks *blocks, const struct net_address *address);

#endif
