// SPDX-License-Identifier: MIT
#include "bridge/heap.h"

#include <stdlib.h>

#include "bridge/must.h"

static void put(struct heap *heap, struct heap_item *item, size_t place)
{
    heap->items[place] = item;
    item->place = place;
}

static void rise(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    for (; place > 1 && heap->items[place / 2]->at > item->at; place /= 2)
        put(heap, heap->items[place / 2], place);
    put(heap, item, place);
}

static void sink(struct heap *heap, struct heap_item *item)
{
    size_t place = item->place;
    for (size_t child; (child = 2 * place) <= heap->count; place = child) {
        if (child < heap->count && heap->items[child + 1]->at < heap->items[child]->at)
            child++;
        if (heap->items[child]->at >= item->at)
            break;
        put(heap, heap->items[child], place);
    }
    put(heap, item, place);
}

void heap_clear(struct heap *heap)
{
    for (size_t i = 1; i <= heap->count; i++)
        heap->items[i]->place = 0;
    free(heap->items);
    *heap = (struct heap){0};
}

void heap_add(struct heap *heap, struct heap_item *item, int64_t at)
{
    must(item->place == 0);
    if (heap->count + 1 >= heap->room) {
        heap->room = heap->room ? heap->room * 2 : 64;
        heap->items = must_realloc(heap->items, heap->room * sizeof *heap->items);
    }
    item->at = at;
    put(heap, item, ++heap->count);
    rise(heap, item);
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
    if (item->place == 0)
        return;
    struct heap_item *last = heap->items[heap->count--];
    if (last != item) {
        put(heap, last, item->place);
        rise(heap, last);
        sink(heap, last);
    }
    item->place = 0;
}

struct heap_item *heap_first(const struct heap *heap)
{
    return heap->count > 0 ? heap->items[1] : NULL;
}
