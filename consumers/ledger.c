// SPDX-License-Identifier: MIT
//
// The metadata: "1:" and the bitmap from base on in base64, lowest offset in the lowest bit; empty when nothing beyond
// base is done.
#include "consumers/ledger.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#define METADATA_VERSION "1:"

enum { BITMAP_BYTES = LEDGER_WINDOW / 8 };

static bool is_done(const struct ledger *ledger, int64_t offset)
{
    uint64_t bit = (uint64_t)offset % LEDGER_WINDOW;
    return (ledger->done[bit / 8] >> (bit % 8)) & 1;
}

static void mark(struct ledger *ledger, int64_t offset, bool done)
{
    uint64_t bit = (uint64_t)offset % LEDGER_WINDOW;
    uint8_t mask = (uint8_t)(1u << (bit % 8));
    if (done)
        ledger->done[bit / 8] |= mask;
    else
        ledger->done[bit / 8] &= (uint8_t)~mask;
}

// The base passes over everything done; what it leaves is wiped for the ring's next turn.
static void advance(struct ledger *ledger)
{
    while (ledger->base < ledger->next && is_done(ledger, ledger->base)) {
        mark(ledger, ledger->base, false);
        ledger->base++;
    }
    if (ledger->seen < ledger->base)
        ledger->seen = ledger->base;
    ledger->version++;
}

static int read_metadata(struct ledger *ledger, const char *metadata, struct error *error)
{
    unsigned char bitmap[BITMAP_BYTES + 3];
    const char *text = metadata + strlen(METADATA_VERSION);
    size_t len = strlen(metadata);
    if (strncmp(metadata, METADATA_VERSION, strlen(METADATA_VERSION)) != 0)
        return error_set(error, ERROR_INPUT, "the commit's metadata are of another form");
    len -= strlen(METADATA_VERSION);
    if (len > (BITMAP_BYTES + 2) / 3 * 4)
        return error_set(error, ERROR_INPUT, "the commit's metadata are too long: %zu characters", len);
    int bytes = EVP_DecodeBlock(bitmap, (const unsigned char *)text, (int)len);
    if (bytes < 0)
        return error_set(error, ERROR_INPUT, "the commit's metadata are not base64");
    for (int bit = 0; bit < bytes * 8 && bit < LEDGER_WINDOW; bit++)
        if ((bitmap[bit / 8] >> (bit % 8)) & 1) {
            mark(ledger, ledger->base + bit, true);
            ledger->next = ledger->base + bit + 1;
        }
    return 0;
}

int ledger_init(struct ledger *ledger, int64_t offset, const char *metadata, struct error *error)
{
    *ledger = (struct ledger){.base = offset, .seen = offset, .next = offset};
    if (offset < 0 || *metadata == '\0')
        return 0;
    if (read_metadata(ledger, metadata, error) != 0)
        return -1;
    advance(ledger);
    ledger->version = 0; // as committed
    return 0;
}

void ledger_merge(struct ledger *ledger, const struct ledger *known)
{
    if (ledger->base < 0 || known->base < 0)
        return; // nothing was ever committed: it may be another topic of that name
    bool news = known->base - ledger->base >= LEDGER_WINDOW;
    if (news) {
        int64_t base = known->base;
        *ledger = (struct ledger){.base = base, .seen = base, .next = base, .version = ledger->version};
    }
    for (int64_t offset = ledger->base; offset < known->next && offset - ledger->base < LEDGER_WINDOW; offset++) {
        if (is_done(ledger, offset) || (offset >= known->base && !is_done(known, offset)))
            continue;
        mark(ledger, offset, true);
        news = true;
        if (ledger->next <= offset)
            ledger->next = offset + 1;
    }
    if (news)
        advance(ledger);
}

enum ledger_answer ledger_take(struct ledger *ledger, int64_t offset)
{
    if (ledger->base < 0)
        ledger->base = ledger->seen = ledger->next = offset;
    if (offset < ledger->seen)
        return LEDGER_DONE; // taken before, or below what is committed
    if (ledger->base == ledger->next && offset > ledger->next) {
        ledger->base = ledger->seen = ledger->next = offset; // nothing is unfinished: a gap of any size is passed
        ledger->version++;
    }
    if (offset - ledger->base >= LEDGER_WINDOW)
        return LEDGER_FULL;
    bool gap = ledger->seen < offset;
    for (; ledger->seen < offset; ledger->seen++)
        mark(ledger, ledger->seen, true);
    if (ledger->next < offset)
        ledger->next = offset;
    if (gap)
        advance(ledger);
    if (offset < ledger->seen)
        return LEDGER_DONE; // the gap closed up to bits that were done before
    ledger->seen = offset + 1;
    if (offset < ledger->next)
        return is_done(ledger, offset) ? LEDGER_DONE : LEDGER_NEW;
    ledger->next = offset + 1;
    return LEDGER_NEW;
}

void ledger_finish(struct ledger *ledger, int64_t offset)
{
    must(offset >= ledger->base && offset < ledger->seen && !is_done(ledger, offset));
    mark(ledger, offset, true);
    advance(ledger);
}

int64_t ledger_commit_offset(const struct ledger *ledger)
{
    return ledger->base;
}

const char *ledger_metadata(const struct ledger *ledger, char out[LEDGER_METADATA])
{
    unsigned char bitmap[BITMAP_BYTES] = {0};
    int bytes = 0;
    for (int64_t offset = ledger->base; offset < ledger->next; offset++) {
        int64_t bit = offset - ledger->base;
        if (!is_done(ledger, offset))
            continue;
        bitmap[bit / 8] |= (unsigned char)(1u << (bit % 8));
        bytes = (int)(bit / 8) + 1;
    }
    out[0] = '\0';
    if (bytes == 0)
        return out;
    static_assert(sizeof METADATA_VERSION + (BITMAP_BYTES + 2) / 3 * 4 <= LEDGER_METADATA, "the metadata fit");
    memcpy(out, METADATA_VERSION, sizeof METADATA_VERSION);
    (void)EVP_EncodeBlock((unsigned char *)out + strlen(METADATA_VERSION), bitmap, bytes);
    return out;
}

int64_t ledger_span(const struct ledger *ledger)
{
    return ledger->seen - ledger->base;
}
