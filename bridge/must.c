// SPDX-License-Identifier: MIT
#include "bridge/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void must_fail(const char *expr, const char *file, int line)
{
    fprintf(stderr, "level=fatal msg=\"must() failed\" expr=\"%s\" at=%s:%d\n", expr, file, line);
    abort();
}

void *must_calloc(size_t count, size_t size)
{
    void *data = calloc(count ? count : 1, size ? size : 1);
    must(data != NULL);
    return data;
}

void *must_realloc(void *data, size_t size)
{
    void *grown = realloc(data, size ? size : 1);
    must(grown != NULL);
    return grown;
}

char *must_strdup(const char *text)
{
    return text ? must_memdup(text, strlen(text)) : NULL;
}

char *must_memdup(const void *data, size_t size)
{
    char *copy = must_calloc(size + 1, 1);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}
