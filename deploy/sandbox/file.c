// SPDX-License-Identifier: MIT
#include "deploy/sandbox/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"

static int read_all(FILE *file, struct buf *contents)
{
    char piece[16384];
    size_t len;
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        if (buf_add(contents, piece, len) != 0)
            return EFBIG;
    return ferror(file) ? errno : 0;
}

char *file_read(const char *path, size_t max, size_t *len, struct error *error)
{
    struct buf contents;
    buf_init(&contents, max);
    FILE *file = fopen(path, "re");
    int failed = file ? read_all(file, &contents) : errno;
    if (file != NULL)
        (void)fclose(file);
    if (failed != 0) {
        buf_clear(&contents);
        (void)error_set(error, ERROR_INPUT, "%s cannot be read: %s", path, strerror(failed));
        return NULL;
    }
    if (len != NULL)
        *len = contents.len;
    return buf_take(&contents);
}
