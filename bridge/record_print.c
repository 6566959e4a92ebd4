// SPDX-License-Identifier: MIT
#include "bridge/record_print.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"

// ---- for people ----

// The number of characters that stand there now.
static int print_bytes(FILE *out, const void *bytes, size_t len)
{
    const unsigned char *from = bytes;
    json_auto_t *text = json_stringn(bytes ? bytes : "", len);
    int characters = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_control = from[i] < 0x20 || from[i] == 0x7f || (from[i] == 0xc2 && i + 1 < len && from[i + 1] < 0xa0);
        if (is_control && from[i] == 0xc2)
            i++;
        int c = is_control || (from[i] >= 0x80 && text == NULL) ? '?' : from[i];
        (void)putc(c, out);
        characters += (c & 0xc0) != 0x80; // what continues a character is none of its own
    }
    return characters;
}

void record_print_bytes(FILE *out, const void *bytes, size_t len)
{
    (void)print_bytes(out, bytes, bytes ? len : 0);
}

void record_print_cell(const char *text, int width)
{
    if (text == NULL || *text == '\0')
        text = "-";
    int shown = print_bytes(stdout, text, strlen(text));
    printf("%*s", shown < width ? width - shown + 1 : 1, "");
}

void record_print_for_people(const struct kafka_record *record)
{
    char time[CLOCK_TEXT];
    printf("%s  partition %" PRId32 "  offset %" PRId64 "  %s\n  ", record->topic, record->partition, record->offset,
        clock_format(record->timestamp_ms, time));
    record_print_cell("key", 16);
    if (record->key == NULL)
        printf("(none)");
    record_print_bytes(stdout, record->key, record->key_len);
    for (size_t i = 0; i < record->header_count; i++) {
        printf("\n  ");
        record_print_cell(record->headers[i].name, 16);
        record_print_bytes(stdout, record->headers[i].value, record->headers[i].len);
    }
    printf("\n  ");
    if (record->value == NULL)
        printf("(no value)");
    record_print_bytes(stdout, record->value, record->value_len);
}

const char *record_print_age(int64_t then_ms, int64_t now_ms, char out[RECORD_PRINT_AGE])
{
    int64_t seconds = now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
    int64_t minutes = seconds / 60;
    int64_t hours = minutes / 60;
    if (minutes == 0)
        (void)snprintf(out, RECORD_PRINT_AGE, "%" PRId64 "s", seconds);
    else if (hours == 0)
        (void)snprintf(out, RECORD_PRINT_AGE, "%" PRId64 "m", minutes);
    else if (hours < 48)
        (void)snprintf(out, RECORD_PRINT_AGE, "%" PRId64 "h", hours);
    else
        (void)snprintf(out, RECORD_PRINT_AGE, "%" PRId64 "d", hours / 24);
    return out;
}

// ---- for scripts ----

json_t *record_print_json(const void *bytes, size_t len)
{
    if (bytes == NULL)
        return json_null();
    json_t *text = json_stringn(bytes, len);
    if (text != NULL)
        return text;
    unsigned char *base64 = must_calloc(len / 3 * 4 + 5, 1);
    (void)EVP_EncodeBlock(base64, bytes, (int)len);
    json_t *object = json_pack("{s:s}", "base64", base64);
    must(object != NULL);
    free(base64);
    return object;
}

json_t *record_print_json_text(const char *text)
{
    return record_print_json(text, text ? strlen(text) : 0);
}

static json_t *headers_as_json(const struct kafka_record *record)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < record->header_count; i++) {
        const struct kafka_header *header = &record->headers[i];
        json_t *value = record_print_json(header->value, header->len);
        if (json_object_set_new(headers, header->name, value) != 0) // its name is no UTF-8
            must(json_object_set_new(headers, "?", record_print_json(header->value, header->len)) == 0);
    }
    return headers;
}

json_t *record_print_json_record(const struct kafka_record *record)
{
    char time[CLOCK_TEXT];
    json_t *value = NULL;
    if (record->value != NULL) // a JSON value as it is
        value = json_loadb(record->value, record->value_len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (value == NULL)
        value = record_print_json(record->value, record->value_len);
    json_t *object = json_pack("{s:s, s:i, s:I, s:s, s:o, s:o, s:o}", "topic", record->topic, "partition",
        (int)record->partition, "offset", (json_int_t)record->offset, "time", clock_format(record->timestamp_ms, time),
        "key", record_print_json(record->key, record->key_len), "headers", headers_as_json(record), "value", value);
    must(object != NULL);
    return object;
}
