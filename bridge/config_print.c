// SPDX-License-Identifier: MIT
//
// What people read: the faults, what was set, and the sample file.
#include "bridge/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/config_source.h"
#include "bridge/config_value.h"

// The line of the file that a fault names; one that names none comes last.
static long line_of(const struct config *config, const char *fault)
{
    size_t len = config->path ? strlen(config->path) : 0;
    bool has_line = len > 0 && strncmp(fault, config->path, len) == 0 && fault[len] == ':';
    long line = has_line ? strtol(fault + len + 1, NULL, 10) : 0;
    return line > 0 ? line : LONG_MAX;
}

// In the order of the file's lines. By insertion, since there are few and those of one line keep their order.
size_t config_print_faults(const struct config *config, FILE *out)
{
    const char **sorted = must_calloc(config->fault_count, sizeof *sorted);
    for (size_t i = 0; i < config->fault_count; i++) {
        size_t place = i;
        for (; place > 0 && line_of(config, sorted[place - 1]) > line_of(config, config->faults[i]); place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = config->faults[i];
    }
    for (size_t i = 0; i < config->fault_count; i++)
        (void)fprintf(out, "%s\n", sorted[i]);
    free(sorted);
    return config->fault_count;
}

// librdkafka's secrets are not in our table; their names give them away.
static bool is_secret(const struct config_entry *entry)
{
    bool as_file;
    const struct setting *setting = config_settings_find(config_settings_section(entry->section), entry->key, &as_file);
    if (setting != NULL)
        return config_settings_secret(setting) && !as_file;
    size_t len = strlen(entry->key);
    bool is_path = len > 5 && strcmp(entry->key + len - 5, ".file") == 0;
    return !is_path && (strstr(entry->key, "password") != NULL || strstr(entry->key, "secret") != NULL ||
                           strstr(entry->key, "pem") != NULL || strstr(entry->key, "config") != NULL);
}

void config_print_given(const struct config *config, FILE *out)
{
    const struct config_source *source = config->source;
    for (size_t i = 0; i < source->count; i++) {
        const struct config_entry *entry = &source->entries[i];
        if (config_source_find(source, entry->section, entry->key) != entry)
            continue; // overridden
        const char *value = is_secret(entry) && *entry->value != '\0' ? "(set)" : entry->value;
        (void)fprintf(out, "[%s] %s = %s  (%s)\n", entry->section, entry->key, value, entry->origin);
    }
}

// ---- the sample ----

static const char sample_head[] =
    "# chatbridge's settings. A line that is commented out shows the default. A comment stands on a line of its own;\n"
    "# what stands behind the '=' belongs to the value. The environment wins over this file: a name is\n"
    "# CHATBRIDGE_{SECTION}__{KEY} in capitals with '_' for the rest, CHATBRIDGE_INBOUND__BODY_MAX=2MiB.\n"
    "# `chatbridge check -c FILE` says what is wrong with a file.\n";

static const char sample_kafka[] = "# bootstrap.servers = localhost:9092\n"
                                   "\n"
                                   "# For a cluster that asks for TLS and a password:\n"
                                   "# security.protocol = SASL_SSL\n"
                                   "# sasl.mechanisms = SCRAM-SHA-512\n"
                                   "# sasl.username = chatbridge\n"
                                   "# sasl.password.file = /run/secrets/kafka-password\n";

static void print_comment(FILE *out, const char *text)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        (void)fprintf(out, "# %.*s\n", (int)strcspn(line, "\n"), line);
    }
}

static void print_setting(FILE *out, const struct setting *setting)
{
    char range[CONFIG_RANGE_TEXT];
    const char *form = config_value_form(setting);
    (void)fprintf(out, "\n");
    print_comment(out, setting->help);
    if (config_value_range(setting, range)[0] != '\0')
        (void)fprintf(out, "# %s, %s\n", form, range);
    else
        (void)fprintf(out, "# %s%s\n", form, setting->required_for != 0 ? "; needed for outbound" : "");
    if (config_settings_secret(setting))
        (void)fprintf(out, "# %s.file = PATH reads it from a file instead.\n", setting->key);
    const char *value = setting->value ? setting->value : "";
    (void)fprintf(out, "%s%s =%s%s\n", setting->required_for != 0 ? "" : "# ", setting->key, *value ? " " : "", value);
}

void config_print_settings(FILE *out)
{
    (void)fputs(sample_head, out);
    for (const struct setting_section *section = config_sections; section->name != NULL; section++) {
        (void)fprintf(out, "\n\n");
        print_comment(out, section->help);
        (void)fprintf(out, "[%s]\n", strcmp(section->name, "app") == 0 ? "app:my-app" : section->name);
        if (strcmp(section->name, "kafka") == 0)
            (void)fputs(sample_kafka, out);
        for (const struct setting *setting = config_settings; setting->section != NULL; setting++)
            if (strcmp(setting->section, section->name) == 0)
                print_setting(out, setting);
    }
}

// ---- the reference ----

static const char reference_head[] =
    "# Settings\n\n"
    "Made by `chatbridge settings --markdown`; a test compares. `chatbridge settings` prints the same as a sample "
    "file,\n"
    "`chatbridge check -c FILE` tells everything that is wrong with a file.\n\n"
    "- The file is INI: `[section]`, `key = value`, comments on lines of their own. `-c FILE` or `CHATBRIDGE_CONFIG` "
    "names it.\n"
    "- The environment wins over it: `CHATBRIDGE_{SECTION}__{KEY}`, in capitals with `_` for the rest\n"
    "  (`CHATBRIDGE_INBOUND__BODY_MAX=2MiB`, `CHATBRIDGE_APP_MY_APP__SECRET_FILE=/run/secrets/my-app`).\n"
    "  `CHATBRIDGE_APPS=a,b` declares apps without a file. An unknown name is an error.\n"
    "- Each secret can be read from a file: `secret.file = PATH`. Secrets are never logged.\n"
    "- Durations: `500ms`, `8s`, `15m`, `1h`. Sizes: `512`, `64KiB`, `1MiB`. Rates: `30/s`, `600/m`.\n";

static void print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        (void)fputc(*text == '\n' ? ' ' : *text, out);
}

static void print_row(FILE *out, const struct setting *setting)
{
    char range[CONFIG_RANGE_TEXT];
    (void)config_value_range(setting, range);
    (void)fprintf(out, "| `%s` | %s%s%s | ", setting->key, config_value_form(setting), range[0] ? ", " : "", range);
    if (setting->value != NULL)
        (void)fprintf(out, "`%s` | ", setting->value);
    else
        (void)fprintf(out, "%s | ", setting->required_for != 0 ? "needed for outbound" : "");
    print_cell(out, setting->help);
    (void)fprintf(out, " |\n");
}

void config_print_reference(FILE *out)
{
    (void)fputs(reference_head, out);
    for (const struct setting_section *section = config_sections; section->name != NULL; section++) {
        (void)fprintf(
            out, "\n## [%s]\n\n%s\n", strcmp(section->name, "app") == 0 ? "app:NAME" : section->name, section->help);
        if (strncmp(section->name, "kafka", 5) == 0)
            continue; // librdkafka's own
        (void)fprintf(out, "\n| key | value | default | what it does |\n|---|---|---|---|\n");
        for (const struct setting *setting = config_settings; setting->section != NULL; setting++)
            if (strcmp(setting->section, section->name) == 0)
                print_row(out, setting);
    }
}
