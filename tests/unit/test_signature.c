// SPDX-License-Identifier: MIT
//
// The vectors are the platform's (its document's test vector) and RFC 4231's.
#include "producers/signature.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static char key[] = "YOUR_SIGNATURE_TOKEN";
static char other[] = "another token";
static char shop[] = "shop";

static const char body[] =
    "{\"payload\":{\"from\":{\"email\":\"user1@example.com\",\"id\":1,\"id_str\":\"1\",\"name\":\"User1\"},"
    "\"message\":{\"id\":2,\"id_str\":\"2\",\"payload\":{},\"text\":\"halo \\u003cb\\u003e \xf0\x9f\x98\x80\","
    "\"type\":\"text\",\"unique_temp_id\":\"bq1664855587121\",\"unix_nano_timestamp\":1664855588089051000},"
    "\"room\":{\"id\":3,\"id_str\":\"3\",\"options\":\"{}\",\"type\":\"single\"}},\"type\":\"post_comment_mobile\"}";

static const char hex[] = "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14";
static const char base64[] = "CzpG3wwgfNaJv/d/4hNlRaGVsqn6jKLZSP+YiXePfBQ=";

static struct app_config app_of(enum config_signature signature, char *secret, enum config_encoding encoding)
{
    return (struct app_config){
        .name = shop, .signature = signature, .signature_secret = secret, .signature_encoding = encoding};
}

static bool is_right(const struct app_config *app, const char *given)
{
    return signature_is_right(app, given, body, sizeof body - 1);
}

static void the_platforms_vector(void **state)
{
    (void)state;
    assert_int_equal(sizeof body - 1, 343);
    struct app_config app = app_of(SIGNATURE_REQUIRED, key, ENCODING_HEX);
    assert_true(is_right(&app, hex));
    app.signature_encoding = ENCODING_BASE64;
    assert_true(is_right(&app, base64));
}

static void rfc_4231s_vectors(void **state)
{
    (void)state;
    static char jefe[] = "Jefe";
    static char long_key[132];
    memset(long_key, 0xaa, 131); // longer than the hash's block
    static const char what[] = "what do ya want for nothing?";
    static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    struct app_config app = app_of(SIGNATURE_REQUIRED, jefe, ENCODING_HEX);
    assert_true(signature_is_right(
        &app, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", what, strlen(what)));
    app.signature_secret = long_key;
    assert_true(signature_is_right(
        &app, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", larger, strlen(larger)));
}

static void letters_of_hex_may_be_large(void **state)
{
    (void)state;
    struct app_config app = app_of(SIGNATURE_OPTIONAL, key, ENCODING_HEX);
    assert_true(is_right(&app, "0B3A46DF0C207CD689BFF77FE2136545A195B2A9FA8CA2D948FF9889778F7C14"));
    assert_true(is_right(&app, "0B3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7C14"));
}

static void every_byte_counts(void **state)
{
    (void)state;
    struct app_config app = app_of(SIGNATURE_REQUIRED, key, ENCODING_HEX);
    char changed[sizeof hex];
    for (size_t i = 0; i < sizeof hex - 1; i++) {
        memcpy(changed, hex, sizeof hex);
        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_false(is_right(&app, changed));
    }
    char text[sizeof body];
    for (size_t i = 0; i < sizeof body - 1; i++) {
        memcpy(text, body, sizeof body);
        text[i] ^= 1;
        assert_false(signature_is_right(&app, hex, text, sizeof body - 1));
    }
    assert_false(signature_is_right(&app, hex, body, sizeof body - 2));
    assert_false(signature_is_right(&app, hex, body, 0));
}

static void what_is_malformed_is_wrong(void **state)
{
    (void)state;
    static const char *const hexes[] = {"", "0", "sha256=", base64,
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c1",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c144",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14 ",
        " 0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14",
        "xb3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c1g",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c1/",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c1:",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c1@",
        "0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c1\xff",
        "sha256=0b3a46df0c207cd689bff77fe2136545a195b2a9fa8ca2d948ff9889778f7c14"};
    static const char *const base64s[] = {"", "=", hex, "CzpG3wwgfNaJv/d/4hNlRaGVsqn6jKLZSP+YiXePfBQ",
        "CzpG3wwgfNaJv/d/4hNlRaGVsqn6jKLZSP+YiXePfB==", "CzpG3wwgfNaJv/d/4hNlRaGVsqn6jKLZSP+YiXePfBR=", // stray bits
        "CzpG3wwgfNaJv_d_4hNlRaGVsqn6jKLZSP-YiXePfBQ=", // the alphabet of URLs
        "CzpG3wwgfNaJv/d/4hNlRaGVsqn6jKLZSP+YiXePfBQ ", "            zpG3wwgfNaJv/d/4hNlRaGVsqn6jKLZSP+Y=",
        "============================================", "\xff\xff\xff\xffwwgfNaJv/d/4hNlRaGVsqn6jKLZSP+YiXePfBQ="};
    struct app_config app = app_of(SIGNATURE_OPTIONAL, key, ENCODING_HEX);
    for (size_t i = 0; i < UNIT_COUNT(hexes); i++)
        if (is_right(&app, hexes[i]))
            fail_msg("'%s'", hexes[i]);
    app.signature_encoding = ENCODING_BASE64;
    for (size_t i = 0; i < UNIT_COUNT(base64s); i++)
        if (is_right(&app, base64s[i]))
            fail_msg("'%s'", base64s[i]);
}

static void either_secret_will_do(void **state)
{
    (void)state;
    struct app_config app = app_of(SIGNATURE_REQUIRED, other, ENCODING_HEX);
    assert_false(is_right(&app, hex));
    app.signature_next = key;
    assert_true(is_right(&app, hex));
    app.signature_secret = key;
    app.signature_next = other;
    assert_true(is_right(&app, hex));
    app.signature_secret = NULL;
    assert_false(is_right(&app, hex));
    app.signature_next = key; // the old one is taken away first
    assert_true(is_right(&app, hex));
}

static void what_is_asked_for(void **state)
{
    (void)state;
    static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const struct {
        enum config_signature signature;
        char *secret;
        const char *given;
        bool missing;
        bool right;
    } rows[] = {
        {SIGNATURE_OFF, NULL, NULL, false, true}, {SIGNATURE_OFF, key, wrong, false, true},
        {SIGNATURE_OFF, key, NULL, false, true}, {SIGNATURE_OPTIONAL, NULL, NULL, false, true},
        {SIGNATURE_OPTIONAL, NULL, wrong, false, true}, // nobody can tell
        {SIGNATURE_OPTIONAL, key, NULL, false, true}, {SIGNATURE_OPTIONAL, key, hex, false, true},
        {SIGNATURE_OPTIONAL, key, wrong, false, false}, {SIGNATURE_OPTIONAL, key, "", false, false},
        {SIGNATURE_REQUIRED, key, hex, false, true}, {SIGNATURE_REQUIRED, key, wrong, false, false},
        {SIGNATURE_REQUIRED, key, "", false, false}, {SIGNATURE_REQUIRED, key, NULL, true, false},
        {SIGNATURE_REQUIRED, NULL, hex, false, false}, // the configuration refuses that
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct app_config app = app_of(rows[i].signature, rows[i].secret, ENCODING_HEX);
        if (signature_is_missing(&app, rows[i].given) != rows[i].missing ||
            is_right(&app, rows[i].given) != rows[i].right)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_platforms_vector),
        cmocka_unit_test(rfc_4231s_vectors),
        cmocka_unit_test(letters_of_hex_may_be_large),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(what_is_malformed_is_wrong),
        cmocka_unit_test(either_secret_will_do),
        cmocka_unit_test(what_is_asked_for),
    };
    return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
