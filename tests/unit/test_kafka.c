// SPDX-License-Identifier: MIT
//
// kafka.c: what needs no broker.
#include "bridge/kafka.h"

#include "bridge/kafka_conf.h"
#include "tests/unit/config_file.h"

static void the_last_header_of_a_name_counts(void **state)
{
    (void)state;
    static const struct kafka_header headers[] = {
        {"a", "1", 1}, {"b", "x\0y", 3}, {"a", "22", 2}, {"n", NULL, 0}, {"e", "", 0}, {"A", "other", 5}};
    const struct kafka_record record = {.headers = headers, .header_count = UNIT_COUNT(headers)};
    size_t len = 42;
    assert_memory_equal(kafka_header_of(&record, "a", &len), "22", 2);
    assert_int_equal(len, 2);
    assert_memory_equal(kafka_header_of(&record, "b", &len), "x\0y", 3);
    assert_int_equal(len, 3);
    assert_non_null(kafka_header_of(&record, "e", NULL));
    assert_null(kafka_header_of(&record, "n", &len)); // a null value is as good as none
    assert_null(kafka_header_of(&record, "x", &len));
    assert_null(kafka_header_of(&record, "", NULL));
    const struct kafka_record bare = {.topic = "t"};
    assert_null(kafka_header_of(&bare, "a", &len));
}

static void a_text_header_has_its_length(void **state)
{
    (void)state;
    struct kafka_header header = kafka_text_header("name", "value");
    assert_string_equal(header.name, "name");
    assert_int_equal(header.len, 5);
    assert_memory_equal(header.value, "value", 5);
    assert_int_equal(kafka_text_header("name", "").len, 0);
}

static void the_library_tells_its_version(void **state)
{
    (void)state;
    assert_true(kafka_library_version()[0] >= '1' && kafka_library_version()[0] <= '9');
}

static void librdkafka_judges_its_settings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *origin;
        const char *says;
    } rows[] = {
        {"[kafka]\nlinger.ms = soon\n", ":2: [kafka] linger.ms: ", "Invalid value"},
        {"[kafka.producer]\ncompression.type = middling\n", ":2: [kafka.producer] compression.type: ", "Invalid value"},
        {"[kafka.consumer]\nno.such.key = 1\n", ":2: [kafka.consumer] no.such.key: ", "No such configuration property"},
        {"[kafka]\nLINGER.MS = 1\n", ":2: [kafka] LINGER.MS: ", "No such configuration property"},
        {"[kafka]\nsocket.timeout.ms = -7\n", ":2: [kafka] socket.timeout.ms: ", "outside allowed range"},
        {"[kafka]\nrebalance_cb = x\n", ":2: [kafka] rebalance_cb: ", "must be set through dedicated"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "%s" CONFIG_APP, rows[i].text);
        load(text);
        assert_string_equal(faults, "");
        kafka_check(config);
        assert_int_equal(config->fault_count, 1);
        if (strstr(config->faults[0], rows[i].origin) == NULL || strstr(config->faults[0], rows[i].says) == NULL)
            fail_msg("'%s'", config->faults[0]);
    }
}

static void it_tells_every_fault_and_leaves_what_is_well(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_KAFKA__QUEUE_BUFFERING_MAX_MS", "never");
    load(CONFIG_APP "[kafka]\nlinger.ms = soon\nbootstrap.servers = a:1\n[kafka.producer]\nno.such.key = 1\n"
                    "linger.ms = 5\n[kafka.consumer]\nfetch.min.bytes = x\n");
    kafka_check(config);
    assert_int_equal(config->fault_count, 4);
    assert_non_null(strstr(config->faults[0], ":5: [kafka] linger.ms: "));
    assert_non_null(strstr(config->faults[1], ":8: [kafka.producer] no.such.key: "));
    assert_non_null(strstr(config->faults[2], ":11: [kafka.consumer] fetch.min.bytes: "));
    assert_non_null(strstr(config->faults[3], "environment CHATBRIDGE_KAFKA__QUEUE_BUFFERING_MAX_MS: [kafka] "));
    clear_environment();
    load(CONFIG_APP "[kafka]\nbootstrap.servers = a:1\nsecurity.protocol = SASL_SSL\nsasl.mechanisms = SCRAM-SHA-512\n"
                    "sasl.username = me\nsasl.password = p\n");
    kafka_check(config);
    assert_int_equal(config->fault_count, 0);
}

// What librdkafka holds for `key` after our defaults, [kafka] and [`section`].
static const char *conf_value(const char *section, const struct kafka_default *defaults, const char *key)
{
    static char value[200];
    size_t size = sizeof value;
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf(config, section, defaults, &error);
    assert_non_null(conf);
    assert_int_equal(rd_kafka_conf_get(conf, key, value, &size), RD_KAFKA_CONF_OK);
    rd_kafka_conf_destroy(conf);
    return value;
}

static void the_nearer_section_wins(void **state)
{
    (void)state;
    static const struct kafka_default defaults[] = {
        {"linger.ms", "1"}, {"batch.size", "1000"}, {"socket.timeout.ms", "3000"}, {NULL, NULL}};
    load(CONFIG_APP
        "[kafka.producer]\nlinger.ms = 5\n[kafka]\nbootstrap.servers = a:1\nlinger.ms = 4\nbatch.size = 2000\n"
        "[kafka.consumer]\nlinger.ms = 7\n");
    assert_string_equal(conf_value("kafka.producer", defaults, "linger.ms"), "5");
    assert_string_equal(conf_value("kafka.consumer", defaults, "linger.ms"), "7");
    assert_string_equal(conf_value("kafka.producer", defaults, "batch.size"), "2000");
    assert_string_equal(conf_value("kafka.producer", defaults, "socket.timeout.ms"), "3000");
    assert_string_equal(conf_value("kafka.producer", defaults, "bootstrap.servers"), "a:1");
    assert_string_equal(conf_value("kafka.producer", defaults, "client.id"), "chatbridge");
    load(CONFIG_APP "[kafka]\nclient.id = mine\n");
    assert_string_equal(conf_value("kafka.producer", defaults, "client.id"), "mine");
}

static void a_setting_that_is_refused_makes_no_client(void **state)
{
    (void)state;
    static const struct kafka_default none[] = {{NULL, NULL}};
    struct error error;
    load(CONFIG_APP "[kafka]\nlinger.ms = soon\n");
    assert_null(kafka_conf(config, "kafka.producer", none, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.text, ":5: linger.ms: "));
    load(CONFIG_APP "[kafka]\nssl.ca.location = /nowhere/ca.pem\nsecurity.protocol = SSL\n"); // well until it is used
    rd_kafka_conf_t *conf = kafka_conf(config, "kafka.producer", none, &error);
    assert_non_null(conf);
    assert_null(kafka_client(RD_KAFKA_PRODUCER, conf, &error));
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_memory_equal(error.text, "[kafka]: ", 9);
}

static void verdicts_have_their_kinds(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t code;
        enum error_kind kind;
    } rows[] = {
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERROR_INPUT}, {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ERROR_INPUT},
        {RD_KAFKA_RESP_ERR__QUEUE_FULL, ERROR_BUSY}, {RD_KAFKA_RESP_ERR__FATAL, ERROR_FATAL},
        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ERROR_REMOTE}, {RD_KAFKA_RESP_ERR__TRANSPORT, ERROR_REMOTE},
        {RD_KAFKA_RESP_ERR__PURGE_QUEUE, ERROR_REMOTE},
        // An operator can mend these; what was to be written must not be lost over them.
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERROR_REMOTE}, {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERROR_REMOTE},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, ERROR_REMOTE}, // no key, and the topic is compacted
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        assert_int_equal(kafka_error_kind(rows[i].code), rows[i].kind);
}

int main(void)
{
    clear_environment();
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // librdkafka's complaints are no news here
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_header_of_a_name_counts),
        cmocka_unit_test(a_text_header_has_its_length),
        cmocka_unit_test(the_library_tells_its_version),
        cmocka_unit_test_teardown(librdkafka_judges_its_settings, forget_config),
        cmocka_unit_test_teardown(it_tells_every_fault_and_leaves_what_is_well, forget_config),
        cmocka_unit_test_teardown(the_nearer_section_wins, forget_config),
        cmocka_unit_test_teardown(a_setting_that_is_refused_makes_no_client, forget_config),
        cmocka_unit_test(verdicts_have_their_kinds),
    };
    return cmocka_run_group_tests_name("kafka", tests, NULL, NULL);
}
