// SPDX-License-Identifier: MIT
#include "deploy/sandbox/user.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/must.h"
#include "bridge/random.h"

#define DEFAULT_AVATAR "https://avatars.example.com/default.png"

struct user *user_find(const struct app *app, const char *email)
{
    struct table_item *item = table_first(&app->users_by_email, table_hash_text(0, email));
    for (; item != NULL; item = table_next(item)) {
        struct user *user = table_owner(item, struct user, by_email);
        if (strcmp(user->email, email) == 0)
            return user;
    }
    return NULL;
}

struct user *user_find_token(const struct app *app, const char *token)
{
    struct table_item *item = table_first(&app->users_by_token, table_hash_text(0, token));
    for (; item != NULL; item = table_next(item)) {
        struct user *user = table_owner(item, struct user, by_token);
        if (strcmp(user->token, token) == 0)
            return user;
    }
    return NULL;
}

struct user *user_add(struct app *app, const char *email, const char *name, const char *avatar_url)
{
    struct user *user = must_calloc(1, sizeof *user);
    char token[RANDOM_UUID_TEXT];
    app->users = app_grow(app->users, app->user_count, &app->user_space, sizeof(struct user *));
    app->users[app->user_count++] = user;
    user->id = (int64_t)app->user_count;
    user->email = must_strdup(email);
    user->name = name ? must_strdup(name) : must_memdup(email, strcspn(email, "@"));
    user->avatar_url = must_strdup(avatar_url ? avatar_url : DEFAULT_AVATAR);
    user->token = must_strdup(random_uuid7(token));
    user->created_ms = clock_wall_ms();
    table_add(&app->users_by_email, &user->by_email, table_hash_text(0, email));
    table_add(&app->users_by_token, &user->by_token, table_hash_text(0, user->token));
    return user;
}

static void replace(char **text, const char *with)
{
    char *copy = must_strdup(with);
    free(*text);
    *text = copy;
}

void user_rename(struct user *user, const char *name)
{
    replace(&user->name, name);
}

void user_set_avatar(struct user *user, const char *avatar_url)
{
    replace(&user->avatar_url, avatar_url);
}

void user_set_token(struct app *app, struct user *user, const char *token)
{
    table_remove(&app->users_by_token, &user->by_token);
    replace(&user->token, token);
    table_add(&app->users_by_token, &user->by_token, table_hash_text(0, token));
}

void user_free(struct user *user)
{
    free(user->email);
    free(user->name);
    free(user->avatar_url);
    free(user->token);
    free(user);
}
