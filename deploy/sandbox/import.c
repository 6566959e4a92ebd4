// SPDX-License-Identifier: MIT
#include "deploy/sandbox/import.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "bridge/clock.h"
#include "deploy/sandbox/import_row.h"
#include "deploy/sandbox/reply.h"

enum { ERRORS_MAX = 100, NOTE_MAX = 8 * 1024 * 1024 };

static const struct format {
    const struct param *keys;
    int (*check)(struct import *import, const json_t *row, struct error *error);
    void (*add)(struct app *app, const json_t *row);
} formats[JOB_RESOURCES] = {
    [JOB_USERS] = {import_user_keys, import_user_check, import_user_add},
    [JOB_ROOMS] = {import_room_keys, import_room_check, import_room_add},
    [JOB_COMMENTS] = {import_comment_keys, import_comment_check, import_comment_add},
};

// ---- for the formats ----

static char *note_key(const char *kind, const char *value)
{
    struct buf key;
    buf_init(&key, NOTE_MAX); // a value comes from a file that is smaller
    must(buf_printf(&key, "%s %s", kind, value) == 0);
    return buf_take(&key);
}

bool import_noted(const struct import *import, const char *kind, const char *value)
{
    char *key = note_key(kind, value);
    bool noted = json_object_get(import->seen, key) != NULL;
    free(key);
    return noted;
}

bool import_note(struct import *import, const char *kind, const char *value)
{
    char *key = note_key(kind, value);
    bool fresh = json_object_get(import->seen, key) == NULL;
    if (fresh)
        reply_put(import->seen, key, json_true());
    free(key);
    return fresh;
}

int import_time(const json_t *row, const char *key, int64_t *wall_ms, struct error *error)
{
    const char *text = params_text(row, key);
    *wall_ms = 0;
    if (text == NULL || clock_parse(text, wall_ms) == 0)
        return 0;
    return error_set(error, ERROR_INPUT, "%s has to be a time as 2017-05-10T11:46:30Z", key);
}

// ---- errors ----

static void fail(struct job *job, const char *message)
{
    job->errors = json_object();
    reply_put_text(job->errors, "Message", message);
    reply_put(job->errors, "Data", json_null());
}

static void fail_row(struct job *job, size_t row, const char *message)
{
    if (job->errors == NULL) {
        fail(job, "rows are wrong; nothing was imported");
        reply_put(job->errors, "Data", json_array());
    }
    json_t *data = json_object_get(job->errors, "Data");
    if (json_array_size(data) == ERRORS_MAX)
        return;
    json_t *entry = json_object();
    reply_put_int(entry, "row", (json_int_t)row);
    reply_put(entry, "message", reply_string(message));
    must(json_array_append_new(data, entry) == 0);
}

// ---- the import ----

static void check_row(struct job *job, struct import *import, size_t i, json_t *row)
{
    const struct format *format = &formats[job->resource];
    struct error error;
    if (!json_is_object(row)) {
        fail_row(job, i + 1, "it is not an object");
        return;
    }
    json_auto_t *wrong = params_check(row, format->keys);
    size_t w;
    const json_t *text;
    json_array_foreach(wrong, w, text) {
        fail_row(job, i + 1, json_string_value(text));
    }
    if (wrong == NULL && format->check(import, row, &error) != 0)
        fail_row(job, i + 1, error.text);
}

static json_t *read_file(struct job *job)
{
    json_error_t problem;
    json_t *rows = json_loadb(job->file, job->size, 0, &problem);
    free(job->file);
    job->file = NULL;
    if (rows == NULL)
        fail(job, "the file is not JSON");
    else if (!json_is_array(rows))
        fail(job, "the file is JSON, but not an array");
    else
        return rows;
    json_decref(rows);
    return NULL;
}

void import_do(struct job *job)
{
    json_auto_t *rows = read_file(job);
    if (rows == NULL)
        return;
    struct import import = {.app = job->app, .seen = json_object()};
    must(import.seen != NULL);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        check_row(job, &import, i, row);
    }
    json_decref(import.seen);
    if (job->errors != NULL)
        return;
    json_array_foreach(rows, i, row) {
        formats[job->resource].add(job->app, row);
    }
    job->rows = json_array_size(rows);
}
