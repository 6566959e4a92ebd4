// SPDX-License-Identifier: MIT
//
// room.h: rooms of an app: single (two people, one room a pair) or group. A room is named by its id, or by its unique
// id, which may be a name of its own.
#ifndef SANDBOX_ROOM_H
#define SANDBOX_ROOM_H

#include "deploy/sandbox/app.h"

struct participant {
    struct user *user;
    size_t read; // how many of the room's comments that user has seen
};

struct webhook_lane;

struct room {
    struct table_item by_id;
    struct table_item by_unique_id;
    struct table_item by_pair;
    int64_t id;
    char *unique_id;
    char *name;
    char *avatar_url;
    char *options; // as an import gave them
    bool single;
    struct user *creator;
    int64_t created_ms;
    struct participant *participants;
    size_t participant_count;
    size_t participant_space;
    struct comment **comments; // in order
    size_t comment_count;
    size_t comment_space;
    struct webhook_lane *lane; // of webhook.c
};

struct room *room_find_id(const struct app *app, int64_t id); // or NULL
struct room *room_find_unique_id(const struct app *app, const char *unique_id);
struct room *room_find(const struct app *app, const char *name); // by the text of its id, else by its unique id
struct room *room_find_pair(const struct app *app, const struct user *a, const struct user *b);

struct room_new {
    int64_t id;            // 0: the next
    const char *unique_id; // NULL: a new one
    const char *name;      // NULL for a single room: made of the e-mails
    const char *avatar_url;
    struct user *creator;
    struct user *target; // not NULL: a single room with this one
};

// A new room; neither its id, unique id nor pair may be taken. The creator (and target) take part.
struct room *room_add(struct app *app, const struct room_new *wish);

// The participant of that user, or NULL. Borrowed until the next change.
struct participant *room_participant(const struct room *room, const struct user *user);
void room_join(struct room *room, struct user *user); // nothing if they take part already
void room_leave(struct room *room, const struct user *user);
size_t room_unread(const struct room *room, const struct user *user);
const struct comment *room_last(const struct room *room); // comment, or NULL

// The number that `text` writes in decimal, or 0 if it is not a positive one.
int64_t room_id_of(const char *text);

void room_free(struct room *room);

#endif
