// SPDX-License-Identifier: MIT
#include "deploy/sandbox/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/reply.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"
#include "deploy/sandbox/view.h"

enum { CONTENT_MAX = 64 * 1024 * 1024, UNIQUE_ID_BYTES = 1100 };

static json_t *row(void)
{
    json_t *row = json_object();
    must(row != NULL);
    return row;
}

static bool is_between(const struct job *job, int64_t created_ms)
{
    return created_ms >= job->from_ms && created_ms < job->until_ms;
}

// ---- rows; NULL: it does not belong to the export ----

static json_t *user_row(const struct job *job, size_t i)
{
    char time[VIEW_TIME];
    const struct user *user = job->app->users[i];
    if (user == job->app->system || !is_between(job, user->created_ms))
        return NULL;
    json_t *view = row();
    reply_put_text(view, "Email", user->email);
    reply_put_text(view, "Name", user->name);
    reply_put_text(view, "AvatarUrl", user->avatar_url);
    reply_put_text(view, "AuthenticationToken", user->token);
    reply_put_text(view, "Password", ""); // it is not kept
    reply_put_text(view, "CreateAt", view_time(user->created_ms, time));
    return view;
}

static json_t *room_row(const struct job *job, size_t i)
{
    char time[VIEW_TIME];
    const struct room *room = job->app->rooms[i];
    if (!is_between(job, room->created_ms))
        return NULL;
    json_t *emails = json_array();
    for (size_t p = 0; p < room->participant_count; p++)
        must(json_array_append_new(emails, json_string_nocheck(room->participants[p].user->email)) == 0);
    json_t *view = row();
    reply_put_text(view, "Name", room->name);
    reply_put_text(view, "Type", room->single ? "single" : "group");
    reply_put_text(view, "Options", room->options);
    reply_put_text(view, "CreatorEmail", room->creator->email);
    reply_put_text(view, "CreatedAt", view_time(room->created_ms, time));
    reply_put_text(view, "AvatarUrl", room->avatar_url);
    reply_put_text(view, "UniqueId", room->unique_id);
    reply_put(view, "ParticipantEmails", emails);
    return view;
}

// A unique_temp_id is one of its room, a UniqueId one of the app: another room's later one gets its id behind it.
static const char *unique_id_of(const struct app *app, const struct comment *comment, char out[UNIQUE_ID_BYTES])
{
    const char *temp_id = comment_temp_id(comment);
    if (comment_has_first_temp_id(app, comment))
        return temp_id;
    (void)snprintf(out, UNIQUE_ID_BYTES, "%s-%lld", temp_id, (long long)comment->id);
    return out;
}

static json_t *comment_row(const struct job *job, size_t i)
{
    char time[VIEW_TIME];
    char unique_id[UNIQUE_ID_BYTES];
    char parent_id[UNIQUE_ID_BYTES];
    const struct app *app = job->app;
    const struct comment *comment = app->comments[i];
    if (!is_between(job, comment->created_ms))
        return NULL;
    json_t *payload = view_json(comment_payload(comment), json_null());
    const struct comment *parent =
        strcmp(comment->type, "reply") == 0
            ? comment_find(app, json_integer_value(json_object_get(payload, "replied_comment_id")))
            : NULL;
    if (parent != NULL)
        reply_put_int(payload, "replied_comment_id", 1); // ParentCommentUniqueId says which
    json_t *view = row();
    reply_put_text(view, "Message", comment_message(comment));
    reply_put(view, "DisableLinkPreview", json_boolean(comment->disable_link_preview));
    reply_put_text(view, "Type", comment->type);
    reply_put_text(view, "UniqueId", unique_id_of(app, comment, unique_id));
    reply_put_text(view, "CreatorEmail", comment->sender->email);
    reply_put_text(view, "RoomUniqueId", comment->room->unique_id);
    reply_put_text(view, "CreatedAt", view_time(comment->created_ms, time));
    reply_put(view, "Payload", payload);
    reply_put_text(view, "ParentCommentUniqueId", parent ? unique_id_of(app, parent, parent_id) : "");
    return view;
}

// ---- all of them ----

static size_t count_of(const struct job *job)
{
    const size_t counts[JOB_RESOURCES] = {job->app->user_count, job->app->room_count, job->app->comment_count};
    return counts[job->resource];
}

static int add_row(struct job *job, struct buf *content, json_t *view_steal)
{
    char *text = reply_text(view_steal);
    json_decref(view_steal);
    int result = buf_add_text(content, job->rows > 0 ? ",\n" : "");
    if (result == 0)
        result = buf_add_text(content, text);
    free(text);
    job->rows++;
    return result;
}

void export_make(struct job *job)
{
    static json_t *(*const makers[JOB_RESOURCES])(const struct job *, size_t) = {user_row, room_row, comment_row};
    struct buf content;
    buf_init(&content, CONTENT_MAX);
    int result = buf_add_text(&content, "[");
    for (size_t i = 0; i < count_of(job) && result == 0; i++) {
        json_t *view = makers[job->resource](job, i);
        if (view != NULL)
            result = add_row(job, &content, view);
    }
    if (result == 0)
        result = buf_add_text(&content, "]\n");
    if (result != 0) {
        job->failed = "the export is larger than 64 MiB; choose fewer days";
        job->rows = 0;
        buf_clear(&content);
        return;
    }
    job->size = content.len;
    job->content = buf_take(&content);
}
