// SPDX-License-Identifier: MIT
#include "deploy/sandbox/fault_rule.h"

#include <ctype.h>
#include <string.h>

enum key_type { KEY_TEXT, KEY_HEADER, KEY_COUNT, KEY_STATUS, KEY_RATE, KEY_FLAG, KEY_WHEN };

enum { LATENCY_MAX_MS = 10 * 60 * 1000 };

#define AT(field) offsetof(struct fault_rule, field)

static const struct key {
    const char *name;
    enum key_type type;
    size_t offset;
} keys[] = {
    {"call", KEY_TEXT, AT(call)},
    {"app", KEY_TEXT, AT(app)},
    {"room", KEY_TEXT, AT(room)},
    {"contains", KEY_TEXT, AT(contains)},
    {"skip", KEY_COUNT, AT(skip)},
    {"times", KEY_COUNT, AT(times)},
    {"rate", KEY_RATE, AT(rate)},
    {"latency_ms", KEY_COUNT, AT(latency_ms)},
    {"status", KEY_STATUS, AT(status)},
    {"retry_after", KEY_HEADER, AT(retry_after)},
    {"body", KEY_TEXT, AT(body)},
    {"content_type", KEY_HEADER, AT(content_type)},
    {"reset", KEY_WHEN, AT(reset)},
    {"close", KEY_WHEN, AT(close)},
    {"truncate", KEY_FLAG, AT(truncate)},
    {"hang", KEY_FLAG, AT(hang)},
    {"effect", KEY_FLAG, AT(effect)},
    {"requests_per_second", KEY_COUNT, AT(requests_per_second)},
};

static int read_text(const char **field, const json_t *value)
{
    *field = json_string_value(value);
    return *field != NULL ? 0 : -1;
}

// What may be sent as the value of a header.
static int read_header(const char **field, const json_t *value)
{
    if (read_text(field, value) != 0 || **field == '\0')
        return -1;
    for (const char *c = *field; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            return -1;
    return 0;
}

static int read_number(json_int_t *field, const json_t *value, json_int_t min, json_int_t max)
{
    *field = json_integer_value(value);
    return json_is_integer(value) && *field >= min && *field <= max ? 0 : -1;
}

static int read_rate(double *field, const json_t *value)
{
    *field = json_number_value(value);
    return json_is_number(value) && *field >= 0 && *field <= 1 ? 0 : -1;
}

static int read_flag(bool *field, const json_t *value)
{
    *field = json_is_true(value);
    return json_is_boolean(value) ? 0 : -1;
}

static int read_when(enum rule_when *field, const json_t *value)
{
    const char *text = json_string_value(value);
    if (text == NULL || (strcmp(text, "before") != 0 && strcmp(text, "after") != 0))
        return -1;
    *field = strcmp(text, "before") == 0 ? WHEN_BEFORE : WHEN_AFTER;
    return 0;
}

static int read_key(const struct key *key, void *field, const json_t *value, struct error *error)
{
    int result = -1;
    const char *wanted = "";
    switch (key->type) {
    case KEY_TEXT:
        result = read_text(field, value);
        wanted = "a string";
        break;
    case KEY_HEADER:
        result = read_header(field, value);
        wanted = "a string that can be a header's value";
        break;
    case KEY_COUNT:
        result = read_number(field, value, 0, 1000000000);
        wanted = "an integer from 0";
        break;
    case KEY_STATUS:
        result = read_number(field, value, 200, 999);
        wanted = "an integer from 200 to 999";
        break;
    case KEY_RATE:
        result = read_rate(field, value);
        wanted = "a number from 0 to 1";
        break;
    case KEY_FLAG:
        result = read_flag(field, value);
        wanted = "true or false";
        break;
    case KEY_WHEN:
        result = read_when(field, value);
        wanted = "\"before\" or \"after\"";
        break;
    }
    return result == 0 ? 0 : error_set(error, ERROR_INPUT, "%s has to be %s", key->name, wanted);
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static int check_whole(struct fault_rule *rule, struct error *error)
{
    if (rule->requests_per_second > 0 && rule->status == 0)
        rule->status = 429;
    int actions =
        (rule->status != 0) + (rule->reset != WHEN_NEVER) + (rule->close != WHEN_NEVER) + rule->truncate + rule->hang;
    if (actions > 1)
        return error_set(error, ERROR_INPUT, "status, reset, close, truncate and hang exclude each other");
    if (actions == 0 && rule->latency_ms == 0)
        return error_set(
            error, ERROR_INPUT, "a rule needs an action: latency_ms, status, reset, close, truncate, hang");
    if (rule->latency_ms > LATENCY_MAX_MS)
        return error_set(error, ERROR_INPUT, "latency_ms has to be at most %d", LATENCY_MAX_MS);
    if (rule->status == 0 && (rule->retry_after || rule->body || rule->content_type))
        return error_set(error, ERROR_INPUT, "retry_after, body and content_type go with status");
    if (rule->effect && rule->status == 0 && !rule->hang)
        return error_set(error, ERROR_INPUT, "effect goes with status or hang");
    return 0;
}

int fault_rule_read(struct fault_rule *rule, const json_t *wish, struct error *error)
{
    *rule = (struct fault_rule){.rate = 1};
    if (!json_is_object(wish))
        return error_set(error, ERROR_INPUT, "a rule has to be an object");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)wish, name, value) {
        const struct key *key = find_key(name);
        if (key == NULL)
            return error_set(error, ERROR_INPUT, "%.100s is not a key of a rule", name);
        if (read_key(key, (char *)rule + key->offset, value, error) != 0)
            return -1;
    }
    if (check_whole(rule, error) != 0)
        return -1;
    rule->wish = json_incref((json_t *)(uintptr_t)wish);
    return 0;
}

void fault_rule_clear(struct fault_rule *rule)
{
    json_decref(rule->wish);
    *rule = (struct fault_rule){0};
}

enum fault_action fault_rule_action(const struct fault_rule *rule)
{
    return rule->status != 0           ? FAULT_STATUS
           : rule->reset != WHEN_NEVER ? FAULT_RESET
           : rule->close != WHEN_NEVER ? FAULT_CLOSE
           : rule->truncate            ? FAULT_TRUNCATE
           : rule->hang                ? FAULT_HANG
                                       : FAULT_NONE;
}
