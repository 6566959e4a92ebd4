// SPDX-License-Identifier: MIT
#include "producers/client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void set(struct client *client, const char *text)
{
    client->known = net_address_read(&client->address, text) == 0;
    (void)snprintf(client->text, sizeof client->text, "%s", client->known ? text : "unreadable");
}

// An address; some proxies write the port too, and then an IPv6 address in brackets.
static void set_item(struct client *client, const char *item, size_t len)
{
    char text[INET6_ADDRSTRLEN + 16];
    char host[sizeof text];
    char port[8];
    if (len >= sizeof text)
        len = 0; // no address is that long
    (void)snprintf(text, sizeof text, "%.*s", (int)len, item);
    set(client, text);
    if (!client->known && net_split(text, host, sizeof host, port, sizeof port) == 0)
        set(client, host);
}

void client_find(
    struct client *client, const struct net_blocks *trusted_proxies, const char *peer, const char *forwarded)
{
    static const char space[] = " \t";
    set(client, peer);
    const char *end = forwarded ? forwarded + strlen(forwarded) : NULL;
    while (end != NULL && client->known && net_blocks_hold(trusted_proxies, &client->address)) {
        const char *comma = memrchr(forwarded, ',', (size_t)(end - forwarded));
        const char *item = comma ? comma + 1 : forwarded;
        while (item < end && strchr(space, *item) != NULL)
            item++;
        while (end > item && strchr(space, end[-1]) != NULL)
            end--;
        set_item(client, item, (size_t)(end - item));
        end = comma;
    }
}
