// SPDX-License-Identifier: MIT
//
// CHATBRIDGE_{SECTION}__{KEY}. A section or key becomes part of a name by turning its letters into capitals and all
// but letters and digits into `_`, which cannot be undone ("a.b" and "a-b" give the same), so a variable is looked
// up by making the name of everything there is. Only for librdkafka's keys, which we do not know, `_` becomes `.`,
// and that fits each of them.
#include "bridge/config_source.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/config_settings.h"

enum { NAME_BYTES = 256, ORIGIN_BYTES = NAME_BYTES + 16 };

static const char prefix[] = "CHATBRIDGE_";
static const char apps_name[] = "CHATBRIDGE_APPS";

// What else may begin like this: our own, and what Kubernetes tells each container about a Service whose name begins
// with "chatbridge" (SERVICE_HOST, PORT_8080_TCP, ...).
static const char *const others[] = {
    "CHATBRIDGE_APPS",   // read below
    "CHATBRIDGE_CONFIG", // the file's path, where no -c names one
    "CHATBRIDGE_BUILD",  // of the tests: where the programs are
    "CHATBRIDGE_SLOW",
    "CHATBRIDGE_KAFKA_DIR", // of deploy/kafka
    "CHATBRIDGE_KAFKA_NAME",
    "CHATBRIDGE_KAFKA_HEAP",
    "CHATBRIDGE_KAFKA_VERSION",
    "CHATBRIDGE_*SERVICE_HOST",
    "CHATBRIDGE_*SERVICE_PORT",
    "CHATBRIDGE_*SERVICE_PORT_*",
    "CHATBRIDGE_*PORT",
    "CHATBRIDGE_*PORT_[0-9]*_TCP*",
    "CHATBRIDGE_*PORT_[0-9]*_UDP*",
};

static const struct {
    const char *start;
    const char *section;
} kafka_names[] = {
    {"CHATBRIDGE_KAFKA__", "kafka"},
    {"CHATBRIDGE_KAFKA_PRODUCER__", "kafka.producer"},
    {"CHATBRIDGE_KAFKA_CONSUMER__", "kafka.consumer"},
};

struct variable {
    char name[NAME_BYTES];
    const char *value;
    char origin[ORIGIN_BYTES];
};

// Capitals, digits and `_`.
static void spell(char *out, size_t size, const char *section, const char *key)
{
    int len = snprintf(out, size, "%s%s__%s", prefix, section, key);
    must(len >= 0 && (size_t)len < size);
    for (char *c = out; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
}

static bool is_other(const char *name)
{
    if (strstr(name, "__") != NULL)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (fnmatch(others[i], name, 0) == 0)
            return true;
    return false;
}

static void add(struct config_source *source, struct config *config, const struct variable *variable,
    const char *section, const char *key)
{
    config_source_add(source, config,
        &(struct config_entry){(char *)(uintptr_t)section, (char *)(uintptr_t)key, (char *)(uintptr_t)variable->value,
            (char *)(uintptr_t)variable->origin, true});
}

static bool add_kafka(struct config_source *source, struct config *config, const struct variable *variable)
{
    for (size_t i = 0; i < sizeof kafka_names / sizeof kafka_names[0]; i++) {
        size_t len = strlen(kafka_names[i].start);
        if (strncmp(variable->name, kafka_names[i].start, len) != 0)
            continue;
        char key[NAME_BYTES];
        (void)snprintf(key, sizeof key, "%s", variable->name + len);
        for (char *c = key; *c != '\0'; c++)
            *c = *c == '_' ? '.' : (char)tolower((unsigned char)*c);
        add(source, config, variable, kafka_names[i].section, key);
        return true;
    }
    return false;
}

struct search {
    const struct variable *variable;
    char key[NAME_BYTES];     // found
    char nearest[NAME_BYTES]; // the name most like it
    unsigned distance;
};

// Compares the variable with the names of `setting` in `section`. True: it is it, `search->key` is the key.
static bool is_setting(struct search *search, const struct setting *setting, const char *section)
{
    for (int as_file = 0; as_file <= (config_settings_secret(setting) ? 1 : 0); as_file++) {
        char name[NAME_BYTES];
        (void)snprintf(search->key, sizeof search->key, "%s%s", setting->key, as_file ? ".file" : "");
        spell(name, sizeof name, section, search->key);
        if (strcmp(name, search->variable->name) == 0)
            return true;
        unsigned distance = config_settings_distance(name + strlen(prefix), search->variable->name + strlen(prefix));
        if (distance < search->distance) {
            search->distance = distance;
            (void)snprintf(search->nearest, sizeof search->nearest, "%s", name);
        }
    }
    return false;
}

// Adds the line that the variable stands for. How many it could stand for: 0 or 1, or more if apps' names collide.
static int add_known(struct config_source *source, struct config *config, struct search *search)
{
    int found = 0;
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        if (strcmp(setting->section, "app") != 0) {
            if (is_setting(search, setting, setting->section)) {
                add(source, config, search->variable, setting->section, search->key);
                found++;
            }
            continue;
        }
        for (size_t i = 0; i < source->part_count; i++) {
            const char *section = source->parts[i].name;
            if (strncmp(section, "app:", 4) == 0 && is_setting(search, setting, section)) {
                add(source, config, search->variable, section, search->key);
                found++;
            }
        }
    }
    return found;
}

static void read_variable(struct config_source *source, struct config *config, const struct variable *variable)
{
    if (is_other(variable->name) || add_kafka(source, config, variable))
        return;
    struct search search = {.variable = variable, .distance = ~0U};
    int found = add_known(source, config, &search);
    if (found > 1)
        config_fault(config, variable->origin, "it fits several apps, whose names differ only in '.', '_' and '-'");
    else if (found == 0 && search.distance * 4 <= strlen(variable->name))
        config_fault(config, variable->origin, "no such setting; is it %s?", search.nearest);
    else if (found == 0 && strncmp(variable->name, "CHATBRIDGE_APP_", 15) == 0)
        config_fault(config, variable->origin, "no such app or setting; %s=NAME,... declares apps", apps_name);
    else if (found == 0)
        config_fault(config, variable->origin, "no such setting");
}

// CHATBRIDGE_APPS=a,b: each as if it had a section in the file. One that has one stays.
static void declare_apps(struct config_source *source, struct config *config, const char *list)
{
    while (*list != '\0') {
        list += strspn(list, " ,");
        size_t len = strcspn(list, " ,");
        if (len == 0)
            break;
        char section[NAME_BYTES];
        if (snprintf(section, sizeof section, "app:%.*s", (int)len, list) > CONFIG_SECTION_BYTES) {
            config_fault(config, "environment CHATBRIDGE_APPS", "a name in it is longer than %d characters",
                CONFIG_SECTION_BYTES - 4);
            return;
        }
        if (!config_source_has_section(source, section))
            config_source_begin(source, config, section, "environment CHATBRIDGE_APPS");
        list += len;
    }
}

void config_env_read(struct config_source *source, struct config *config)
{
    const char *apps = getenv(apps_name);
    if (apps != NULL)
        declare_apps(source, config, apps);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, prefix, strlen(prefix)) != 0)
            continue;
        struct variable variable;
        size_t len = strcspn(*entry, "=");
        if (len >= sizeof variable.name) {
            config_fault(
                config, "environment CHATBRIDGE_...", "a variable's name is longer than %d characters", NAME_BYTES - 1);
            continue;
        }
        (void)snprintf(variable.name, sizeof variable.name, "%.*s", (int)len, *entry);
        (void)snprintf(variable.origin, sizeof variable.origin, "environment %s", variable.name);
        variable.value = (*entry)[len] == '=' ? *entry + len + 1 : "";
        read_variable(source, config, &variable);
    }
}
