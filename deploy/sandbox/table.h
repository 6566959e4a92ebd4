// SPDX-License-Identifier: MIT
//
// table.h: a hash table of items that live in their owners' structures: chained, doubling, keyed by a hash that the
// owner computes; the owner compares the keys of the items that it is shown. (glibc's hsearch() has a fixed size, and
// jansson's objects take keys of text only.) One thread.
#ifndef SANDBOX_TABLE_H
#define SANDBOX_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_item {
    struct table_item *next;
    uint64_t hash;
};

struct table {
    struct table_item **buckets;
    size_t bucket_count; // a power of two, or 0
    size_t count;
};

// FNV-1a; `seed` joins several parts of a key (0 for the first).
uint64_t table_hash(uint64_t seed, const void *key, size_t len);
uint64_t table_hash_text(uint64_t seed, const char *key);

void table_add(struct table *table, struct table_item *item, uint64_t hash);
void table_remove(struct table *table, const struct table_item *item); // it has to be in there

// The items of that hash, one after the other; NULL ends. Not across an addition.
struct table_item *table_first(const struct table *table, uint64_t hash);
struct table_item *table_next(const struct table_item *item);

void table_clear(struct table *table); // frees the buckets, not the items

#define table_owner(item, type, member) ((type *)(void *)((char *)(item)-offsetof(type, member)))

#endif
