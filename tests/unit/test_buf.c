// SPDX-License-Identifier: MIT
#include "bridge/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void grows_and_stays_terminated(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    assert_null(buf.data);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf_add(&buf, "ab\0c", 4), 0);
    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "ab\0c", 5);
    assert_int_equal(buf_add_text(&buf, "def"), 0);
    assert_int_equal(buf_printf(&buf, "%d-%s", 42, "x"), 0);
    assert_int_equal(buf.len, 11);
    assert_memory_equal(buf.data, "ab\0cdef42-x", 12);
    buf_clear(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.max, 1000);
}

static void many_additions_keep_every_byte(void **state)
{
    (void)state;
    enum { BYTES = 20000 };
    struct buf buf;
    buf_init(&buf, BYTES);
    for (int i = 0; i < BYTES; i++) {
        char c = (char)('a' + i % 26);
        assert_int_equal(buf_add(&buf, &c, 1), 0);
        assert_int_equal(buf.data[buf.len], '\0');
        assert_true(buf.cap <= BYTES + 1);
    }
    for (int i = 0; i < BYTES; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
    buf_clear(&buf);
}

static void at_the_ceiling_an_addition_fails_whole(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    assert_int_equal(buf_add_text(&buf, "abc"), 0);
    assert_int_equal(buf_add_text(&buf, "def"), -1);
    assert_int_equal(buf_printf(&buf, "%s", "def"), -1);
    assert_int_equal(buf_add(&buf, "", SIZE_MAX), -1); // a length whose sum would wrap around
    assert_int_equal(buf.len, 3);
    assert_string_equal(buf.data, "abc");
    assert_int_equal(buf_add_text(&buf, "de"), 0); // exactly full
    assert_string_equal(buf.data, "abcde");
    assert_int_equal(buf_add_text(&buf, ""), 0);
    assert_int_equal(buf_add_text(&buf, "f"), -1);
    assert_string_equal(buf_text(&buf), "abcde");
    buf_clear(&buf);
}

static void a_ceiling_of_none_takes_nothing(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    assert_int_equal(buf_add(&buf, NULL, 0), 0);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf_add_text(&buf, "x"), -1);
    assert_string_equal(buf_text(&buf), "");
    buf_clear(&buf);
}

static void an_emptied_one_keeps_its_memory(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_reset(&buf); // before anything was added
    assert_int_equal(buf_add_text(&buf, "something"), 0);
    size_t cap = buf.cap;
    buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.cap, cap);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf_printf(&buf, "%d", 7), 0);
    assert_string_equal(buf_text(&buf), "7");
    buf_clear(&buf);
}

static void what_is_taken_belongs_to_the_caller(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    char *nothing = buf_take(&buf);
    assert_string_equal(nothing, "");
    assert_int_equal(buf_add_text(&buf, "mine"), 0);
    char *mine = buf_take(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf_add_text(&buf, "next"), 0); // it can be used again
    assert_string_equal(mine, "mine");
    assert_string_equal(buf_text(&buf), "next");
    buf_clear(&buf);
    free(mine);
    free(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(many_additions_keep_every_byte),
        cmocka_unit_test(at_the_ceiling_an_addition_fails_whole),
        cmocka_unit_test(a_ceiling_of_none_takes_nothing),
        cmocka_unit_test(an_emptied_one_keeps_its_memory),
        cmocka_unit_test(what_is_taken_belongs_to_the_caller),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
