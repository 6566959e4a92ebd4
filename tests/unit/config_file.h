// SPDX-License-Identifier: MIT
//
// config_file.h: configurations from texts: a file that exists in memory only, and an environment of which nothing is
// meant for us. For tests with one thread.
#ifndef CHATBRIDGE_UNIT_CONFIG_FILE_H
#define CHATBRIDGE_UNIT_CONFIG_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/must.h"

struct config_file {
    int fd;
    char path[32];
};

static inline void config_file_make(struct config_file *file, const void *text, size_t len)
{
    file->fd = memfd_create("config", MFD_CLOEXEC);
    must(file->fd >= 0 && write(file->fd, text, len) == (ssize_t)len);
    (void)snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static inline void config_file_remove(struct config_file *file)
{
    (void)close(file->fd);
}

static inline void config_file_clear_environment(void)
{
    for (char **entry = environ; *entry != NULL;) {
        char name[256];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(*entry, "="), *entry);
        if (strncmp(name, "CHATBRIDGE_", 11) == 0 && unsetenv(name) == 0)
            entry = environ; // the list has changed
        else
            entry++;
    }
}

#endif
