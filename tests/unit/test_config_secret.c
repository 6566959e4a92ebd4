// SPDX-License-Identifier: MIT
#include "bridge/config_source.h"
#include "tests/unit/config_file.h"

static void secrets_come_from_files(void **state)
{
    (void)state;
    struct config_file secret;
    char text[300];
    config_file_make(&secret, "hunter2\r\n", 9);
    (void)snprintf(text, sizeof text,
        "[app:shop]\nbase.url = https://shop.example\nsecret.file = %s\nwebhook.token.file =\n"
        "[kafka]\nsasl.password.file = %s\n",
        secret.path, secret.path);
    load(text);
    assert_string_equal(faults, "");
    assert_string_equal(config->apps[0].secret, "hunter2");
    assert_null(config->apps[0].webhook_token);
    assert_string_equal(kafka_value("kafka", "sasl.password"), "hunter2");
    assert_null(kafka_value("kafka", "sasl.password.file"));
    set_variable("CHATBRIDGE_APP_DESK__SECRET_FILE", secret.path);
    set_variable("CHATBRIDGE_KAFKA__SSL_KEY_PASSWORD_FILE", secret.path);
    load("[app:desk]\nbase.url = https://desk.example\nsecret = other\n");
    assert_string_equal(faults, "");
    assert_string_equal(
        config->apps[0].secret, "hunter2"); // either form in the environment wins over either in the file
    assert_string_equal(kafka_value("kafka", "ssl.key.password"), "hunter2");
    assert_int_equal(unsetenv("CHATBRIDGE_APP_DESK__SECRET_FILE"), 0);
    set_variable("CHATBRIDGE_APP_DESK__SECRET", "direct");
    load("[app:desk]\nbase.url = https://desk.example\nsecret.file = /nowhere/secret\n");
    assert_string_equal(faults, "");
    assert_string_equal(config->apps[0].secret, "direct");
    config_file_remove(&secret);
}

static void faults_of_secrets_quote_nothing(void **state)
{
    (void)state;
    struct config_file secret;
    char text[400];
    config_file_make(&secret, "hunter2\nmore\n", 13);
    (void)snprintf(text, sizeof text,
        "[app:shop]\nbase.url = https://shop.example\nsecret.file = %s\nwebhook.token = hunter2/x\n"
        "[app:desk]\nbase.url = https://user:hunter2@desk.example\nsecret.file = /nowhere/secret\n",
        secret.path);
    load(text);
    config_file_remove(&secret);
    assert_string_equal(faults,
        "F:3: [app:shop] secret.file: it holds a control character\n"
        "F:4: [app:shop] webhook.token: it holds one of / ? # %, and it has to stand in a URL's path\n"
        "F:6: [app:desk] base.url: it holds a user name; the secret has a setting of its own\n"
        "F:7: [app:desk] secret.file: /nowhere/secret cannot be read: No such file or directory\n");
}

static void what_a_secrets_file_may_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *secret; // NULL: refused
        const char *why;
    } rows[] = {
        {"s", 1, "s", NULL},
        {"s\n", 2, "s", NULL}, // editors and echo end the line
        {"s\r\n", 3, "s", NULL},
        {"s\n\n", 3, "s\n", NULL}, // one only; what is more is refused as a control character later
        {" s ", 3, " s ", NULL},
        {"", 0, NULL, "is empty"},
        {"\n", 1, NULL, "is empty"},
        {"\r\n", 2, NULL, "is empty"},
        {"a\0b", 3, NULL, "holds a NUL byte"},
        {"a\0", 2, NULL, "holds a NUL byte"},
        {"\0", 1, NULL, "holds a NUL byte"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct config_file file;
        struct error error = {.kind = ERROR_NONE};
        config_file_make(&file, rows[i].text, rows[i].len);
        char *secret = config_secret_read(file.path, &error);
        config_file_remove(&file);
        if (rows[i].secret != NULL) {
            assert_non_null(secret);
            assert_string_equal(secret, rows[i].secret);
        } else {
            assert_null(secret);
            assert_int_equal(error.kind, ERROR_INPUT);
            assert_non_null(strstr(error.text, file.path));
            assert_non_null(strstr(error.text, rows[i].why));
        }
        free(secret);
    }
}

static void a_secrets_file_has_a_limit(void **state)
{
    (void)state;
    enum { LIMIT = 64 * 1024 };
    static char large[LIMIT + 1];
    memset(large, 's', sizeof large);
    for (size_t len = LIMIT; len <= LIMIT + 1; len++) {
        struct config_file file;
        struct error error;
        config_file_make(&file, large, len);
        char *secret = config_secret_read(file.path, &error);
        config_file_remove(&file);
        assert_int_equal(secret != NULL, len == LIMIT);
        if (secret != NULL)
            assert_int_equal(strlen(secret), LIMIT);
        else
            assert_non_null(strstr(error.text, "is larger than 65536 bytes"));
        free(secret);
    }
}

static void a_directory_is_no_secret(void **state)
{
    (void)state;
    struct error error;
    assert_null(config_secret_read("/proc/self", &error));
    assert_string_equal(error.text, "/proc/self cannot be read: Is a directory");
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(secrets_come_from_files, forget_config),
        cmocka_unit_test_teardown(faults_of_secrets_quote_nothing, forget_config),
        cmocka_unit_test(what_a_secrets_file_may_hold),
        cmocka_unit_test(a_secrets_file_has_a_limit),
        cmocka_unit_test(a_directory_is_no_secret),
    };
    return cmocka_run_group_tests_name("config_secret", tests, NULL, NULL);
}
