// SPDX-License-Identifier: MIT
//
// multipart.h: multipart/form-data (RFC 7578) into a JSON object: a field becomes a string, a file an object with
// `filename`, `size` and `content`. Strict, since whoever sends a broken one has a mistake to find.
#ifndef SANDBOX_MULTIPART_H
#define SANDBOX_MULTIPART_H

#include <jansson.h>
#include <stddef.h>

#include "bridge/error.h"

int multipart_read(
    const char *content_type, const char *body, size_t len, json_t *values, struct error *error) MUST_USE;

#endif
