// SPDX-License-Identifier: MIT
#include "bridge/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 4096 }; // the kernel cuts it to net.core.somaxconn

int net_split(const char *address, char *host, size_t host_size, char *port, size_t port_size)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon[1] == '\0')
        return -1;
    const char *begin = address;
    size_t len = (size_t)(colon - address);
    if (*begin == '[') {
        if (len < 3 || begin[len - 1] != ']')
            return -1;
        begin++;
        len -= 2;
    } else if (memchr(begin, ':', len) != NULL) {
        return -1; // an IPv6 address needs its brackets
    }
    char *end;
    errno = 0;
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (errno != 0 || *end != '\0' || number > 65535 || colon[1] < '0' || colon[1] > '9')
        return -1;
    if (len >= host_size || strlen(colon + 1) >= port_size)
        return -1;
    (void)snprintf(host, host_size, "%.*s", (int)len, begin);
    (void)snprintf(port, port_size, "%s", colon + 1);
    return 0;
}

static void bound_text(int fd, char *bound, size_t size)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char host[INET6_ADDRSTRLEN + 2];
    char port[8];
    must(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    must(getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
             NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    (void)snprintf(bound, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int listen_at(const struct addrinfo *info, bool reuse_port)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, info->ai_protocol);
    if (fd < 0)
        return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (!reuse_port || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

int net_listen(const char *address, bool reuse_port, char *bound, size_t bound_size, struct error *error)
{
    char host[256];
    char port[8];
    if (net_split(address, host, sizeof host, port, sizeof port) != 0)
        return error_set(error, ERROR_INPUT, "'%s' is not an address of the form host:port", address);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0)
        return error_set(error, ERROR_INPUT, "cannot listen at %s: %s", address, gai_strerror(code));
    int fd = -1;
    for (const struct addrinfo *info = found; info != NULL && fd < 0; info = info->ai_next)
        fd = listen_at(info, reuse_port);
    int saved = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return error_set(error, ERROR_FATAL, "cannot listen at %s: %s", address, strerror(saved));
    bound_text(fd, bound, bound_size);
    return fd;
}

bool net_answers(const char *address)
{
    char host[256];
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    if (net_split(address, host, sizeof host, port, sizeof port) != 0 || getaddrinfo(host, port, &hints, &found) != 0)
        return false;
    bool answers = false;
    for (const struct addrinfo *info = found; info != NULL && !answers; info = info->ai_next) {
        int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
        answers = fd >= 0 && connect(fd, info->ai_addr, info->ai_addrlen) == 0;
        if (fd >= 0)
            (void)close(fd);
    }
    freeaddrinfo(found);
    return answers;
}

void net_address_text(const struct sockaddr *address, char *text, size_t size)
{
    socklen_t len = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (getnameinfo(address, len, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        (void)snprintf(text, size, "?");
    if (strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') != NULL)
        memmove(text, text + 7, strlen(text + 7) + 1);
}
