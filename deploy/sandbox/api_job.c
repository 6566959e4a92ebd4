// SPDX-License-Identifier: MIT
//
// Exports and imports. Times of jobs are told in a zone of +07:00, as the specification's examples tell them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "bridge/clock.h"
#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/job.h"
#include "deploy/sandbox/view.h"

enum { FILE_BYTES_MAX = 4000000, DAY_MS = 24 * 3600 * 1000 };

#define JOB_ZONE "+07:00"

static json_t *wrap(const char *key, json_t *value_steal)
{
    json_t *results = json_object();
    reply_put(results, key, value_steal);
    return results;
}

// ---- exports ----

const struct param api_export_create_params[] = {
    {"type", PARAM_TEXT, .required = true, .choices = job_resources},
    {"start_date", PARAM_TEXT, .required = true},
    {"end_date", PARAM_TEXT, .required = true},
    {0},
};

const struct param api_job_list_params[] = {
    {"page", PARAM_INTEGER},
    {0},
};

const struct param api_job_one_params[] = {{0}};

static json_t *view_export(const struct job *job, const void *context)
{
    const struct sandbox *sandbox = context;
    char time[VIEW_TIME];
    struct buf url;
    buf_init(&url, 4096);
    if (job->finished && job->failed == NULL)
        must(buf_printf(&url, "%s" API_DOWNLOADS "%s.json", sandbox->base_url, job->unique_id) == 0);
    json_t *view = json_object();
    reply_put_text(view, "created_at", view_time_in(job->created_ms, JOB_ZONE, time));
    reply_put_text(view, "download_url", buf_text(&url));
    reply_put_text(view, "error_message", job->failed ? job->failed : "");
    reply_put_text(view, "original_filename", job->filename);
    reply_put_int(view, "percentage", job_percentage(job));
    reply_put_text(view, "resource_name", job_resources[job->resource]);
    reply_put_int(view, "size", (json_int_t)job->size);
    reply_put_text(view, "status", job->finished ? "finished" : "started");
    reply_put_int(view, "total_rows", (json_int_t)job->rows);
    reply_put_text(view, "unique_id", job->unique_id);
    buf_clear(&url);
    return view;
}

// The beginning of the day (UTC) that a parameter names; -1 with the reply set.
static int read_day(struct api_call *call, const char *name, int64_t *wall_ms)
{
    char time[64];
    const char *text = params_text(call->values, name);
    (void)snprintf(time, sizeof time, "%.20sT00:00:00Z", text);
    if (strlen(text) == strlen("2017-07-17") && clock_parse(time, wall_ms) == 0)
        return 0;
    reply_error(&call->reply, 400, "%s has to be a day as 2017-07-17", name);
    return -1;
}

void api_export_create(struct api_call *call)
{
    char time[VIEW_TIME];
    char filename[128];
    int64_t from_ms;
    int64_t last_day_ms;
    if (read_day(call, "start_date", &from_ms) != 0 || read_day(call, "end_date", &last_day_ms) != 0)
        return;
    if (last_day_ms < from_ms) {
        reply_error(&call->reply, 400, "end_date is before start_date");
        return;
    }
    struct job *job = job_new(&call->sandbox->jobs, call->app, JOB_EXPORT, params_text(call->values, "type"));
    job->from_ms = from_ms;
    job->until_ms = last_day_ms + DAY_MS;
    (void)snprintf(filename, sizeof filename, "%s_exported_%s.json", view_time_in(job->created_ms, JOB_ZONE, time),
        job_resources[job->resource]);
    job->filename = must_strdup(filename);
    job_start(&call->sandbox->jobs, job);
    call->effect = true;
    reply_results(&call->reply, view_export(job, call->sandbox));
}

static size_t page_of(const struct api_call *call)
{
    int64_t page = params_integer(call->values, "page");
    return page > 0 ? (size_t)page : 1;
}

void api_export_list(struct api_call *call)
{
    reply_results(&call->reply, wrap("backup_histories", jobs_page(&call->sandbox->jobs, call->app, JOB_EXPORT,
                                                             page_of(call), view_export, call->sandbox)));
}

static struct job *find_export(struct api_call *call)
{
    struct job *job = jobs_find(&call->sandbox->jobs, call->app, JOB_EXPORT, call->id);
    if (job == NULL)
        reply_error(&call->reply, 404, "there is no backup of this id");
    return job;
}

void api_export_get(struct api_call *call)
{
    const struct job *job = find_export(call);
    if (job != NULL)
        reply_results(&call->reply, wrap("backup_history", view_export(job, call->sandbox)));
}

void api_export_delete(struct api_call *call)
{
    struct job *job = find_export(call);
    if (job == NULL)
        return;
    call->effect = true;
    reply_results(&call->reply, wrap("backup_history", view_export(job, call->sandbox)));
    job_remove(&call->sandbox->jobs, job);
}

// ---- imports ----

const struct param api_import_create_params[] = {
    {"type", PARAM_TEXT, .required = true, .choices = job_resources},
    {"file", PARAM_FILE, .required = true},
    {0},
};

static json_t *view_import(const struct job *job, const void *context)
{
    (void)context;
    char time[VIEW_TIME];
    json_t *view = json_object();
    reply_put_text(view, "created_at", view_time_in(job->created_ms, JOB_ZONE, time));
    if (job->errors != NULL)
        reply_put(view, "errors", json_incref(job->errors));
    else if (job->finished)
        reply_put(view, "errors", json_object());
    else
        reply_put(view, "errors", json_pack("{s:s, s:n}", "Message", "", "Data"));
    reply_put_text(view, "original_filename", job->filename);
    reply_put_text(view, "resource_name", job_resources[job->resource]);
    reply_put_int(view, "size", (json_int_t)job->size);
    reply_put_text(view, "status", job->finished ? "finished" : "started");
    reply_put_int(view, "total_rows", (json_int_t)job->rows);
    reply_put_text(view, "unique_id", job->unique_id);
    return view;
}

void api_import_create(struct api_call *call)
{
    const json_t *file = params_object(call->values, "file");
    const json_t *content = json_object_get(file, "content");
    if (call->encoding != PARAMS_MULTIPART || content == NULL) {
        reply_error(&call->reply, 400, "file has to be a file of a multipart/form-data body");
        return;
    }
    if (json_string_length(content) > FILE_BYTES_MAX) {
        reply_error(&call->reply, 413, "file is larger than %d bytes", FILE_BYTES_MAX);
        return;
    }
    struct job *job = job_new(&call->sandbox->jobs, call->app, JOB_IMPORT, params_text(call->values, "type"));
    job->filename = must_strdup(params_text(file, "filename"));
    job->size = json_string_length(content);
    job->file = must_memdup(json_string_value(content), job->size);
    job_start(&call->sandbox->jobs, job);
    call->effect = true;
    reply_results(&call->reply, wrap("backup_history", view_import(job, NULL)));
}

void api_import_list(struct api_call *call)
{
    reply_results(&call->reply, wrap("backup_histories", jobs_page(&call->sandbox->jobs, call->app, JOB_IMPORT,
                                                             page_of(call), view_import, NULL)));
}
