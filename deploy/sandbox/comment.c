// SPDX-License-Identifier: MIT
#include "deploy/sandbox/comment.h"

#include <string.h>

#include "bridge/clock.h"
#include "bridge/must.h"
#include "bridge/random.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

enum { TEMP_ID_CHARS = 20 };

static void make_temp_id(char out[TEMP_ID_CHARS + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int i = 0; i < TEMP_ID_CHARS; i++)
        out[i] = letters[random_below(sizeof letters - 1)];
    out[TEMP_ID_CHARS] = '\0';
}

// Behind what is there; where it begins.
static uint32_t put(char *text, size_t *len, const char *part)
{
    size_t at = *len;
    size_t size = strlen(part) + 1;
    memcpy(text + at, part, size);
    *len += size;
    return (uint32_t)at;
}

static void enter(struct app *app, struct comment *comment)
{
    struct room *room = comment->room;
    app->comments = app_grow(app->comments, app->comment_count, &app->comment_space, sizeof(struct comment *));
    app->comments[app->comment_count++] = comment;
    room->comments = app_grow(room->comments, room->comment_count, &room->comment_space, sizeof(struct comment *));
    room->comments[room->comment_count++] = comment;
    table_add(&app->comments_by_temp_id, &comment->by_temp_id, table_hash_text(0, comment_temp_id(comment)));
    struct participant *participant = room_participant(room, comment->sender);
    if (participant != NULL)
        participant->read = room->comment_count; // who writes has read
}

struct comment *comment_add(struct app *app, const struct comment_new *wish)
{
    char new_temp_id[TEMP_ID_CHARS + 1];
    const char *temp_id = wish->temp_id;
    if (temp_id == NULL) {
        make_temp_id(new_temp_id);
        temp_id = new_temp_id;
    }
    size_t size = strlen(wish->message) + strlen(temp_id) + strlen(wish->payload) + strlen(wish->extras) + 4;
    must(size <= UINT32_MAX);
    struct comment *comment = must_calloc(1, sizeof *comment + size);
    const struct comment *before = room_last(wish->room);
    comment->room = wish->room;
    comment->sender = wish->sender;
    comment->id = (int64_t)app->comment_count + 1;
    comment->before_id = before ? before->id : 0;
    comment->created_ms = wish->created_ms ? wish->created_ms : clock_wall_ms();
    comment->type = wish->type;
    comment->disable_link_preview = wish->disable_link_preview;
    size_t len = 0;
    (void)put(comment->text, &len, wish->message);
    comment->temp_id_at = put(comment->text, &len, temp_id);
    comment->payload_at = put(comment->text, &len, wish->payload);
    comment->extras_at = put(comment->text, &len, wish->extras);
    enter(app, comment);
    return comment;
}

struct comment *comment_find(const struct app *app, int64_t id)
{
    return id < 1 || (uint64_t)id > app->comment_count ? NULL : app->comments[id - 1];
}

struct comment *comment_find_temp_id(const struct app *app, const struct room *room, const char *temp_id)
{
    struct table_item *item = table_first(&app->comments_by_temp_id, table_hash_text(0, temp_id));
    for (; item != NULL; item = table_next(item)) {
        struct comment *comment = table_owner(item, struct comment, by_temp_id);
        if ((room == NULL || comment->room == room) && strcmp(comment_temp_id(comment), temp_id) == 0)
            return comment;
    }
    return NULL;
}

bool comment_has_first_temp_id(const struct app *app, const struct comment *comment)
{
    const struct table_item *item = table_first(&app->comments_by_temp_id, comment->by_temp_id.hash);
    for (; item != NULL; item = table_next(item)) {
        const struct comment *other = table_owner(item, struct comment, by_temp_id);
        if (other->id < comment->id && strcmp(comment_temp_id(other), comment_temp_id(comment)) == 0)
            return false;
    }
    return true;
}
