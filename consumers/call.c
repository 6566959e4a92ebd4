// SPDX-License-Identifier: MIT
#include "consumers/call.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "bridge/text.h"
#include "consumers/call_param.h"
#include "consumers/call_table.h"

enum { TARGET_MAX = 1024 * 1024 }; // what goes into a path or query is limited in the table, far below this

const struct call *call_find(const char *name)
{
    for (const struct call *call = call_table; call->name != NULL; call++)
        if (strcmp(call->name, name) == 0)
            return call;
    return NULL;
}

const char *call_names(void)
{
    static char names[1024];
    if (names[0] == '\0')
        for (const struct call *call = call_table; call->name != NULL; call++) {
            size_t len = strlen(names);
            must((size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", call->name) <
                 sizeof names - len);
        }
    return names;
}

// ---- checking ----

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
        if (call_param_check(param, params, error) != 0)
            return -1;
    return call->rules ? call->rules(params, error) : 0;
}

// ---- building ----

static void encode(struct call_encode *encode, const struct call *call, const json_t *params, const char *token)
{
    for (const struct call_param *param = call->params; param->name != NULL; param++)
        if (call_param_given(params, param->name))
            call_param_add(param, params, encode);
    if (call->repeat == REPEAT_KEYED && !call_param_given(params, "unique_temp_id"))
        call_encode_text(encode, "unique_temp_id", "", token);
}

static char *target(const char *path, const json_t *params, const char *query)
{
    struct buf out;
    buf_init(&out, TARGET_MAX);
    size_t fixed = strcspn(path, ":");
    must(buf_add(&out, path, fixed) == 0);
    if (path[fixed] == ':')
        call_encode_percent(&out, json_string_value(json_object_get(params, path + fixed + 1)));
    must(*query == '\0' || buf_printf(&out, "?%s", query) == 0);
    return buf_take(&out);
}

void call_build(const struct call *call, const struct app_config *app, const json_t *params, const char *token,
    struct call_request *request)
{
    bool by_get = call->by_get != NULL && call->by_get(app);
    enum call_encoding encoding = by_get ? CALL_QUERY : call->encoding;
    struct call_encode contents;
    do {
        call_encode_begin(&contents, encoding);
        encode(&contents, call, params, token);
    } while (!call_encode_end(&contents));
    *request = (struct call_request){.method = by_get ? "GET" : call->method};
    request->target = target(call->path, params, encoding == CALL_QUERY ? buf_text(&contents.out) : "");
    request->content_type = must_strdup(call_encode_content_type(&contents));
    if (encoding != CALL_QUERY) {
        request->body_len = contents.out.len;
        request->body = buf_take(&contents.out);
    }
    request->size = strlen(request->target) + request->body_len;
    buf_clear(&contents.out);
}

void call_request_clear(struct call_request *request)
{
    free(request->target);
    free(request->content_type);
    free(request->body);
    *request = (struct call_request){0};
}
