// SPDX-License-Identifier: MIT
//
// call_encode.h: parameters as bytes, in the three encodings that the chat API takes. Begin, add, end; one owner.
#ifndef CHATBRIDGE_CALL_ENCODE_H
#define CHATBRIDGE_CALL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/buf.h"

enum call_encoding {
    CALL_FORM,      // application/x-www-form-urlencoded: a=1&b[]=2&b[]=3
    CALL_QUERY,     // the same behind the path; there is no body
    CALL_MULTIPART, // multipart/form-data (RFC 7578): for files
};

enum { CALL_BOUNDARY_TEXT = 48, CALL_CONTENT_TYPE_TEXT = 128 };

struct call_encode {
    enum call_encoding encoding;
    struct buf out; // owned: buf_clear() or buf_take()
    size_t parts;
    char boundary[CALL_BOUNDARY_TEXT];
    char content_type[CALL_CONTENT_TYPE_TEXT];
};

void call_encode_begin(struct call_encode *encode, enum call_encoding encoding);

// A parameter: `name` and `suffix` ("" or "[]") as they are, `value` encoded. The names are those of our tables.
void call_encode_text(struct call_encode *encode, const char *name, const char *suffix, const char *value);

// A JSON file, byte for byte; in CALL_MULTIPART only.
void call_encode_file(struct call_encode *encode, const char *name, const char *text, size_t len);

// True: `out` is complete. False: what was added contains the boundary that was drawn; `out` is cleared, begin again.
bool call_encode_end(struct call_encode *encode) MUST_USE;

// The header line that goes with it, or NULL: there is no body. Borrowed from `encode`.
const char *call_encode_content_type(struct call_encode *encode);

// `text` percent-encoded: all but RFC 3986's unreserved characters.
void call_encode_percent(struct buf *out, const char *text);

#endif
