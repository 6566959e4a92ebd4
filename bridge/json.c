// SPDX-License-Identifier: MIT
//
// jansson's own error texts quote what stands near the error. Ours never do: a body may carry secrets, and these
// texts go into logs, headers and answers.
#include "bridge/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const syntax_texts[] = {
    [json_error_stack_overflow] = "more than 2048 levels",
    [json_error_invalid_utf8] = "invalid UTF-8",
    [json_error_premature_end_of_input] = "it ends too early",
    [json_error_end_of_input_expected] = "more text behind the end of the value",
    [json_error_null_byte_in_key] = "a NUL in a key",
    [json_error_null_character] = "a NUL in a string",
    [json_error_numeric_overflow] = "a number out of range",
};

static const char *const type_texts[] = {
    [JSON_OBJECT] = "an object",
    [JSON_ARRAY] = "an array",
    [JSON_STRING] = "a string",
    [JSON_INTEGER] = "a number",
    [JSON_REAL] = "a number",
    [JSON_TRUE] = "true",
    [JSON_FALSE] = "false",
    [JSON_NULL] = "null",
};

json_t *json_read_object(const char *text, size_t len, struct error *error)
{
    if (len == 0) {
        (void)error_set(error, ERROR_INPUT, "not JSON: it is empty");
        return NULL;
    }
    json_error_t problem;
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (value == NULL) {
        size_t code = (size_t)json_error_code(&problem);
        must(code != json_error_out_of_memory);
        const char *what = code < sizeof syntax_texts / sizeof syntax_texts[0] ? syntax_texts[code] : NULL;
        (void)error_set(error, ERROR_INPUT, "not usable as JSON: %s at line %d, column %d",
            what ? what : "a syntax error", problem.line, problem.column);
        return NULL;
    }
    if (json_is_object(value))
        return value;
    (void)error_set(error, ERROR_INPUT, "not a JSON object but %s", type_texts[json_typeof(value)]);
    json_decref(value);
    return NULL;
}

json_t *json_at(const json_t *root, const char *path)
{
    for (;;) {
        size_t len = strcspn(path, ".");
        json_t *value = json_object_getn(root, path, len); // NULL unless root is an object
        if (value == NULL || path[len] == '\0')
            return value;
        root = value;
        path += len + 1;
    }
}

const char *json_text_at(const json_t *root, const char *path)
{
    return json_string_value(json_at(root, path)); // NULL unless it is a string
}

bool json_id_at(const json_t *root, const char *path, char out[JSON_ID_MAX])
{
    const json_t *value = json_at(root, path);
    out[0] = '\0';
    if (json_is_integer(value)) {
        (void)snprintf(out, JSON_ID_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    const char *text = json_string_value(value);
    if (text == NULL)
        return false;
    size_t len = json_string_length(value);
    if (len == 0 || len >= JSON_ID_MAX || memchr(text, '\0', len) != NULL)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

// The fewest digits with which every real below `value` reads back as itself: with jansson's own 17 a 7.7 would leave
// as 7.7000000000000002.
static size_t real_digits(const json_t *value)
{
    size_t digits = 15;
    const char *name;
    const json_t *item;
    size_t i;
    if (json_is_real(value)) {
        char text[32];
        do
            (void)snprintf(text, sizeof text, "%.*g", (int)digits, json_real_value(value));
        while (strtod(text, NULL) != json_real_value(value) && ++digits < 17);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, item) {
        size_t needed = real_digits(item);
        digits = needed > digits ? needed : digits;
    }
    json_array_foreach(value, i, item) {
        size_t needed = real_digits(item);
        digits = needed > digits ? needed : digits;
    }
    return digits;
}

char *json_line(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(real_digits(value)));
    must(text != NULL); // only values that jansson made itself come here, and those it can write
    return text;
}
