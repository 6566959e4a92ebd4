// SPDX-License-Identifier: MIT
#include "consumers/lane.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct lane *)a)->key, ((const struct lane *)b)->key);
}

struct lane *lanes_get(struct lanes *lanes, const char *key)
{
    if (key != NULL) {
        const struct lane wanted = {.key = (char *)(uintptr_t)key};
        struct lane *const *found = tfind(&wanted, &lanes->tree, compare);
        if (found != NULL)
            return *found;
    }
    struct lane *lane = must_calloc(1, sizeof *lane);
    TAILQ_INIT(&lane->queue);
    lanes->count++;
    if (key != NULL) {
        lane->key = must_strdup(key);
        must(tsearch(lane, &lanes->tree, compare) != NULL);
    }
    return lane;
}

void lanes_remove(struct lanes *lanes, struct lane *lane)
{
    must(TAILQ_EMPTY(&lane->queue));
    if (lane->key != NULL)
        must(tdelete(lane, &lanes->tree, compare) != NULL);
    lanes->count--;
    free(lane->key);
    free(lane);
}
