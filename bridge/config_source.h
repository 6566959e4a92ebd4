// SPDX-License-Identifier: MIT
//
// config_source.h: what the file and the environment say, as text, before anybody asks what it means: lines
// `key = value` in sections, each with its origin. Included by bridge/config*.c only; one owner.
#ifndef CHATBRIDGE_CONFIG_SOURCE_H
#define CHATBRIDGE_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/config.h"

enum { CONFIG_SECTION_BYTES = 49 }; // the longest name of a section: inih cuts it there

struct config_entry {
    char *section;
    char *key;
    char *value;
    char *origin; // "file:line" or "environment NAME"
    bool from_environment;
    bool bad; // its value was refused
};

struct config_part {
    char *name; // of a section
    char *origin;
};

struct config_source {
    struct config_entry *entries;
    size_t count;
    struct config_part *parts; // the sections, in order
    size_t part_count;
};

void config_source_clear(struct config_source *source);

// Adds a section, or the fault that it was there before.
void config_source_begin(struct config_source *source, struct config *config, const char *section, const char *origin);

// Adds a line, or the fault that the same place says it twice.
void config_source_add(struct config_source *source, struct config *config, const struct config_entry *entry);

bool config_source_has_section(const struct config_source *source, const char *section);

// The line that counts: the environment's, else the file's, else NULL.
const struct config_entry *config_source_find(const struct config_source *source, const char *section, const char *key);

// The same in one of the two places.
const struct config_entry *config_source_find_in(
    const struct config_source *source, const char *section, const char *key, bool from_environment);

// What the lines say becomes the values of `config`, its apps and its kafka settings; what is wrong becomes faults.
void config_apply(struct config *config, struct config_source *source);

// What librdkafka is to be told, from one line of a [kafka...] section, and our defaults for what no line said.
void config_kafka_add(struct config *config, const struct config_source *source, const struct config_entry *entry);
void config_kafka_defaults(struct config *config);

// Faults of values that do not fit together, and of what is missing.
void config_rules_check(struct config *config);

// The contents of a secret's file, without one newline at the end, or NULL. Owner: the caller.
char *config_secret_read(const char *path, struct error *error) MUST_USE;

// Every line of the file, in order; what is wrong with its form becomes faults.
void config_ini_read(struct config_source *source, struct config *config, const char *path);

// Every CHATBRIDGE_ variable. Last, since the names of the apps' variables follow from the apps.
void config_env_read(struct config_source *source, struct config *config);

#endif
