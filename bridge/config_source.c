// SPDX-License-Identifier: MIT
#include "bridge/config_source.h"

#include <stdlib.h>
#include <string.h>

void config_source_clear(struct config_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        free(source->entries[i].section);
        free(source->entries[i].key);
        free(source->entries[i].value);
        free(source->entries[i].origin);
    }
    for (size_t i = 0; i < source->part_count; i++) {
        free(source->parts[i].name);
        free(source->parts[i].origin);
    }
    free(source->entries);
    free(source->parts);
    *source = (struct config_source){0};
}

static const struct config_part *find_part(const struct config_source *source, const char *section)
{
    for (size_t i = 0; i < source->part_count; i++)
        if (strcmp(source->parts[i].name, section) == 0)
            return &source->parts[i];
    return NULL;
}

bool config_source_has_section(const struct config_source *source, const char *section)
{
    return find_part(source, section) != NULL;
}

void config_source_begin(struct config_source *source, struct config *config, const char *section, const char *origin)
{
    const struct config_part *before = find_part(source, section);
    if (before != NULL) {
        config_fault(config, origin, "[%s] begins again; it was begun at %s", section, before->origin);
        return;
    }
    source->parts = must_realloc(source->parts, (source->part_count + 1) * sizeof *source->parts);
    source->parts[source->part_count++] = (struct config_part){must_strdup(section), must_strdup(origin)};
}

const struct config_entry *config_source_find_in(
    const struct config_source *source, const char *section, const char *key, bool from_environment)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct config_entry *entry = &source->entries[i];
        if (entry->from_environment == from_environment && strcmp(entry->section, section) == 0 &&
            strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

void config_source_add(struct config_source *source, struct config *config, const struct config_entry *entry)
{
    const struct config_entry *before =
        config_source_find_in(source, entry->section, entry->key, entry->from_environment);
    if (before != NULL) {
        config_fault(
            config, entry->origin, "[%s] %s is set twice; before at %s", entry->section, entry->key, before->origin);
        return;
    }
    source->entries = must_realloc(source->entries, (source->count + 1) * sizeof *source->entries);
    source->entries[source->count++] = (struct config_entry){
        .section = must_strdup(entry->section),
        .key = must_strdup(entry->key),
        .value = must_strdup(entry->value),
        .origin = must_strdup(entry->origin),
        .from_environment = entry->from_environment,
    };
}

const struct config_entry *config_source_find(const struct config_source *source, const char *section, const char *key)
{
    const struct config_entry *entry = config_source_find_in(source, section, key, true);
    return entry ? entry : config_source_find_in(source, section, key, false);
}
