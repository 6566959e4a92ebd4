// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "bridge/json.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/import_row.h"
#include "deploy/sandbox/payload.h"
#include "deploy/sandbox/reply.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

const struct param import_comment_keys[] = {
    {"Message", PARAM_TEXT},
    {"DisableLinkPreview", PARAM_FLAG},
    {"Type", PARAM_TEXT, .required = true},
    {"UniqueId", PARAM_TEXT, .required = true},
    {"CreatorEmail", PARAM_TEXT, .required = true},
    {"RoomUniqueId", PARAM_TEXT, .required = true},
    {"CreatedAt", PARAM_TEXT},
    {"Payload", PARAM_JSON},
    {"ParentCommentUniqueId", PARAM_TEXT},
    {0},
};

static bool is_event(const json_t *row)
{
    return strcmp(params_text(row, "Type"), COMMENT_SYSTEM_EVENT) == 0;
}

// The type's lasting name, NULL if there is no such type.
static const char *type_of(const json_t *row)
{
    return is_event(row) ? COMMENT_SYSTEM_EVENT : payload_type(params_text(row, "Type"));
}

static bool is_reply(const json_t *row)
{
    return strcmp(params_text(row, "Type"), "reply") == 0;
}

// What the app says itself is said by the app's own sender, whatever it was called where it was exported.
static struct user *sender_of(const struct app *app, const json_t *row)
{
    struct user *user = user_find(app, params_text(row, "CreatorEmail"));
    return user ? user : app->system; // only of a system event it may be unknown
}

static int check_reply(const struct import *import, const json_t *row, struct error *error)
{
    const json_t *payload = params_object(row, "Payload");
    const char *text = json_text_at(payload, "text");
    const char *message = params_text(row, "Message");
    const char *parent = params_text(row, "ParentCommentUniqueId");
    if (json_integer_value(json_object_get(payload, "replied_comment_id")) != 1)
        return error_set(error, ERROR_INPUT, "Payload of a reply: replied_comment_id has to be the number 1");
    if (text == NULL || message == NULL || strcmp(text, message) != 0)
        return error_set(error, ERROR_INPUT, "Payload of a reply: text has to be the same as Message");
    if (parent == NULL)
        return error_set(error, ERROR_INPUT, "ParentCommentUniqueId is required when Type is reply");
    if (comment_find_temp_id(import->app, NULL, parent) == NULL && !import_noted(import, "comment", parent))
        return error_set(error, ERROR_INPUT, "ParentCommentUniqueId names no earlier comment: %.200s", parent);
    return 0;
}

static int check_type(const struct import *import, const json_t *row, struct error *error)
{
    const char *type = type_of(row);
    if (type == NULL)
        return error_set(
            error, ERROR_INPUT, "Type is not one of those that are known: %.100s", params_text(row, "Type"));
    if (is_reply(row))
        return check_reply(import, row, error);
    if (params_text(row, "Message") == NULL && !payload_replaces_message(type))
        return error_set(error, ERROR_INPUT, "Message is required when Type is %s", type);
    return payload_check(type, params_object(row, "Payload"), error);
}

int import_comment_check(struct import *import, const json_t *row, struct error *error)
{
    int64_t created_ms;
    const char *unique_id = params_text(row, "UniqueId");
    const char *room = params_text(row, "RoomUniqueId");
    const char *creator = params_text(row, "CreatorEmail");
    if (import_time(row, "CreatedAt", &created_ms, error) != 0 || check_type(import, row, error) != 0)
        return -1;
    if (user_find(import->app, creator) == NULL && !is_event(row))
        return error_set(error, ERROR_INPUT, "there is no user of this CreatorEmail: %.200s", creator);
    if (room_find_unique_id(import->app, room) == NULL)
        return error_set(error, ERROR_INPUT, "there is no room of this RoomUniqueId: %.200s", room);
    if (comment_find_temp_id(import->app, NULL, unique_id) != NULL)
        return error_set(error, ERROR_INPUT, "there is a comment of this UniqueId already: %.200s", unique_id);
    if (!import_note(import, "comment", unique_id))
        return error_set(error, ERROR_INPUT, "an earlier row has the same UniqueId: %.200s", unique_id);
    return 0;
}

// The payload as it is kept: a reply's names its parent by id.
static char *payload_of(const struct app *app, const json_t *row)
{
    const json_t *given = params_object(row, "Payload");
    if (given == NULL)
        return must_strdup("");
    json_auto_t *payload = json_copy((json_t *)(uintptr_t)given);
    if (is_reply(row)) {
        const struct comment *parent = comment_find_temp_id(app, NULL, params_text(row, "ParentCommentUniqueId"));
        must(parent != NULL);
        reply_put_int(payload, "replied_comment_id", parent->id);
    }
    return reply_text(payload);
}

void import_comment_add(struct app *app, const json_t *row)
{
    int64_t created_ms;
    struct error never;
    const char *message = params_text(row, "Message");
    char *payload = payload_of(app, row);
    must(import_time(row, "CreatedAt", &created_ms, &never) == 0);
    (void)comment_add(app, &(struct comment_new){.room = room_find_unique_id(app, params_text(row, "RoomUniqueId")),
                               .sender = sender_of(app, row),
                               .message = message ? message : "",
                               .type = type_of(row),
                               .temp_id = params_text(row, "UniqueId"),
                               .payload = payload,
                               .extras = "",
                               .disable_link_preview = params_flag(row, "DisableLinkPreview"),
                               .created_ms = created_ms});
    free(payload);
}
