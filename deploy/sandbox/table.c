// SPDX-License-Identifier: MIT
#include "deploy/sandbox/table.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/must.h"

enum { BUCKETS_FIRST = 64 };

uint64_t table_hash(uint64_t seed, const void *key, size_t len)
{
    const unsigned char *bytes = key;
    uint64_t hash = seed ^ 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash ^ (hash >> 32); // the low bits choose the bucket
}

uint64_t table_hash_text(uint64_t seed, const char *key)
{
    return table_hash(seed, key, strlen(key));
}

static struct table_item **bucket_of(const struct table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

static void grow(struct table *table)
{
    struct table wider = {.bucket_count = table->bucket_count ? 2 * table->bucket_count : BUCKETS_FIRST};
    wider.buckets = must_calloc(wider.bucket_count, sizeof(struct table_item *));
    wider.count = table->count;
    for (size_t i = 0; i < table->bucket_count; i++) {
        struct table_item *next;
        for (struct table_item *item = table->buckets[i]; item != NULL; item = next) {
            next = item->next;
            struct table_item **bucket = bucket_of(&wider, item->hash);
            item->next = *bucket;
            *bucket = item;
        }
    }
    free(table->buckets);
    *table = wider;
}

void table_add(struct table *table, struct table_item *item, uint64_t hash)
{
    if (table->count >= table->bucket_count)
        grow(table);
    struct table_item **bucket = bucket_of(table, hash);
    *item = (struct table_item){.next = *bucket, .hash = hash};
    *bucket = item;
    table->count++;
}

void table_remove(struct table *table, const struct table_item *item)
{
    struct table_item **place = bucket_of(table, item->hash);
    while (*place != item) {
        must(*place != NULL);
        place = &(*place)->next;
    }
    *place = item->next;
    table->count--;
}

static struct table_item *same(struct table_item *item, uint64_t hash)
{
    while (item != NULL && item->hash != hash)
        item = item->next;
    return item;
}

struct table_item *table_first(const struct table *table, uint64_t hash)
{
    return table->bucket_count == 0 ? NULL : same(*bucket_of(table, hash), hash);
}

struct table_item *table_next(const struct table_item *item)
{
    return same(item->next, item->hash);
}

void table_clear(struct table *table)
{
    free(table->buckets);
    *table = (struct table){0};
}
