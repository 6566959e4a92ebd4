// SPDX-License-Identifier: MIT
#include "consumers/call_rules.h"

#include <string.h>

#include "bridge/json.h"
#include "consumers/call_param.h"

static int require(const json_t *params, const char *name, const char *when, const char *what, struct error *error)
{
    if (call_param_given(params, name))
        return 0;
    return error_set(error, ERROR_INPUT, "params.%s is required when %s is %s", name, when, what);
}

// Types whose payload says it all need no message.
int call_rules_comment(const json_t *params, struct error *error)
{
    static const char *const without_message[] = {"buttons", "card", "carousel", "custom", NULL};
    const char *type = json_text_at(params, "type");
    if (type != NULL && call_param_is_one_of(type, without_message))
        return 0;
    return require(params, "message", "params.type", type ? type : "text", error);
}

int call_rules_system_event(const json_t *params, struct error *error)
{
    static const struct required_when {
        const char *event_type;
        const char *param;
    } needs[] = {
        {"add_member", "object_email"},
        {"remove_member", "object_email"},
        {"create_room", "updated_room_name"},
        {"change_room_name", "updated_room_name"},
    };
    const char *type = json_text_at(params, "system_event_type");
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (strcmp(type, needs[i].event_type) == 0 &&
            require(params, needs[i].param, "params.system_event_type", type, error) != 0)
            return -1;
    return 0;
}

// Dates as YYYY-MM-DD are in order when their texts are.
int call_rules_dates(const json_t *params, struct error *error)
{
    if (strcmp(json_text_at(params, "start_date"), json_text_at(params, "end_date")) <= 0)
        return 0;
    return error_set(error, ERROR_INPUT, "params.end_date is before params.start_date");
}

int call_rules_import(const json_t *params, struct error *error)
{
    bool rows = call_param_given(params, "rows");
    bool file = call_param_given(params, "file");
    if (rows != file)
        return 0;
    return error_set(error, ERROR_INPUT,
        rows ? "params.rows and params.file exclude each other" : "params.rows or params.file is required");
}
