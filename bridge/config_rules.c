// SPDX-License-Identifier: MIT
//
// What no single line shows: values that do not fit together, and what is missing.
#include "bridge/config_source.h"

#include <string.h>

#include "bridge/config_settings.h"
#include "bridge/config_value.h"

// Durations of one section of which the first may not be above the second.
static const struct {
    const char *section;
    const char *lower;
    const char *upper;
} ordered[] = {
    {"outbound", "connect.timeout", "request.timeout"},
    {"retry", "backoff.initial", "backoff.max"},
    {"breaker", "open", "open.max"},
};

// What was written for a setting, or its default; its origin in `origin` where it was written. NULL: it was refused,
// so nothing more can be said of it.
static const char *text_of(const struct config *config, const char *section, const char *key, const char **origin)
{
    const struct config_entry *entry = config_source_find(config->source, section, key);
    if (entry != NULL) {
        *origin = entry->origin;
        return entry->bad ? NULL : entry->value;
    }
    bool as_file;
    return config_settings_find(section, key, &as_file)->value;
}

static int64_t duration_of(const struct config *config, const char *section, const char *key)
{
    bool as_file;
    const struct setting *setting = config_settings_find(section, key, &as_file);
    must(setting->type == SETTING_DURATION);
    int64_t value;
    memcpy(&value, (const char *)config + setting->offset, sizeof value);
    return value;
}

static void check_order(struct config *config)
{
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++) {
        const char *section = ordered[i].section;
        const char *origin = NULL;
        const char *upper = text_of(config, section, ordered[i].upper, &origin);
        const char *lower = text_of(config, section, ordered[i].lower, &origin);
        if (lower != NULL && upper != NULL &&
            duration_of(config, section, ordered[i].lower) > duration_of(config, section, ordered[i].upper))
            config_fault(config, origin, "[%s] %s (%s) is above %s (%s)", section, ordered[i].lower, lower,
                ordered[i].upper, upper);
    }
}

// Two topics in one would feed our own output back to us, or mix what readers expect apart.
static void check_topics(struct config *config)
{
    for (const struct setting *one = config_settings; one->section != NULL; one++)
        for (const struct setting *two = config_settings; two != one; two++) {
            if (one->type != SETTING_TOPIC || two->type != SETTING_TOPIC)
                continue;
            const char *origin = NULL;
            const char *first = text_of(config, two->section, two->key, &origin);
            const char *second = text_of(config, one->section, one->key, &origin);
            if (first != NULL && second != NULL && strcmp(first, second) == 0)
                config_fault(config, origin, "[topics] %s and %s are the same topic, %s", two->key, one->key, first);
        }
}

static void check_app(struct config *config, const struct app_config *app)
{
    char section[CONFIG_SECTION_BYTES + 1];
    (void)snprintf(section, sizeof section, "app:%s", app->name);
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        if ((setting->required_for & config->bridge.roles) == 0 || config_value_given(setting, app))
            continue;
        char file_key[64];
        (void)snprintf(file_key, sizeof file_key, "%s.file", setting->key);
        const struct config_entry *entry = config_source_find(config->source, section, setting->key);
        const struct config_entry *file = config_source_find(config->source, section, file_key);
        if ((entry != NULL && entry->bad) || (file != NULL && file->bad))
            continue; // it was given, and refused
        config_fault(config, app->origin, "[%s] %s is missing%s%s%s", section, setting->key,
            config_settings_secret(setting) ? " (or " : "", config_settings_secret(setting) ? file_key : "",
            config_settings_secret(setting) ? ")" : "");
    }
}

// To ask for a signature that nobody can check would refuse every webhook.
static void check_signature(struct config *config, const struct app_config *app)
{
    if (app->signature != SIGNATURE_REQUIRED || app->signature_secret != NULL || app->signature_next != NULL)
        return;
    static const char *const keys[] = {
        "signature.secret", "signature.secret.file", "signature.secret.next", "signature.secret.next.file"};
    char section[CONFIG_SECTION_BYTES + 1];
    (void)snprintf(section, sizeof section, "app:%s", app->name);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct config_entry *entry = config_source_find(config->source, section, keys[i]);
        if (entry != NULL && entry->bad)
            return; // it was given, and refused
    }
    const struct config_entry *wish = config_source_find(config->source, section, "signature");
    config_fault(config, wish ? wish->origin : app->origin,
        "[%s] signature is required, and signature.secret (or signature.secret.file) is missing", section);
}

void config_rules_check(struct config *config)
{
    check_order(config);
    check_topics(config);
    for (size_t i = 0; i < config->app_count; i++) {
        check_app(config, &config->apps[i]);
        if (config->bridge.roles & ROLE_INBOUND)
            check_signature(config, &config->apps[i]);
    }
    bool declared = config->app_count > 0;
    for (size_t i = 0; i < config->source->part_count; i++)
        declared |= strncmp(config->source->parts[i].name, "app:", 4) == 0;
    if (!declared)
        config_fault(config, config->path ? config->path : "environment",
            "there is no app: add a section [app:NAME], or CHATBRIDGE_APPS=NAME%s",
            config->path ? "" : "; or name the file with -c FILE");
}
