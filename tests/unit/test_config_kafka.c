// SPDX-License-Identifier: MIT
#include "tests/unit/config_file.h"

static void kafkas_own_settings_are_handed_on(void **state)
{
    (void)state;
    load(CONFIG_APP "[kafka]\nbootstrap.servers = a:1,b:2\nsome.future.key = x y\n[kafka.producer]\nlinger.ms = 5\n"
                    "[kafka.consumer]\nfetch.min.bytes = 7\n");
    assert_string_equal(faults, "");
    assert_int_equal(config->kafka_count, 4);
    assert_string_equal(kafka_value("kafka", "bootstrap.servers"), "a:1,b:2");
    assert_string_equal(kafka_value("kafka", "some.future.key"), "x y"); // librdkafka judges, not we
    assert_string_equal(kafka_value("kafka.producer", "linger.ms"), "5");
    assert_string_equal(kafka_value("kafka.consumer", "fetch.min.bytes"), "7");
    assert_non_null(strstr(config->kafka[2].origin, ":8"));
    load(CONFIG_APP "[kafka]\nmetadata.broker.list = a:1\n"); // its other name: no default beside it
    assert_null(kafka_value("kafka", "bootstrap.servers"));
}

static void what_we_rely_on_cannot_be_set(void **state)
{
    (void)state;
    static const char *const keys[] = {"enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store",
        "group.id", "partition.assignment.strategy", "acks", "request.required.acks", "enable.idempotence",
        "transactional.id", "delivery.report.only.error"};
    static const char *const sections[] = {"kafka", "kafka.producer", "kafka.consumer"};
    for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
        for (size_t j = 0; j < UNIT_COUNT(sections); j++) {
            char text[200];
            char wanted[100];
            (void)snprintf(text, sizeof text, CONFIG_APP "[%s]\n%s = x\n", sections[j], keys[i]);
            (void)snprintf(wanted, sizeof wanted, "F:5: [%s] %s cannot be set: ", sections[j], keys[i]);
            load(text);
            assert_memory_equal(faults, wanted, strlen(wanted));
            assert_null(kafka_value(sections[j], keys[i]));
        }
    }
}

static void a_kafka_secret_has_one_form_at_a_place(void **state)
{
    (void)state;
    load(CONFIG_APP "[kafka]\nsasl.password = p\nsasl.password.file = /nowhere/p\n");
    assert_string_equal(faults, "F:6: [kafka] sasl.password and sasl.password.file are both given\n");
    load(CONFIG_APP "[kafka]\nsasl.password.file = /nowhere/p\nssl.key.password.file =\n");
    assert_string_equal(
        faults, "F:5: [kafka] sasl.password.file: /nowhere/p cannot be read: No such file or directory\n");
}

// Either form in the environment wins over either in the file, as for our own secrets.
static void the_environments_kafka_secret_wins_in_either_form(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_KAFKA__SASL_PASSWORD", "theirs");
    load(CONFIG_APP "[kafka]\nsasl.password.file = /nowhere/p\n");
    assert_string_equal(faults, "");
    assert_string_equal(kafka_value("kafka", "sasl.password"), "theirs");
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(kafkas_own_settings_are_handed_on, forget_config),
        cmocka_unit_test_teardown(what_we_rely_on_cannot_be_set, forget_config),
        cmocka_unit_test_teardown(a_kafka_secret_has_one_form_at_a_place, forget_config),
        cmocka_unit_test_teardown(the_environments_kafka_secret_wins_in_either_form, forget_config),
    };
    return cmocka_run_group_tests_name("config_kafka", tests, NULL, NULL);
}
