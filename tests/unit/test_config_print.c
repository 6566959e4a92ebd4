// SPDX-License-Identifier: MIT
#include "bridge/config_settings.h"
#include "bridge/config_value.h"
#include "tests/unit/config_file.h"

static char sample[64 * 1024];

static void print_sample(void)
{
    FILE *out = fmemopen(sample, sizeof sample, "w");
    assert_non_null(out);
    config_print_settings(out);
    assert_true(ftell(out) < (long)sizeof sample - 1);
    (void)fclose(out);
}

static char *given(void)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    config_print_given(config, out);
    (void)fclose(out);
    return text;
}

// Where the lines of `section` begin in the sample, and in `*end` where they end.
static char *find_section(const char *section, char **end)
{
    char head[80];
    (void)snprintf(head, sizeof head, "\n[%s]\n", strcmp(section, "app") == 0 ? "app:my-app" : section);
    char *start = strstr(sample, head);
    if (start == NULL)
        fail_msg("the sample has no section [%s]", section);
    must(start != NULL);
    start += strlen(head);
    *end = strstr(start, "\n[");
    if (*end == NULL)
        *end = start + strlen(start);
    return start;
}

// The setting's line in the sample: its default as a comment, or the key alone where it has to be given.
static char *find_setting(const struct setting *setting)
{
    char line[300];
    char *end;
    char *start = find_section(setting->section, &end);
    const char *value = setting->value ? setting->value : "";
    (void)snprintf(line, sizeof line, "\n%s%s =%s%s\n", setting->required_for ? "" : "# ", setting->key,
        *value != '\0' ? " " : "", value);
    char *found = strstr(start - 1, line);
    if (found == NULL || found >= end)
        fail_msg("the sample has no line%sin [%s]", line, setting->section);
    must(found != NULL);
    return found + 1;
}

// The text from the empty line before `place` up to it.
static void copy_paragraph(const char *place, char *out, size_t size)
{
    const char *start = place;
    while (start > sample + 2 && strncmp(start - 2, "\n\n", 2) != 0)
        start--;
    must((size_t)(place - start) < size);
    memcpy(out, start, (size_t)(place - start));
    out[place - start] = '\0';
}

static void every_setting_is_in_the_sample_with_its_help(void **state)
{
    (void)state;
    print_sample();
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        char comment[2000];
        char range[CONFIG_RANGE_TEXT];
        char help[40];
        copy_paragraph(find_setting(setting), comment, sizeof comment);
        (void)snprintf(help, sizeof help, "# %.*s", (int)strcspn(setting->help, "\n"), setting->help);
        assert_non_null(strstr(comment, help));
        assert_non_null(strstr(comment, config_value_form(setting)));
        assert_non_null(strstr(comment, config_value_range(setting, range)));
        assert_int_equal(strstr(comment, ".file = PATH") != NULL, config_settings_secret(setting));
    }
}

// Each line is empty, a comment, a section or a setting: nothing of a help text escapes its comment.
static void the_sample_is_made_of_lines(void **state)
{
    (void)state;
    print_sample();
    char *rest = sample;
    for (char *line = strsep(&rest, "\n"); rest != NULL; line = strsep(&rest, "\n")) {
        bool fits = line[0] == '\0' || line[0] == '#' || (line[0] == '[' && line[strlen(line) - 1] == ']');
        for (const struct setting *setting = config_settings; setting->section != NULL && !fits; setting++) {
            size_t len = strlen(setting->key);
            fits = strncmp(line, setting->key, len) == 0 && strcmp(line + len, " =") == 0;
        }
        if (!fits)
            fail_msg("'%s'", line);
        assert_true(strlen(line) <= 120);
    }
}

static void give_required(void)
{
    set_variable("CHATBRIDGE_APP_MY_APP__BASE_URL", "https://my-app.example");
    set_variable("CHATBRIDGE_APP_MY_APP__SECRET", "s");
}

static void the_sample_is_a_configuration(void **state)
{
    (void)state;
    print_sample();
    give_required();
    load(sample);
    assert_string_equal(faults, "");
    assert_string_equal(config->apps[0].name, "my-app");
    clear_environment();
    load(sample); // what has to be given is missing, and nothing else is wrong
    assert_non_null(strstr(faults, "[app:my-app] base.url is missing\n"));
    assert_non_null(strstr(faults, "[app:my-app] secret is missing (or secret.file)\n"));
    assert_int_equal(config->fault_count, 2);
}

static void its_commented_lines_are_the_defaults(void **state)
{
    (void)state;
    print_sample();
    size_t settings = 0;
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        char *place = find_setting(setting);
        if (*place == '#')
            *place = ' '; // an indented line is a line like any other
        settings++;
    }
    give_required();
    load(sample);
    assert_string_equal(faults, "");
    char *all = given();
    size_t lines = 0;
    for (const char *c = all; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, settings);
    free(all);
    assert_int_equal(config->inbound.body_max, 1 << 20);
    assert_true(config->rate.app == 30);
}

static void help_texts_are_plain(void **state)
{
    (void)state;
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        assert_non_null(setting->help);
        assert_int_equal(setting->help[strlen(setting->help) - 1], '.');
        assert_true(strlen(setting->key) < 40);
    }
}

static void what_was_given_is_shown_with_its_place(void **state)
{
    (void)state;
    set_variable("CHATBRIDGE_BRIDGE__LOG_LEVEL", "warn");
    set_variable("CHATBRIDGE_APP_SHOP__SECRET", "hunter2");
    struct config_file file;
    static const char text[] = "[bridge]\nlog.level = info\n" // overridden: not shown
                               "[inbound]\nbody.max = 2MiB\n"
                               "[kafka]\nsasl.username = me\nsasl.password = hunter2\nssl.key.pem = hunter2\n"
                               "sasl.oauthbearer.config = hunter2\nsasl.oauthbearer.client.secret = hunter2\n"
                               "[app:shop]\nbase.url = https://shop.example\nsecret = hunter2\n"
                               "webhook.token = hunter2\n";
    config_file_make(&file, text, sizeof text - 1);
    load_path(file.path);
    assert_string_equal(faults, "");
    char *shown = given();
    char wanted[1024];
    (void)snprintf(wanted, sizeof wanted,
        "[inbound] body.max = 2MiB  (%1$s:4)\n"
        "[kafka] sasl.username = me  (%1$s:6)\n"
        "[kafka] sasl.password = (set)  (%1$s:7)\n"
        "[kafka] ssl.key.pem = (set)  (%1$s:8)\n"
        "[kafka] sasl.oauthbearer.config = (set)  (%1$s:9)\n"
        "[kafka] sasl.oauthbearer.client.secret = (set)  (%1$s:10)\n"
        "[app:shop] base.url = https://shop.example  (%1$s:12)\n"
        "[app:shop] webhook.token = (set)  (%1$s:14)\n",
        file.path);
    config_file_remove(&file);
    assert_int_equal(strncmp(shown, wanted, strlen(wanted)), 0);
    char *rest = shown + strlen(wanted); // the environment's, in whatever order it has
    assert_non_null(strstr(rest, "[bridge] log.level = warn  (environment CHATBRIDGE_BRIDGE__LOG_LEVEL)\n"));
    assert_non_null(strstr(rest, "[app:shop] secret = (set)  (environment CHATBRIDGE_APP_SHOP__SECRET)\n"));
    assert_null(strstr(shown, "hunter2"));
    free(shown);
}

// The path of a secret is no secret, and one that is emptied is not "set".
static void paths_and_emptied_secrets_are_shown(void **state)
{
    (void)state;
    load("[bridge]\nroles = inbound\n[kafka]\nsasl.password.file =\n[app:shop]\nwebhook.token =\nsecret.file =\n");
    assert_string_equal(faults, "");
    char *shown = given();
    assert_non_null(strstr(shown, "[kafka] sasl.password.file =   ("));
    assert_non_null(strstr(shown, "[app:shop] webhook.token =   ("));
    assert_non_null(strstr(shown, "[app:shop] secret.file =   ("));
    free(shown);
}

static void faults_come_in_the_order_of_the_lines(void **state)
{
    (void)state;
    struct config_file file;
    char origin[64];
    config_file_make(&file, CONFIG_APP, strlen(CONFIG_APP));
    load_path(file.path);
    config_fault(config, "environment X", "first without a line");
    static const int lines[] = {10, 9, 2, 10, 100, 1};
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        (void)snprintf(origin, sizeof origin, "%s:%d", file.path, lines[i]);
        config_fault(config, origin, "%zu", i);
    }
    config_fault(config, file.path, "the whole file");
    config_fault(config, "other:3", "of another file");
    keep_faults(file.path);
    config_file_remove(&file);
    assert_string_equal(faults, "F:1: 5\nF:2: 2\nF:9: 1\nF:10: 0\nF:10: 3\nF:100: 4\n"
                                "environment X: first without a line\nF: the whole file\nother:3: of another file\n");
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_is_in_the_sample_with_its_help),
        cmocka_unit_test(the_sample_is_made_of_lines),
        cmocka_unit_test_teardown(the_sample_is_a_configuration, forget_config),
        cmocka_unit_test_teardown(its_commented_lines_are_the_defaults, forget_config),
        cmocka_unit_test(help_texts_are_plain),
        cmocka_unit_test_teardown(what_was_given_is_shown_with_its_place, forget_config),
        cmocka_unit_test_teardown(paths_and_emptied_secrets_are_shown, forget_config),
        cmocka_unit_test_teardown(faults_come_in_the_order_of_the_lines, forget_config),
    };
    return cmocka_run_group_tests_name("config_print", tests, NULL, NULL);
}
