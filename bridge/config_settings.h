// SPDX-License-Identifier: MIT
//
// config_settings.h: the one table that declares every setting. A new setting is a row here and a field in
// struct config; reading, the environment, range checks, suggestions and the sample file follow from the row.
// Included by bridge/config*.c, bridge/options.c and their tests only. Any thread.
#ifndef CHATBRIDGE_CONFIG_SETTINGS_H
#define CHATBRIDGE_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/config.h"

enum setting_type {
    SETTING_TEXT,     // char *
    SETTING_SECRET,   // char *; never shown; also as `key.file`
    SETTING_TOKEN,    // as SETTING_SECRET, one segment of a path
    SETTING_ADDRESS,  // char *, host:port
    SETTING_TOPIC,    // char *, a name that Kafka takes
    SETTING_URL,      // char *, http or https, no slash at the end
    SETTING_HEADER,   // char *, the name of an HTTP header
    SETTING_DURATION, // int64_t, milliseconds
    SETTING_SIZE,     // size_t, bytes
    SETTING_COUNT,    // unsigned
    SETTING_RATE,     // double, a second
    SETTING_CHOICE,   // an enum
    SETTING_SET,      // unsigned, the choices' values or-ed
    SETTING_BLOCKS,   // struct net_blocks *
};

struct setting_choice {
    const char *name; // NULL ends a list
    int value;
};

struct setting {
    const char *section; // "app" stands for every [app:NAME]
    const char *key;
    enum setting_type type;
    size_t offset;     // in struct config; for "app" in struct app_config
    const char *value; // the default, NULL: none, and an empty value means none
    int64_t min;       // in the type's unit; both 0: no range
    int64_t max;
    const struct setting_choice *choices;
    unsigned required_for; // the roles (bits) that cannot do without it
    const char *help;
};

struct setting_section {
    const char *name; // NULL ends a list
    const char *help;
};

extern const struct setting config_settings[]; // a row without section ends it
extern const struct setting_section config_sections[];

// The setting of that key in that section, or NULL. `as_file` tells that the key is its `.file` form.
const struct setting *config_settings_find(const char *section, const char *key, bool *as_file);

bool config_settings_secret(const struct setting *setting);

// The table's name of a section: "app" for "app:NAME", otherwise the name itself.
const char *config_settings_section(const char *name);

// The known key of the section, or the known section, that is most like what was written; NULL if none is.
const char *config_settings_like_key(const char *section, const char *key);
const char *config_settings_like_section(const char *name);

// How many characters have to be added, taken away or replaced to make one text of the other; at most 64 are looked at.
unsigned config_settings_distance(const char *a, const char *b);

#endif
