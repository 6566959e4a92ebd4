// SPDX-License-Identifier: MIT
//
// A seed's items use the names of the API's parameters, and are checked by the same table of types.
#include "deploy/sandbox/seed.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/json.h"
#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/file.h"
#include "deploy/sandbox/params.h"
#include "deploy/sandbox/payload.h"
#include "deploy/sandbox/reply.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

static const struct param user_params[] = {
    {"email", PARAM_TEXT, .required = true},
    {"username", PARAM_TEXT},
    {"avatar_url", PARAM_TEXT},
    {"token", PARAM_TEXT},
    {"created_at", PARAM_TEXT},
    {0},
};

static const char *const room_types[] = {"group", "single", NULL};

static const struct param room_params[] = {
    {"id", PARAM_INTEGER},
    {"unique_id", PARAM_TEXT},
    {"name", PARAM_TEXT},
    {"type", PARAM_TEXT, .choices = room_types},
    {"creator", PARAM_TEXT},
    {"participants", PARAM_TEXTS, .required = true},
    {"avatar_url", PARAM_TEXT},
    {"created_at", PARAM_TEXT},
    {0},
};

static const struct param comment_params[] = {
    {"room_id", PARAM_ID, .required = true},
    {"sender_email", PARAM_TEXT, .required = true},
    {"message", PARAM_TEXT, .required = true},
    {"type", PARAM_TEXT, .choices = payload_types},
    {"payload", PARAM_JSON},
    {"extras", PARAM_JSON},
    {"unique_temp_id", PARAM_TEXT},
    {"created_at", PARAM_TEXT},
    {0},
};

// Where the item has a time, into `created_ms`.
static int read_time(const json_t *values, int64_t *created_ms, struct error *error)
{
    const char *text = params_text(values, "created_at");
    if (text == NULL || clock_parse(text, created_ms) == 0)
        return 0;
    return error_set(error, ERROR_INPUT, "created_at has to be a time as 2017-05-10T11:46:30Z");
}

static int add_user(struct app *app, const json_t *values, struct error *error)
{
    const char *email = params_text(values, "email");
    const char *token = params_text(values, "token");
    if (user_find(app, email) != NULL)
        return error_set(error, ERROR_INPUT, "email stands twice: %.200s", email);
    if (token != NULL && user_find_token(app, token) != NULL)
        return error_set(error, ERROR_INPUT, "token stands twice");
    struct user *user = user_add(app, email, params_text(values, "username"), params_text(values, "avatar_url"));
    if (token != NULL)
        user_set_token(app, user, token);
    return read_time(values, &user->created_ms, error);
}

static int find_user(const struct app *app, const char *email, struct user **user, struct error *error)
{
    *user = user_find(app, email);
    return *user ? 0 : error_set(error, ERROR_INPUT, "there is no user %.200s", email);
}

// Whether that room can be: `wish` is complete then.
static int check_room(const struct app *app, const json_t *values, struct room_new *wish, struct error *error)
{
    const json_t *emails = params_texts(values, "participants");
    const char *type = params_text(values, "type");
    const char *creator = params_text(values, "creator");
    bool single = type != NULL && strcmp(type, "single") == 0;
    if (find_user(app, creator ? creator : json_string_value(json_array_get(emails, 0)), &wish->creator, error) != 0)
        return -1;
    wish->id = params_integer(values, "id");
    wish->unique_id = params_text(values, "unique_id");
    wish->avatar_url = params_text(values, "avatar_url");
    wish->name = single ? NULL : params_text(values, "name");
    if (wish->id > 0 && room_find_id(app, wish->id) != NULL)
        return error_set(error, ERROR_INPUT, "id stands twice");
    if (wish->unique_id != NULL && room_find_unique_id(app, wish->unique_id) != NULL)
        return error_set(error, ERROR_INPUT, "unique_id stands twice");
    if (!single)
        return wish->name ? 0 : error_set(error, ERROR_INPUT, "a group needs a name");
    for (size_t i = 0; i < json_array_size(emails); i++) {
        struct user *user;
        if (find_user(app, json_string_value(json_array_get(emails, i)), &user, error) != 0)
            return -1;
        if (user != wish->creator)
            wish->target = user;
    }
    if (json_array_size(emails) != 2 || wish->target == NULL || room_find_pair(app, wish->creator, wish->target))
        return error_set(error, ERROR_INPUT, "a single room has two participants, and a pair has one such room");
    return 0;
}

static int add_room(struct app *app, const json_t *values, struct error *error)
{
    struct room_new wish = {0};
    if (check_room(app, values, &wish, error) != 0)
        return -1;
    struct room *room = room_add(app, &wish);
    size_t i;
    const json_t *email;
    json_array_foreach(params_texts(values, "participants"), i, email) {
        struct user *user;
        if (find_user(app, json_string_value(email), &user, error) != 0)
            return -1;
        room_join(room, user);
    }
    return read_time(values, &room->created_ms, error);
}

static char *text_of(const json_t *object)
{
    return object ? reply_text(object) : must_strdup("");
}

static int add_comment(struct app *app, const json_t *values, struct error *error)
{
    struct user *sender;
    int64_t created_ms = 0; // now
    const char *type = params_text(values, "type");
    struct room *room = room_find(app, params_text(values, "room_id"));
    if (room == NULL)
        return error_set(error, ERROR_INPUT, "there is no room %.200s", params_text(values, "room_id"));
    if (find_user(app, params_text(values, "sender_email"), &sender, error) != 0 ||
        read_time(values, &created_ms, error) != 0)
        return -1;
    char *payload = text_of(params_object(values, "payload"));
    char *extras = text_of(params_object(values, "extras"));
    (void)comment_add(app, &(struct comment_new){.room = room,
                               .sender = sender,
                               .message = params_text(values, "message"),
                               .type = payload_type(type ? type : "text"),
                               .temp_id = params_text(values, "unique_temp_id"),
                               .payload = payload,
                               .extras = extras,
                               .created_ms = created_ms});
    free(payload);
    free(extras);
    return 0;
}

static const struct section {
    const char *key;
    const struct param *params;
    int (*add)(struct app *app, const json_t *values, struct error *error);
} sections[] = {
    {"users", user_params, add_user},
    {"rooms", room_params, add_room},
    {"comments", comment_params, add_comment},
};

static int read_item(struct app *app, const struct section *section, json_t *item, struct error *error)
{
    if (!json_is_object(item))
        return error_set(error, ERROR_INPUT, "an object is wanted");
    json_auto_t *wrong = params_check(item, section->params);
    if (wrong != NULL)
        return error_set(error, ERROR_INPUT, "%s", json_string_value(json_array_get(wrong, 0)));
    return section->add(app, item, error);
}

int seed_read(struct app *app, const char *path, size_t bytes_max, struct error *error)
{
    size_t len;
    struct error wrong;
    char *text = file_read(path, bytes_max, &len, error);
    if (text == NULL)
        return -1;
    json_auto_t *root = json_read_object(text, len, &wrong);
    free(text);
    if (root == NULL)
        return error_set(error, ERROR_INPUT, "%s: %s", path, wrong.text);
    for (size_t s = 0; s < sizeof sections / sizeof sections[0]; s++) {
        size_t i;
        json_t *item;
        json_array_foreach(json_object_get(root, sections[s].key), i, item) {
            if (read_item(app, &sections[s], item, &wrong) != 0)
                return error_set(error, ERROR_INPUT, "%s: %s[%zu]: %s", path, sections[s].key, i, wrong.text);
        }
    }
    return 0;
}
