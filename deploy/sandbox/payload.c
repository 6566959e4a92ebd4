// SPDX-License-Identifier: MIT
#include "deploy/sandbox/payload.h"

#include <string.h>

const char *const payload_types[] = {"text", "reply", "file_attachment", "account_linking", "buttons",
    "button_postback_response", "card", "carousel", "custom", "contact_person", "location", NULL};

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_INTEGER, FIELD_ARRAY, FIELD_ANY };

static const char *const kind_texts[] = {
    "a string that is not empty", "a number", "a positive integer", "an array that is not empty", "there"};

// What each type cannot do without.
static const struct field {
    const char *type;
    const char *key;
    enum field_kind kind;
} fields[] = {
    {"reply", "text", FIELD_TEXT},
    {"reply", "replied_comment_id", FIELD_INTEGER},
    {"file_attachment", "url", FIELD_TEXT}, // the message is its caption
    {"account_linking", "text", FIELD_TEXT},
    {"account_linking", "url", FIELD_TEXT},
    {"account_linking", "redirect_url", FIELD_TEXT},
    {"buttons", "text", FIELD_TEXT},
    {"buttons", "buttons", FIELD_ARRAY},
    {"card", "title", FIELD_TEXT},
    {"card", "description", FIELD_TEXT},
    {"carousel", "cards", FIELD_ARRAY},
    {"custom", "type", FIELD_TEXT},
    {"custom", "content", FIELD_ANY},
    {"contact_person", "name", FIELD_TEXT},
    {"contact_person", "value", FIELD_TEXT},
    {"location", "name", FIELD_TEXT},
    {"location", "address", FIELD_TEXT},
    {"location", "latitude", FIELD_NUMBER},
    {"location", "longitude", FIELD_NUMBER},
    // Parts of the above.
    {"button", "label", FIELD_TEXT},
};

// Which arrays hold parts, and which.
static const struct part {
    const char *type;
    const char *key;
    const char *part;
} parts[] = {
    {"buttons", "buttons", "button"},
    {"card", "buttons", "button"},
    {"carousel", "cards", "card"},
};

static bool is_kind(const json_t *value, enum field_kind kind)
{
    switch (kind) {
    case FIELD_TEXT:
        return json_string_length(value) > 0;
    case FIELD_NUMBER:
        return json_is_number(value);
    case FIELD_INTEGER:
        return json_integer_value(value) > 0;
    case FIELD_ARRAY:
        return json_array_size(value) > 0;
    case FIELD_ANY:
        return value != NULL;
    }
    return false;
}

static int check_parts(const char *type, const json_t *payload, struct error *error)
{
    size_t i;
    const json_t *item;
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        const json_t *list = strcmp(parts[p].type, type) == 0 ? json_object_get(payload, parts[p].key) : NULL;
        json_array_foreach(list, i, item) {
            if (payload_check(parts[p].part, item, error) != 0)
                return -1;
        }
    }
    return 0;
}

int payload_check(const char *type, const json_t *payload, struct error *error)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].type, type) != 0)
            continue;
        if (!json_is_object(payload))
            return error_set(error, ERROR_INPUT, "payload is required, an object, when type is %s", type);
        if (!is_kind(json_object_get(payload, fields[i].key), fields[i].kind))
            return error_set(error, ERROR_INPUT, "payload of a %s: %s has to be %s", type, fields[i].key,
                kind_texts[fields[i].kind]);
    }
    return check_parts(type, payload, error);
}

bool payload_replaces_message(const char *type)
{
    static const char *const without[] = {"buttons", "card", "carousel", "custom"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (strcmp(without[i], type) == 0)
            return true;
    return false;
}

const char *payload_type(const char *name)
{
    for (const char *const *type = payload_types; *type != NULL; type++)
        if (strcmp(*type, name) == 0)
            return *type;
    return NULL;
}
