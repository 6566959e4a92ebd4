// SPDX-License-Identifier: MIT
#include "bridge/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BACKLOG = 4096, // the kernel cuts it to net.core.somaxconn
    BLOCKS_MAX = 256,
};

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

int net_address_read(struct net_address *address, const char *text)
{
    static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char plain[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "%");
    if (len >= sizeof plain)
        return -1;
    memcpy(plain, text, len);
    plain[len] = '\0';
    *address = (struct net_address){.len = 4};
    if (text[len] == '\0' && inet_pton(AF_INET, plain, address->bytes) == 1)
        return 0;
    address->len = sizeof address->bytes;
    if (inet_pton(AF_INET6, plain, address->bytes) != 1)
        return -1;
    if (memcmp(address->bytes, mapped, sizeof mapped) == 0) {
        memmove(address->bytes, address->bytes + sizeof mapped, 4);
        memset(address->bytes + 4, 0, sizeof mapped);
        address->len = 4;
    }
    return 0;
}

// Whether the first `bits` bits of both are the same.
static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned char mask = (unsigned char)(0xff00U >> bits % 8);
    return memcmp(a, b, whole) == 0 && (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

// The bits behind the '/'; those of a mapped address count from the start of the IPv6 one.
static int read_bits(struct net_block *block, const char *text, bool mapped)
{
    unsigned most = (unsigned)block->address.len * 8;
    if (text == NULL) {
        block->bits = most;
        return 0;
    }
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0')
        return -1;
    unsigned bits = (unsigned)strtoul(text, NULL, 10);
    unsigned before = mapped ? 96 : 0;
    if (bits < before || bits > before + most)
        return -1;
    block->bits = bits - before;
    return 0;
}

static int read_block(struct net_block *block, const char *text, size_t len, struct error *error)
{
    char item[INET6_ADDRSTRLEN + 8];
    (void)snprintf(item, sizeof item, "%.*s", (int)len, text);
    char *slash = strchr(item, '/');
    if (slash != NULL)
        *slash = '\0';
    bool readable = len < sizeof item && strchr(item, '%') == NULL && net_address_read(&block->address, item) == 0;
    bool mapped = readable && block->address.len == 4 && strchr(item, ':') != NULL;
    if (!readable || read_bits(block, slash ? slash + 1 : NULL, mapped) != 0)
        return error_set(error, ERROR_INPUT,
            "'%.*s' is neither an address nor a block like 10.0.0.0/8 or 2001:db8::/32", len > 100 ? 100 : (int)len,
            text);
    unsigned char rest[16] = {0};
    memcpy(rest, block->address.bytes, block->bits / 8);
    if (block->bits % 8 != 0)
        rest[block->bits / 8] = block->address.bytes[block->bits / 8] & (unsigned char)(0xff00U >> block->bits % 8);
    if (memcmp(rest, block->address.bytes, sizeof rest) == 0)
        return 0;
    // Probably another number of bits was meant: better asked than let in too many.
    return error_set(error, ERROR_INPUT, "'%.*s' has bits of an address behind those of the block", (int)len, text);
}

struct net_blocks *net_blocks_read(const char *text, struct error *error)
{
    struct net_blocks *blocks = must_calloc(1, sizeof *blocks + BLOCKS_MAX * sizeof blocks->list[0]);
    for (const char *item = text;; item++) {
        item += strspn(item, " \t");
        size_t len = strcspn(item, ",");
        size_t trimmed = len;
        while (trimmed > 0 && strchr(" \t", item[trimmed - 1]) != NULL)
            trimmed--;
        int result = 0;
        if (blocks->count == BLOCKS_MAX)
            result = error_set(error, ERROR_INPUT, "more than %d addresses and blocks", BLOCKS_MAX);
        else
            result = read_block(&blocks->list[blocks->count++], item, trimmed, error);
        if (result != 0) {
            free(blocks);
            return NULL;
        }
        item += len;
        if (*item == '\0')
            break;
    }
    return must_realloc(blocks, sizeof *blocks + blocks->count * sizeof blocks->list[0]);
}

bool net_blocks_hold(const struct net_blocks *blocks, const struct net_address *address)
{
    for (size_t i = 0; blocks != NULL && i < blocks->count; i++) {
        const struct net_block *block = &blocks->list[i];
        if (block->address.len == address->len && same_bits(block->address.bytes, address->bytes, block->bits))
            return true;
    }
    return false;
}
