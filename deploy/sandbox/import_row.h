// SPDX-License-Identifier: MIT
//
// import_row.h: a row of an import, of each of the three formats: whether it is right, and how it comes into being.
// Included by import*.c only.
#ifndef SANDBOX_IMPORT_ROW_H
#define SANDBOX_IMPORT_ROW_H

#include <jansson.h>
#include <stdbool.h>

#include "bridge/error.h"
#include "deploy/sandbox/app.h"
#include "deploy/sandbox/params.h"

struct import {
    struct app *app;
    json_t *seen; // what the rows before brought: an object, its keys "kind value"
};

// -1 with what is wrong. A row that is right is noted in `seen`, even if nothing comes of the import in the end.
int import_user_check(struct import *import, const json_t *row, struct error *error) MUST_USE;
int import_room_check(struct import *import, const json_t *row, struct error *error) MUST_USE;
int import_comment_check(struct import *import, const json_t *row, struct error *error) MUST_USE;

// After the check of all.
void import_user_add(struct app *app, const json_t *row);
void import_room_add(struct app *app, const json_t *row);
void import_comment_add(struct app *app, const json_t *row);

extern const struct param import_user_keys[];
extern const struct param import_room_keys[];
extern const struct param import_comment_keys[];

// Notes `value` under `kind`. False if it was there before.
bool import_note(struct import *import, const char *kind, const char *value);
bool import_noted(const struct import *import, const char *kind, const char *value);

// The time at `key`, 0 if there is none. -1 with an error if it is not RFC 3339.
int import_time(const json_t *row, const char *key, int64_t *wall_ms, struct error *error) MUST_USE;

#endif
