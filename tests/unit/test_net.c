// SPDX-License-Identifier: MIT
#include "bridge/net.h"

#include <netinet/in.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_addresses_apart),
        cmocka_unit_test(listens_and_tells_where),
        cmocka_unit_test(shows_addresses),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
