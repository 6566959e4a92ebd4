// SPDX-License-Identifier: MIT
#include "bridge/config_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_FILE_BYTES = 64 * 1024 }; // a private key fits

// Secrets are usually written with an editor or echo, which end the line.
static void trim_newline(char *text)
{
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = '\0';
}

char *config_secret_read(const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)error_set(error, ERROR_INPUT, "%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    char *text = must_calloc(SECRET_FILE_BYTES + 2, 1);
    size_t len = fread(text, 1, SECRET_FILE_BYTES + 1, file);
    int failed = ferror(file) ? errno : 0;
    (void)fclose(file);
    size_t plain = strlen(text);
    trim_newline(text);
    int result = 0;
    if (failed != 0)
        result = error_set(error, ERROR_INPUT, "%s cannot be read: %s", path, strerror(failed));
    else if (len > SECRET_FILE_BYTES)
        result = error_set(error, ERROR_INPUT, "%s is larger than %d bytes", path, SECRET_FILE_BYTES);
    else if (plain != len)
        result = error_set(error, ERROR_INPUT, "%s holds a NUL byte", path);
    else if (*text == '\0')
        result = error_set(error, ERROR_INPUT, "%s is empty", path);
    if (result == 0)
        return text;
    free(text);
    return NULL;
}
