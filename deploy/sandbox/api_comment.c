// SPDX-License-Identifier: MIT
//
// Comments: post_comment, load_comments.
#include <stdlib.h>
#include <string.h>

#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/payload.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"
#include "deploy/sandbox/view.h"
#include "deploy/sandbox/webhook.h"

enum { MESSAGE_CHARACTERS = 4000, TEMP_ID_CHARACTERS = 255, LIMIT_DEFAULT = 20, LIMIT_MAX = 100 };

// ---- post_comment ----

const struct param api_comment_post_params[] = {
    {"sender_email", PARAM_TEXT, .required = true},
    {"room_id", PARAM_ID, .required = true},
    {"message", PARAM_TEXT, .max = MESSAGE_CHARACTERS},
    {"type", PARAM_TEXT, .choices = payload_types},
    {"payload", PARAM_JSON},
    {"extras", PARAM_JSON},
    {"unique_temp_id", PARAM_TEXT, .max = TEMP_ID_CHARACTERS},
    {"disable_link_preview", PARAM_FLAG},
    {0},
};

static void reply_comment(struct api_call *call, const struct comment *comment)
{
    call->comment_id = comment->id;
    json_t *results = json_object();
    reply_put(results, "comment", view_comment_posted(comment));
    reply_results(&call->reply, results);
}

// A repeat of what is there already.
static void reply_repeat(struct api_call *call, const struct comment *comment)
{
    if (!call->sandbox->settings.refuse_repeats) {
        reply_comment(call, comment);
        return;
    }
    call->comment_id = comment->id;
    reply_error(&call->reply, 400, "unique_temp_id is taken: %.100s", comment_temp_id(comment));
}

// What the table of parameters cannot say. The message that counts, or NULL with the reply set.
static const char *check_contents(struct api_call *call, const char *type)
{
    struct error wrong;
    const char *message = params_text(call->values, "message");
    const json_t *payload = params_object(call->values, "payload");
    if (message == NULL && !payload_replaces_message(type)) {
        reply_error(&call->reply, 400, "message is required when type is %s", type);
        return NULL;
    }
    if (payload_check(type, payload, &wrong) != 0) {
        reply_error(&call->reply, 400, "%s", wrong.text);
        return NULL;
    }
    const char *text = params_text(payload, "text");
    return message != NULL ? message : text != NULL ? text : "";
}

// A reply is one to a comment of its room.
static bool has_parent(struct api_call *call, const char *type, const struct room *room)
{
    if (strcmp(type, "reply") != 0)
        return true;
    const json_t *payload = params_object(call->values, "payload");
    const struct comment *parent = comment_find(call->app, params_integer(payload, "replied_comment_id"));
    if (parent != NULL && parent->room == room)
        return true;
    reply_error(&call->reply, 400, "payload of a reply: replied_comment_id names no comment of this room");
    return false;
}

static bool takes_part(struct api_call *call, struct room *room, struct user *user)
{
    if (call->sandbox->settings.auto_create && !room->single)
        room_join(room, user);
    if (room_participant(room, user) != NULL)
        return true;
    reply_error(&call->reply, 422, "%.200s does not take part in the room", user->email);
    return false;
}

static char *text_of(const json_t *object)
{
    return object ? reply_text(object) : must_strdup("");
}

static const struct comment *add(
    struct api_call *call, struct room *room, struct user *user, const char *type, const char *message)
{
    char *payload = text_of(params_object(call->values, "payload"));
    char *extras = text_of(params_object(call->values, "extras"));
    const struct comment *comment =
        comment_add(call->app, &(struct comment_new){.room = room,
                                   .sender = user,
                                   .message = message,
                                   .type = type,
                                   .temp_id = params_text(call->values, "unique_temp_id"),
                                   .payload = payload,
                                   .extras = extras,
                                   .disable_link_preview = params_flag(call->values, "disable_link_preview")});
    free(payload);
    free(extras);
    return comment;
}

void api_comment_post(struct api_call *call)
{
    const char *given_type = params_text(call->values, "type");
    const char *type = payload_type(given_type ? given_type : "text");
    const char *temp_id = params_text(call->values, "unique_temp_id");
    const char *message = check_contents(call, type); // before anything comes into being
    if (message == NULL)
        return;
    struct user *user = api_user(call, params_text(call->values, "sender_email"));
    if (user == NULL)
        return;
    struct room *room = api_room(call, params_text(call->values, "room_id"), user);
    if (room == NULL || !takes_part(call, room, user) || !has_parent(call, type, room))
        return;
    const struct comment *comment = temp_id ? comment_find_temp_id(call->app, room, temp_id) : NULL;
    if (comment != NULL) {
        reply_repeat(call, comment);
        return;
    }
    comment = add(call, room, user, type, message);
    call->effect = true;
    webhooks_add(call->sandbox->webhooks, call->app, comment, call->by_client);
    reply_comment(call, comment);
}

// ---- load_comments ----

const struct param api_comment_load_params[] = {
    {"room_id", PARAM_ID, .required = true},
    {"page", PARAM_INTEGER},
    {"limit", PARAM_INTEGER},
    {0},
};

void api_comment_load(struct api_call *call)
{
    int64_t page = params_integer(call->values, "page");
    int64_t limit = params_integer(call->values, "limit");
    const struct room *room = api_room(call, params_text(call->values, "room_id"), NULL);
    if (room == NULL)
        return;
    if (limit == 0)
        limit = LIMIT_DEFAULT;
    if (limit > LIMIT_MAX)
        limit = LIMIT_MAX;
    json_t *results = json_object();
    reply_put(results, "comments", view_comments(room, page ? (size_t)page : 1, (size_t)limit, true));
    reply_results(&call->reply, results);
}
