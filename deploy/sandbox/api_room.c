// SPDX-License-Identifier: MIT
//
// Rooms: create_room, get_or_create_room_with_target, get_rooms_info, add_ and remove_room_participants.
#include <stdlib.h>
#include <string.h>

#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/view.h"

enum { COMMENTS_OF_TARGET = 20 };

// ---- create_room ----

const struct param api_room_create_params[] = {
    {"name", PARAM_TEXT, .required = true},
    {"participants", PARAM_TEXTS, .required = true},
    {"creator", PARAM_TEXT, .required = true},
    {0},
};

static void reply_room(struct api_call *call, const struct room *room)
{
    call->effect = true;
    reply_results(&call->reply, view_room(room));
}

void api_room_create(struct api_call *call)
{
    struct user *creator = api_user(call, params_text(call->values, "creator"));
    if (creator == NULL)
        return;
    size_t count;
    struct user **users = api_users(call, params_texts(call->values, "participants"), &count);
    if (users == NULL)
        return;
    struct room *room =
        room_add(call->app, &(struct room_new){.name = params_text(call->values, "name"), .creator = creator});
    for (size_t i = 0; i < count; i++)
        room_join(room, users[i]);
    free(users);
    reply_room(call, room);
}

// ---- get_or_create_room_with_target ----

const struct param api_room_target_params[] = {
    {"emails", PARAM_TEXTS, .required = true},
    {"avatar_url", PARAM_TEXT},
    {0},
};

void api_room_target(struct api_call *call)
{
    size_t count;
    const json_t *emails = params_texts(call->values, "emails");
    if (json_array_size(emails) != 2 || json_equal(json_array_get(emails, 0), json_array_get(emails, 1))) {
        reply_error(&call->reply, 400, "emails has to hold two different e-mails");
        return;
    }
    struct user **users = api_users(call, emails, &count);
    if (users == NULL)
        return;
    struct room *room = room_find_pair(call->app, users[0], users[1]);
    if (room == NULL) {
        room = room_add(call->app,
            &(struct room_new){
                .creator = users[0], .target = users[1], .avatar_url = params_text(call->values, "avatar_url")});
        call->effect = true;
    }
    free(users);
    json_t *results = json_object();
    reply_put(results, "comments", view_comments(room, 1, COMMENTS_OF_TARGET, false));
    reply_put(results, "room", view_room_of_target(room));
    reply_results(&call->reply, results);
}

// ---- get_rooms_info ----

const struct param api_room_info_params[] = {
    {"room_id", PARAM_IDS, .required = true},
    {"user_email", PARAM_TEXT, .required = true},
    {0},
};

void api_room_info(struct api_call *call)
{
    struct user *user = api_user(call, params_text(call->values, "user_email"));
    if (user == NULL)
        return;
    json_t *list = json_array();
    size_t i;
    const json_t *name;
    json_array_foreach(params_texts(call->values, "room_id"), i, name) {
        const struct room *room = call->sandbox->settings.auto_create ? api_room(call, json_string_value(name), user)
                                                                      : room_find(call->app, json_string_value(name));
        if (room != NULL && room_participant(room, user) != NULL)
            must(json_array_append_new(list, view_room_info(room, user)) == 0);
    }
    json_t *results = json_object();
    reply_put(results, "rooms_info", list);
    reply_results(&call->reply, results);
}

// ---- add_room_participants, remove_room_participants ----

const struct param api_room_members_params[] = {
    {"room_id", PARAM_ID, .required = true},
    {"emails", PARAM_TEXTS, .required = true},
    {0},
};

static void change_members(struct api_call *call, bool add)
{
    size_t count;
    struct room *room = api_room(call, params_text(call->values, "room_id"), NULL);
    if (room == NULL)
        return;
    if (room->single) {
        reply_error(&call->reply, 422, "the participants of a single room cannot be changed");
        return;
    }
    struct user **users = api_users(call, params_texts(call->values, "emails"), &count);
    if (users == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        if (add)
            room_join(room, users[i]);
        else
            room_leave(room, users[i]);
    }
    free(users);
    reply_room(call, room);
}

void api_room_add_members(struct api_call *call)
{
    change_members(call, true);
}

void api_room_remove_members(struct api_call *call)
{
    change_members(call, false);
}
