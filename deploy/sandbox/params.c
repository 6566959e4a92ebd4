// SPDX-License-Identifier: MIT
#include "deploy/sandbox/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/sandbox/form.h"
#include "deploy/sandbox/multipart.h"
#include "deploy/sandbox/reply.h"

static int read_json(const char *text, size_t len, json_t **values, struct error *error)
{
    json_error_t problem;
    json_auto_t *body = json_loadb(text, len, 0, &problem);
    if (body == NULL)
        return error_set(error, ERROR_INPUT, "the body is not JSON: line %d, column %d", problem.line, problem.column);
    if (!json_is_object(body))
        return error_set(error, ERROR_INPUT, "the body is JSON, but not an object");
    must(json_object_update(*values, body) == 0);
    return 0;
}

static bool is_type(const char *content_type, const char *wanted)
{
    return strncasecmp(content_type, wanted, strlen(wanted)) == 0 && strchr(";, ", content_type[strlen(wanted)]);
}

static int read_body(
    const struct http_request *request, json_t **values, enum params_encoding *encoding, struct error *error)
{
    size_t len;
    const char *body = http_request_body(request, &len);
    const char *type = http_request_header(request, "Content-Type");
    if (len == 0) // whatever its type is said to be: many clients name one with every request
        return 0;
    if (type == NULL || is_type(type, "application/x-www-form-urlencoded")) {
        *encoding = PARAMS_FORM;
        return form_read(body, len, *values, error);
    }
    if (is_type(type, "application/json")) {
        *encoding = PARAMS_JSON;
        return read_json(body, len, values, error);
    }
    if (is_type(type, "multipart/form-data")) {
        *encoding = PARAMS_MULTIPART;
        return multipart_read(type, body, len, *values, error);
    }
    return error_set(error, ERROR_BUSY, "the content type %.100s is not understood", type);
}

struct query {
    json_t *values;
    struct error *error;
    int result;
};

static bool on_query(void *context, const char *name, const char *value)
{
    struct query *query = context;
    query->result = form_add(query->values, name, value, strlen(value), query->error);
    return query->result == 0;
}

int params_read(const struct http_request *request, json_t **values, enum params_encoding *encoding, bool *mixed,
    struct error *error)
{
    struct query query = {.values = json_object(), .error = error};
    must(query.values != NULL);
    *encoding = PARAMS_QUERY;
    *values = query.values;
    http_request_each_query(request, on_query, &query);
    if (query.result != 0)
        return -1;
    bool queried = json_object_size(*values) > 0;
    int result = read_body(request, values, encoding, error);
    *mixed = queried && *encoding != PARAMS_QUERY;
    return result;
}

json_t *params_again(enum params_encoding encoding, const char *text, size_t len)
{
    json_t *values = json_object();
    struct error unusable;
    must(values != NULL);
    int result =
        encoding == PARAMS_FORM ? form_read(text, len, values, &unusable) : read_json(text, len, &values, &unusable);
    if (result == 0)
        return values;
    json_decref(values);
    return NULL;
}

const char *params_encoding_name(enum params_encoding encoding)
{
    static const char *const names[PARAMS_ENCODINGS] = {"query", "form", "json", "multipart"};
    return names[encoding];
}

// ---- checking ----

bool params_is_one_of(const char *text, const char *const *choices)
{
    for (; *choices != NULL; choices++)
        if (strcmp(text, *choices) == 0)
            return true;
    return false;
}

size_t params_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void complain(json_t **wrong, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(json_t **wrong, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (*wrong == NULL)
        must((*wrong = json_array()) != NULL);
    must(json_array_append_new(*wrong, reply_string(text)) == 0);
}

static bool given(const json_t *value)
{
    return value != NULL && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0) &&
           !(json_is_array(value) && json_array_size(value) == 0);
}

static json_t *as_id(const json_t *value)
{
    char text[32];
    if (json_is_integer(value)) {
        (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return json_string(text);
    }
    return json_is_string(value) && json_string_length(value) > 0 ? json_incref((json_t *)(uintptr_t)value) : NULL;
}

static json_t *as_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) > 0 ? json_incref((json_t *)(uintptr_t)value) : NULL;
}

static json_t *as_array(const json_t *value, json_t *(*as_item)(const json_t *))
{
    json_t *array = json_array();
    size_t i;
    const json_t *item;
    must(array != NULL);
    if (!json_is_array(value)) {
        json_t *only = as_item(value);
        if (only != NULL && json_array_append_new(array, only) == 0)
            return array;
        json_decref(array);
        return NULL;
    }
    json_array_foreach(value, i, item) {
        if (json_array_append_new(array, as_item(item)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *as_count(const json_t *value)
{
    enum { DIGITS_MAX = 18 };
    if (json_is_integer(value))
        return json_integer_value(value) < 0 ? NULL : json_integer(json_integer_value(value));
    const char *text = json_string_value(value);
    if (text == NULL || strspn(text, "0123456789") != strlen(text) || strlen(text) > DIGITS_MAX)
        return NULL;
    return json_integer(strtoll(text, NULL, 10));
}

static json_t *as_integer(const json_t *value)
{
    json_t *count = as_count(value);
    if (json_integer_value(count) > 0)
        return count;
    json_decref(count);
    return NULL;
}

static json_t *as_flag(const json_t *value)
{
    static const char *const yes[] = {"true", "1", NULL};
    static const char *const no[] = {"false", "0", NULL};
    if (json_is_boolean(value))
        return json_boolean(json_is_true(value));
    const char *text = json_string_value(value);
    if (text == NULL || !(params_is_one_of(text, yes) || params_is_one_of(text, no)))
        return NULL;
    return json_boolean(params_is_one_of(text, yes));
}

static json_t *as_object(const json_t *value)
{
    if (json_is_object(value))
        return json_incref((json_t *)(uintptr_t)value);
    json_t *object = json_is_string(value) ? json_loads(json_string_value(value), 0, NULL) : NULL;
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *as_texts(const json_t *value)
{
    return as_array(value, as_text);
}

static json_t *as_ids(const json_t *value)
{
    return as_array(value, as_id);
}

static json_t *as_file(const json_t *value)
{
    return json_is_object(value) ? json_incref((json_t *)(uintptr_t)value) : NULL;
}

static const struct form_of {
    json_t *(*convert)(const json_t *);
    const char *text;
} forms[] = {
    [PARAM_TEXT] = {as_text, "a string"},
    [PARAM_ID] = {as_id, "an integer or a string"},
    [PARAM_TEXTS] = {as_texts, "an array of strings that are not empty"},
    [PARAM_IDS] = {as_ids, "an array of integers or strings that are not empty"},
    [PARAM_INTEGER] = {as_integer, "a positive integer"},
    [PARAM_COUNT] = {as_count, "an integer from 0"},
    [PARAM_FLAG] = {as_flag, "true or false"},
    [PARAM_JSON] = {as_object, "an object, or a string that holds one"},
    [PARAM_FILE] = {as_file, "a file of a multipart/form-data body"},
};

static void check_limits(const struct param *param, const json_t *value, json_t **wrong)
{
    if (json_is_string(value) && param->choices != NULL && !params_is_one_of(json_string_value(value), param->choices))
        complain(wrong, "%s is not one of those that are known: %.100s", param->name, json_string_value(value));
    if (param->max == 0)
        return;
    if (json_is_string(value) && params_characters(json_string_value(value)) > param->max)
        complain(wrong, "%s is longer than %zu characters", param->name, param->max);
    if (json_is_array(value) && json_array_size(value) > param->max)
        complain(wrong, "%s has more than %zu items", param->name, param->max);
}

static void check_one(json_t *values, const struct param *param, json_t **wrong)
{
    json_t *value = json_object_get(values, param->name);
    if (!given(value)) {
        if (param->required)
            complain(wrong, "%s is required", param->name);
        if (value != NULL)
            (void)json_object_del(values, param->name);
        return;
    }
    json_t *converted = forms[param->type].convert(value);
    if (converted == NULL) {
        complain(wrong, "%s has to be %s", param->name, forms[param->type].text);
        return;
    }
    check_limits(param, converted, wrong);
    if (converted == value)
        json_decref(converted);
    else
        must(json_object_set_new(values, param->name, converted) == 0);
}

json_t *params_check(json_t *values, const struct param *table)
{
    json_t *wrong = NULL;
    for (; table->name != NULL; table++)
        check_one(values, table, &wrong);
    return wrong;
}

const char *params_text(const json_t *values, const char *name)
{
    return json_string_value(json_object_get(values, name));
}

const json_t *params_texts(const json_t *values, const char *name)
{
    return json_object_get(values, name);
}

int64_t params_integer(const json_t *values, const char *name)
{
    return json_integer_value(json_object_get(values, name));
}

bool params_flag(const json_t *values, const char *name)
{
    return json_is_true(json_object_get(values, name));
}

const json_t *params_object(const json_t *values, const char *name)
{
    return json_object_get(values, name);
}
