// SPDX-License-Identifier: MIT
//
// record_print.h: what others wrote, shown so that it can neither steer a terminal nor break a line of
// JSON; for the command-line tools. One thread.
#ifndef CHATBRIDGE_RECORD_PRINT_H
#define CHATBRIDGE_RECORD_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/kafka.h"
#include "bridge/must.h"

// The bytes, of which what could steer the terminal becomes '?': control characters (those of U+0080 to U+009F stand in
// UTF-8 as C2 80 to C2 9F), and all that is no ASCII where the bytes are no UTF-8.
void record_print_bytes(FILE *out, const void *bytes, size_t len);

// The same of a text, "-" for NULL and "", with spaces up to `width` characters behind it and one more.
void record_print_cell(const char *text, int width);

// The whole record, in several lines, the last one not ended.
void record_print_for_people(const struct kafka_record *record);

// How long ago, in the unit that suits: 45s, 12m, 5h, 3d.
enum { RECORD_PRINT_AGE = 24 };
const char *record_print_age(int64_t then_ms, int64_t now_ms, char out[RECORD_PRINT_AGE]);

// Bytes as JSON: text if they are UTF-8, else {"base64": "..."}; NULL becomes null. Owner: the caller.
json_t *record_print_json(const void *bytes, size_t len) MUST_USE;
json_t *record_print_json_text(const char *text) MUST_USE;

// As `chatbridge tail --json` shows it.
json_t *record_print_json_record(const struct kafka_record *record) MUST_USE;

#endif
