// SPDX-License-Identifier: MIT
//
// form.h: application/x-www-form-urlencoded into a JSON object. Strict: a broken %-sequence, invalid UTF-8 or a NUL is
// an error, since whoever sends one has a mistake to find.
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include <jansson.h>
#include <stddef.h>

#include "bridge/error.h"

int form_read(const char *text, size_t len, json_t *values, struct error *error) MUST_USE;

// One decoded pair: name[] makes or extends the array `name`; a name that is there already makes an array too.
int form_add(json_t *values, const char *name, const char *value, size_t len, struct error *error) MUST_USE;

#endif
