// SPDX-License-Identifier: MIT
#include "consumers/call_encode.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static void percent_encodes_every_byte(void **state)
{
    (void)state;
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int c = 1; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        char code[4];
        struct buf out;
        buf_init(&out, 100);
        call_encode_percent(&out, text);
        (void)snprintf(code, sizeof code, "%%%02X", (unsigned)c);
        assert_string_equal(buf_text(&out), strchr(plain, c) != NULL ? text : code);
        buf_clear(&out);
    }
}

static void writes_the_three_encodings(void **state)
{
    (void)state;
    static const struct {
        enum call_encoding encoding;
        const char *content_type; // "": none
        const char *out;          // B: the boundary
    } rows[] = {
        {CALL_FORM, "Content-Type: application/x-www-form-urlencoded", "a=1%202&b[]=&b[]=%26"},
        {CALL_QUERY, "", "a=1%202&b[]=&b[]=%26"},
        {CALL_MULTIPART, "Content-Type: multipart/form-data; boundary=B",
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1 2\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"b[]\"\r\n\r\n\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"b[]\"\r\n\r\n&\r\n--B--\r\n"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct call_encode encode;
        call_encode_begin(&encode, rows[i].encoding);
        if (rows[i].encoding == CALL_MULTIPART)
            assert_in_range(strlen(encode.boundary), 33, 70); // RFC 2046 section 5.1.1
        memcpy(encode.boundary, "B", 2);
        call_encode_text(&encode, "a", "", "1 2");
        call_encode_text(&encode, "b", "[]", "");
        call_encode_text(&encode, "b", "[]", "&");
        assert_true(call_encode_end(&encode));
        assert_string_equal(buf_text(&encode.out), rows[i].out);
        const char *content_type = call_encode_content_type(&encode);
        assert_string_equal(content_type ? content_type : "", rows[i].content_type);
        buf_clear(&encode.out);
    }
}

static void an_empty_query_is_empty(void **state)
{
    (void)state;
    struct call_encode encode;
    call_encode_begin(&encode, CALL_QUERY);
    assert_true(call_encode_end(&encode));
    assert_string_equal(buf_text(&encode.out), "");
    buf_clear(&encode.out);
}

static void files_keep_their_bytes(void **state)
{
    (void)state;
    static const char file[] = "[\r\n\0\xff--]";
    struct call_encode encode;
    call_encode_begin(&encode, CALL_MULTIPART);
    call_encode_file(&encode, "file", file, sizeof file - 1);
    assert_true(call_encode_end(&encode));
    assert_non_null(memmem(encode.out.data, encode.out.len, file, sizeof file - 1));
    buf_clear(&encode.out);
}

static void contents_with_the_boundary_begin_again(void **state)
{
    (void)state;
    for (int as_file = 0; as_file < 2; as_file++) {
        struct call_encode encode;
        call_encode_begin(&encode, CALL_MULTIPART);
        if (as_file)
            call_encode_file(&encode, "file", encode.boundary, strlen(encode.boundary));
        else
            call_encode_text(&encode, "a", "", encode.boundary);
        assert_false(call_encode_end(&encode));
        assert_int_equal(encode.out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_encodes_every_byte),
        cmocka_unit_test(writes_the_three_encodings),
        cmocka_unit_test(an_empty_query_is_empty),
        cmocka_unit_test(files_keep_their_bytes),
        cmocka_unit_test(contents_with_the_boundary_begin_again),
    };
    return cmocka_run_group_tests_name("call_encode", tests, NULL, NULL);
}
