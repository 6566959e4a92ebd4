// SPDX-License-Identifier: MIT
#include "deploy/sandbox/import_row.h"
#include "deploy/sandbox/user.h"

const struct param import_user_keys[] = {
    {"Email", PARAM_TEXT, .required = true},
    {"Name", PARAM_TEXT, .required = true},
    {"AvatarUrl", PARAM_TEXT},
    {"AuthenticationToken", PARAM_TEXT, .required = true},
    {"Password", PARAM_TEXT},
    {"CreateAt", PARAM_TEXT}, // without the d that rooms and comments have
    {0},
};

int import_user_check(struct import *import, const json_t *row, struct error *error)
{
    int64_t created_ms;
    const char *email = params_text(row, "Email");
    const char *token = params_text(row, "AuthenticationToken");
    if (import_time(row, "CreateAt", &created_ms, error) != 0)
        return -1;
    if (user_find(import->app, email) != NULL)
        return error_set(error, ERROR_INPUT, "there is a user of this Email already: %.200s", email);
    if (user_find_token(import->app, token) != NULL)
        return error_set(error, ERROR_INPUT, "there is a user of this AuthenticationToken already");
    if (!import_note(import, "email", email))
        return error_set(error, ERROR_INPUT, "an earlier row has the same Email: %.200s", email);
    if (!import_note(import, "token", token))
        return error_set(error, ERROR_INPUT, "an earlier row has the same AuthenticationToken");
    return 0;
}

void import_user_add(struct app *app, const json_t *row)
{
    int64_t created_ms;
    struct error never;
    struct user *user =
        user_add(app, params_text(row, "Email"), params_text(row, "Name"), params_text(row, "AvatarUrl"));
    user_set_token(app, user, params_text(row, "AuthenticationToken"));
    must(import_time(row, "CreateAt", &created_ms, &never) == 0);
    if (created_ms != 0)
        user->created_ms = created_ms;
}
