// SPDX-License-Identifier: MIT
#include "tests/unit/config_file.h"

static void the_environment_wins(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_INBOUND__BODY_MAX", "2MiB");
    set_variable("CHATBRIDGE_APP_SHOP__SECRET", "theirs");
    set_variable("CHATBRIDGE_APP_SHOP__WEBHOOK_TOKEN", "t");
    set_variable("CHATBRIDGE_APP_SHOP__SECRET_HEADER", "X-S");
    set_variable("CHATBRIDGE_OUTBOUND__GROUP", "g = h");
    set_variable("CHATBRIDGE_KAFKA__BOOTSTRAP_SERVERS", "kafka:1");
    set_variable("CHATBRIDGE_KAFKA_PRODUCER__LINGER_MS", "3");
    set_variable("CHATBRIDGE_KAFKA_CONSUMER__FETCH_WAIT_MAX_MS", "4");
    load(CONFIG_APP "[inbound]\nbody.max = none\n" // what the environment overrides is not even looked at
                    "[kafka]\nbootstrap.servers = other:1\n");
    assert_string_equal(faults, "");
    assert_int_equal(config->inbound.body_max, 2 << 20);
    assert_string_equal(config->apps[0].secret, "theirs");
    assert_string_equal(config->apps[0].webhook_token, "t");
    assert_string_equal(config->apps[0].secret_header, "X-S");
    assert_string_equal(config->outbound.group, "g = h");
    assert_string_equal(kafka_value("kafka", "bootstrap.servers"), "kafka:1");
    assert_string_equal(kafka_value("kafka.producer", "linger.ms"), "3");
    assert_string_equal(kafka_value("kafka.consumer", "fetch.wait.max.ms"), "4");
}

static void it_does_without_a_file(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_APPS", " shop, desk-2,,");
    set_variable("CHATBRIDGE_APP_SHOP__BASE_URL", "https://shop.example");
    set_variable("CHATBRIDGE_APP_SHOP__SECRET", "s");
    set_variable("CHATBRIDGE_APP_DESK_2__BASE_URL", "https://desk.example");
    load_path(NULL);
    assert_string_equal(faults, "environment CHATBRIDGE_APPS: [app:desk-2] secret is missing (or secret.file)\n");
    assert_int_equal(config->app_count, 2);
    assert_string_equal(config->apps[1].name, "desk-2");
    assert_string_equal(config->apps[1].base_url, "https://desk.example");
    clear_environment();
    load_path(NULL);
    assert_string_equal(faults, "environment: there is no app: add a section [app:NAME], or CHATBRIDGE_APPS=NAME; or "
                                "name the file with -c FILE\n");
}

static void an_app_can_be_declared_in_both_places(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_APPS", "shop,shop");
    load(CONFIG_APP);
    assert_string_equal(faults, "");
    assert_int_equal(config->app_count, 1);
}

static void it_names_the_file_unless_the_caller_does(void **state)
{
    (void)state;
    struct config_file file;
    config_file_make(&file, CONFIG_APP, strlen(CONFIG_APP));
    set_variable("CHATBRIDGE_CONFIG", file.path);
    load_path(NULL);
    assert_string_equal(config->path, file.path);
    assert_int_equal(config->app_count, 1);
    config_file_remove(&file);
    load(CONFIG_APP "[bridge]\nlog.level = debug\n");
    assert_int_equal(config->bridge.log_level, LOG_DEBUG);
    set_variable("CHATBRIDGE_CONFIG", "");
    load_path(NULL);
    assert_null(config->path);
}

static void faults_of_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
        const char *fault; // behind the name; NULL: none
    } rows[] = {
        {"CHATBRIDGE_INBOUND__BODY_MAX", "much", "[inbound] body.max: 'much' is not a size (512, 64KiB, 1MiB, 1GiB)"},
        {"CHATBRIDGE_INBOUND__BODY_MAX", "",
            "[inbound] body.max: it is empty; leave the line out for the default, 1MiB"},
        {"CHATBRIDGE_INBOND__BODY_MAX", "1MiB", "no such setting; is it CHATBRIDGE_INBOUND__BODY_MAX?"},
        {"CHATBRIDGE_inbound__body_max", "1MiB", "no such setting"},
        {"CHATBRIDGE_INBOUND_BODY_MAX", "1MiB", "no such setting; is it CHATBRIDGE_INBOUND__BODY_MAX?"},
        {"CHATBRIDGE_APP_DESK__SECRET", "x", "no such setting; is it CHATBRIDGE_APP_SHOP__SECRET?"},
        {"CHATBRIDGE_APP_A_FAR_WAREHOUSE__KEY", "x", "no such app or setting; CHATBRIDGE_APPS=NAME,... declares apps"},
        {"CHATBRIDGE_WHATEVER_ELSE_IT_IS", "x", "no such setting"},
        {"CHATBRIDGE_", "x", "no such setting"},
        {"CHATBRIDGE_KAFKA__ACKS", "1",
            "[kafka] acks cannot be set: a webhook is acknowledged only when all in-sync replicas have it"},
        // What a Service of Kubernetes and the tests bring along.
        {"CHATBRIDGE_SERVICE_HOST", "10.0.0.1", NULL},
        {"CHATBRIDGE_SERVICE_PORT", "80", NULL},
        {"CHATBRIDGE_SERVICE_PORT_HTTP", "80", NULL},
        {"CHATBRIDGE_PORT", "tcp://10.0.0.1:80", NULL},
        {"CHATBRIDGE_PORT_8080_TCP", "tcp://10.0.0.1:80", NULL},
        {"CHATBRIDGE_PORT_8080_TCP_ADDR", "10.0.0.1", NULL},
        {"CHATBRIDGE_ADMIN_SERVICE_HOST", "10.0.0.1", NULL},
        {"CHATBRIDGE_BUILD", "build", NULL},
        {"CHATBRIDGEX", "anything", NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char wanted[512] = "";
        if (rows[i].fault != NULL)
            (void)snprintf(wanted, sizeof wanted, "environment %s: %s\n", rows[i].name, rows[i].fault);
        set_variable(rows[i].name, rows[i].value);
        load(CONFIG_APP);
        assert_string_equal(faults, wanted);
        assert_int_equal(unsetenv(rows[i].name), 0);
    }
}

static void a_variable_that_fits_two_apps_fits_none(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_APP_A_B__WEBHOOK_TOKEN", "t");
    load("[bridge]\nroles = inbound\n[app:a.b]\n[app:a-b]\n");
    assert_string_equal(faults,
        "environment CHATBRIDGE_APP_A_B__WEBHOOK_TOKEN: it fits several apps, whose names differ "
        "only in '.', '_' and '-'\n");
}

static void names_have_limits_too(void **state)
{
    (void)state;
    static char name[400];
    (void)snprintf(name, sizeof name, "CHATBRIDGE_KAFKA__%0300d", 0);
    set_variable(name, "x");
    load(CONFIG_APP);
    assert_string_equal(faults, "environment CHATBRIDGE_...: a variable's name is longer than 255 characters\n");
    assert_int_equal(unsetenv(name), 0);
    (void)snprintf(name, sizeof name, "short,a%045d", 0);
    set_variable("CHATBRIDGE_APPS", name);
    load(CONFIG_APP);
    assert_non_null(strstr(faults, "environment CHATBRIDGE_APPS: a name in it is longer than 45 characters\n"));
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_environment_wins, forget_config),
        cmocka_unit_test_teardown(it_does_without_a_file, forget_config),
        cmocka_unit_test_teardown(an_app_can_be_declared_in_both_places, forget_config),
        cmocka_unit_test_teardown(it_names_the_file_unless_the_caller_does, forget_config),
        cmocka_unit_test_teardown(faults_of_the_environment, forget_config),
        cmocka_unit_test_teardown(a_variable_that_fits_two_apps_fits_none, forget_config),
        cmocka_unit_test_teardown(names_have_limits_too, forget_config),
    };
    return cmocka_run_group_tests_name("config_env", tests, NULL, NULL);
}
