// SPDX-License-Identifier: MIT
//
// view.h: how users, rooms and comments look in the API's answers. Each endpoint of the specification has its own
// selection of fields; comments that are not texts also tell their type and payload.
#ifndef SANDBOX_VIEW_H
#define SANDBOX_VIEW_H

#include <jansson.h>

#include "deploy/sandbox/comment.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"

enum { VIEW_TIME = 40 };

// 2017-02-07T19:01:00Z; 0 is the time that stands for never. With another `zone` ("+00:00", "+07:00") in that.
const char *view_time(int64_t wall_ms, char out[VIEW_TIME]);
const char *view_time_in(int64_t wall_ms, const char *zone, char out[VIEW_TIME]);

json_t *view_user(const struct user *user);
json_t *view_room(const struct room *room); // as create_room answers
json_t *view_room_of_target(const struct room *room);
json_t *view_room_info(const struct room *room, const struct user *reader);
json_t *view_comment_posted(const struct comment *comment); // as post_comment answers
json_t *view_comment(const struct comment *comment, bool with_room);
json_t *view_comment_of_event(const struct comment *comment);

// The text of JSON that a comment keeps, as a value; `fallback_steal` when there is none.
json_t *view_json(const char *text, json_t *fallback_steal);

// A page (from 1) of the room's comments, the newest first.
json_t *view_comments(const struct room *room, size_t page, size_t limit, bool with_room);

#endif
