// SPDX-License-Identifier: MIT
//
// heap.h: timers by their time: a binary min-heap of items that live in their owners' structures. Adding and removing
// cost O(log n), the nearest is at hand. (glibc's <search.h> has trees but no way to their smallest item; <sys/queue.h>
// has no order.) One thread.
#ifndef CHATBRIDGE_HEAP_H
#define CHATBRIDGE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
    int64_t at;   // e.g. monotonic ms
    size_t place; // 0: in no heap
};

struct heap {
    struct heap_item **items; // [1..count]
    size_t count;
    size_t room;
};

void heap_clear(struct heap *heap); // forgets the items, frees the array
void heap_add(struct heap *heap, struct heap_item *item, int64_t at);
void heap_remove(struct heap *heap, struct heap_item *item); // nothing if it is in none
struct heap_item *heap_first(const struct heap *heap);       // the nearest, or NULL

#endif
