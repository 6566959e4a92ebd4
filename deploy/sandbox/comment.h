// SPDX-License-Identifier: MIT
//
// comment.h: comments of a room. Each is one block of memory, so that a million of them fit a small machine.
#ifndef SANDBOX_COMMENT_H
#define SANDBOX_COMMENT_H

#include "deploy/sandbox/app.h"

struct comment {
    struct table_item by_temp_id;
    struct room *room;
    struct user *sender;
    int64_t id;
    int64_t before_id; // of the comment before it in its room; 0: it is the first
    int64_t created_ms;
    const char *type; // one of comment_types, or COMMENT_SYSTEM_EVENT
    uint32_t temp_id_at;
    uint32_t payload_at;
    uint32_t extras_at;
    bool disable_link_preview;
    char text[]; // message, temp id, payload, extras, each with its NUL
};

struct comment_new {
    struct room *room;
    struct user *sender;
    const char *message;
    const char *type;
    const char *temp_id; // NULL: a new one
    const char *payload; // JSON text, "" if none
    const char *extras;  // JSON text, "" if none
    bool disable_link_preview;
    int64_t created_ms; // 0: now
};

#define COMMENT_SYSTEM_EVENT "system_event"

struct comment *comment_add(struct app *app, const struct comment_new *wish);
struct comment *comment_find(const struct app *app, int64_t id); // or NULL

// The comment of that unique_temp_id in the room (NULL: in any), or NULL.
struct comment *comment_find_temp_id(const struct app *app, const struct room *room, const char *temp_id);

// Whether no earlier comment of the app has its unique_temp_id.
bool comment_has_first_temp_id(const struct app *app, const struct comment *comment);

static inline const char *comment_message(const struct comment *comment)
{
    return comment->text;
}

static inline const char *comment_temp_id(const struct comment *comment)
{
    return comment->text + comment->temp_id_at;
}

static inline const char *comment_payload(const struct comment *comment)
{
    return comment->text + comment->payload_at;
}

static inline const char *comment_extras(const struct comment *comment)
{
    return comment->text + comment->extras_at;
}

#endif
