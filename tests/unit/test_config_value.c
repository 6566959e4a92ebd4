// SPDX-License-Identifier: MIT
//
// Each type of setting as a table of texts. The settings are this file's own, in the place of a row of the real table.
#include "bridge/config_value.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

// A value of any type; a setting's offset in it is 0.
union value {
    char *text;
    int64_t duration;
    size_t size;
    unsigned count;
    double rate;
    int choice;
};

struct number_row {
    const char *text;
    int64_t number; // -1: refused
};

static struct error error;

static int set(const struct setting *setting, const char *text, union value *value)
{
    error = (struct error){.kind = ERROR_NONE};
    int result = config_value_set(setting, text, value, &error);
    assert_int_equal(error.kind, result == 0 ? ERROR_NONE : ERROR_INPUT);
    return result;
}

// Each text gives that text, or is refused with NULL.
static void check_texts(const struct setting *setting, const char *const (*rows)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        union value value = {.text = NULL};
        int result = set(setting, rows[i][0], &value);
        if (result != (rows[i][1] ? 0 : -1) || (result == 0 && strcmp(value.text, rows[i][1]) != 0))
            fail_msg("'%s': %s", rows[i][0], result == 0 ? value.text : error.text);
        assert_int_equal(config_value_given(setting, &value), result == 0);
        config_value_clear(setting, &value);
        assert_null(value.text);
    }
}

#define CHECK_TEXTS(setting, rows) check_texts(setting, rows, UNIT_COUNT(rows))

static void texts(void **state)
{
    (void)state;
    static const struct setting text = {"s", "k", SETTING_TEXT, 0, NULL, 1, 5};
    static const char *const rows[][2] = {
        {"a", "a"},
        {"12345", "12345"},
        {"\xc3\xa9 x", "\xc3\xa9 x"},
        {"123456", NULL},
        {"a\tb", NULL},
        {"a\x7f", NULL},
        {"a\x1b", NULL},
    };
    CHECK_TEXTS(&text, rows);
}

static void secrets(void **state)
{
    (void)state;
    static const struct setting secret = {"s", "k", SETTING_SECRET, 0, NULL, 1, 20};
    static const char *const rows[][2] = {
        {"s", "s"},
        {"a/b?c#d%e = f", "a/b?c#d%e = f"},
        {" s", NULL},
        {"s ", NULL},
        {" ", NULL},
        {"s\n", NULL},
        {"123456789012345678901", NULL},
    };
    CHECK_TEXTS(&secret, rows);
    static const struct setting token = {"s", "k", SETTING_TOKEN, 0, NULL, 1, 20};
    static const char *const token_rows[][2] = {
        {"t", "t"},
        {"a-b_c.d~e=f", "a-b_c.d~e=f"},
        {"a/b", NULL},
        {"a?b", NULL},
        {"a#b", NULL},
        {"a%2f", NULL},
        {"t ", NULL},
    };
    CHECK_TEXTS(&token, token_rows);
}

static void a_refused_secret_is_not_quoted(void **state)
{
    (void)state;
    static const enum setting_type types[] = {SETTING_SECRET, SETTING_TOKEN};
    static const char *const texts[] = {" hunter2", "hunter2\n", "hunter2/hunter2hunter2"};
    for (size_t i = 0; i < UNIT_COUNT(types); i++)
        for (size_t j = 0; j < UNIT_COUNT(texts); j++) {
            const struct setting setting = {"s", "k", types[i], 0, NULL, 1, 20};
            union value value = {.text = NULL};
            assert_int_equal(set(&setting, texts[j], &value), -1);
            assert_null(strstr(error.text, "hunter2"));
        }
}

static void addresses(void **state)
{
    (void)state;
    static const struct setting address = {"s", "k", SETTING_ADDRESS, 0, "x"};
    static const char *const rows[][2] = {
        {"0.0.0.0:8080", "0.0.0.0:8080"},
        {"localhost:0", "localhost:0"},
        {"[::1]:65535", "[::1]:65535"},
        {"[::]:1", "[::]:1"},
        {"[not v6]:1", NULL},
        {"[::1%lo]:1", NULL},
        {"::1:8080", NULL},
        {"8080", NULL},
        {":8080", NULL},
        {"host", NULL},
        {"host:", NULL},
        {"host:65536", NULL},
        {"host:-1", NULL},
        {"ho st:1", NULL},
        {"http://host:1", NULL},
    };
    CHECK_TEXTS(&address, rows);
}

static void topics(void **state)
{
    (void)state;
    static const struct setting topic = {"s", "k", SETTING_TOPIC, 0, "x"};
    static char longest[251];
    memset(longest, 't', 249);
    const char *const rows[][2] = {
        {"chat.events", "chat.events"},
        {"A-z_0.9", "A-z_0.9"},
        {"...", "..."},
        {longest, longest},
        {".", NULL},
        {"..", NULL},
        {"a b", NULL},
        {"a/b", NULL},
        {"\xc3\xa9", NULL},
    };
    CHECK_TEXTS(&topic, rows);
    longest[249] = 't';
    union value value = {.text = NULL};
    assert_int_equal(set(&topic, longest, &value), -1);
}

static void headers(void **state)
{
    (void)state;
    static const struct setting header = {"s", "k", SETTING_HEADER, 0, "x"};
    static const char *const rows[][2] = {
        {"QISCUS_SDK_SECRET", "QISCUS_SDK_SECRET"},
        {"X-Secret", "X-Secret"},
        {"!#$%&'*+-.^_`|~0", "!#$%&'*+-.^_`|~0"},
        {"X Secret", NULL},
        {"X-Secret:", NULL},
        {"X\r\nY", NULL},
        {"\xc3\xa9", NULL},
    };
    CHECK_TEXTS(&header, rows);
}

static void urls(void **state)
{
    (void)state;
    static const struct setting url = {"s", "k", SETTING_URL, 0, NULL, 1, 60};
    static const char *const rows[][2] = {
        {"https://my-app.example.com", "https://my-app.example.com"},
        {"https://my-app.example.com/", "https://my-app.example.com"}, // the calls' paths begin with a slash
        {"HTTP://Shop_1.example:81/api/v1/", "HTTP://Shop_1.example:81/api/v1"},
        {"http://127.0.0.1:1", "http://127.0.0.1:1"},
        {"http://[::1]", "http://[::1]"},
        {"http://[::1]:8080/x", "http://[::1]:8080/x"},
        {"https://123456789012345678901234567890123456789012345678.test", NULL}, // 61 bytes
        {"shop.example", NULL},
        {"ftp://shop.example", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"https://shop.example:0", NULL},
        {"https://shop.example:", NULL},
        {"https://shop.example:65536", NULL},
        {"https://shop.example:http", NULL},
        {"https://shop.example?x=1", NULL},
        {"https://shop.example/#x", NULL},
        {"https://shop.example/a b", NULL},
        {"https://shop.example//", NULL},
        {"https://shop.example/a\tb", NULL},
        {"https://sh op.example", NULL},
        {"https://[::1", NULL},
        {"https://[shop]", NULL},
        {"https://::1", NULL},
        {"https://user@shop.example", NULL},
        {"https://user:pass@shop.example:1", NULL},
    };
    CHECK_TEXTS(&url, rows);
    union value value = {.text = NULL};
    static const char *const with_secrets[] = {"https://user:hunter2@shop.example", "ftp://user:hunter2@shop.example",
        "user:hunter2@shop.example", "//user:hunter2@shop.example"};
    for (size_t i = 0; i < UNIT_COUNT(with_secrets); i++) {
        assert_int_equal(set(&url, with_secrets[i], &value), -1);
        assert_null(strstr(error.text, "hunter2"));
    }
}

static void durations(void **state)
{
    (void)state;
    static const struct setting duration = {"s", "k", SETTING_DURATION, 0, "x"};
    static const struct number_row rows[] = {
        {"0", 0},
        {"0ms", 0},
        {"0h", 0},
        {"500ms", 500},
        {"8s", 8000},
        {"15m", 900000},
        {"1h", 3600000},
        {"007s", 7000},
        {"999999999999999ms", 999999999999999},
        {"2562047788015h", INT64_C(2562047788015) * 3600000}, // the most hours that fit
        {"2562047788016h", -1},
        {"9999999999999999ms", -1},
        {"8", -1},
        {"8 s", -1},
        {" 8s", -1},
        {"8s ", -1},
        {"-8s", -1},
        {"+8s", -1},
        {"8.5s", -1},
        {"8S", -1},
        {"1m30s", -1},
        {"s", -1},
        {"1d", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union value value = {.duration = 42};
        int result = set(&duration, rows[i].text, &value);
        if (result != (rows[i].number < 0 ? -1 : 0) || (result == 0 && value.duration != rows[i].number))
            fail_msg("'%s' gave %d, %lld", rows[i].text, result, (long long)value.duration);
    }
}

static void sizes(void **state)
{
    (void)state;
    static const struct setting size = {"s", "k", SETTING_SIZE, 0, "x"};
    static const struct number_row rows[] = {
        {"0", 0},
        {"512", 512},
        {"512B", 512},
        {"64KiB", 65536},
        {"1MiB", 1048576},
        {"3GiB", INT64_C(3221225472)},
        {"8589934591GiB", INT64_C(8589934591) << 30},
        {"8589934592GiB", -1},
        {"1MB", -1},
        {"1K", -1},
        {"1 MiB", -1},
        {"1.5MiB", -1},
        {"-1", -1},
        {"KiB", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union value value = {.size = 42};
        int result = set(&size, rows[i].text, &value);
        if (result != (rows[i].number < 0 ? -1 : 0) || (result == 0 && value.size != (size_t)rows[i].number))
            fail_msg("'%s' gave %d, %zu", rows[i].text, result, value.size);
    }
}

static void counts(void **state)
{
    (void)state;
    static const struct setting count = {"s", "k", SETTING_COUNT, 0, "x", 1, 100};
    static const struct number_row rows[] = {{"1", 1}, {"64", 64}, {"100", 100}, {"0", -1}, {"101", -1},
        {"4294967297", -1}, {"-1", -1}, {"1k", -1}, {"", -1}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union value value = {.count = 42};
        int result = set(&count, rows[i].text, &value);
        assert_int_equal(result, rows[i].number < 0 ? -1 : 0);
        assert_int_equal(value.count, result == 0 ? rows[i].number : 42);
    }
}

static void rates(void **state)
{
    (void)state;
    static const struct setting rate = {"s", "k", SETTING_RATE, 0, "x", 0, 100};
    static const struct {
        const char *text;
        double rate; // below 0: refused
    } rows[] = {
        {"0", 0},
        {"0/s", 0},
        {"30/s", 30},
        {"600/m", 10},
        {"1/m", 1.0 / 60},
        {"1/h", 1.0 / 3600},
        {"100/s", 100},
        {"6000/m", 100},
        {"101/s", -1},
        {"6001/m", -1},
        {"360001/h", -1},
        {"30", -1},
        {"30/d", -1},
        {"30 /s", -1},
        {"-1/s", -1},
        {"1.5/s", -1},
        {"/s", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union value value = {.rate = 42};
        int result = set(&rate, rows[i].text, &value);
        if (result != (rows[i].rate < 0 ? -1 : 0) || (result == 0 && value.rate != rows[i].rate))
            fail_msg("'%s' gave %d, %f", rows[i].text, result, value.rate);
    }
}

static const struct setting_choice choices[] = {{"one", 1}, {"two", 2}, {"four", 4}, {NULL, 0}};

static void choice(void **state)
{
    (void)state;
    static const struct setting setting = {"s", "k", SETTING_CHOICE, 0, "one", .choices = choices};
    static const struct number_row rows[] = {
        {"one", 1}, {"four", 4}, {"On", -1}, {"ONE", -1}, {"on", -1}, {"ones", -1}, {"one, two", -1}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union value value = {.choice = 42};
        int result = set(&setting, rows[i].text, &value);
        assert_int_equal(result, rows[i].number < 0 ? -1 : 0);
        assert_int_equal(value.choice, result == 0 ? rows[i].number : 42);
    }
    assert_string_equal(error.text, "'one, two' is not one of: one, two, four");
}

static void set_of_choices(void **state)
{
    (void)state;
    static const struct setting setting = {"s", "k", SETTING_SET, 0, "one", .choices = choices};
    static const struct number_row rows[] = {
        {"one", 1},
        {"one,two", 3},
        {" four ,\tone ", 5},
        {"two, two", 2},
        {"one,", -1},
        {",one", -1},
        {"one,,two", -1},
        {"one two", -1},
        {"three", -1},
        {" ", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union value value = {.count = 42};
        int result = set(&setting, rows[i].text, &value);
        if (result != (rows[i].number < 0 ? -1 : 0) || value.count != (result == 0 ? (unsigned)rows[i].number : 42))
            fail_msg("'%s' gave %d, %u", rows[i].text, result, value.count);
    }
    assert_string_equal(error.text, "' ' is not a list of: one, two, four");
}

static void a_new_text_takes_the_old_ones_place(void **state)
{
    (void)state;
    static const struct setting setting = {"s", "k", SETTING_TEXT, 0, NULL, 1, 5};
    union value value = {.text = NULL};
    assert_int_equal(set(&setting, "one", &value), 0);
    assert_int_equal(set(&setting, "two", &value), 0);
    assert_string_equal(value.text, "two");
    assert_int_equal(set(&setting, "too long", &value), -1);
    assert_string_equal(value.text, "two"); // a refused one changes nothing
    assert_int_equal(set(&setting, "", &value), 0);
    assert_null(value.text); // without a default, empty means none
}

static void with_a_default_empty_means_nothing(void **state)
{
    (void)state;
    static const struct setting setting = {"s", "k", SETTING_TEXT, 0, "usual", 1, 5};
    union value value = {.text = NULL};
    assert_int_equal(set(&setting, "", &value), -1);
    assert_string_equal(error.text, "it is empty; leave the line out for the default, usual");
}

static void ranges_are_told_in_the_types_own_units(void **state)
{
    (void)state;
    static const struct {
        struct setting setting;
        const char *form;
        const char *range;
    } rows[] = {
        {{"s", "k", SETTING_DURATION, 0, "x", 100, 300000}, "duration (500ms, 8s, 15m, 1h)", "from 100ms to 5m"},
        {{"s", "k", SETTING_DURATION, 0, "x", 0, 90000}, "duration (500ms, 8s, 15m, 1h)", "from 0 to 90s"},
        {{"s", "k", SETTING_DURATION, 0, "x", 0, 0}, "duration (500ms, 8s, 15m, 1h)", ""},
        {{"s", "k", SETTING_SIZE, 0, "x", 1024, 64 << 20}, "size (512, 64KiB, 1MiB, 1GiB)", "from 1KiB to 64MiB"},
        {{"s", "k", SETTING_SIZE, 0, "x", 1, 1025}, "size (512, 64KiB, 1MiB, 1GiB)", "from 1B to 1025B"},
        {{"s", "k", SETTING_COUNT, 0, "x", 1, 4096}, "whole number", "from 1 to 4096"},
        {{"s", "k", SETTING_RATE, 0, "x", 0, 100000}, "rate (30/s, 600/m, 0)", "from 0 to 100000 a second"},
        {{"s", "k", SETTING_TEXT, 0, "x", 1, 249}, "text", ""},
        {{"s", "k", SETTING_CHOICE, 0, "x", .choices = choices}, "one of: one, two, four", ""},
        {{"s", "k", SETTING_SET, 0, "x", .choices = choices}, "list of: one, two, four", ""},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char range[CONFIG_RANGE_TEXT];
        assert_string_equal(config_value_form(&rows[i].setting), rows[i].form);
        assert_string_equal(config_value_range(&rows[i].setting, range), rows[i].range);
    }
}

static void a_refusal_says_what_would_be_right(void **state)
{
    (void)state;
    static const struct setting setting = {"s", "k", SETTING_DURATION, 0, "x", 1000, 60000};
    union value value;
    assert_int_equal(set(&setting, "soon", &value), -1);
    assert_string_equal(error.text, "'soon' is not a duration (500ms, 8s, 15m, 1h)");
    assert_int_equal(set(&setting, "2m", &value), -1);
    assert_string_equal(error.text, "'2m' is out of range: from 1s to 1m");
    assert_int_equal(set(&setting, "999ms", &value), -1);
    assert_int_equal(set(&setting, "1s", &value), 0);
    assert_int_equal(set(&setting, "1m", &value), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(secrets),
        cmocka_unit_test(a_refused_secret_is_not_quoted),
        cmocka_unit_test(addresses),
        cmocka_unit_test(topics),
        cmocka_unit_test(headers),
        cmocka_unit_test(urls),
        cmocka_unit_test(durations),
        cmocka_unit_test(sizes),
        cmocka_unit_test(counts),
        cmocka_unit_test(rates),
        cmocka_unit_test(choice),
        cmocka_unit_test(set_of_choices),
        cmocka_unit_test(a_new_text_takes_the_old_ones_place),
        cmocka_unit_test(with_a_default_empty_means_nothing),
        cmocka_unit_test(ranges_are_told_in_the_types_own_units),
        cmocka_unit_test(a_refusal_says_what_would_be_right),
    };
    return cmocka_run_group_tests_name("config_value", tests, NULL, NULL);
}
