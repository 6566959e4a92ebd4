// SPDX-License-Identifier: MIT
#include "tests/unit/config_file.h"

static void every_way_of_writing_a_line_is_understood(void **state)
{
    (void)state;
    load("\xef\xbb\xbf# a byte order mark\r\n"
         "[inbound]\r\n"
         "listen=127.0.0.1:1\r\n"
         "  body.max  =  2MiB  \r\n"
         "\t; a comment\r\n"
         "\r\n"
         "[outbound]  \r\n"
         "group = a ; b # c = d\r\n" // no comment: it belongs to the value
         "\f\r\n"
         "[bridge]\n"
         "log.level: warn\n"
         "[app:shop]\n"
         "base.url = https://shop.example\n"
         "secret = a=b:c"); // and no newline at the end
    assert_string_equal(faults, "");
    assert_string_equal(config->inbound.listen, "127.0.0.1:1");
    assert_int_equal(config->inbound.body_max, 2 << 20);
    assert_string_equal(config->outbound.group, "a ; b # c = d");
    assert_int_equal(config->bridge.log_level, LOG_WARN);
    assert_string_equal(config->apps[0].secret, "a=b:c");
}

static void a_line_has_a_limit(void **state)
{
    (void)state;
    enum { LINE = 16 * 1024 - 1 }; // bytes
    static char text[LINE + 200];
    for (size_t len = LINE; len <= LINE + 1; len++) {
        size_t end = (size_t)snprintf(text, sizeof text, "[kafka.producer]\nssl.key.pem = ");
        size_t line_begins = end - strlen("ssl.key.pem = ");
        memset(text + end, 'k', len - (end - line_begins));
        (void)snprintf(text + line_begins + len, sizeof text - line_begins - len, "\nclient.id = after\n" CONFIG_APP);
        load(text);
        assert_string_equal(faults, len == LINE ? "" : "F:2: the line is longer than 16383 bytes\n");
        assert_string_equal(kafka_value("kafka.producer", "client.id"), "after"); // neither swallows the next one
        if (len == LINE)
            assert_int_equal(strlen(kafka_value("kafka.producer", "ssl.key.pem")), LINE - 14);
    }
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char nul[] = "[bridge]\nlog.level = in\0fo\n";
    load_bytes(nul, sizeof nul - 1);
    assert_string_equal(faults, "F: it is no text: it holds a NUL byte\n");
    static char large[256 * 1024 + 1];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = i % 64 == 63 ? '\n' : '#';
    load_bytes(large, sizeof large);
    assert_string_equal(faults, "F: it is larger than 262144 bytes\n");
    load_bytes(large, sizeof large - 1); // exactly as large as it may be
    assert_string_equal(faults, "F: there is no app: add a section [app:NAME], or CHATBRIDGE_APPS=NAME\n");
}

static void a_file_that_is_not_there_is_the_only_fault(void **state)
{
    (void)state;
    load_path("/nowhere/chatbridge.ini");
    assert_string_equal(faults, "F: it cannot be read: No such file or directory\n");
    load_path("/proc/self/");
    assert_string_equal(faults, "F: it cannot be read: Is a directory\n");
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_way_of_writing_a_line_is_understood, forget_config),
        cmocka_unit_test_teardown(a_line_has_a_limit, forget_config),
        cmocka_unit_test_teardown(what_is_no_text_is_refused, forget_config),
        cmocka_unit_test_teardown(a_file_that_is_not_there_is_the_only_fault, forget_config),
    };
    return cmocka_run_group_tests_name("config_ini", tests, NULL, NULL);
}
