// SPDX-License-Identifier: MIT
//
// payload.h: what a comment's payload has to hold, by the comment's type.
#ifndef SANDBOX_PAYLOAD_H
#define SANDBOX_PAYLOAD_H

#include <jansson.h>
#include <stdbool.h>

#include "bridge/error.h"

extern const char *const payload_types[]; // NULL ends

// 0, or -1 with an ERROR_INPUT that names the field. `payload` may be NULL.
int payload_check(const char *type, const json_t *payload, struct error *error) MUST_USE;

// Types whose payload says it all need no message.
bool payload_replaces_message(const char *type);

// The type's own, lasting name, or NULL if it is not one of payload_types.
const char *payload_type(const char *name);

#endif
