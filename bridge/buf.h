// SPDX-License-Identifier: MIT
//
// buf.h: bytes that grow up to a ceiling given at the start. At the ceiling an addition fails whole and the
// contents stay as they were. One owner, one thread.
#ifndef CHATBRIDGE_BUF_H
#define CHATBRIDGE_BUF_H

#include <stddef.h>

#include "bridge/must.h"

struct buf {
    char *data; // NULL until the first addition; then always NUL-terminated
    size_t len; // bytes, without that NUL
    size_t cap;
    size_t max; // ceiling for len, in bytes
};

void buf_init(struct buf *buf, size_t max);
void buf_clear(struct buf *buf); // frees; the ceiling stays, the buffer can be used again
void buf_reset(struct buf *buf); // empties, keeps the memory

// 0, or -1 when the ceiling would be passed.
int buf_add(struct buf *buf, const void *data, size_t len) MUST_USE;
int buf_add_text(struct buf *buf, const char *text) MUST_USE;
int buf_printf(struct buf *buf, const char *format, ...) MUST_USE __attribute__((format(printf, 2, 3)));

// The contents as text; "" when empty. Owned by the buffer, valid until the next addition.
const char *buf_text(const struct buf *buf);

// The contents, NUL-terminated (never NULL); the caller owns them and calls free(). The buffer is empty afterwards.
char *buf_take(struct buf *buf);

#endif
