// SPDX-License-Identifier: MIT
#include "bridge/options.h"

#include <string.h>

#include "bridge/commands.h"
#include "tests/unit/capture.h"
#include "tests/unit/config_file.h"

static const char *value;
static const char *number;
static bool flag;
static struct options_list list;
static const struct options_row rows[] = {
    {'v', "value", "TEXT", "a value", .value = &value},
    {'f', "flag", NULL, "a flag", .flag = &flag},
    {0, "each-of-several", "TEXT", "may stand several times", .list = &list},
    {0, "number", "N", "has no letter", .value = &number},
    {0},
};
static const struct options plain = {.program = "chatbridge try", .about = "Tries it.", .rows = rows};
static const struct options with_operands = {
    .program = "chatbridge try", .operands = "FILE...", .about = "Tries it.", .more = "More of it.", .rows = rows};

static char *said; // on stdout and stderr
static int first;

static int forget(void **state)
{
    free(said);
    said = NULL;
    value = number = NULL;
    flag = false;
    list.count = 0;
    return forget_config(state);
}

// Reads the words, separated by spaces. What was said goes to `said`.
static int read_words(const struct options *options, const char *words)
{
    enum { WORDS_MAX = 128 };
    static char text[1024];
    static char *argv[WORDS_MAX];
    struct capture out;
    struct capture err;
    int argc = 0;
    (void)snprintf(text, sizeof text, "%s", words);
    char *rest = text;
    while (rest != NULL && argc < WORDS_MAX)
        argv[argc++] = strsep(&rest, " ");
    free(said);
    capture_begin(&out, STDOUT_FILENO);
    capture_begin(&err, STDERR_FILENO);
    int status = options_read(options, argc, argv, &first);
    char *complaint = capture_end(&err);
    said = capture_end(&out);
    assert_string_equal(argv[0], "try"); // as it was
    if (status == EXIT_WELL) {
        assert_string_equal(complaint, "");
        free(complaint);
        return status;
    }
    assert_string_equal(said, "");
    free(said);
    said = complaint;
    return status;
}

static void reads_letters_names_and_flags(void **state)
{
    (void)state;
    assert_int_equal(read_words(&plain, "try"), OPTIONS_GO_ON);
    assert_null(value);
    assert_false(flag);
    assert_int_equal(read_words(&plain, "try -v a --number=5 -f"), OPTIONS_GO_ON);
    assert_string_equal(value, "a");
    assert_string_equal(number, "5");
    assert_true(flag);
    assert_int_equal(read_words(&plain, "try --value b --value= --number -7"), OPTIONS_GO_ON);
    assert_string_equal(value, ""); // the last one counts
    assert_string_equal(number, "-7");
    assert_int_equal(first, 6);
    assert_string_equal(said, "");
}

static void an_option_can_stand_several_times(void **state)
{
    (void)state;
    assert_int_equal(read_words(&plain, "try --each-of-several=a --each-of-several b"), OPTIONS_GO_ON);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0], "a");
    assert_string_equal(list.items[1], "b");
}

static void but_not_without_end(void **state)
{
    (void)state;
    char *argv[2 + OPTIONS_REPEAT_MAX];
    char name[] = "try";
    char word[] = "--each-of-several=x";
    argv[0] = name;
    for (int i = 0; i <= OPTIONS_REPEAT_MAX; i++)
        argv[1 + i] = word;
    assert_int_equal(options_read(&plain, 1 + OPTIONS_REPEAT_MAX, argv, &first), OPTIONS_GO_ON);
    list.count = 0;
    struct capture err;
    capture_begin(&err, STDERR_FILENO);
    int status = options_read(&plain, 2 + OPTIONS_REPEAT_MAX, argv, &first);
    said = capture_end(&err);
    assert_int_equal(status, EXIT_USAGE);
    assert_non_null(strstr(said, "--each-of-several stands more than 64 times"));
}

static void operands_end_up_behind_the_options(void **state)
{
    (void)state;
    assert_int_equal(read_words(&with_operands, "try one -f two -v x three"), OPTIONS_GO_ON);
    assert_true(flag);
    assert_string_equal(value, "x");
    assert_int_equal(first, 4);
    assert_int_equal(read_words(&with_operands, "try -f -- -v x"), OPTIONS_GO_ON);
    assert_int_equal(first, 3);
}

static void what_is_wrong_is_said_with_the_way_to_the_help(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        const char *said;
    } wrong[] = {
        {"try --unknown", "chatbridge try: unrecognized option '--unknown'"},
        {"try -x", "chatbridge try: invalid option -- 'x'"},
        {"try -v", "chatbridge try: option requires an argument -- 'v'"},
        {"try --number", "chatbridge try: option '--number' requires an argument"},
        {"try --flag=1", "chatbridge try: option '--flag' doesn't allow an argument"},
        {"try -f more", "chatbridge try: unexpected argument 'more'"},
        {"try -- -f", "chatbridge try: unexpected argument '-f'"},
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        assert_int_equal(read_words(&plain, wrong[i].words), EXIT_USAGE);
        if (strncmp(said, wrong[i].said, strlen(wrong[i].said)) != 0)
            fail_msg("%s: '%s'", wrong[i].words, said);
        assert_non_null(strstr(said, "'chatbridge try --help' tells the options\n"));
    }
}

static void the_help_comes_from_the_table(void **state)
{
    (void)state;
    assert_int_equal(read_words(&with_operands, "try --help"), EXIT_WELL);
    assert_string_equal(said, "usage: chatbridge try [OPTIONS] FILE...\n"
                              "\n"
                              "Tries it.\n"
                              "\n"
                              "  -v, --value TEXT          a value\n"
                              "  -f, --flag                a flag\n"
                              "      --each-of-several TEXT\n"
                              "                            may stand several times\n"
                              "      --number N            has no letter\n"
                              "  -h, --help                this text\n"
                              "\n"
                              "More of it.\n");
    assert_int_equal(read_words(&plain, "try -f -h --unknown"), EXIT_WELL); // what comes behind it is not looked at
    assert_memory_equal(said, "usage: chatbridge try [OPTIONS]\n\n", 33);
    assert_null(strstr(said, "More"));
}

static void reads_whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t number; // -1: refused
    } numbers[] = {{"1", 1}, {"100", 100}, {"007", 7}, {"0", -1}, {"101", -1}, {"", -1}, {" 5", -1}, {"5 ", -1},
        {"+5", -1}, {"-5", -1}, {"5x", -1}, {"0x5", -1}, {"1e1", -1}, {"99999999999999999999", -1}};
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++) {
        int64_t got;
        int result = options_number(numbers[i].text, 1, 100, &got);
        assert_int_equal(result, numbers[i].number < 0 ? -1 : 0);
        if (result == 0)
            assert_int_equal(got, numbers[i].number);
    }
    int64_t got;
    assert_int_equal(options_number("9223372036854775807", 0, INT64_MAX, &got), 0);
    assert_int_equal(got, INT64_MAX);
    assert_int_equal(options_number("9223372036854775808", 0, INT64_MAX, &got), -1);
}

static void reads_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; // -1: refused
    } durations[] = {
        {"1ms", 1}, {"8s", 8000}, {"24h", 86400000}, {"0", -1}, {"25h", -1}, {"8", -1}, {"", -1}, {"s", -1}};
    for (size_t i = 0; i < UNIT_COUNT(durations); i++) {
        struct capture err;
        int64_t got = -1;
        capture_begin(&err, STDERR_FILENO);
        int status = options_duration(&plain, "wait", durations[i].text, &got);
        char *complaint = capture_end(&err);
        bool told = strncmp(complaint, "chatbridge try: --wait: '", 25) == 0;
        free(complaint);
        assert_int_equal(status, durations[i].ms < 0 ? EXIT_USAGE : OPTIONS_GO_ON);
        assert_int_equal(told, durations[i].ms < 0);
        if (durations[i].ms >= 0)
            assert_int_equal(got, durations[i].ms);
    }
}

static void read_config(const char *text)
{
    struct config_file file;
    struct capture err;
    config_file_make(&file, text, strlen(text));
    capture_begin(&err, STDERR_FILENO);
    config = options_config(file.path);
    said = capture_end(&err);
    config_file_remove(&file);
}

static void a_configuration_with_faults_is_none(void **state)
{
    (void)state;
    read_config("[kafka]\nlinger.ms = soon\n[app:shop]\nsecret = s\n");
    assert_null(config);
    assert_non_null(strstr(said, ":2: [kafka] linger.ms: "));
    assert_non_null(strstr(said, ":3: [app:shop] base.url is missing\n"));
}

static void a_configuration_without_is_read(void **state)
{
    (void)state;
    read_config("[app:shop]\nbase.url = https://shop.example\nsecret = s\n");
    assert_string_equal(said, "");
    assert_non_null(config);
    assert_string_equal(config->apps[0].name, "shop");
}

int main(void)
{
    clear_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(reads_letters_names_and_flags, forget),
        cmocka_unit_test_teardown(an_option_can_stand_several_times, forget),
        cmocka_unit_test_teardown(but_not_without_end, forget),
        cmocka_unit_test_teardown(operands_end_up_behind_the_options, forget),
        cmocka_unit_test_teardown(what_is_wrong_is_said_with_the_way_to_the_help, forget),
        cmocka_unit_test_teardown(the_help_comes_from_the_table, forget),
        cmocka_unit_test(reads_whole_numbers),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test_teardown(a_configuration_with_faults_is_none, forget),
        cmocka_unit_test_teardown(a_configuration_without_is_read, forget),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
