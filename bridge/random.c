// SPDX-License-Identifier: MIT
//
// The kernel is asked for a block at a time and thread, since a system call for every id would cost more than the
// rest of making it.
#include "bridge/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "bridge/clock.h"
#include "bridge/must.h"

enum { POOL_BYTES = 256 }; // getrandom() gives up to 256 bytes whole

static _Thread_local unsigned char pool[POOL_BYTES];
static _Thread_local size_t pool_left;

static unsigned char next_byte(void)
{
    if (pool_left == 0) {
        ssize_t got;
        do
            got = getrandom(pool, sizeof pool, 0);
        while (got < 0 && errno == EINTR);
        must(got == (ssize_t)sizeof pool);
        pool_left = sizeof pool;
    }
    unsigned char byte = pool[--pool_left];
    pool[pool_left] = 0; // what was given out is not kept
    return byte;
}

void random_fill(void *data, size_t len)
{
    unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++)
        bytes[i] = next_byte();
}

uint64_t random_below(uint64_t limit)
{
    if (limit == 0)
        return 0;
    uint64_t value;
    uint64_t fair = UINT64_MAX - UINT64_MAX % limit; // above it some results would come more often
    do
        random_fill(&value, sizeof value);
    while (value >= fair);
    return value % limit;
}

static char *hex(char *out, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return out;
}

const char *random_uuid7(char out[RANDOM_UUID_TEXT])
{
    unsigned char bytes[16];
    random_fill(bytes, sizeof bytes);
    uint64_t ms = (uint64_t)clock_wall_ms();
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f)); // version 7
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f)); // variant of RFC 9562
    static const size_t groups[] = {4, 2, 2, 2, 6};
    char *end = out;
    const unsigned char *from = bytes;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (i > 0)
            *end++ = '-';
        end = hex(end, from, groups[i]);
        from += groups[i];
    }
    *end = '\0';
    return out;
}

const char *random_traceparent(char out[RANDOM_TRACEPARENT_TEXT])
{
    unsigned char bytes[24];
    random_fill(bytes, sizeof bytes);
    char *end = out;
    *end++ = '0';
    *end++ = '0';
    *end++ = '-';
    end = hex(end, bytes, 16);
    *end++ = '-';
    end = hex(end, bytes + 16, 8);
    memcpy(end, "-01", 4);
    return out;
}
