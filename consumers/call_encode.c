// SPDX-License-Identifier: MIT
//
// The API takes forms (application/x-www-form-urlencoded), the oldest encoding that its clients use and the one its
// document writes: arrays as name[]=a&name[]=b. GET has the same in its query; only a file needs multipart/form-data.
#include "consumers/call_encode.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { CONTENTS_MAX = 3 * 64 * 1024 * 1024 }; // a record is far smaller; percent-encoding trebles at most

void call_encode_percent(struct buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    while (*text != '\0') {
        size_t run = strspn(text, plain);
        must(buf_add(out, text, run) == 0);
        text += run;
        if (*text == '\0')
            return;
        unsigned char c = (unsigned char)*text++;
        char code[3] = {'%', hex[c >> 4], hex[c & 15]};
        must(buf_add(out, code, sizeof code) == 0);
    }
}

// ---- one parameter ----

static void add_pair(struct call_encode *encode, const char *name, const char *suffix, const char *value)
{
    must(buf_printf(&encode->out, "%s%s%s=", encode->out.len ? "&" : "", name, suffix) == 0);
    call_encode_percent(&encode->out, value);
}

// A part with more lines in its head than the disposition (`more`: each begins with CRLF, or attributes before it).
static void add_part(struct call_encode *encode, const char *name, const char *suffix, const char *more,
    const char *contents, size_t len)
{
    must(buf_printf(&encode->out, "--%s\r\nContent-Disposition: form-data; name=\"%s%s\"%s\r\n\r\n", encode->boundary,
             name, suffix, more) == 0);
    must(buf_add(&encode->out, contents, len) == 0 && buf_add_text(&encode->out, "\r\n") == 0);
    encode->parts++;
}

static void add_text_part(struct call_encode *encode, const char *name, const char *suffix, const char *value)
{
    add_part(encode, name, suffix, "", value, strlen(value));
}

void call_encode_text(struct call_encode *encode, const char *name, const char *suffix, const char *value)
{
    static void (*const add[])(struct call_encode *, const char *, const char *, const char *) = {
        [CALL_FORM] = add_pair, [CALL_QUERY] = add_pair, [CALL_MULTIPART] = add_text_part};
    add[encode->encoding](encode, name, suffix, value);
}

void call_encode_file(struct call_encode *encode, const char *name, const char *text, size_t len)
{
    must(encode->encoding == CALL_MULTIPART);
    add_part(encode, name, "", "; filename=\"import.json\"\r\nContent-Type: application/json", text, len);
}

// ---- begin and end ----

// Random, so that whoever writes the contents cannot aim at it.
static void draw_boundary(struct call_encode *encode)
{
    uint64_t drawn[2];
    must(getrandom(drawn, sizeof drawn, 0) == sizeof drawn); // so few bytes come whole, whatever signals arrive
    (void)snprintf(
        encode->boundary, sizeof encode->boundary, "chatbridge-%016" PRIx64 "%016" PRIx64, drawn[0], drawn[1]);
}

void call_encode_begin(struct call_encode *encode, enum call_encoding encoding)
{
    *encode = (struct call_encode){.encoding = encoding};
    buf_init(&encode->out, CONTENTS_MAX);
    if (encoding == CALL_MULTIPART)
        draw_boundary(encode);
}

// How often the boundary stands in what was written: once before each part and once behind the last, or it is in a
// part too.
static size_t count_boundaries(const struct call_encode *encode)
{
    size_t count = 0;
    size_t len = strlen(encode->boundary);
    const char *end = encode->out.data + encode->out.len;
    const char *at = encode->out.data;
    while ((at = memmem(at, (size_t)(end - at), encode->boundary, len)) != NULL) {
        count++;
        at += len;
    }
    return count;
}

bool call_encode_end(struct call_encode *encode)
{
    if (encode->encoding != CALL_MULTIPART)
        return true;
    must(buf_printf(&encode->out, "--%s--\r\n", encode->boundary) == 0);
    if (count_boundaries(encode) == encode->parts + 1)
        return true;
    buf_clear(&encode->out);
    return false;
}

const char *call_encode_content_type(struct call_encode *encode)
{
    static const char *const lines[] = {
        [CALL_FORM] = "Content-Type: application/x-www-form-urlencoded",
        [CALL_QUERY] = NULL,
        [CALL_MULTIPART] = "Content-Type: multipart/form-data; boundary=",
    };
    if (lines[encode->encoding] == NULL)
        return NULL;
    (void)snprintf(encode->content_type, sizeof encode->content_type, "%s%s", lines[encode->encoding],
        encode->encoding == CALL_MULTIPART ? encode->boundary : "");
    return encode->content_type;
}
