// SPDX-License-Identifier: MIT
//
// call_param.h: the types of a call's parameters: how a value is checked and how it is added to a request. Plain
// functions; any thread. Adding a type is a row in call_param.c.
#ifndef CHATBRIDGE_CALL_PARAM_H
#define CHATBRIDGE_CALL_PARAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bridge/error.h"
#include "consumers/call_encode.h"

enum call_param_type {
    PARAM_TEXT,
    PARAM_TEXTS,   // an array of texts, none of them empty
    PARAM_ID,      // an integer or a text, carried as text
    PARAM_IDS,     // an array of them
    PARAM_INTEGER, // from 1 on; its decimal text too
    PARAM_FLAG,    // true or false
    PARAM_DATE,    // YYYY-MM-DD, a day that exists
    PARAM_OBJECT,  // or the text of one
    PARAM_SEGMENT, // a text that stands in the path
    PARAM_ROWS,    // an array of objects that makes a JSON file
    PARAM_FILE,    // the text of a JSON file that holds an array
};

struct call_param {
    const char *name; // NULL ends a list
    enum call_param_type type;
    bool required;
    size_t max;                 // characters (code points) of a text, or of each; bytes of a file; 0: no limit of ours
    size_t count;               // exactly so many in an array; 0: any number
    const char *const *choices; // NULL-ended, or NULL: anything
};

// Whether it is there: null, an empty text and an empty array count as absent.
bool call_param_given(const json_t *params, const char *name);

// 0, or -1 with an ERROR_INPUT that names the parameter.
int call_param_check(const struct call_param *param, const json_t *params, struct error *error) MUST_USE;

// Adds one that is given and was checked.
void call_param_add(const struct call_param *param, const json_t *params, struct call_encode *encode);

// Whether `text` is among NULL-ended `choices`.
bool call_param_is_one_of(const char *text, const char *const *choices);

#endif
