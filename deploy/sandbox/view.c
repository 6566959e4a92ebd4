// SPDX-License-Identifier: MIT
#include "deploy/sandbox/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/must.h"
#include "deploy/sandbox/reply.h"

static json_t *object(void)
{
    json_t *value = json_object();
    must(value != NULL);
    return value;
}

static json_t *array(void)
{
    json_t *value = json_array();
    must(value != NULL);
    return value;
}

static void append(json_t *list, json_t *value_steal)
{
    must(value_steal != NULL && json_array_append_new(list, value_steal) == 0);
}

enum { SECONDS_TEXT = 19 }; // 2017-02-07T19:01:00

const char *view_time(int64_t wall_ms, char out[VIEW_TIME])
{
    return view_time_in(wall_ms, "Z", out);
}

const char *view_time_in(int64_t wall_ms, const char *zone, char out[VIEW_TIME])
{
    char text[CLOCK_TEXT] = "0001-01-01T00:00:00";
    int64_t east_ms = zone[0] == '+' ? strtol(zone + 1, NULL, 10) * 3600000 : 0;
    if (wall_ms != 0)
        (void)clock_format(wall_ms + east_ms, text);
    (void)snprintf(out, VIEW_TIME, "%.*s%s", SECONDS_TEXT, text, zone);
    return out;
}

json_t *view_json(const char *text, json_t *fallback_steal)
{
    json_t *value = text[0] != '\0' ? json_loads(text, 0, NULL) : NULL;
    if (value == NULL)
        return fallback_steal;
    json_decref(fallback_steal);
    return value;
}

// ---- users and rooms ----

json_t *view_user(const struct user *user)
{
    json_t *view = object();
    reply_put_int(view, "id", user->id);
    reply_put_text(view, "email", user->email);
    reply_put_text(view, "username", user->name);
    reply_put_text(view, "avatar_url", user->avatar_url);
    reply_put_text(view, "token", user->token);
    return view;
}

json_t *view_room(const struct room *room)
{
    json_t *emails = array();
    for (size_t i = 0; i < room->participant_count; i++)
        append(emails, json_string_nocheck(room->participants[i].user->email));
    json_t *view = object();
    reply_put_text(view, "creator", room->creator->email);
    reply_put(view, "participants", emails);
    reply_put_int(view, "room_id", room->id);
    reply_put_text(view, "room_name", room->name);
    reply_put_text(view, "room_type", room->single ? "single" : "group");
    return view;
}

json_t *view_room_of_target(const struct room *room)
{
    json_t *people = array();
    for (size_t i = 0; i < room->participant_count; i++) {
        json_t *person = object();
        reply_put_text(person, "avatar_url", room->participants[i].user->avatar_url);
        reply_put_text(person, "email", room->participants[i].user->email);
        reply_put_text(person, "username", room->participants[i].user->name);
        append(people, person);
    }
    const struct comment *last = room_last(room);
    json_t *view = object();
    reply_put_text(view, "avatar_url", room->avatar_url);
    reply_put_text(view, "chat_type", room->single ? "single" : "group");
    reply_put_int(view, "id", room->id);
    reply_put_int(view, "last_comment_id", last ? last->id : 0);
    reply_put_text(view, "last_comment_message", last ? comment_message(last) : "");
    reply_put_int(view, "last_topic_id", room->id);
    reply_put(view, "options", room->options[0] ? json_string_nocheck(room->options) : json_null());
    reply_put(view, "participants", people);
    reply_put_text(view, "room_name", room->name);
    return view;
}

json_t *view_room_info(const struct room *room, const struct user *reader)
{
    char time[VIEW_TIME];
    const struct comment *last = room_last(room);
    json_t *view = object();
    reply_put_int(view, "last_comment_id", last ? last->id : 0);
    reply_put_text(view, "last_comment_message", last ? comment_message(last) : "");
    reply_put_text(view, "last_comment_timestamp", view_time(last ? last->created_ms : 0, time));
    reply_put_int(view, "room_id", room->id);
    reply_put_text(view, "room_name", room->name);
    reply_put_text(view, "room_type", room->single ? "single" : "group");
    reply_put_int(view, "unread_count", (json_int_t)room_unread(room, reader));
    return view;
}

// ---- comments ----

static void put_special(json_t *view, const struct comment *comment)
{
    if (strcmp(comment->type, "text") != 0) {
        reply_put(view, "payload", view_json(comment_payload(comment), json_object()));
        reply_put_text(view, "type", comment->type);
    }
    if (comment_extras(comment)[0] != '\0')
        reply_put(view, "extras", view_json(comment_extras(comment), json_object()));
}

json_t *view_comment_posted(const struct comment *comment)
{
    char time[VIEW_TIME];
    json_t *view = object();
    reply_put_int(view, "id", comment->id);
    reply_put_int(view, "comment_before_id", comment->before_id);
    reply_put_text(view, "message", comment_message(comment));
    reply_put(view, "disable_link_preview", json_boolean(comment->disable_link_preview));
    reply_put_text(view, "email", comment->sender->email);
    reply_put_text(view, "username", comment->sender->name);
    reply_put_text(view, "user_avatar_url", comment->sender->avatar_url);
    reply_put_text(view, "timestamp", view_time_in(comment->created_ms, "+00:00", time));
    reply_put_text(view, "unique_temp_id", comment_temp_id(comment));
    put_special(view, comment);
    return view;
}

json_t *view_comment(const struct comment *comment, bool with_room)
{
    char time[VIEW_TIME];
    json_t *view = object();
    reply_put_int(view, "comment_before_id", comment->before_id);
    reply_put(view, "disable_link_preview", json_boolean(comment->disable_link_preview));
    reply_put_text(view, "email", comment->sender->email);
    reply_put_int(view, "id", comment->id);
    reply_put_text(view, "message", comment_message(comment));
    if (with_room) {
        reply_put_int(view, "room_id", comment->room->id);
        reply_put_text(view, "room_name", comment->room->name);
    }
    reply_put_text(view, "timestamp", view_time(comment->created_ms, time));
    reply_put_text(view, "unique_temp_id", comment_temp_id(comment));
    reply_put_text(view, "user_avatar_url", comment->sender->avatar_url);
    reply_put_text(view, "username", comment->sender->name);
    put_special(view, comment);
    return view;
}

json_t *view_comment_of_event(const struct comment *comment)
{
    char time[VIEW_TIME];
    const char *avatar_url = comment->sender->avatar_url;
    json_t *view = object();
    reply_put_int(view, "comment_before_id", comment->before_id);
    reply_put(view, "disable_link_preview", json_boolean(comment->disable_link_preview));
    reply_put_text(view, "email", comment->sender->email);
    reply_put_int(view, "id", comment->id);
    reply_put_text(view, "message", comment_message(comment));
    reply_put(view, "payload", view_json(comment_payload(comment), json_object()));
    reply_put_int(view, "room_id", comment->room->id);
    reply_put_text(view, "timestamp", view_time(comment->created_ms, time));
    reply_put_int(view, "topic_id", comment->room->id);
    reply_put_text(view, "type", comment->type);
    reply_put_text(view, "unique_temp_id", comment_temp_id(comment));
    reply_put_int(view, "unix_timestamp", comment->created_ms / 1000);
    reply_put(view, "user_avatar", json_pack("{s:{s:s}}", "avatar", "url", avatar_url));
    reply_put_text(view, "user_avatar_url", avatar_url);
    reply_put_int(view, "user_id", comment->sender->id);
    reply_put_text(view, "username", comment->sender->name);
    return view;
}

json_t *view_comments(const struct room *room, size_t page, size_t limit, bool with_room)
{
    json_t *list = array();
    size_t skip = (page - 1) > room->comment_count / limit ? room->comment_count : (page - 1) * limit;
    for (size_t i = skip; i < skip + limit && i < room->comment_count; i++)
        append(list, view_comment(room->comments[room->comment_count - 1 - i], with_room));
    return list;
}
