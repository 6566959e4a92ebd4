// SPDX-License-Identifier: MIT
#include "bridge/clock.h"

#include <string.h>
#include <time.h>

#include "tests/unit/unit.h"

static int64_t fixed_us(void)
{
    return 1234567;
}

static int64_t fixed_wall(void)
{
    return 89;
}

static void the_system_clocks_are_read(void **state)
{
    (void)state;
    int64_t before = clock_us();
    int64_t ms = clock_ms();
    int64_t after = clock_us();
    assert_true(before > 0 && before <= after);
    assert_true(ms >= before / 1000 && ms <= after / 1000);
    int64_t seconds = (int64_t)time(NULL);
    int64_t wall = clock_wall_ms();
    assert_true(wall >= seconds * 1000 - 1000);
    assert_true(wall / 1000 <= (int64_t)time(NULL) + 1);
}

static void a_test_can_put_its_own_in_their_place(void **state)
{
    (void)state;
    clock_replace(fixed_us, fixed_wall);
    assert_int_equal(clock_us(), 1234567);
    assert_int_equal(clock_ms(), 1234);
    assert_int_equal(clock_wall_ms(), 89);
    clock_replace(NULL, NULL);
    assert_int_not_equal(clock_us(), 1234567);
    assert_int_not_equal(clock_wall_ms(), 89);
}

static void times_have_one_text(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1000, "1969-12-31T23:59:59.000Z"},
        {-62135596800000, "0001-01-01T00:00:00.000Z"},
        {-46417104000000, "0499-02-06T00:00:00.000Z"},
        {951827696789, "2000-02-29T12:34:56.789Z"},
        {1796119200000, "2026-12-01T10:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        // What no reader would take becomes the API's own "never".
        {253402300800000, "0001-01-01T00:00:00.000Z"},
        {INT64_MAX, "0001-01-01T00:00:00.000Z"},
        {INT64_MIN, "0001-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        char text[CLOCK_TEXT];
        assert_ptr_equal(clock_format(rows[i].wall_ms, text), text);
        assert_string_equal(text, rows[i].text);
    }
}

static void reads_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t wall_ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -1000},
        {"2026-12-01T10:00:00Z", 1796119200000},
        {"2026-12-01t10:00:00z", 1796119200000}, // RFC 3339 section 5.6: either case, and a space is usual
        {"2026-12-01 10:00:00Z", 1796119200000},
        {"2026-12-01T10:00:00.5Z", 1796119200500},
        {"2026-12-01T10:00:00.123Z", 1796119200123},
        {"2026-12-01T10:00:00.123999999Z", 1796119200123}, // cut, not rounded
        {"2026-12-01T17:00:00+07:00", 1796119200000},
        {"2026-12-01T04:30:00-05:30", 1796119200000},
        {"2026-12-01T10:00:00+00:00", 1796119200000},
        {"2026-12-01T10:00:00-00:00", 1796119200000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2016-12-31T23:59:60Z", 1483228800000}, // a leap second is the second after 59
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        int64_t wall_ms = 42;
        if (clock_parse(rows[i].text, &wall_ms) != 0 || wall_ms != rows[i].wall_ms)
            fail_msg("%s gave %lld", rows[i].text, (long long)wall_ms);
    }
}

static void refuses_what_is_not_rfc_3339(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2026",
        "2026-12-01",
        "2026-12-01T10:00:00", // no zone: it could be any
        "2026-12-01T10:00Z",
        "2026-12-01T10:00:00.Z",
        "2026-12-01T10:00:00,5Z",
        "2026-12-01T10:00:00Z ",
        " 2026-12-01T10:00:00Z",
        "2026-12-01X10:00:00Z",
        "2026-12-01T10:00:00+0700",
        "2026-12-01T10:00:00+7:00",
        "2026-12-01T10:00:00+24:00",
        "2026-12-01T10:00:00+07:60",
        "2026-12-01T10:00:00*07:00",
        "2026-00-01T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-12-00T10:00:00Z",
        "2026-12-32T10:00:00Z",
        "2026-04-31T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T10:60:00Z",
        "2026-12-01T10:00:61Z",
        "26-12-01T10:00:00Z",
        "2026-1-01T10:00:00Z",
        "-026-12-01T10:00:00Z",
        "+2026-12-01T10:00:00Z",
        "2026-12-01T10:00:-1Z",
        "1796119200",
        "tomorrow",
    };
    for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
        int64_t wall_ms;
        if (clock_parse(texts[i], &wall_ms) == 0)
            fail_msg("'%s' was taken", texts[i]);
    }
}

static void text_and_time_are_each_other(void **state)
{
    (void)state;
    for (int64_t wall_ms = -62135596800000; wall_ms < 250000000000000; wall_ms += 86399999977) {
        char text[CLOCK_TEXT];
        int64_t again;
        assert_int_equal(clock_parse(clock_format(wall_ms, text), &again), 0);
        assert_int_equal(again, wall_ms);
    }
}

static void reads_http_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t wall_ms; // -1: refused
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Tue, 29 Feb 2028 23:59:59 GMT", 1835481599000},
        {"Wed, 31 Dec 2025 23:59:59 GMT", 1767225599000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1}, // the obsolete forms
        {"Sun Nov  6 08:49:37 1994", -1},
        {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 anF 1994 08:49:37 GMT", -1},
        {"Sun, 06 No", -1},
        {"Sun, 06 Nov 1994 08:49:37", -1},
        {"Sun, 06 Nov 1994 08:49:37 CET", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
        {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 31 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
        {"Sun,", -1},
        {"", -1},
        {"7", -1},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        int64_t wall_ms = -1;
        int result = clock_parse_http(rows[i].text, &wall_ms);
        if (result != (rows[i].wall_ms < 0 ? -1 : 0) || (result == 0 && wall_ms != rows[i].wall_ms))
            fail_msg("'%s' gave %d, %lld", rows[i].text, result, (long long)wall_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_clocks_are_read),
        cmocka_unit_test(a_test_can_put_its_own_in_their_place),
        cmocka_unit_test(times_have_one_text),
        cmocka_unit_test(reads_rfc_3339),
        cmocka_unit_test(refuses_what_is_not_rfc_3339),
        cmocka_unit_test(text_and_time_are_each_other),
        cmocka_unit_test(reads_http_dates),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
