// SPDX-License-Identifier: MIT
//
// user.h: users of an app. An e-mail is any text that names one; it is compared byte by byte.
#ifndef SANDBOX_USER_H
#define SANDBOX_USER_H

#include "deploy/sandbox/app.h"

struct user {
    struct table_item by_email;
    struct table_item by_token;
    int64_t id;
    char *email;
    char *name;
    char *avatar_url;
    char *token; // authentication token, unique in the app
    int64_t created_ms;
};

struct user *user_find(const struct app *app, const char *email); // or NULL
struct user *user_find_token(const struct app *app, const char *token);

// A new user; there must be none of that e-mail. `name` NULL: what stands before the `@`; `avatar_url` NULL: a default.
struct user *user_add(struct app *app, const char *email, const char *name, const char *avatar_url);

void user_rename(struct user *user, const char *name);
void user_set_avatar(struct user *user, const char *avatar_url);
void user_set_token(struct app *app, struct user *user, const char *token);
void user_free(struct user *user);

#endif
