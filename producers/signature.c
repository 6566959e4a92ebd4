// SPDX-License-Identifier: MIT
#include "producers/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

enum { HEX_TEXT = 2 * SHA256_DIGEST_LENGTH, BASE64_TEXT = (SHA256_DIGEST_LENGTH + 2) / 3 * 4 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex(const char *text, unsigned char digest[SHA256_DIGEST_LENGTH])
{
    if (strlen(text) != HEX_TEXT)
        return false;
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

// The library's decoder forgives much, so what was decoded has to give the same text again.
static bool read_base64(const char *text, unsigned char digest[SHA256_DIGEST_LENGTH])
{
    unsigned char bytes[BASE64_TEXT / 4 * 3];
    unsigned char again[BASE64_TEXT + 1];
    if (strlen(text) != BASE64_TEXT)
        return false;
    if (EVP_DecodeBlock(bytes, (const unsigned char *)text, BASE64_TEXT) != (int)sizeof bytes)
        return false;
    (void)EVP_EncodeBlock(again, bytes, SHA256_DIGEST_LENGTH);
    memcpy(digest, bytes, SHA256_DIGEST_LENGTH);
    return memcmp(again, text, BASE64_TEXT) == 0;
}

static bool is_signed_with(
    const char *secret, const unsigned char given[SHA256_DIGEST_LENGTH], const void *body, size_t len)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    unsigned digest_len = 0;
    if (secret == NULL)
        return false;
    must(HMAC(EVP_sha256(), secret, (int)strlen(secret), body, len, digest, &digest_len) != NULL);
    must(digest_len == sizeof digest);
    return CRYPTO_memcmp(given, digest, sizeof digest) == 0;
}

bool signature_is_missing(const struct app_config *app, const char *given)
{
    return app->signature == SIGNATURE_REQUIRED && given == NULL;
}

bool signature_is_right(const struct app_config *app, const char *given, const void *body, size_t len)
{
    if (app->signature == SIGNATURE_OFF)
        return true;
    bool has_secret = app->signature_secret != NULL || app->signature_next != NULL;
    if (app->signature == SIGNATURE_OPTIONAL && (!has_secret || given == NULL))
        return true;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (given == NULL)
        return false;
    bool readable = app->signature_encoding == ENCODING_HEX ? read_hex(given, digest) : read_base64(given, digest);
    if (!readable)
        return false;
    // Both are always tried, so that the time does not tell which one was right.
    bool by_first = is_signed_with(app->signature_secret, digest, body, len);
    bool by_next = is_signed_with(app->signature_next, digest, body, len);
    return by_first || by_next;
}
