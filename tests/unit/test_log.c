// SPDX-License-Identifier: MIT
//
// Each message here is used by one test only: repeats are counted by message, over the whole process.
#include "bridge/log.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "bridge/clock.h"
#include "tests/unit/capture.h"

static struct capture capture;
static int64_t now_us;

static int64_t moved_clock(void)
{
    return now_us;
}

static int64_t fixed_wall(void)
{
    return 1796119200000; // 2026-12-01T10:00:00Z
}

#define TIME "time=2026-12-01T10:00:00.000Z "

// What was written since the last time. Owner: the caller.
static char *written(void)
{
    char *text = capture_end(&capture);
    capture_begin(&capture, STDERR_FILENO);
    return text;
}

static int start(void **state)
{
    (void)state;
    now_us += 3600000000; // whatever the tests before left behind is over
    clock_replace(moved_clock, fixed_wall);
    log_open(LOG_INFO, LOG_LOGFMT, NULL);
    capture_begin(&capture, STDERR_FILENO);
    log_tick();
    free(written());
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(capture_end(&capture));
    clock_replace(NULL, NULL);
    return 0;
}

static void expect(const char *wanted)
{
    char *text = written();
    assert_string_equal(text, wanted);
    free(text);
}

static size_t lines_written(void)
{
    char *text = written();
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    free(text);
    return lines;
}

static void a_fact_is_one_line(void **state)
{
    (void)state;
    log_info("log: a fact", log_str("id", "x-1"), log_int("count", -42));
    expect(TIME "level=info msg=\"log: a fact\" id=x-1 count=-42\n");
    log_warn("log: warned");
    expect(TIME "level=warn msg=\"log: warned\"\n");
    log_error("short", log_str("none", NULL), log_int("large", INT64_MIN));
    expect(TIME "level=error msg=short none=\"\" large=-9223372036854775808\n");
}

static void the_program_can_stand_on_each_line(void **state)
{
    (void)state;
    log_open(LOG_INFO, LOG_LOGFMT, "chat-x");
    log_info("log: named");
    expect(TIME "level=info program=chat-x msg=\"log: named\"\n");
}

static void text_that_a_reader_would_take_apart_is_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *written;
    } rows[] = {
        {"plain", "plain"},
        {"a/b:c_d-e.f@g", "a/b:c_d-e.f@g"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nbreak", "\"line\\nbreak\""},
        {"a\rb", "\"a\\u000db\""},
        {"a\tb", "\"a\\u0009b\""},
        {"\x1b[2J", "\"\\u001b[2J\""},
        {"\x01", "\"\\u0001\""},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char line[200];
        now_us += 60000000;
        log_info("log: quoted", log_str("value", rows[i].value));
        (void)snprintf(line, sizeof line, TIME "level=info msg=\"log: quoted\" value=%s\n", rows[i].written);
        expect(line);
    }
}

static void control_characters_are_quoted_wherever_they_stand(void **state)
{
    (void)state;
    for (int c = 1; c < 0x80; c++) {
        if (c >= ' ' && c != 0x7f)
            continue;
        char value[] = {'a', (char)c, 'b', '\0'};
        now_us += 60000000;
        log_info("log: control", log_str("value", value));
        char *text = written();
        text[strlen(text) - 1] = '\0';
        assert_null(strchr(text, c));
        assert_non_null(strstr(text, "value=\"a\\"));
        free(text);
    }
}

static void as_json_a_line_is_an_object(void **state)
{
    (void)state;
    log_open(LOG_INFO, LOG_JSON, "chat-x");
    log_info(
        "log: \"json\"", log_str("text", "a\"b\\c\nd\x1b\x7f\xc3\xa9"), log_int("count", 7), log_str("none", NULL));
    char *text = written();
    assert_non_null(strchr(text, '\n'));
    assert_int_equal(strchr(text, '\n') - text, strlen(text) - 1);
    json_auto_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    assert_non_null(line);
    json_auto_t *wanted =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s}", "time", "2026-12-01T10:00:00.000Z", "level", "info", "program",
            "chat-x", "msg", "log: \"json\"", "text", "a\"b\\c\nd\x1b\x7f\xc3\xa9", "count", 7, "none", "");
    assert_true(json_equal(line, wanted));
}

static void less_important_lines_are_not_written(void **state)
{
    (void)state;
    static const struct {
        enum log_level level;
        size_t lines;
    } rows[] = {{LOG_DEBUG, 4}, {LOG_INFO, 3}, {LOG_WARN, 2}, {LOG_ERROR, 1}};
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        log_open(rows[i].level, LOG_LOGFMT, NULL);
        assert_int_equal(log_enabled(LOG_ERROR), true);
        assert_int_equal(log_enabled(LOG_DEBUG), rows[i].level == LOG_DEBUG);
        now_us += 60000000;
        log_debug("log: of level debug");
        log_info("log: of level info");
        log_warn("log: of level warn");
        log_error("log: of level error");
        assert_int_equal(lines_written(), rows[i].lines);
    }
}

static int evaluated;

static const char *expensive(void)
{
    evaluated++;
    return "x";
}

static void what_is_not_written_is_not_computed(void **state)
{
    (void)state;
    evaluated = 0;
    log_debug("log: not computed", log_str("value", expensive()));
    assert_int_equal(evaluated, 0);
    log_info("log: computed", log_str("value", expensive()));
    assert_int_equal(evaluated, 1);
}

static void repeats_are_held_back_and_counted(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_REPEATS + 5; i++)
        log_warn("log: repeated", log_int("i", i));
    assert_int_equal(lines_written(), LOG_REPEATS);
    log_info("log: another is not held back by it");
    assert_int_equal(lines_written(), 1);
    log_tick(); // the window is not over
    now_us += LOG_WINDOW_MS * INT64_C(1000) - 1000;
    log_tick();
    expect("");
    now_us += 1000;
    log_tick();
    expect(TIME "level=warn msg=\"log: repeated\" repeated=5\n");
    log_tick(); // once
    expect("");
    log_warn("log: repeated");
    expect(TIME "level=warn msg=\"log: repeated\"\n");
}

static void a_line_after_the_window_tells_the_count_first(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_REPEATS + 1; i++)
        log_info("log: over");
    (void)lines_written();
    now_us += LOG_WINDOW_MS * INT64_C(1000);
    log_info("log: over", log_int("i", 1));
    expect(TIME "level=info msg=\"log: over\" repeated=1\n" TIME "level=info msg=\"log: over\" i=1\n");
}

static void at_the_end_all_counts_are_told(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_REPEATS + 3; i++)
        log_info("log: until the end");
    (void)lines_written();
    log_close();
    expect(TIME "level=info msg=\"log: until the end\" repeated=3\n");
    log_close();
    expect("");
}

static void debug_lines_are_never_held_back(void **state)
{
    (void)state;
    log_open(LOG_DEBUG, LOG_LOGFMT, NULL);
    for (int i = 0; i < 5 * LOG_REPEATS; i++)
        log_debug("log: debugging");
    assert_int_equal(lines_written(), 5 * LOG_REPEATS);
}

// More messages than there are slots for counts: none is lost, the oldest count is told early.
static void many_messages_find_their_place(void **state)
{
    (void)state;
    enum { MESSAGES = 200 };
    static char messages[MESSAGES][24];
    for (int i = 0; i < LOG_REPEATS + 2; i++)
        log_info("log: pushed out");
    (void)lines_written();
    for (int i = 0; i < MESSAGES; i++) {
        now_us += 1000;
        (void)snprintf(messages[i], sizeof messages[i], "log: %d", i);
        log_write(LOG_INFO, messages[i], LOG_FIELDS(log_int("i", i)));
    }
    char *text = written();
    assert_non_null(strstr(text, "msg=\"log: pushed out\" repeated=2\n"));
    assert_non_null(strstr(text, "msg=\"log: 0\" i=0\n"));
    assert_non_null(strstr(text, "msg=\"log: 199\" i=199\n"));
    free(text);
}

static void a_line_has_a_limit(void **state)
{
    (void)state;
    static char large[10000];
    memset(large, 'x', sizeof large - 1);
    log_info("log: large", log_str("value", large), log_int("behind", 1));
    char *text = written();
    size_t len = strlen(text);
    assert_in_range(len, 1000, 2048);
    assert_int_equal(text[len - 1], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + len - 1);
    free(text);
}

// Also a line that had to be cut is one JSON object in UTF-8.
static void a_json_line_is_whole_even_if_it_is_cut(void **state)
{
    (void)state;
    static char large[10000];
    static const char *const units[] = {"x", "\"", "\x1b", "\xc3\xa9", "\xf0\x9f\x98\x80"};
    log_open(LOG_INFO, LOG_JSON, NULL);
    for (size_t i = 0; i < UNIT_COUNT(units); i++)
        for (size_t shift = 0; shift < 6; shift++) {
            now_us += 60000000;
            size_t len = 0;
            for (size_t j = 0; j < shift; j++)
                large[len++] = '.';
            while (len + 5 < sizeof large)
                len += (size_t)snprintf(large + len, sizeof large - len, "%s", units[i]);
            log_info("log: cut", log_str("value", large), log_int("behind", 1));
            char *text = written();
            assert_in_range(strlen(text), 1000, 2048);
            json_auto_t *line = json_loads(text, 0, NULL);
            free(text);
            assert_non_null(line);
        }
}

static void a_cut_line_is_utf8(void **state)
{
    (void)state;
    static char large[10000];
    for (size_t shift = 0; shift < 2; shift++) {
        size_t len = 0;
        for (; len < shift; len++)
            large[len] = '.';
        while (len + 3 < sizeof large)
            len += (size_t)snprintf(large + len, sizeof large - len, "\xc3\xa9");
        now_us += 60000000;
        log_info("log: utf8", log_str("value", large));
        char *text = written();
        json_auto_t *checked = json_string(text); // jansson takes UTF-8 only
        free(text);
        assert_non_null(checked);
    }
}

static void errno_is_kept(void **state)
{
    (void)state;
    int saved = dup(STDERR_FILENO);
    (void)close(STDERR_FILENO); // the write fails
    errno = ENOTDIR;
    log_info("log: errno");
    assert_int_equal(errno, ENOTDIR);
    log_open(LOG_DEBUG, LOG_LOGFMT, NULL);
    log_debug("log: errno of debug");
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    (void)close(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fact_is_one_line, start, end),
        cmocka_unit_test_setup_teardown(the_program_can_stand_on_each_line, start, end),
        cmocka_unit_test_setup_teardown(text_that_a_reader_would_take_apart_is_quoted, start, end),
        cmocka_unit_test_setup_teardown(control_characters_are_quoted_wherever_they_stand, start, end),
        cmocka_unit_test_setup_teardown(as_json_a_line_is_an_object, start, end),
        cmocka_unit_test_setup_teardown(less_important_lines_are_not_written, start, end),
        cmocka_unit_test_setup_teardown(what_is_not_written_is_not_computed, start, end),
        cmocka_unit_test_setup_teardown(repeats_are_held_back_and_counted, start, end),
        cmocka_unit_test_setup_teardown(a_line_after_the_window_tells_the_count_first, start, end),
        cmocka_unit_test_setup_teardown(at_the_end_all_counts_are_told, start, end),
        cmocka_unit_test_setup_teardown(debug_lines_are_never_held_back, start, end),
        cmocka_unit_test_setup_teardown(many_messages_find_their_place, start, end),
        cmocka_unit_test_setup_teardown(a_line_has_a_limit, start, end),
        cmocka_unit_test_setup_teardown(a_json_line_is_whole_even_if_it_is_cut, start, end),
        cmocka_unit_test_setup_teardown(a_cut_line_is_utf8, start, end),
        cmocka_unit_test_setup_teardown(errno_is_kept, start, end),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
