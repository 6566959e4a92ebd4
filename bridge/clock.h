// SPDX-License-Identifier: MIT
//
// clock.h: the time, from one replaceable place, and its text forms. Any thread.
// Waits use the monotonic clock; what people and other systems read uses the wall clock.
#ifndef CHATBRIDGE_CLOCK_H
#define CHATBRIDGE_CLOCK_H

#include <stdint.h>

#include "bridge/must.h"

enum { CLOCK_TEXT = 32 }; // room for a time as text, NUL included

int64_t clock_us(void);      // monotonic, microseconds
int64_t clock_ms(void);      // monotonic, milliseconds
int64_t clock_wall_ms(void); // milliseconds since 1970-01-01T00:00:00Z

// For tests: times come from these functions (NULL: the system's again). Before any other thread runs.
void clock_replace(int64_t (*monotonic_us)(void), int64_t (*wall_ms)(void));

// RFC 3339 in UTC with milliseconds: 2026-12-01T10:00:00.000Z. Answers `out`.
const char *clock_format(int64_t wall_ms, char out[CLOCK_TEXT]);

// RFC 3339, with `Z` or an offset, with or without a fraction (cut to milliseconds). 0, or -1 if it is not one.
int clock_parse(const char *text, int64_t *wall_ms) MUST_USE;

// An HTTP date (RFC 9110 section 5.6.7, its preferred form): Sun, 06 Nov 1994 08:49:37 GMT. 0 or -1.
int clock_parse_http(const char *text, int64_t *wall_ms) MUST_USE;

#endif
