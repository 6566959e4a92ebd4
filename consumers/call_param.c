// SPDX-License-Identifier: MIT
//
// Numbers never go through a double: an integer is 64 bits or its own decimal text. What is in rows is written as it
// was read (json.h); what has to be sent byte for byte goes as the text of a file.
#include "consumers/call_param.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/json.h"
#include "bridge/text.h"

enum { LABEL_TEXT = 64, NUMBER_TEXT = 24, INTEGER_DIGITS = 18 };

// `label` is the parameter's name as an error tells it: "emails", "emails[1]".
typedef int check_value(const struct call_param *, const char *label, const json_t *, struct error *);

bool call_param_given(const json_t *params, const char *name)
{
    const json_t *value = json_object_get(params, name);
    return value != NULL && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0) &&
           !(json_is_array(value) && json_array_size(value) == 0);
}

bool call_param_is_one_of(const char *text, const char *const *choices)
{
    for (; *choices != NULL; choices++)
        if (strcmp(text, *choices) == 0)
            return true;
    return false;
}

// ---- checking ----

// Characters of UTF-8 text: every byte that does not continue one.
static size_t code_points(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool holds_nul(const json_t *string)
{
    return strlen(json_string_value(string)) != json_string_length(string);
}

static int check_text(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    if (!json_is_string(value))
        return error_set(error, ERROR_INPUT, "params.%s has to be a string", label);
    const char *text = json_string_value(value);
    if (holds_nul(value))
        return error_set(error, ERROR_INPUT, "params.%s holds a NUL character", label);
    if (param->max > 0 && code_points(text) > param->max)
        return error_set(error, ERROR_INPUT, "params.%s is longer than %zu characters", label, param->max);
    if (param->choices != NULL && !call_param_is_one_of(text, param->choices))
        return error_set(
            error, ERROR_INPUT, "params.%s is not one of those the API knows: %s", label, text_short(text).text);
    return 0;
}

static int check_item_text(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return error_set(error, ERROR_INPUT, "params.%s has to be a string that is not empty", label);
    return check_text(param, label, value, error);
}

static int check_id(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)param;
    if (json_is_integer(value))
        return 0;
    if (json_is_string(value) && json_string_length(value) > 0 && json_string_length(value) < JSON_ID_MAX &&
        !holds_nul(value))
        return 0;
    return error_set(
        error, ERROR_INPUT, "params.%s has to be an integer or a string of 1 to %d bytes", label, JSON_ID_MAX - 1);
}

static int check_integer(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)param;
    if (json_is_integer(value) && json_integer_value(value) >= 1)
        return 0;
    const char *text = json_string_value(value);
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
    if (digits > 0 && digits <= INTEGER_DIGITS && digits == json_string_length(value) && *text != '0')
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s has to be an integer from 1 on, or its decimal digits", label);
}

static int check_flag(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)param;
    return json_is_boolean(value) ? 0 : error_set(error, ERROR_INPUT, "params.%s has to be true or false", label);
}

static int check_date(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)param;
    enum { DATE_LEN = 10 };
    char midnight[DATE_LEN + sizeof "T00:00:00Z"];
    int64_t ignored;
    if (json_is_string(value) && json_string_length(value) == DATE_LEN &&
        snprintf(midnight, sizeof midnight, "%sT00:00:00Z", json_string_value(value)) < (int)sizeof midnight &&
        clock_parse(midnight, &ignored) == 0)
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s has to be a date that exists, as YYYY-MM-DD", label);
}

static int check_object(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)param;
    if (json_is_object(value))
        return 0;
    struct error reason;
    json_auto_t *inner =
        json_is_string(value) ? json_read_object(json_string_value(value), json_string_length(value), &reason) : NULL;
    if (inner != NULL)
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s has to be an object, or a string that holds one", label);
}

// "." and ".." would be taken out of the path on its way, and another endpoint be called.
static int check_segment(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    static const char *const dots[] = {".", "..", NULL};
    if (check_text(param, label, value, error) != 0)
        return -1;
    if (call_param_is_one_of(json_string_value(value), dots))
        return error_set(error, ERROR_INPUT, "params.%s may not be . or ..", label);
    return 0;
}

static int check_file_size(const struct call_param *param, size_t size, struct error *error)
{
    if (size <= param->max)
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s makes a file of %zu bytes; the API takes %zu at most", param->name,
        size, param->max);
}

static int check_rows(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    if (!json_is_array(value))
        return error_set(error, ERROR_INPUT, "params.%s has to be an array of objects", label);
    size_t i;
    const json_t *row;
    json_array_foreach(value, i, row) {
        if (!json_is_object(row))
            return error_set(error, ERROR_INPUT, "params.%s[%zu] has to be an object", label, i);
    }
    char *text = json_line(value);
    size_t size = strlen(text);
    free(text);
    return check_file_size(param, size, error);
}

// What only our JSON library cannot represent (a number out of range, too many levels) is the API's to judge.
static int check_file(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    if (!json_is_string(value))
        return error_set(error, ERROR_INPUT, "params.%s has to be a string, the text of a JSON file", label);
    if (check_file_size(param, json_string_length(value), error) != 0)
        return -1;
    json_error_t problem;
    json_auto_t *rows =
        json_loadb(json_string_value(value), json_string_length(value), JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (rows == NULL && (json_error_code(&problem) == json_error_numeric_overflow ||
                            json_error_code(&problem) == json_error_stack_overflow))
        return 0;
    return json_is_array(rows) ? 0 : error_set(error, ERROR_INPUT, "params.%s has to hold a JSON array", label);
}

static int check_each(const struct call_param *param, const json_t *value, const char *of_what, check_value *check_item,
    struct error *error)
{
    if (!json_is_array(value))
        return error_set(error, ERROR_INPUT, "params.%s has to be an array of %s", param->name, of_what);
    if (param->count > 0 && json_array_size(value) != param->count)
        return error_set(error, ERROR_INPUT, "params.%s has to hold exactly %zu %s, not %zu", param->name, param->count,
            of_what, json_array_size(value));
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item) {
        char label[LABEL_TEXT];
        (void)snprintf(label, sizeof label, "%s[%zu]", param->name, i);
        if (check_item(param, label, item, error) != 0)
            return -1;
    }
    return 0;
}

static int check_texts(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)label;
    return check_each(param, value, "strings", check_item_text, error);
}

static int check_ids(const struct call_param *param, const char *label, const json_t *value, struct error *error)
{
    (void)label;
    return check_each(param, value, "integers or strings", check_id, error);
}

// ---- adding ----

static void add_with(struct call_encode *encode, const char *name, const char *suffix, const json_t *value)
{
    char number[NUMBER_TEXT];
    const char *text = json_is_true(value) ? "true" : "false";
    if (json_is_string(value))
        text = json_string_value(value);
    if (json_is_integer(value)) {
        (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = number;
    }
    call_encode_text(encode, name, suffix, text);
}

static void add_one(const struct call_param *param, const json_t *value, struct call_encode *encode)
{
    add_with(encode, param->name, "", value);
}

static void add_each(const struct call_param *param, const json_t *value, struct call_encode *encode)
{
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item) {
        add_with(encode, param->name, "[]", item);
    }
}

static void add_object(const struct call_param *param, const json_t *value, struct call_encode *encode)
{
    if (json_is_string(value)) {
        add_one(param, value, encode);
        return;
    }
    char *text = json_line(value);
    call_encode_text(encode, param->name, "", text);
    free(text);
}

static void add_nothing(const struct call_param *param, const json_t *value, struct call_encode *encode)
{
    (void)param, (void)value, (void)encode; // it stands in the path
}

static void add_rows(const struct call_param *param, const json_t *value, struct call_encode *encode)
{
    (void)param;
    char *text = json_line(value);
    call_encode_file(encode, "file", text, strlen(text));
    free(text);
}

static void add_file(const struct call_param *param, const json_t *value, struct call_encode *encode)
{
    (void)param;
    call_encode_file(encode, "file", json_string_value(value), json_string_length(value));
}

// ---- the types ----

static const struct kind {
    check_value *check;
    void (*add)(const struct call_param *, const json_t *, struct call_encode *);
} kinds[] = {
    [PARAM_TEXT] = {check_text, add_one},
    [PARAM_TEXTS] = {check_texts, add_each},
    [PARAM_ID] = {check_id, add_one},
    [PARAM_IDS] = {check_ids, add_each},
    [PARAM_INTEGER] = {check_integer, add_one},
    [PARAM_FLAG] = {check_flag, add_one},
    [PARAM_DATE] = {check_date, add_one},
    [PARAM_OBJECT] = {check_object, add_object},
    [PARAM_SEGMENT] = {check_segment, add_nothing},
    [PARAM_ROWS] = {check_rows, add_rows},
    [PARAM_FILE] = {check_file, add_file},
};

int call_param_check(const struct call_param *param, const json_t *params, struct error *error)
{
    if (call_param_given(params, param->name))
        return kinds[param->type].check(param, param->name, json_object_get(params, param->name), error);
    return param->required ? error_set(error, ERROR_INPUT, "params.%s is required", param->name) : 0;
}

void call_param_add(const struct call_param *param, const json_t *params, struct call_encode *encode)
{
    kinds[param->type].add(param, json_object_get(params, param->name), encode);
}
