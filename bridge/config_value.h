// SPDX-License-Identifier: MIT
//
// config_value.h: a setting's value from its text, and back for people. Included by bridge/config*.c,
// bridge/options.c and their tests only. Any thread.
#ifndef CHATBRIDGE_CONFIG_VALUE_H
#define CHATBRIDGE_CONFIG_VALUE_H

#include "bridge/config_settings.h"

enum { CONFIG_RANGE_TEXT = 96 };

// Reads `text` as the setting's type and stores it in its field below `base` (a struct config, or a struct
// app_config), freeing what was there. An empty text means none where the setting has no default. 0, or -1 with an
// ERROR_INPUT that says what would be right; a secret is never quoted.
int config_value_set(const struct setting *setting, const char *text, void *base, struct error *error) MUST_USE;

// True when the field holds a text or a list.
bool config_value_given(const struct setting *setting, const void *base);

// Frees the field.
void config_value_clear(const struct setting *setting, void *base);

// What may be written, for people: "duration (500ms, 8s, 15m, 1h)", and the range: "from 1s to 1h", "" if none.
const char *config_value_form(const struct setting *setting);
const char *config_value_range(const struct setting *setting, char out[CONFIG_RANGE_TEXT]);

#endif
