// SPDX-License-Identifier: MIT
//
// login_or_register: an upsert; what is not given stays. The password is looked at and forgotten: nothing here needs
// it, and what is not kept cannot leak.
#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/user.h"
#include "deploy/sandbox/view.h"

static const char *const platforms[] = {"ios", "android", NULL};

const struct param api_user_login_params[] = {
    {"email", PARAM_TEXT, .required = true},
    {"password", PARAM_TEXT},
    {"username", PARAM_TEXT, .required = true},
    {"avatar_url", PARAM_TEXT},
    {"device_token", PARAM_TEXT},
    {"device_platform", PARAM_TEXT, .choices = platforms},
    {0},
};

void api_user_login(struct api_call *call)
{
    const char *email = params_text(call->values, "email");
    const char *name = params_text(call->values, "username");
    const char *avatar_url = params_text(call->values, "avatar_url");
    struct user *user = user_find(call->app, email);
    if (user == NULL) {
        user = user_add(call->app, email, name, avatar_url);
    } else {
        user_rename(user, name);
        if (avatar_url != NULL)
            user_set_avatar(user, avatar_url);
    }
    call->effect = true;
    json_t *results = json_object();
    reply_put(results, "user", view_user(user));
    reply_results(&call->reply, results);
}
