// SPDX-License-Identifier: MIT
#include "bridge/config_settings.h"

#include <string.h>

#include "bridge/config_value.h"
#include "tests/unit/unit.h"

static bool is_section(const char *name)
{
    for (const struct setting_section *section = config_sections; section->name != NULL; section++)
        if (strcmp(section->name, name) == 0)
            return true;
    return false;
}

static void every_row_is_found_and_is_whole(void **state)
{
    (void)state;
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        bool as_file = true;
        assert_ptr_equal(
            config_settings_find(setting->section, setting->key, &as_file), setting); // so none is there twice
        assert_false(as_file);
        assert_true(is_section(setting->section));
        assert_true(setting->min <= setting->max);
        assert_true(setting->offset <
                    (strcmp(setting->section, "app") == 0 ? sizeof(struct app_config) : sizeof(struct config)));
        bool chosen = setting->type == SETTING_CHOICE || setting->type == SETTING_SET;
        assert_int_equal(setting->choices != NULL, chosen);
        // Only one that can be missing can be required.
        assert_true(setting->required_for == 0 || setting->value == NULL);
    }
}

// Two rows with one field would overwrite each other's value.
static void every_row_has_a_field_of_its_own(void **state)
{
    (void)state;
    for (const struct setting *one = config_settings; one->section != NULL; one++)
        for (const struct setting *two = config_settings; two != one; two++)
            if ((strcmp(one->section, "app") == 0) == (strcmp(two->section, "app") == 0))
                assert_int_not_equal(one->offset, two->offset);
}

static void only_secrets_have_a_form_as_file(void **state)
{
    (void)state;
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        char key[64];
        bool as_file;
        (void)snprintf(key, sizeof key, "%s.file", setting->key);
        const struct setting *found = config_settings_find(setting->section, key, &as_file);
        if (config_settings_secret(setting)) {
            assert_ptr_equal(found, setting);
            assert_true(as_file);
        } else {
            assert_null(found);
        }
    }
}

static void a_key_that_begins_like_one_is_none(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"app", "secre"}, {"app", "secrets"}, {"app", "secret.files"},
        {"app", "secret.file.file"}, {"app", ""}, {"inbound", "secret"}, {"app:shop", "secret"}, {"", "secret"}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        bool as_file;
        assert_null(config_settings_find(rows[i][0], rows[i][1], &as_file));
    }
}

static void an_apps_section_is_the_tables_app(void **state)
{
    (void)state;
    assert_string_equal(config_settings_section("app:shop"), "app");
    assert_string_equal(config_settings_section("app:"), "app");
    assert_string_equal(config_settings_section("inbound"), "inbound");
    assert_string_equal(config_settings_section("apps"), "apps");
}

static void tells_how_far_texts_are_apart(void **state)
{
    (void)state;
    static char a[200];
    static char b[200];
    memset(a, 'a', sizeof a - 1);
    memset(b, 'b', sizeof b - 1);
    static const struct {
        const char *a;
        const char *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "abc", 0},
        {"abc", "abd", 1},
        {"abc", "ab", 1},
        {"abc", "xabc", 1},
        {"body.max", "bodymax", 1},
        {"kitten", "sitting", 3},
        {"ab", "ba", 2},
        {a, b, 64}, // no more is looked at
        {a, "", 64},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        assert_int_equal(config_settings_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(config_settings_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
}

static void suggests_what_is_most_like_it(void **state)
{
    (void)state;
    static const struct {
        const char *section;
        const char *key;
        const char *like;
    } rows[] = {
        {"inbound", "body_max", "body.max"},
        {"inbound", "maxbody", NULL},
        {"inbound", "ack.timout", "ack.timeout"},
        {"inbound", "request.timeouts", "request.timeout"},
        {"retry", "windows", "window"},
        {"retry", "wndws", NULL}, // half of it differs
        {"breaker", "opn.max", "open.max"},
        {"app", "webhook.tokn", "webhook.token"},
        {"app", "zzzzzz", NULL},
        {"nowhere", "body.max", NULL},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        const char *like = config_settings_like_key(rows[i].section, rows[i].key);
        assert_int_equal(like != NULL, rows[i].like != NULL);
        if (like != NULL)
            assert_string_equal(like, rows[i].like);
    }
    assert_string_equal(config_settings_like_section("kafka.producers"), "kafka.producer");
    assert_string_equal(config_settings_like_section("Outbound"), "outbound");
    assert_null(config_settings_like_section("something"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_and_is_whole),
        cmocka_unit_test(every_row_has_a_field_of_its_own),
        cmocka_unit_test(only_secrets_have_a_form_as_file),
        cmocka_unit_test(a_key_that_begins_like_one_is_none),
        cmocka_unit_test(an_apps_section_is_the_tables_app),
        cmocka_unit_test(tells_how_far_texts_are_apart),
        cmocka_unit_test(suggests_what_is_most_like_it),
    };
    return cmocka_run_group_tests_name("config_settings", tests, NULL, NULL);
}
