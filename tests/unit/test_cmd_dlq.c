// SPDX-License-Identifier: MIT
//
// What records of the dlq topic say: places, marks, letters. The rest of `chatbridge dlq` is tests/flow's.
#include "bridge/cmd_dlq.h"

#include <string.h>

#include "bridge/cmd_dlq_letter.h"
#include "bridge/cmd_dlq_marks.h"
#include "bridge/contract.h"
#include "bridge/record_print.h"
#include "tests/unit/config_file.h"

static void test_places(void **state)
{
    (void)state;
    struct cmd_dlq_place place;
    assert_int_equal(cmd_dlq_place("3:17", &place), 0);
    assert_int_equal(place.partition, 3);
    assert_int_equal(place.offset, 17);
    assert_int_equal(cmd_dlq_place("2147483647:999999999999999999", &place), 0);
    static const char *const wrong[] = {"", ":", "3", "3:", ":17", "3:-1", "-3:1", "3:1:2", "3: 1", "3:1 ", "+3:1",
        "2147483648:0", "0:1000000000000000000"};
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        assert_int_equal(cmd_dlq_place(wrong[i], &place), -1);
}

static void add_mark(struct cmd_dlq_marks *marks, const char *place, const char *action, const char *at, bool taken)
{
    const struct kafka_header headers[] = {kafka_text_header(HEADER_DLQ_HANDLED, place),
        kafka_text_header(HEADER_DLQ_ACTION, action), kafka_text_header(HEADER_DLQ_BY, action),
        kafka_text_header(HEADER_DLQ_AT, at)};
    const struct kafka_record record = {.timestamp_ms = 5, .headers = headers, .header_count = UNIT_COUNT(headers)};
    assert_int_equal(cmd_dlq_marks_add(marks, &record), taken);
}

// However the marks come, the youngest of a letter counts.
static void test_the_last_mark_counts(void **state)
{
    (void)state;
    struct cmd_dlq_marks marks = {0};
    const struct kafka_record no_mark = {.partition = 0};
    cmd_dlq_marks_sort(&marks);
    assert_null(cmd_dlq_marks_find(&marks, &(struct cmd_dlq_place){0, 0}));
    add_mark(&marks, "1:5", DLQ_DISCARDED, "2026-12-01T10:00:02Z", true);
    add_mark(&marks, "1:5", DLQ_REDRIVEN, "2026-12-01T10:00:01Z", true);
    add_mark(&marks, "0:9", DLQ_REDRIVEN, "soon", true);
    add_mark(&marks, "nonsense", DLQ_REDRIVEN, "2026-12-01T10:00:01Z", false);
    add_mark(&marks, "", DLQ_REDRIVEN, "2026-12-01T10:00:01Z", false);
    assert_false(cmd_dlq_marks_add(&marks, &no_mark));
    cmd_dlq_marks_sort(&marks);
    const struct cmd_dlq_mark *mark = cmd_dlq_marks_find(&marks, &(struct cmd_dlq_place){1, 5});
    assert_non_null(mark);
    assert_int_equal(mark->action, CMD_DLQ_DISCARDED);
    assert_string_equal(mark->by, DLQ_DISCARDED);
    mark = cmd_dlq_marks_find(&marks, &(struct cmd_dlq_place){0, 9});
    assert_non_null(mark);
    assert_int_equal(mark->at_ms, 5); // the record's own time
    assert_null(cmd_dlq_marks_find(&marks, &(struct cmd_dlq_place){0, 5}));
    assert_null(cmd_dlq_marks_find(&marks, &(struct cmd_dlq_place){1, 6}));
    assert_null(cmd_dlq_marks_find(&marks, &(struct cmd_dlq_place){2, 0}));
    cmd_dlq_marks_clear(&marks);
}

static const struct letter_case {
    const char *value;
    const char *more; // a header of that name and value
    const char *more_value;
    const char *app;
    const char *command;
    const char *room;
    const char *own_id;
} letter_cases[] = {
    {"{\"id\":7,\"app\":\"x\",\"command\":\"c\",\"params\":{\"room_id\":12}}", "h", "", "x", "c", "12", "7"},
    {"{\"command\":\"a.b\",\"params\":{}}", "h", "", "shop", "a.b", "key", NULL},
    {"{\"specversion\":\"1.0\",\"type\":\"com.example.c\",\"id\":\"i\",\"data\":{\"room_id\":\"r\"}}", "h", "", "shop",
        "c", "r", "i"},
    {"{\"room_id\":\"r\",\"command\":\"none\"}", "ce_specversion", "1.0", "shop", NULL, "r", NULL},
    {"not JSON", "h", "", "shop", NULL, "key", NULL},
    {"[]", "h", "", "shop", NULL, "key", NULL},
};

static void assert_text(const char *text, const char *wanted)
{
    if (wanted == NULL)
        assert_null(text);
    else
        assert_string_equal(text, wanted);
}

static void test_letters(void **state)
{
    (void)state;
    load(CONFIG_APP);
    for (size_t i = 0; i < UNIT_COUNT(letter_cases); i++) {
        const struct letter_case *given = &letter_cases[i];
        const struct kafka_header headers[] = {
            kafka_text_header(given->more, given->more_value), kafka_text_header(HEADER_DLQ_STATUS, "exhausted")};
        struct kafka_record record = {.key = "key",
            .key_len = 3,
            .value = given->value,
            .value_len = strlen(given->value),
            .headers = headers,
            .header_count = 2};
        struct cmd_dlq_letter letter;
        assert_true(cmd_dlq_letter_read(&letter, &record, config));
        assert_text(letter.app, given->app);
        assert_text(letter.command, given->command);
        assert_text(letter.room, given->room);
        char *id = cmd_dlq_letter_own_id(&record);
        assert_text(id, given->own_id);
        free(id);
        cmd_dlq_letter_clear(&letter);
        record.header_count = 1;
        assert_false(cmd_dlq_letter_read(&letter, &record, config));
    }
    (void)forget_config(NULL);
}

static void test_sources(void **state)
{
    (void)state;
    size_t len;
    struct cmd_dlq_place place;
    struct cmd_dlq_letter letter = {.source = (char *)(uintptr_t) "chat.commands:3:17"};
    assert_true(cmd_dlq_letter_source(&letter, &len, &place));
    assert_int_equal(len, strlen("chat.commands"));
    assert_int_equal(place.partition, 3);
    assert_int_equal(place.offset, 17);
    static const char *const wrong[] = {"", "t", "t:1", ":1:2", "t:x:2", "t:1:", "t::2"};
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        letter.source = (char *)(uintptr_t)wrong[i];
        assert_false(cmd_dlq_letter_source(&letter, &len, &place));
    }
    letter.source = NULL;
    assert_false(cmd_dlq_letter_source(&letter, &len, &place));
}

static void test_ages(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {-5, "0s"}, {59, "59s"}, {60, "1m"}, {3599, "59m"}, {3600, "1h"}, {47 * 3600, "47h"}, {48 * 3600, "2d"}};
    char out[RECORD_PRINT_AGE];
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        assert_string_equal(record_print_age(0, cases[i].seconds * 1000, out), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_the_last_mark_counts),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_ages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
