// SPDX-License-Identifier: MIT
//
// json.h: reading JSON with errors that name the path. Over jansson, whose values are the values here. Any thread.
// Paths are dotted: "payload.room.id". Integers stay integers (64 bits) or text, never doubles.
#ifndef CHATBRIDGE_JSON_H
#define CHATBRIDGE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bridge/error.h"

enum { JSON_ID_MAX = 256 }; // room for an id as text, NUL included

// The object in `len` bytes of UTF-8 text, or NULL with an ERROR_INPUT that says what is wrong and where.
// Owner: the caller, json_decref() or json_auto_t.
json_t *json_read_object(const char *text, size_t len, struct error *error) MUST_USE;

// The value at `path` below `root`, or NULL. Borrowed.
json_t *json_at(const json_t *root, const char *path);

// The string at `path`, or NULL if there is none (or it is not a string). Borrowed; may hold NUL bytes.
const char *json_text_at(const json_t *root, const char *path);

// An id that may be an integer or a string, as text. Answers false, and `out` is "", for anything else: absent,
// null, an empty string, one longer than JSON_ID_MAX - 1 bytes or with a NUL byte.
bool json_id_at(const json_t *root, const char *path, char out[JSON_ID_MAX]);

// The value as one line of JSON text. Owner: the caller, free().
char *json_line(const json_t *value) MUST_USE;

#endif
