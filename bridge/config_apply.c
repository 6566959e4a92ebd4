// SPDX-License-Identifier: MIT
//
// From lines of text to values, by the settings table.
#include "bridge/config_source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/config_settings.h"
#include "bridge/config_value.h"

static void set_defaults(bool of_app, void *base)
{
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        if (setting->value == NULL || (strcmp(setting->section, "app") == 0) != of_app)
            continue;
        struct error error;
        must(config_value_set(setting, setting->value, base, &error) == 0);
    }
}

// It stands in URLs, in headers and in the names of environment variables.
static bool is_app_name(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && isalnum((unsigned char)name[0]) && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static void add_app(struct config *config, const struct config_part *part)
{
    const char *name = part->name + strlen("app:");
    if (!is_app_name(name)) {
        config_fault(config, part->origin,
            "'%s' is no name for an app: a-z, 0-9, '.', '_' and '-', beginning with a letter or digit", name);
        return;
    }
    config->apps = must_realloc(config->apps, (config->app_count + 1) * sizeof *config->apps);
    struct app_config *app = &config->apps[config->app_count++];
    *app = (struct app_config){.name = must_strdup(name), .origin = must_strdup(part->origin)};
    set_defaults(true, app);
}

static bool is_known_section(const char *name)
{
    const char *known = config_settings_section(name);
    for (const struct setting_section *section = config_sections; section->name != NULL; section++)
        if (strcmp(section->name, known) == 0)
            return strcmp(name, "app") != 0;
    return false;
}

static void add_section(struct config *config, const struct config_part *part)
{
    if (strncmp(part->name, "app:", 4) == 0) {
        add_app(config, part);
    } else if (strcmp(part->name, "app") == 0) {
        config_fault(config, part->origin, "[app] needs the app's name: [app:NAME]");
    } else if (!is_known_section(part->name)) {
        const char *like = config_settings_like_section(part->name);
        config_fault(config, part->origin, like ? "no such section: [%s]; is it [%s]?" : "no such section: [%s]",
            part->name, like);
    }
}

static struct app_config *find_app(struct config *config, const char *section)
{
    const char *name = section + strlen("app:");
    for (size_t i = 0; i < config->app_count; i++)
        if (strcmp(config->apps[i].name, name) == 0)
            return &config->apps[i];
    return NULL; // its name was refused
}

static void fault_unknown(struct config *config, const struct config_entry *entry)
{
    const char *section = config_settings_section(entry->section);
    const char *like = config_settings_like_key(section, entry->key);
    bool as_file;
    if (like != NULL) {
        config_fault(config, entry->origin, "[%s] has no setting %s; is it %s?", entry->section, entry->key, like);
        return;
    }
    for (const struct setting_section *other = config_sections; other->name != NULL; other++)
        if (config_settings_find(other->name, entry->key, &as_file) != NULL) {
            config_fault(config, entry->origin, "[%s] has no setting %s, but [%s] has", entry->section, entry->key,
                strcmp(other->name, "app") == 0 ? "app:NAME" : other->name);
            return;
        }
    config_fault(config, entry->origin, "[%s] has no setting %s", entry->section, entry->key);
}

// A secret's two forms are one setting: the environment's, in either form, wins over the file's.
static bool is_overridden(
    const struct config_source *source, const struct config_entry *entry, const struct setting *setting)
{
    if (entry->from_environment)
        return false;
    char file_key[64];
    (void)snprintf(file_key, sizeof file_key, "%s.file", setting->key);
    return config_source_find_in(source, entry->section, setting->key, true) != NULL ||
           (config_settings_secret(setting) && config_source_find_in(source, entry->section, file_key, true) != NULL);
}

static int set_from_file(const struct config_source *source, const struct config_entry *entry,
    const struct setting *setting, void *base, struct error *error)
{
    if (*entry->value == '\0')
        return 0;
    const struct config_entry *direct =
        config_source_find_in(source, entry->section, setting->key, entry->from_environment);
    if (direct != NULL && *direct->value != '\0')
        return error_set(error, ERROR_INPUT, "%s is given too, at %s; give one of them", setting->key, direct->origin);
    char *value = config_secret_read(entry->value, error);
    if (value == NULL)
        return -1;
    int result = config_value_set(setting, value, base, error);
    explicit_bzero(value, strlen(value));
    free(value);
    return result;
}

static void apply_entry(struct config *config, const struct config_source *source, struct config_entry *entry)
{
    const char *section = config_settings_section(entry->section);
    if (!is_known_section(entry->section))
        return; // its head was reported
    if (strcmp(section, "kafka") == 0 || strncmp(section, "kafka.", 6) == 0) {
        if (config_source_find(source, entry->section, entry->key) == entry)
            config_kafka_add(config, source, entry);
        return;
    }
    bool as_file;
    const struct setting *setting = config_settings_find(section, entry->key, &as_file);
    if (setting == NULL) {
        fault_unknown(config, entry);
        return;
    }
    void *base = strcmp(section, "app") == 0 ? (void *)find_app(config, entry->section) : config;
    if (base == NULL || is_overridden(source, entry, setting))
        return;
    struct error error;
    int result = as_file ? set_from_file(source, entry, setting, base, &error)
                         : config_value_set(setting, entry->value, base, &error);
    if (result == 0)
        return;
    entry->bad = true;
    config_fault(config, entry->origin, "[%s] %s: %s", entry->section, entry->key, error.text);
}

void config_apply(struct config *config, struct config_source *source)
{
    set_defaults(false, config);
    for (size_t i = 0; i < source->part_count; i++)
        add_section(config, &source->parts[i]);
    for (size_t i = 0; i < source->count; i++)
        apply_entry(config, source, &source->entries[i]);
    config_kafka_defaults(config);
}
