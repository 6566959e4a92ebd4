// SPDX-License-Identifier: MIT
//
// app.h: an app of the chat service and all that it holds: users, rooms, comments. Everything lives until the app is
// freed, so a pointer to a user, room or comment stays good. One thread.
#ifndef SANDBOX_APP_H
#define SANDBOX_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deploy/sandbox/table.h"

struct user;
struct room;
struct comment;

struct app {
    const char *name;
    const char *secret;
    const char *webhook_url;      // or NULL
    const char *signature_secret; // or NULL

    struct user **users; // in order of their ids, the first (system) apart
    size_t user_count;
    size_t user_space;
    struct table users_by_email;
    struct table users_by_token;

    struct room **rooms;
    size_t room_count;
    size_t room_space;
    struct table rooms_by_id;
    struct table rooms_by_unique_id;
    struct table rooms_by_pair; // single ones
    int64_t next_room_id;

    struct comment **comments; // the one of id n is at n - 1
    size_t comment_count;
    size_t comment_space;
    struct table comments_by_temp_id;

    struct user *system; // sends system events
};

void app_init(struct app *app, const char *name);
void app_clear(struct app *app);

// Makes room in an array for one item more.
void *app_grow(void *items, size_t count, size_t *space, size_t size) __attribute__((warn_unused_result));

#endif
