// SPDX-License-Identifier: MIT
//
// file.h: a whole file, with a limit.
#ifndef SANDBOX_FILE_H
#define SANDBOX_FILE_H

#include <stddef.h>

#include "bridge/error.h"

// The contents, NUL-terminated, or NULL with an ERROR_INPUT. `len` may be NULL. Owner: the caller, free().
char *file_read(const char *path, size_t max, size_t *len, struct error *error) MUST_USE;

#endif
