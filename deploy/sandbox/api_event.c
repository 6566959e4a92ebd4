// SPDX-License-Identifier: MIT
//
// post_system_event_message: a comment of the app's system user tells what happened in a room. It only tells: who
// takes part and what the room is called stay as they are.
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"
#include "deploy/sandbox/view.h"
#include "deploy/sandbox/webhook.h"

enum { MESSAGE_MAX = 16 * 1024 * 1024 };

static const struct event_type {
    const char *name; // NULL ends the table
    bool needs_objects;
    bool needs_name;
    const char *verb; // between the subject and the object or the room's name
} event_types[] = {
    {"create_room", false, true, "created room"},
    {"add_member", true, false, "added"},
    {"join_room", false, false, "joined room"},
    {"remove_member", true, false, "removed"},
    {"left_room", false, false, "left room"},
    {"change_room_name", false, true, "changed room name to"},
    {"change_room_avatar", false, false, "changed room avatar"},
    {0},
};

const struct param api_event_post_params[] = {
    {"system_event_type", PARAM_TEXT, .required = true},
    {"room_id", PARAM_ID, .required = true},
    {"subject_email", PARAM_TEXT, .required = true},
    {"object_email", PARAM_TEXTS},
    {"updated_room_name", PARAM_TEXT},
    {0},
};

static const struct event_type *type_of(const char *name)
{
    const struct event_type *type = event_types;
    while (type->name != NULL && strcmp(type->name, name) != 0)
        type++;
    return type->name ? type : NULL;
}

struct event {
    const struct event_type *type;
    struct room *room;
    const struct user *subject;
    const char *room_name;
};

static const struct comment *post(struct api_call *call, const struct event *event, const struct user *object)
{
    struct buf message;
    buf_init(&message, MESSAGE_MAX); // names come from bodies that are smaller than that
    must(buf_printf(&message, "%s %s", event->subject->name, event->type->verb) == 0);
    if (object != NULL)
        must(buf_printf(&message, " %s", object->name) == 0);
    else if (event->type->needs_name)
        must(buf_printf(&message, " '%s'", event->room_name) == 0);
    json_auto_t *payload = json_object();
    reply_put_text(payload, "object_email", object ? object->email : "");
    reply_put_text(payload, "object_username", object ? object->name : "");
    reply_put_text(payload, "room_name", event->room_name);
    reply_put_text(payload, "subject_email", event->subject->email);
    reply_put_text(payload, "subject_username", event->subject->name);
    reply_put_text(payload, "type", event->type->name);
    char *payload_text = reply_text(payload);
    const struct comment *comment = comment_add(call->app, &(struct comment_new){.room = event->room,
                                                               .sender = call->app->system,
                                                               .message = buf_text(&message),
                                                               .type = COMMENT_SYSTEM_EVENT,
                                                               .payload = payload_text,
                                                               .extras = ""});
    free(payload_text);
    buf_clear(&message);
    webhooks_add(call->sandbox->webhooks, call->app, comment, false);
    call->effect = true;
    call->comment_id = comment->id;
    return comment;
}

static bool has_what_it_needs(struct api_call *call, const struct event_type *type)
{
    if (type == NULL)
        reply_error(&call->reply, 400, "system_event_type is not one of those that are known: %.100s",
            params_text(call->values, "system_event_type"));
    else if (type->needs_objects && params_texts(call->values, "object_email") == NULL)
        reply_error(&call->reply, 400, "object_email is required when system_event_type is %s", type->name);
    else if (type->needs_name && params_text(call->values, "updated_room_name") == NULL)
        reply_error(&call->reply, 400, "updated_room_name is required when system_event_type is %s", type->name);
    else
        return true;
    return false;
}

void api_event_post(struct api_call *call)
{
    struct event event = {.type = type_of(params_text(call->values, "system_event_type"))};
    if (!has_what_it_needs(call, event.type))
        return;
    struct user *subject = api_user(call, params_text(call->values, "subject_email"));
    if (subject == NULL)
        return;
    event.subject = subject;
    event.room = api_room(call, params_text(call->values, "room_id"), subject);
    if (event.room == NULL)
        return;
    size_t count = 0;
    struct user **objects =
        api_users(call, event.type->needs_objects ? params_texts(call->values, "object_email") : NULL, &count);
    if (objects == NULL)
        return;
    event.room_name = event.type->needs_name ? params_text(call->values, "updated_room_name") : event.room->name;
    const struct comment *last = NULL;
    for (size_t i = 0; i < count; i++)
        last = post(call, &event, objects[i]);
    if (last == NULL)
        last = post(call, &event, NULL);
    json_t *results = json_object();
    reply_put(results, "comment", view_comment_of_event(last));
    if (count > 0)
        reply_put_int(results, "object_id", objects[count - 1]->id);
    free(objects);
    reply_results(&call->reply, results);
}
