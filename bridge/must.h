// SPDX-License-Identifier: MIT
//
// must.h: what cannot happen, checked in release builds too. must() is for the impossible and for memory that
// ran out, never for input: every input has a limit, so memory that runs out is a defect or a machine too small.
#ifndef CHATBRIDGE_MUST_H
#define CHATBRIDGE_MUST_H

#include <stddef.h>

// Ends the process with a message that names the expression and its place unless `expr` holds.
#define must(expr) ((expr) ? (void)0 : must_fail(#expr, __FILE__, __LINE__))

// An action's answer has to be looked at.
#define MUST_USE __attribute__((warn_unused_result))

_Noreturn void must_fail(const char *expr, const char *file, int line);

// Zeroed memory for `count` items of `size` bytes. Never NULL. Owner: the caller, who calls free().
void *must_calloc(size_t count, size_t size) MUST_USE;

// `data` grown or shrunk to `size` bytes, as realloc(). Never NULL.
void *must_realloc(void *data, size_t size) MUST_USE;

// A copy of `text`, or NULL for NULL. Owner: the caller, who calls free().
char *must_strdup(const char *text) MUST_USE;

// A copy of `size` bytes with a NUL behind them. Owner: the caller, who calls free().
char *must_memdup(const void *data, size_t size) MUST_USE;

#endif
