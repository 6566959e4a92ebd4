// SPDX-License-Identifier: MIT
//
// A ring of keys, and a hash table of their places in it with open addressing: at most half full, and without marks for
// what was taken out, so that it neither grows nor fills up with time. The keys are hashes: their bits are the hash.
#include "producers/recent.h"

#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = 0 }; // an empty slot; others hold a place in the ring, plus 1

struct recent {
    size_t window;
    size_t next;             // the place in the ring that is written next: once it is full, the oldest's
    struct recent_key *ring; // `window` of them
    uint32_t *slots;
    size_t mask; // the number of slots, a power of two, minus 1
    bool full;
};

struct recent *recent_new(size_t window)
{
    must(window > 0 && window < UINT32_MAX / 4);
    size_t slots = 2;
    while (slots < 2 * window)
        slots *= 2;
    struct recent *recent = must_calloc(1, sizeof *recent);
    recent->window = window;
    recent->ring = must_calloc(window, sizeof *recent->ring);
    recent->slots = must_calloc(slots, sizeof *recent->slots);
    recent->mask = slots - 1;
    return recent;
}

void recent_free(struct recent *recent)
{
    if (recent == NULL)
        return;
    free(recent->ring);
    free(recent->slots);
    free(recent);
}

static size_t add_text(unsigned char *out, size_t at, const char *text)
{
    size_t len = strlen(text) + 1; // its end too, so that two texts never run into one
    memcpy(out + at, text, len);
    return at + len;
}

struct recent_key recent_key_of(const struct event *event)
{
    unsigned char whole[1 + sizeof event->type + sizeof event->room + sizeof event->id];
    unsigned char digest[SHA256_DIGEST_LENGTH];
    size_t len = 0;
    whole[len++] = (unsigned char)event->id_kind;
    len = add_text(whole, len, event->type);
    len = add_text(whole, len, event->room);
    len = add_text(whole, len, event->id);
    must(SHA256(whole, len, digest) != NULL);
    struct recent_key key;
    memcpy(key.bytes, digest, sizeof key.bytes);
    return key;
}

static size_t home_of(const struct recent *recent, const struct recent_key *key)
{
    uint64_t bits;
    memcpy(&bits, key->bytes, sizeof bits);
    return (size_t)bits & recent->mask;
}

static const struct recent_key *key_in(const struct recent *recent, size_t slot)
{
    return &recent->ring[recent->slots[slot] - 1];
}

// The slot that holds the key, else the empty one where it belongs.
static size_t find(const struct recent *recent, const struct recent_key *key)
{
    size_t slot = home_of(recent, key);
    while (recent->slots[slot] != NONE && memcmp(key_in(recent, slot), key, sizeof *key) != 0)
        slot = (slot + 1) & recent->mask;
    return slot;
}

// Empties the slot, and moves up what was pushed behind it.
static void empty(struct recent *recent, size_t hole)
{
    for (size_t slot = (hole + 1) & recent->mask; recent->slots[slot] != NONE; slot = (slot + 1) & recent->mask) {
        size_t from_home = (slot - home_of(recent, key_in(recent, slot))) & recent->mask;
        if (from_home < ((slot - hole) & recent->mask))
            continue; // its home lies behind the hole
        recent->slots[hole] = recent->slots[slot];
        hole = slot;
    }
    recent->slots[hole] = NONE;
}

bool recent_holds(const struct recent *recent, const struct recent_key *key)
{
    return recent->slots[find(recent, key)] != NONE;
}

void recent_add(struct recent *recent, const struct recent_key *key)
{
    if (recent_holds(recent, key))
        return;
    if (recent->full)
        empty(recent, find(recent, &recent->ring[recent->next]));
    recent->ring[recent->next] = *key;
    recent->slots[find(recent, key)] = (uint32_t)recent->next + 1;
    if (++recent->next == recent->window) {
        recent->next = 0;
        recent->full = true;
    }
}
