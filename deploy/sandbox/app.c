// SPDX-License-Identifier: MIT
#include "deploy/sandbox/app.h"

#include <stdio.h>
#include <stdlib.h>

#include "bridge/must.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

void *app_grow(void *items, size_t count, size_t *space, size_t size)
{
    if (count < *space)
        return items;
    *space = *space ? 2 * *space : 4;
    return must_realloc(items, *space * size);
}

void app_init(struct app *app, const char *name)
{
    *app = (struct app){.name = name, .next_room_id = 1};
    char email[256];
    (void)snprintf(email, sizeof email, "system@%s.qiscus.com", name);
    app->system = user_add(app, email, "System", NULL);
}

void app_clear(struct app *app)
{
    for (size_t i = 0; i < app->comment_count; i++)
        free(app->comments[i]);
    for (size_t i = 0; i < app->room_count; i++)
        room_free(app->rooms[i]);
    for (size_t i = 0; i < app->user_count; i++)
        user_free(app->users[i]);
    free(app->comments);
    free(app->rooms);
    free(app->users);
    table_clear(&app->users_by_email);
    table_clear(&app->users_by_token);
    table_clear(&app->rooms_by_id);
    table_clear(&app->rooms_by_unique_id);
    table_clear(&app->rooms_by_pair);
    table_clear(&app->comments_by_temp_id);
}
