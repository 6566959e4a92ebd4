// SPDX-License-Identifier: MIT
//
// config_file.h: configurations from texts: a file that exists in memory only, an environment of which nothing is meant
// for us, and what is wrong with them as one text. For tests with one thread.
#ifndef CHATBRIDGE_UNIT_CONFIG_FILE_H
#define CHATBRIDGE_UNIT_CONFIG_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/config.h"
#include "tests/unit/unit.h"

// The shortest section that makes a configuration whole; three lines.
#define CONFIG_APP "[app:shop]\nbase.url = https://shop.example\nsecret = s\n"

struct config_file {
    int fd;
    char path[32];
};

// What the last load gave, and its faults, with F for the file's path.
static struct config *config;
static char *faults;

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

static inline void clear_environment(void)
{
    for (char **entry = environ; *entry != NULL;) {
        char name[512];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(*entry, "="), *entry);
        if (strncmp(name, "CHATBRIDGE_", 11) == 0 && unsetenv(name) == 0)
            entry = environ; // the list has changed
        else
            entry++;
    }
}

static inline void set_variable(const char *name, const char *value)
{
    must(setenv(name, value, 1) == 0);
}

// As a teardown.
static inline int forget_config(void **state)
{
    (void)state;
    config_free(config);
    config = NULL;
    free(faults);
    faults = NULL;
    clear_environment();
    return 0;
}

static inline void keep_faults(const char *path)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    must(out != NULL);
    assert_int_equal(config_print_faults(config, out), config->fault_count);
    (void)fclose(out);
    free(faults);
    faults = must_calloc(len + 1, 1);
    char *end = faults;
    for (const char *rest = text; *rest != '\0';) {
        bool is_path = path != NULL && strncmp(rest, path, strlen(path)) == 0;
        *end++ = is_path ? 'F' : *rest;
        rest += is_path ? strlen(path) : 1;
    }
    free(text);
}

// Reads the file of that path; NULL: the environment alone.
static inline void load_path(const char *path)
{
    config_free(config);
    config = config_load(path);
    assert_non_null(config);
    keep_faults(path);
}

static inline void load_bytes(const char *text, size_t len)
{
    struct config_file file;
    config_file_make(&file, text, len);
    load_path(file.path);
    config_file_remove(&file);
}

static inline void load(const char *text)
{
    load_bytes(text, strlen(text));
}

// The value that librdkafka is told last, or NULL.
static inline const char *kafka_value(const char *section, const char *key)
{
    for (size_t i = config->kafka_count; i > 0; i--)
        if (strcmp(config->kafka[i - 1].section, section) == 0 && strcmp(config->kafka[i - 1].key, key) == 0)
            return config->kafka[i - 1].value;
    return NULL;
}

#endif
