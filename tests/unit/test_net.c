// SPDX-License-Identifier: MIT
#include "bridge/net.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void takes_addresses_apart(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        const char *host; // NULL: refused
        const char *port;
    } rows[] = {
        {"127.0.0.1:80", "127.0.0.1", "80"},
        {"[::1]:0", "::1", "0"},
        {"host.example:65535", "host.example", "65535"},
        {"host:65536", NULL, NULL},
        {"host:", NULL, NULL},
        {":80", NULL, NULL},
        {"host", NULL, NULL},
        {"host:8x", NULL, NULL},
        {"host:-1", NULL, NULL},
        {"::1:80", NULL, NULL},
        {"[]:80", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char host[64];
        char port[8];
        int result = net_split(rows[i].address, host, sizeof host, port, sizeof port);
        assert_int_equal(result, rows[i].host ? 0 : -1);
        if (rows[i].host == NULL)
            continue;
        assert_string_equal(host, rows[i].host);
        assert_string_equal(port, rows[i].port);
    }
}

static void listens_and_tells_where(void **state)
{
    (void)state;
    struct error error;
    char bound[64];
    char again[64];
    int fd = net_listen("127.0.0.1:0", false, bound, sizeof bound, &error);
    assert_true(fd >= 0);
    assert_memory_equal(bound, "127.0.0.1:", 10);
    assert_string_not_equal(bound, "127.0.0.1:0");
    assert_int_equal(net_listen(bound, false, again, sizeof again, &error), -1);
    assert_non_null(strstr(error.text, bound)); // it names what is taken
    (void)close(fd);
    assert_int_equal(net_listen("nowhere", false, again, sizeof again, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
}

static void shows_addresses(void **state)
{
    (void)state;
    char text[64];
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
    memcpy(mapped.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
    net_address_text((struct sockaddr *)&mapped, text, sizeof text);
    assert_string_equal(text, "10.1.2.3");
    struct sockaddr_in plain = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    net_address_text((struct sockaddr *)&plain, text, sizeof text);
    assert_string_equal(text, "127.0.0.1");
}

static void reads_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *bytes;
        size_t len; // 0: refused
    } rows[] = {
        {"10.1.2.3", "\x0a\x01\x02\x03", 4},
        {"::ffff:10.1.2.3", "\x0a\x01\x02\x03", 4},
        {"::FFFF:0a01:0203", "\x0a\x01\x02\x03", 4},
        {"::1", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16},
        {"fe80::1%eth0", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16},
        {"", NULL, 0},
        {"10.1.2", NULL, 0},
        {"10.1.2.3.4", NULL, 0},
        {"10.1.2.256", NULL, 0},
        {"10.1.2.3 ", NULL, 0},
        {"10.1.2.3%eth0", NULL, 0},
        {"0x0a.1.2.3", NULL, 0},
        {"host", NULL, 0},
        {"[::1]", NULL, 0},
        {":::1", NULL, 0},
        {"1111111111111111111111111111111111111111111111111111", NULL, 0},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct net_address address;
        if (net_address_read(&address, rows[i].text) != (rows[i].len > 0 ? 0 : -1))
            fail_msg("'%s'", rows[i].text);
        if (rows[i].len == 0)
            continue;
        assert_int_equal(address.len, rows[i].len);
        assert_memory_equal(address.bytes, rows[i].bytes, rows[i].len);
    }
}

static void blocks_hold_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *blocks;
        const char *inside[4];
        const char *outside[4];
    } rows[] = {
        {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"}, {"9.255.255.255", "11.0.0.0", "::a00:0"}},
        {"192.0.2.7", {"192.0.2.7"}, {"192.0.2.6", "192.0.2.8", "::1"}},
        {"192.0.2.128/25", {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127", "192.0.3.128"}},
        {"192.0.2.252/30", {"192.0.2.252", "192.0.2.255"}, {"192.0.2.251", "192.0.3.0"}},
        {"192.0.2.7/32", {"192.0.2.7"}, {"192.0.2.6"}},
        {"128.0.0.0/1", {"128.0.0.0", "255.255.255.255"}, {"127.255.255.255", "8000::"}},
        {"0.0.0.0/0", {"1.2.3.4", "::ffff:1.2.3.4"}, {"::1", "::"}},
        {"::/0", {"::1", "2001:db8::"}, {"1.2.3.4", "::ffff:1.2.3.4"}},
        {"2001:db8::/32", {"2001:db8::", "2001:db8:ffff::1"}, {"2001:db9::", "32.1.13.184"}},
        {"2001:db8::1", {"2001:DB8:0:0::1"}, {"2001:db8::", "2001:db8::2"}},
        {"2001:db8::8/125", {"2001:db8::8", "2001:db8::f"}, {"2001:db8::7", "2001:db8::10"}},
        {"::ffff:10.0.0.0/104", {"10.1.2.3"}, {"11.0.0.0", "::1"}},
        {"::ffff:10.0.0.1", {"10.0.0.1"}, {"10.0.0.2"}},
        {" 10.0.0.0/8 ,\t192.0.2.7,::1", {"10.1.1.1", "192.0.2.7", "::1"}, {"192.0.2.8", "::2"}},
    };
    struct net_address address;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct net_blocks *blocks = net_blocks_read(rows[i].blocks, NULL);
        assert_non_null(blocks);
        for (int j = 0; j < 4; j++) {
            if (rows[i].inside[j] != NULL) {
                assert_int_equal(net_address_read(&address, rows[i].inside[j]), 0);
                if (!net_blocks_hold(blocks, &address))
                    fail_msg("%s is not in %s", rows[i].inside[j], rows[i].blocks);
            }
            if (rows[i].outside[j] != NULL) {
                assert_int_equal(net_address_read(&address, rows[i].outside[j]), 0);
                if (net_blocks_hold(blocks, &address))
                    fail_msg("%s is in %s", rows[i].outside[j], rows[i].blocks);
            }
        }
        free(blocks);
    }
    assert_int_equal(net_address_read(&address, "10.0.0.1"), 0);
    assert_false(net_blocks_hold(NULL, &address));
}

static void refuses_what_is_no_block(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", ",", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,::1", "10.0.0.0/33",
        "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/ 8", "10.0.0.0/0008", "10.0.0.0/8/8", "/8", "10.0.0.0 /8",
        "10.0.0.1/8", "2001:db8::1/32", "2001:db8::/129", "192.0.2.7/31", "::ffff:0:0/90", "::ffff:10.0.0.0/8",
        "fe80::1%eth0", "host", "host/8", "10.0.0.0-10.0.0.9", "10.0.0.0/8 10.0.0.1", "*", "10.*",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8"};
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        struct error error;
        if (net_blocks_read(texts[i], &error) != NULL)
            fail_msg("'%s'", texts[i]);
        assert_int_equal(error.kind, ERROR_INPUT);
    }
    struct error error;
    static char many[257 * 4];
    for (size_t i = 0; i < 257; i++)
        memcpy(many + i * 4, "::1,", 4);
    many[sizeof many - 1] = '\0';
    assert_null(net_blocks_read(many, &error));
    assert_string_equal(error.text, "more than 256 addresses and blocks");
    many[256 * 4 - 1] = '\0';
    struct net_blocks *blocks = net_blocks_read(many, &error);
    assert_non_null(blocks);
    assert_int_equal(blocks->count, 256);
    free(blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_addresses_apart),
        cmocka_unit_test(listens_and_tells_where),
        cmocka_unit_test(shows_addresses),
        cmocka_unit_test(reads_addresses),
        cmocka_unit_test(blocks_hold_addresses),
        cmocka_unit_test(refuses_what_is_no_block),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
