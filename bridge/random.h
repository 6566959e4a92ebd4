// SPDX-License-Identifier: MIT
//
// random.h: unpredictable bytes from the kernel, and what is made of them. Any thread.
#ifndef CHATBRIDGE_RANDOM_H
#define CHATBRIDGE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_UUID_TEXT = 37, RANDOM_TRACEPARENT_TEXT = 56 }; // NUL included

void random_fill(void *data, size_t len);
uint64_t random_below(uint64_t limit); // evenly from 0 to limit - 1; 0 for 0

// A UUID of version 7 (RFC 9562 section 5.7): time-ordered. Answers `out`.
const char *random_uuid7(char out[RANDOM_UUID_TEXT]);

// A W3C traceparent that begins a trace: random ids, sampled flag set. Answers `out`.
const char *random_traceparent(char out[RANDOM_TRACEPARENT_TEXT]);

#endif
