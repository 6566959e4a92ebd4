// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "deploy/sandbox/import_row.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

enum { PAIR_MAX = 8 * 1024 * 1024 };

static const char *const types[] = {"single", "group", NULL};

const struct param import_room_keys[] = {
    {"Name", PARAM_TEXT},
    {"Type", PARAM_TEXT, .required = true, .choices = types},
    {"Options", PARAM_TEXT},
    {"CreatorEmail", PARAM_TEXT, .required = true},
    {"CreatedAt", PARAM_TEXT},
    {"AvatarUrl", PARAM_TEXT},
    {"UniqueId", PARAM_TEXT, .required = true},
    {"ParticipantEmails", PARAM_TEXTS, .required = true},
    {0},
};

static bool is_single(const json_t *row)
{
    return strcmp(params_text(row, "Type"), "single") == 0;
}

static const char *participant(const json_t *row, size_t i)
{
    return json_string_value(json_array_get(params_texts(row, "ParticipantEmails"), i));
}

// Of a single room's two, the one who did not create it; NULL: they are not two, or the creator is not among them.
static const char *target_of(const json_t *row)
{
    const char *creator = params_text(row, "CreatorEmail");
    if (json_array_size(params_texts(row, "ParticipantEmails")) != 2)
        return NULL;
    const char *first = participant(row, 0);
    const char *second = participant(row, 1);
    if (strcmp(first, second) == 0)
        return NULL;
    return strcmp(first, creator) == 0 ? second : strcmp(second, creator) == 0 ? first : NULL;
}

// The pair of a single room may have one such room, in the database and in the file.
static int check_pair(struct import *import, const json_t *row, struct error *error)
{
    const char *creator = params_text(row, "CreatorEmail");
    const char *target = target_of(row);
    if (target == NULL)
        return error_set(
            error, ERROR_INPUT, "a single room has exactly two ParticipantEmails, and CreatorEmail is one of them");
    if (room_find_pair(import->app, user_find(import->app, creator), user_find(import->app, target)) != NULL)
        return error_set(error, ERROR_INPUT, "there is a single room of these two already");
    bool in_order = strcmp(creator, target) < 0;
    struct buf pair;
    buf_init(&pair, PAIR_MAX);
    must(buf_printf(&pair, "%s %s", in_order ? creator : target, in_order ? target : creator) == 0);
    bool fresh = import_note(import, "pair", buf_text(&pair));
    buf_clear(&pair);
    return fresh ? 0 : error_set(error, ERROR_INPUT, "an earlier row has a single room of these two");
}

int import_room_check(struct import *import, const json_t *row, struct error *error)
{
    int64_t created_ms;
    const char *creator = params_text(row, "CreatorEmail");
    const char *unique_id = params_text(row, "UniqueId");
    if (import_time(row, "CreatedAt", &created_ms, error) != 0)
        return -1;
    if (user_find(import->app, creator) == NULL)
        return error_set(error, ERROR_INPUT, "there is no user of this CreatorEmail: %.200s", creator);
    for (size_t i = 0; i < json_array_size(params_texts(row, "ParticipantEmails")); i++)
        if (user_find(import->app, participant(row, i)) == NULL)
            return error_set(error, ERROR_INPUT, "ParticipantEmails: there is no user %.200s", participant(row, i));
    if (!is_single(row) && params_text(row, "Name") == NULL)
        return error_set(error, ERROR_INPUT, "Name is required when Type is group");
    if (room_find_unique_id(import->app, unique_id) != NULL)
        return error_set(error, ERROR_INPUT, "there is a room of this UniqueId already: %.200s", unique_id);
    if (!import_note(import, "room", unique_id))
        return error_set(error, ERROR_INPUT, "an earlier row has the same UniqueId: %.200s", unique_id);
    return is_single(row) ? check_pair(import, row, error) : 0;
}

static void replace(char **text, const char *with)
{
    if (with == NULL)
        return;
    free(*text);
    *text = must_strdup(with);
}

void import_room_add(struct app *app, const json_t *row)
{
    int64_t created_ms;
    struct error never;
    bool single = is_single(row);
    struct user *first = user_find(app, participant(row, 0));
    struct user *creator = user_find(app, params_text(row, "CreatorEmail"));
    struct room *room = room_add(app, &(struct room_new){.unique_id = params_text(row, "UniqueId"),
                                          .name = single ? NULL : params_text(row, "Name"),
                                          .avatar_url = params_text(row, "AvatarUrl"),
                                          .creator = single ? first : creator,
                                          .target = single ? user_find(app, participant(row, 1)) : NULL});
    room->creator = creator; // a single room's name has the participants in their order
    if (!single)
        room_leave(room, creator); // unless the list names them
    for (size_t i = 0; i < json_array_size(params_texts(row, "ParticipantEmails")); i++)
        room_join(room, user_find(app, participant(row, i)));
    replace(&room->options, params_text(row, "Options"));
    must(import_time(row, "CreatedAt", &created_ms, &never) == 0);
    if (created_ms != 0)
        room->created_ms = created_ms;
}
