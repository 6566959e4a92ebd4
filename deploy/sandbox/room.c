// SPDX-License-Identifier: MIT
#include "deploy/sandbox/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/must.h"
#include "bridge/random.h"
#include "deploy/sandbox/user.h"

enum { ID_DIGITS = 18 };

int64_t room_id_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > ID_DIGITS || text[digits] != '\0' || text[0] == '0')
        return 0;
    return strtoll(text, NULL, 10);
}

struct room *room_find_id(const struct app *app, int64_t id)
{
    struct table_item *item = table_first(&app->rooms_by_id, table_hash(0, &id, sizeof id));
    for (; item != NULL; item = table_next(item)) {
        struct room *room = table_owner(item, struct room, by_id);
        if (room->id == id)
            return room;
    }
    return NULL;
}

struct room *room_find_unique_id(const struct app *app, const char *unique_id)
{
    struct table_item *item = table_first(&app->rooms_by_unique_id, table_hash_text(0, unique_id));
    for (; item != NULL; item = table_next(item)) {
        struct room *room = table_owner(item, struct room, by_unique_id);
        if (strcmp(room->unique_id, unique_id) == 0)
            return room;
    }
    return NULL;
}

struct room *room_find(const struct app *app, const char *name)
{
    int64_t id = room_id_of(name);
    struct room *room = id > 0 ? room_find_id(app, id) : NULL;
    return room != NULL ? room : room_find_unique_id(app, name);
}

// The same for both orders.
static uint64_t hash_pair(const struct user *a, const struct user *b)
{
    int64_t ids[2] = {a->id < b->id ? a->id : b->id, a->id < b->id ? b->id : a->id};
    return table_hash(0, ids, sizeof ids);
}

struct room *room_find_pair(const struct app *app, const struct user *a, const struct user *b)
{
    struct table_item *item = table_first(&app->rooms_by_pair, hash_pair(a, b));
    for (; item != NULL; item = table_next(item)) {
        struct room *room = table_owner(item, struct room, by_pair);
        if (room_participant(room, a) != NULL && room_participant(room, b) != NULL)
            return room;
    }
    return NULL;
}

static char *pair_name(const struct user *a, const struct user *b)
{
    size_t size = strlen(a->email) + strlen(b->email) + 2;
    char *name = must_calloc(size, 1);
    (void)snprintf(name, size, "%s %s", a->email, b->email);
    return name;
}

struct room *room_add(struct app *app, const struct room_new *wish)
{
    struct room *room = must_calloc(1, sizeof *room);
    char unique_id[RANDOM_UUID_TEXT];
    room->id = wish->id > 0 ? wish->id : app->next_room_id;
    if (room->id >= app->next_room_id)
        app->next_room_id = room->id + 1;
    room->unique_id = must_strdup(wish->unique_id ? wish->unique_id : random_uuid7(unique_id));
    room->name = wish->name ? must_strdup(wish->name) : pair_name(wish->creator, wish->target);
    room->avatar_url = must_strdup(wish->avatar_url ? wish->avatar_url : "");
    room->options = must_strdup("");
    room->single = wish->target != NULL;
    must(wish->name != NULL || wish->target != NULL);
    room->creator = wish->creator;
    room->created_ms = clock_wall_ms();
    room_join(room, wish->creator);
    if (wish->target != NULL) {
        room_join(room, wish->target);
        table_add(&app->rooms_by_pair, &room->by_pair, hash_pair(wish->creator, wish->target));
    }
    app->rooms = app_grow(app->rooms, app->room_count, &app->room_space, sizeof(struct room *));
    app->rooms[app->room_count++] = room;
    table_add(&app->rooms_by_id, &room->by_id, table_hash(0, &room->id, sizeof room->id));
    table_add(&app->rooms_by_unique_id, &room->by_unique_id, table_hash_text(0, room->unique_id));
    return room;
}

struct participant *room_participant(const struct room *room, const struct user *user)
{
    for (size_t i = 0; i < room->participant_count; i++)
        if (room->participants[i].user == user)
            return &room->participants[i];
    return NULL;
}

void room_join(struct room *room, struct user *user)
{
    if (room_participant(room, user) != NULL)
        return;
    room->participants =
        app_grow(room->participants, room->participant_count, &room->participant_space, sizeof(struct participant));
    room->participants[room->participant_count++] = (struct participant){.user = user, .read = room->comment_count};
}

void room_leave(struct room *room, const struct user *user)
{
    struct participant *participant = room_participant(room, user);
    if (participant == NULL)
        return;
    size_t after = room->participant_count - (size_t)(participant - room->participants) - 1;
    memmove(participant, participant + 1, after * sizeof *participant);
    room->participant_count--;
}

size_t room_unread(const struct room *room, const struct user *user)
{
    const struct participant *participant = room_participant(room, user);
    return participant == NULL ? 0 : room->comment_count - participant->read;
}

const struct comment *room_last(const struct room *room)
{
    return room->comment_count == 0 ? NULL : room->comments[room->comment_count - 1];
}

void room_free(struct room *room)
{
    free(room->unique_id);
    free(room->name);
    free(room->avatar_url);
    free(room->options);
    free(room->participants);
    free(room->comments);
    free(room);
}
