// SPDX-License-Identifier: MIT
//
// job.h: exports and imports: they take their time, and are kept, the newest of each kind an app, to be asked about.
// One thread.
#ifndef SANDBOX_JOB_H
#define SANDBOX_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bridge/heap.h"
#include "bridge/random.h"
#include "deploy/sandbox/app.h"

enum { JOBS_PAGE = 20 };

enum job_kind { JOB_EXPORT, JOB_IMPORT };
enum job_resource { JOB_USERS, JOB_ROOMS, JOB_COMMENTS, JOB_RESOURCES };

struct job {
    TAILQ_ENTRY(job) link;
    struct heap_item timer; // runs until it is finished
    struct app *app;
    enum job_kind kind;
    enum job_resource resource;
    char unique_id[RANDOM_UUID_TEXT];
    char *filename;
    int64_t created_ms;
    int64_t began_ms; // monotonic
    bool finished;
    size_t size; // bytes of the export or of the imported file
    size_t rows;
    // An export's.
    int64_t from_ms; // what was created from here
    int64_t until_ms;
    char *content;      // JSON; NULL: not finished, or given up for newer ones
    const char *failed; // why there is none, lasting; NULL: it did not fail
    // An import's.
    char *file;     // NUL-terminated
    json_t *errors; // {"Message":…,"Data":…} once something is wrong
};

struct jobs {
    TAILQ_HEAD(job_list, job) list; // the newest first
    struct heap timers;
    int64_t duration_ms;
    size_t content_bytes; // of all exports
};

extern const char *const job_resources[]; // "users", …; NULL ends

void jobs_init(struct jobs *jobs, int64_t duration_ms);
void jobs_clear(struct jobs *jobs);

// Begins a job. The caller fills in what it is about; job_start() then starts its time.
struct job *job_new(struct jobs *jobs, struct app *app, enum job_kind kind, const char *resource);
void job_start(struct jobs *jobs, struct job *job);
void job_remove(struct jobs *jobs, struct job *job);

// `app` NULL: of any.
struct job *jobs_find(const struct jobs *jobs, const struct app *app, enum job_kind kind, const char *unique_id);

// A page (from 1) of an app's jobs of a kind, the newest first, as `view` shows each.
json_t *jobs_page(const struct jobs *jobs, const struct app *app, enum job_kind kind, size_t page,
    json_t *(*view)(const struct job *, const void *), const void *context);

int job_percentage(const struct job *job);

// For the loop.
int jobs_timeout_ms(const struct jobs *jobs);
void jobs_run(struct jobs *jobs);

#endif
