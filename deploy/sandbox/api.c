// SPDX-License-Identifier: MIT
#include "deploy/sandbox/api.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

static const struct api_route routes[] = {
    {"POST", "create_room", "create_room", api_room_create_params, api_room_create},
    {"GET", "get_or_create_room_with_target", "get_or_create_room_with_target", api_room_target_params,
        api_room_target},
    {"POST", "get_rooms_info", "get_rooms_info", api_room_info_params, api_room_info},
    {"POST", "add_room_participants", "add_room_participants", api_room_members_params, api_room_add_members},
    {"POST", "remove_room_participants", "remove_room_participants", api_room_members_params, api_room_remove_members},
    {"POST", "post_comment", "post_comment", api_comment_post_params, api_comment_post},
    {"POST", "load_comments", "load_comments", api_comment_load_params, api_comment_load},
    {"GET", "load_comments", "load_comments", api_comment_load_params, api_comment_load},
    {"POST", "login_or_register", "login_or_register", api_user_login_params, api_user_login},
    {"POST", "post_system_event_message", "post_system_event_message", api_event_post_params, api_event_post},
    {"POST", "exports", "create_export", api_export_create_params, api_export_create},
    {"GET", "exports", "list_exports", api_job_list_params, api_export_list},
    {"GET", "exports/", "get_export", api_job_one_params, api_export_get},
    {"DELETE", "exports/", "delete_export", api_job_one_params, api_export_delete},
    {"POST", "imports", "create_import", api_import_create_params, api_import_create},
    {"GET", "imports", "list_imports", api_job_list_params, api_import_list},
};

enum { ROUTES = sizeof routes / sizeof routes[0] };

// ---- which call is it? ----

// True when the path is the route's; `id` gets the segment behind it.
static bool leads_to(const struct api_route *route, const char *path, const char **id)
{
    size_t len = strlen(route->path);
    *id = NULL;
    if (strncmp(path, route->path, len) != 0)
        return false;
    if (route->path[len - 1] != '/')
        return path[len] == '\0';
    *id = path + len;
    return path[len] != '\0' && strchr(path + len, '/') == NULL;
}

static void find_route(struct api_call *call, const struct http_request *request)
{
    const char *path = http_request_path(request) + strlen(API_PREFIX);
    const char *method = http_request_method(request);
    const char *id;
    char allow[REPLY_ALLOW] = "";
    for (size_t i = 0; i < ROUTES; i++) {
        if (!leads_to(&routes[i], path, &id))
            continue;
        if (strcmp(routes[i].method, method) == 0) {
            call->route = &routes[i];
            call->id = id;
            return;
        }
        reply_allow(allow, routes[i].method);
    }
    if (allow[0] == '\0')
        reply_error(&call->reply, 404, "there is no such path");
    else
        reply_not_allowed(&call->reply, allow);
}

// ---- whose call is it? ----

static const char *secret_of(const struct http_request *request)
{
    static const char *const names[] = {"QISCUS_SDK_SECRET", "QISCUS-SDK-SECRET"};
    const char *secret = http_request_header(request, names[0]);
    return secret ? secret : http_request_header(request, names[1]);
}

static struct app *app_of_secret(struct sandbox *sandbox, const char *secret)
{
    size_t len = strlen(secret);
    for (size_t i = 0; i < sandbox->app_count; i++) {
        struct app *app = &sandbox->apps[i];
        if (strlen(app->secret) == len && CRYPTO_memcmp(app->secret, secret, len) == 0)
            return app;
    }
    return NULL;
}

// The app, unless it is refused.
static void find_app(struct api_call *call, const struct http_request *request)
{
    const char *secret = secret_of(request);
    const char *app_id = http_request_header(request, "QISCUS-SDK-APP-ID");
    if (secret == NULL) {
        reply_error(&call->reply, 401,
            "the header QISCUS_SDK_SECRET is missing (some proxies drop names with underscores: QISCUS-SDK-SECRET is "
            "taken too)");
        return;
    }
    call->app = app_of_secret(call->sandbox, secret);
    if (call->app == NULL)
        reply_error(&call->reply, 403, "the secret is wrong");
    else if (app_id != NULL && strcmp(app_id, call->app->name) != 0)
        reply_error(&call->reply, 403, "the secret is not that of the app in QISCUS-SDK-APP-ID");
}

// ---- the life of a call ----

// Whose call it is comes last, so that its refusal stands above the others: a client that is not known learns no more.
void api_begin(struct api_call *call, struct sandbox *sandbox, const struct http_request *request)
{
    struct error unusable;
    *call = (struct api_call){.sandbox = sandbox};
    if (params_read(request, &call->values, &call->encoding, &call->mixed, &unusable) != 0) {
        json_decref(call->values);
        call->values = NULL;
        reply_error(&call->reply, unusable.kind == ERROR_BUSY ? 415 : 400, "%s", unusable.text);
    }
    find_route(call, request);
    find_app(call, request);
}

void api_run(struct api_call *call)
{
    if (call->reply.status != 0)
        return;
    json_t *wrong = params_check(call->values, call->route->params);
    if (wrong != NULL) {
        char message[256];
        (void)snprintf(message, sizeof message, "%s", json_string_value(json_array_get(wrong, 0)));
        reply_errors(&call->reply, 400, message, wrong);
        return;
    }
    call->route->run(call);
    must(call->reply.status != 0);
}

void api_clear(struct api_call *call)
{
    reply_clear(&call->reply);
    json_decref(call->values);
}

// ---- what calls name ----

struct user *api_user(struct api_call *call, const char *email)
{
    struct user *user = user_find(call->app, email);
    if (user == NULL && call->sandbox->settings.auto_create)
        user = user_add(call->app, email, NULL, NULL);
    if (user == NULL)
        reply_error(&call->reply, 404, "there is no user %.200s", email);
    return user;
}

struct user **api_users(struct api_call *call, const json_t *emails, size_t *count)
{
    *count = json_array_size(emails);
    struct user **users = must_calloc(*count + 1, sizeof(struct user *));
    for (size_t i = 0; i < *count; i++) {
        users[i] = api_user(call, json_string_value(json_array_get(emails, i)));
        if (users[i] == NULL) {
            free(users);
            return NULL;
        }
    }
    return users;
}

struct room *api_room(struct api_call *call, const char *name, struct user *creator)
{
    struct room *room = room_find(call->app, name);
    if (room == NULL && call->sandbox->settings.auto_create) {
        int64_t id = room_id_of(name);
        room = room_add(call->app, &(struct room_new){.id = id,
                                       .unique_id = id > 0 ? NULL : name,
                                       .name = name,
                                       .creator = creator ? creator : call->app->system});
        room_leave(room, call->app->system);
    }
    if (room == NULL)
        reply_error(&call->reply, 404, "there is no room %.200s", name);
    return room;
}
