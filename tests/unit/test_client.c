// SPDX-License-Identifier: MIT
#include "producers/client.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void the_address_is_found(void **state)
{
    (void)state;
    static const char proxies[] = "10.0.0.0/8, ::1, 2001:db8::/32";
    static const struct {
        const char *peer;
        const char *forwarded;
        const char *text; // "unreadable": not known
    } rows[] = {
        {"192.0.2.7", NULL, "192.0.2.7"},
        {"192.0.2.7", "198.51.100.1", "192.0.2.7"}, // not a proxy of ours: what it says is not heard
        {"192.0.2.7", "nonsense", "192.0.2.7"},
        {"10.0.0.1", NULL, "10.0.0.1"},
        {"10.0.0.1", "198.51.100.1", "198.51.100.1"},
        {"::1", "198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"}, // the left one anybody may have written
        {"10.0.0.1", "10.0.0.9, 198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "198.51.100.1, 10.0.0.2,2001:db8::7 ,\t::1", "198.51.100.1"},
        {"10.0.0.1", "203.0.113.9,198.51.100.1,10.0.0.2", "198.51.100.1"},
        {"10.0.0.1", "nonsense, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"}, // all are ours
        {"10.0.0.1", "  198.51.100.1  ", "198.51.100.1"},
        {"10.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
        {"10.0.0.1", "[2001:db9::1]:4711", "2001:db9::1"},
        {"10.0.0.1", "198.51.100.1, [2001:db8::1]:4711", "198.51.100.1"},
        {"10.0.0.1", "2001:db9::1", "2001:db9::1"},
        {"10.0.0.1", "::ffff:10.0.0.2", "::ffff:10.0.0.2"}, // ours, in its other form
        {"10.0.0.1", "198.51.100.1, ::ffff:10.0.0.2", "198.51.100.1"},
        {"10.0.0.1", "", "unreadable"},
        {"10.0.0.1", ",", "unreadable"},
        {"10.0.0.1", "198.51.100.1,", "unreadable"},
        {"10.0.0.1", "198.51.100.1, unknown", "unreadable"},
        {"10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2", "unreadable"},
        {"10.0.0.1", "198.51.100.1 10.0.0.2", "unreadable"},
        {"10.0.0.1", "10.0.0.256", "unreadable"},
        {"10.0.0.1", "host:80", "unreadable"},
        {"10.0.0.1", "10.0.0.2:x", "unreadable"},
        {"10.0.0.1", "111111111111111111111111111111111111111111111111111111111111111111111111", "unreadable"},
        {"?", "198.51.100.1", "unreadable"},
    };
    struct net_blocks *blocks = net_blocks_read(proxies, NULL);
    assert_non_null(blocks);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct client client;
        client_find(&client, blocks, rows[i].peer, rows[i].forwarded);
        if (strcmp(client.text, rows[i].text) != 0)
            fail_msg("row %zu, %s: %s", i, rows[i].forwarded ? rows[i].forwarded : "none", client.text);
        assert_int_equal(client.known, strcmp(rows[i].text, "unreadable") != 0);
    }
    free(blocks);
}

static void without_proxies_the_peer_counts(void **state)
{
    (void)state;
    struct client client;
    client_find(&client, NULL, "127.0.0.1", "198.51.100.1");
    assert_true(client.known);
    assert_string_equal(client.text, "127.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_is_found),
        cmocka_unit_test(without_proxies_the_peer_counts),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
