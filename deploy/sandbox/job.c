// SPDX-License-Identifier: MIT
#include "deploy/sandbox/job.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/must.h"
#include "deploy/sandbox/export.h"
#include "deploy/sandbox/import.h"
#include "deploy/sandbox/table.h"

enum { JOBS_MAX = 100, CONTENT_BYTES_MAX = 128 * 1024 * 1024 }; // of a kind and app; of all exports

const char *const job_resources[] = {"users", "rooms", "comments", NULL};

void jobs_init(struct jobs *jobs, int64_t duration_ms)
{
    *jobs = (struct jobs){.duration_ms = duration_ms};
    TAILQ_INIT(&jobs->list);
}

void jobs_clear(struct jobs *jobs)
{
    struct job *job;
    while ((job = TAILQ_FIRST(&jobs->list)) != NULL)
        job_remove(jobs, job);
    heap_clear(&jobs->timers);
}

static void drop_content(struct jobs *jobs, struct job *job)
{
    if (job->content != NULL)
        jobs->content_bytes -= job->size;
    free(job->content);
    job->content = NULL;
}

void job_remove(struct jobs *jobs, struct job *job)
{
    TAILQ_REMOVE(&jobs->list, job, link);
    heap_remove(&jobs->timers, &job->timer);
    drop_content(jobs, job);
    free(job->filename);
    free(job->file);
    json_decref(job->errors);
    free(job);
}

static bool is_of(const struct job *job, const struct app *app, enum job_kind kind)
{
    return job->kind == kind && (app == NULL || job->app == app);
}

static void drop_oldest(struct jobs *jobs, const struct app *app, enum job_kind kind)
{
    size_t count = 0;
    struct job *oldest = NULL;
    struct job *job = NULL;
    TAILQ_FOREACH(job, &jobs->list, link) {
        if (!is_of(job, app, kind))
            continue;
        count++;
        oldest = job;
    }
    if (count >= JOBS_MAX)
        job_remove(jobs, oldest);
}

struct job *job_new(struct jobs *jobs, struct app *app, enum job_kind kind, const char *resource)
{
    drop_oldest(jobs, app, kind);
    struct job *job = must_calloc(1, sizeof *job);
    job->app = app;
    job->kind = kind;
    while (strcmp(job_resources[job->resource], resource) != 0)
        must(job_resources[++job->resource] != NULL);
    (void)random_uuid7(job->unique_id);
    job->created_ms = clock_wall_ms();
    TAILQ_INSERT_HEAD(&jobs->list, job, link);
    return job;
}

void job_start(struct jobs *jobs, struct job *job)
{
    job->began_ms = clock_ms();
    heap_add(&jobs->timers, &job->timer, job->began_ms + jobs->duration_ms);
}

struct job *jobs_find(const struct jobs *jobs, const struct app *app, enum job_kind kind, const char *unique_id)
{
    struct job *job = NULL;
    TAILQ_FOREACH(job, &jobs->list, link) {
        if (is_of(job, app, kind) && strcmp(job->unique_id, unique_id) == 0)
            return job;
    }
    return NULL;
}

json_t *jobs_page(const struct jobs *jobs, const struct app *app, enum job_kind kind, size_t page,
    json_t *(*view)(const struct job *, const void *), const void *context)
{
    json_t *list = json_array();
    size_t seen = 0;
    const struct job *job = NULL;
    TAILQ_FOREACH(job, &jobs->list, link) {
        if (is_of(job, app, kind) && seen++ / JOBS_PAGE == page - 1)
            must(json_array_append_new(list, view(job, context)) == 0);
    }
    return list;
}

int job_percentage(const struct job *job)
{
    if (job->finished)
        return 100;
    int64_t duration_ms = job->timer.at - job->began_ms;
    int64_t percentage = duration_ms > 0 ? 100 * (clock_ms() - job->began_ms) / duration_ms : 0;
    return percentage > 99 ? 99 : (int)percentage;
}

// ---- the loop ----

int jobs_timeout_ms(const struct jobs *jobs)
{
    const struct heap_item *first = heap_first(&jobs->timers);
    if (first == NULL)
        return -1;
    int64_t left = first->at - clock_ms();
    return left < 0 ? 0 : (int)left;
}

// The newest exports keep their contents.
static void bound_contents(struct jobs *jobs)
{
    struct job *job = NULL;
    TAILQ_FOREACH_REVERSE(job, &jobs->list, job_list, link)
    {
        if (jobs->content_bytes <= CONTENT_BYTES_MAX)
            return;
        drop_content(jobs, job);
    }
}

static void finish(struct jobs *jobs, struct job *job)
{
    heap_remove(&jobs->timers, &job->timer);
    if (job->kind == JOB_IMPORT)
        import_do(job);
    else
        export_make(job);
    job->finished = true;
    if (job->content != NULL)
        jobs->content_bytes += job->size;
    bound_contents(jobs);
}

void jobs_run(struct jobs *jobs)
{
    int64_t now_ms = clock_ms();
    struct heap_item *item;
    while ((item = heap_first(&jobs->timers)) != NULL && item->at <= now_ms)
        finish(jobs, table_owner(item, struct job, timer));
}
