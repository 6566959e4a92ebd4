// SPDX-License-Identifier: MIT
//
// params.h: a request's parameters, whichever way they came: query, form (with name[] or name), JSON, multipart. They
// become one JSON object; the values of name[], or of a name that stands several times, become an array.
#ifndef SANDBOX_PARAMS_H
#define SANDBOX_PARAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/error.h"
#include "bridge/http_server.h"

enum params_encoding { PARAMS_QUERY, PARAMS_FORM, PARAMS_JSON, PARAMS_MULTIPART, PARAMS_ENCODINGS };

enum param_type {
    PARAM_TEXT,    // becomes a string
    PARAM_ID,      // an integer or a string; becomes a string
    PARAM_TEXTS,   // an array of strings, or one string; becomes an array
    PARAM_IDS,     // the same of ids
    PARAM_INTEGER, // a positive one, also as text; becomes an integer
    PARAM_COUNT,   // the same from 0
    PARAM_FLAG,    // true or false, also as text; becomes a boolean
    PARAM_JSON,    // an object, also as text; becomes an object
    PARAM_FILE,    // a file of a multipart body
};

struct param {
    const char *name; // NULL ends a list
    enum param_type type;
    bool required;
    size_t max;                 // characters of a text, items of an array; 0: no limit
    const char *const *choices; // NULL-ended, or NULL: anything
};

// The parameters of a request: its query and its body; `mixed`: both have some. Owner of `*values`: the caller. -1 with
// an ERROR_INPUT; kind ERROR_BUSY marks a content type that is not taken (415).
int params_read(const struct http_request *request, json_t **values, enum params_encoding *encoding, bool *mixed,
    struct error *error) MUST_USE;

// The same of text that was kept, of a form or of JSON; NULL if it is none.
json_t *params_again(enum params_encoding encoding, const char *text, size_t len) MUST_USE;

// Brings the values into the forms of the table, and tells all that is wrong: an array of texts, NULL if nothing.
// What the table does not know stays as it is. Owner: the caller.
json_t *params_check(json_t *values, const struct param *table) MUST_USE;

// After params_check(). Absent, null and empty count as NULL, 0 or false.
const char *params_text(const json_t *values, const char *name);
const json_t *params_texts(const json_t *values, const char *name);
int64_t params_integer(const json_t *values, const char *name);
bool params_flag(const json_t *values, const char *name);
const json_t *params_object(const json_t *values, const char *name);

const char *params_encoding_name(enum params_encoding encoding);
bool params_is_one_of(const char *text, const char *const *choices);
size_t params_characters(const char *text); // of UTF-8

#endif
