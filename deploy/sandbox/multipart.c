// SPDX-License-Identifier: MIT
#include "deploy/sandbox/multipart.h"

int multipart_read(const char *content_type, const char *body, size_t len, json_t *values, struct error *error)
{
    (void)content_type;
    (void)body;
    (void)len;
    (void)values;
    return error_set(error, ERROR_INPUT, "multipart bodies are not taken yet");
}
