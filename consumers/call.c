// SPDX-License-Identifier: MIT
//
// The API takes forms (application/x-www-form-urlencoded), the oldest encoding that its clients use and the one its
// document writes: arrays as name[]=a&name[]=b.
#include "consumers/call.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "bridge/json.h"
#include "bridge/text.h"

enum {
    MESSAGE_MAX = 4000,                 // code points (the vendor's later documentation)
    REQUEST_MAX = 3 * 64 * 1024 * 1024, // a record is far smaller; percent-encoding trebles at most
};

enum param_type {
    PARAM_TEXT,
    PARAM_ID,    // an integer or a text, carried as text
    PARAM_TEXTS, // an array of texts
    PARAM_FLAG,  // true or false
    PARAM_JSON,  // an object, or the text of one
};

struct call_param {
    const char *name; // NULL ends a list
    enum param_type type;
    bool required;
    size_t max;                 // code points of a text; 0: no limit of ours
    const char *const *choices; // NULL-ended, or NULL: anything
};

// ---- post_comment ----

static const char *const comment_types[] = {"text", "reply", "file_attachment", "account_linking", "buttons",
    "button_postback_response", "card", "carousel", "custom", "contact_person", "location", NULL};

static const struct call_param post_comment_params[] = {
    {"sender_email", PARAM_TEXT, .required = true},
    {"room_id", PARAM_ID, .required = true},
    {"message", PARAM_TEXT, .max = MESSAGE_MAX},
    {"type", PARAM_TEXT, .choices = comment_types},
    {"payload", PARAM_JSON},
    {"extras", PARAM_JSON},
    {"unique_temp_id", PARAM_TEXT},
    {"disable_link_preview", PARAM_FLAG},
    {0},
};

static bool given(const json_t *params, const char *name)
{
    const json_t *value = json_object_get(params, name);
    return value != NULL && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0) &&
           !(json_is_array(value) && json_array_size(value) == 0);
}

static int require(const json_t *params, const char *name, const char *when, const char *what, struct error *error)
{
    if (given(params, name))
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s is required when %s is %s", name, when, what);
}

static bool is_one_of(const char *text, const char *const *choices)
{
    for (; *choices != NULL; choices++)
        if (strcmp(text, *choices) == 0)
            return true;
    return false;
}

// Types whose payload says it all need no message.
static int post_comment_rules(const json_t *params, struct error *error)
{
    static const char *const without_message[] = {"buttons", "card", "carousel", "custom", NULL};
    const char *type = json_text_at(params, "type");
    if (type != NULL && is_one_of(type, without_message))
        return 0;
    return require(params, "message", "params.type", type ? type : "text", error);
}

// ---- post_system_event_message ----

static const char *const system_event_types[] = {"create_room", "add_member", "join_room", "remove_member", "left_room",
    "change_room_name", "change_room_avatar", NULL};

static const struct call_param system_event_params[] = {
    {"system_event_type", PARAM_TEXT, .required = true, .choices = system_event_types},
    {"room_id", PARAM_ID, .required = true},
    {"subject_email", PARAM_TEXT, .required = true},
    {"object_email", PARAM_TEXTS},
    {"updated_room_name", PARAM_TEXT},
    {0},
};

static const struct required_when {
    const char *event_type;
    const char *param;
} system_event_needs[] = {
    {"add_member", "object_email"},
    {"remove_member", "object_email"},
    {"create_room", "updated_room_name"},
    {"change_room_name", "updated_room_name"},
};

static int system_event_rules(const json_t *params, struct error *error)
{
    const char *type = json_text_at(params, "system_event_type");
    for (size_t i = 0; i < sizeof system_event_needs / sizeof system_event_needs[0]; i++)
        if (strcmp(type, system_event_needs[i].event_type) == 0 &&
            require(params, system_event_needs[i].param, "params.system_event_type", type, error) != 0)
            return -1;
    return 0;
}

// ---- the table ----

static const struct call calls[] = {
    {"post_comment", "POST", "/api/v2/rest/post_comment", REPEAT_KEYED, "room_id", post_comment_params,
        post_comment_rules},
    {"post_system_event_message", "POST", "/api/v2/rest/post_system_event_message", REPEAT_UNSAFE, "room_id",
        system_event_params, system_event_rules},
};

const struct call *call_find(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].name, name) == 0)
            return &calls[i];
    return NULL;
}

const char *call_names(void)
{
    static char names[1024];
    if (names[0] == '\0')
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            size_t len = strlen(names);
            must((size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", calls[i].name) <
                 sizeof names - len);
        }
    return names;
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

static int check_text(const struct call_param *param, const json_t *value, struct error *error)
{
    if (!json_is_string(value))
        return error_set(error, ERROR_INPUT, "params.%s has to be a string", param->name);
    const char *text = json_string_value(value);
    if (strlen(text) != json_string_length(value))
        return error_set(error, ERROR_INPUT, "params.%s holds a NUL character", param->name);
    if (param->max > 0 && code_points(text) > param->max)
        return error_set(error, ERROR_INPUT, "params.%s is longer than %zu characters", param->name, param->max);
    if (param->choices != NULL && !is_one_of(text, param->choices))
        return error_set(
            error, ERROR_INPUT, "params.%s is not one of those the API knows: %s", param->name, text_short(text).text);
    return 0;
}

static int check_id(const struct call_param *param, const json_t *params, struct error *error)
{
    char id[JSON_ID_MAX];
    if (json_id_at(params, param->name, id))
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s has to be an integer or a string of 1 to %d bytes", param->name,
        JSON_ID_MAX - 1);
}

static int check_texts(const struct call_param *param, const json_t *value, struct error *error)
{
    if (!json_is_array(value))
        return error_set(error, ERROR_INPUT, "params.%s has to be an array of strings", param->name);
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item) {
        if (!json_is_string(item) || json_string_length(item) == 0 ||
            strlen(json_string_value(item)) != json_string_length(item))
            return error_set(error, ERROR_INPUT, "params.%s[%zu] has to be a string that is not empty", param->name, i);
    }
    return 0;
}

static int check_json(const struct call_param *param, const json_t *value, struct error *error)
{
    if (json_is_object(value))
        return 0;
    struct error reason;
    json_auto_t *inner =
        json_is_string(value) ? json_read_object(json_string_value(value), json_string_length(value), &reason) : NULL;
    if (inner != NULL)
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s has to be an object, or a string that holds one", param->name);
}

static int check_param(const struct call_param *param, const json_t *params, struct error *error)
{
    const json_t *value = json_object_get(params, param->name);
    if (!given(params, param->name)) {
        if (param->required)
            return error_set(error, ERROR_INPUT, "params.%s is required", param->name);
        return 0; // null and empty count as absent
    }
    switch (param->type) {
    case PARAM_TEXT:
        return check_text(param, value, error);
    case PARAM_ID:
        return check_id(param, params, error);
    case PARAM_TEXTS:
        return check_texts(param, value, error);
    case PARAM_FLAG:
        if (!json_is_boolean(value))
            return error_set(error, ERROR_INPUT, "params.%s has to be true or false", param->name);
        return 0;
    case PARAM_JSON:
        return check_json(param, value, error);
    }
    return 0;
}

static bool knows(const struct call *call, const char *name)
{
    for (const struct call_param *param = call->params; param->name != NULL; param++)
        if (strcmp(param->name, name) == 0)
            return true;
    return false;
}

int call_check(const struct call *call, const json_t *params, struct error *error)
{
    // A parameter that would not be sent is refused rather than dropped: it is a typing error, or a wish unfulfilled.
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)params, name, value) {
        if (!knows(call, name))
            return error_set(
                error, ERROR_INPUT, "params.%s is not a parameter of %s", text_short(name).text, call->name);
    }
    for (const struct call_param *param = call->params; param->name != NULL; param++)
        if (check_param(param, params, error) != 0)
            return -1;
    return call->rules ? call->rules(params, error) : 0;
}

// ---- building ----

static void add_encoded(struct buf *body, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    while (*text != '\0') {
        size_t run = strspn(text, plain);
        must(buf_add(body, text, run) == 0);
        text += run;
        if (*text == '\0')
            return;
        unsigned char c = (unsigned char)*text++;
        char code[3] = {'%', hex[c >> 4], hex[c & 15]};
        must(buf_add(body, code, sizeof code) == 0);
    }
}

static void add_pair(struct buf *body, const char *name, const char *suffix, const char *value)
{
    must(buf_printf(body, "%s%s%s=", body->len ? "&" : "", name, suffix) == 0);
    add_encoded(body, value);
}

static void add_param(struct buf *body, const struct call_param *param, const json_t *params)
{
    const json_t *value = json_object_get(params, param->name);
    char id[JSON_ID_MAX];
    size_t i;
    const json_t *item;
    switch (param->type) {
    case PARAM_TEXT:
        add_pair(body, param->name, "", json_string_value(value));
        break;
    case PARAM_ID:
        must(json_id_at(params, param->name, id));
        add_pair(body, param->name, "", id);
        break;
    case PARAM_TEXTS:
        json_array_foreach(value, i, item) {
            add_pair(body, param->name, "[]", json_string_value(item));
        }
        break;
    case PARAM_FLAG:
        add_pair(body, param->name, "", json_is_true(value) ? "true" : "false");
        break;
    case PARAM_JSON:
        if (json_is_string(value)) {
            add_pair(body, param->name, "", json_string_value(value));
        } else {
            char *text = json_line(value);
            add_pair(body, param->name, "", text);
            free(text);
        }
        break;
    }
}

void call_build(const struct call *call, const json_t *params, const char *token, struct call_request *request)
{
    struct buf body;
    buf_init(&body, REQUEST_MAX);
    for (const struct call_param *param = call->params; param->name != NULL; param++)
        if (given(params, param->name))
            add_param(&body, param, params);
    if (call->repeat == REPEAT_KEYED && !given(params, "unique_temp_id"))
        add_pair(&body, "unique_temp_id", "", token);
    request->body_len = body.len;
    request->body = buf_take(&body);
}

void call_request_clear(struct call_request *request)
{
    free(request->body);
    *request = (struct call_request){0};
}
