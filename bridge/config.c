// SPDX-License-Identifier: MIT
//
// The order of things: the file's lines and the environment's as text (config_ini.c, config_env.c), what they say as
// values (config_apply.c, by the table in config_settings.c), then what they say together (config_rules.c).
#include "bridge/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/config_source.h"
#include "bridge/config_value.h"

struct config *config_load(const char *path)
{
    struct config *config = must_calloc(1, sizeof *config);
    const char *named = getenv("CHATBRIDGE_CONFIG");
    if (path == NULL)
        path = named;
    if (path != NULL && *path == '\0')
        path = NULL;
    config->path = must_strdup(path);
    config->source = must_calloc(1, sizeof *config->source);
    if (path != NULL)
        config_ini_read(config->source, config, path);
    bool readable = config->fault_count == 0 || config->source->part_count > 0;
    config_env_read(config->source, config);
    config_apply(config, config->source);
    if (readable) // otherwise everything is missing, and that is known
        config_rules_check(config);
    return config;
}

static void clear_values(bool of_app, void *base)
{
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++)
        if ((strcmp(setting->section, "app") == 0) == of_app)
            config_value_clear(setting, base);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    clear_values(false, config);
    for (size_t i = 0; i < config->app_count; i++) {
        clear_values(true, &config->apps[i]);
        free(config->apps[i].name);
        free(config->apps[i].origin);
    }
    for (size_t i = 0; i < config->kafka_count; i++) {
        free(config->kafka[i].section);
        free(config->kafka[i].key);
        free(config->kafka[i].value);
        free(config->kafka[i].origin);
    }
    for (size_t i = 0; i < config->fault_count; i++)
        free(config->faults[i]);
    config_source_clear(config->source);
    free(config->source);
    free(config->apps);
    free(config->kafka);
    free(config->faults);
    free(config->path);
    free(config);
}

void config_fault(struct config *config, const char *origin, const char *format, ...)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "%s: ", origin);
    must(len > 0);
    if ((size_t)len < sizeof text) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(text + len, sizeof text - (size_t)len, format, args);
        va_end(args);
    }
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; // it goes to a terminal
    config->faults = must_realloc(config->faults, (config->fault_count + 1) * sizeof *config->faults);
    config->faults[config->fault_count++] = must_strdup(text);
}

const struct app_config *config_app(const struct config *config, const char *name)
{
    if (name == NULL)
        return config->app_count == 1 ? &config->apps[0] : NULL;
    for (size_t i = 0; i < config->app_count; i++)
        if (strcmp(config->apps[i].name, name) == 0)
            return &config->apps[i];
    return NULL;
}
