// SPDX-License-Identifier: MIT
//
// peer.h: an HTTP client for tests of a bridge/http_server in the test's own thread: it says exactly the bytes it is
// given. Its deadlines are of the real clock, so that the replaceable one may stand still.
#ifndef CHATBRIDGE_UNIT_PEER_H
#define CHATBRIDGE_UNIT_PEER_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bridge/http_server.h"
#include "tests/unit/unit.h"

// A connection, and what came back on it.
struct peer {
    int fd; // -1: not yet connected
    size_t len;
    char answer[4096];
};

static inline int64_t real_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void peer_say(struct peer *peer, const struct http_server *server, const char *bytes, size_t len)
{
    if (peer->fd < 0) {
        const char *port = strrchr(http_server_address(server), ':') + 1;
        struct sockaddr_in address = {.sin_family = AF_INET,
            .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(connect(peer->fd, (struct sockaddr *)&address, sizeof address) == 0);
    }
    must(send(peer->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

// Sends a whole request; `more` are further header lines, each with its end. What was heard before is forgotten.
static inline void peer_ask(struct peer *peer, const struct http_server *server, const char *method, const char *path,
    const char *more, const char *body, size_t len)
{
    char text[4096];
    peer->len = 0;
    peer->answer[0] = '\0';
    int head = snprintf(
        text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n", method, path, more, len);
    must(head > 0 && (size_t)head + len < sizeof text);
    memcpy(text + head, body, len);
    peer_say(peer, server, text, (size_t)head + len);
}

// Lets the server work, waiting a little if it has nothing to do, and hears what there is.
static inline void peer_turn(struct peer *peer, struct http_server *server)
{
    struct pollfd fds[] = {{.fd = http_server_fd(server), .events = POLLIN}, {.fd = peer->fd, .events = POLLIN}};
    (void)poll(fds, 2, http_server_timeout_ms(server) == 0 ? 0 : 5);
    http_server_run(server);
    ssize_t got = recv(peer->fd, peer->answer + peer->len, sizeof peer->answer - 1 - peer->len, MSG_DONTWAIT);
    if (got > 0)
        peer->len += (size_t)got;
    peer->answer[peer->len] = '\0';
}

// Whether a whole response came.
static inline bool peer_is_answered(const struct peer *peer)
{
    const char *body = strstr(peer->answer, "\r\n\r\n");
    const char *length = strstr(peer->answer, "Content-Length: ");
    return body != NULL && length != NULL && strlen(body + 4) >= strtoul(length + 16, NULL, 10);
}

static inline int peer_status(const struct peer *peer)
{
    assert_memory_equal(peer->answer, "HTTP/1.1 ", 9);
    return (int)strtol(peer->answer + 9, NULL, 10);
}

static inline const char *peer_body(const struct peer *peer)
{
    const char *end = strstr(peer->answer, "\r\n\r\n");
    must(end != NULL);
    return end + 4;
}

#endif
