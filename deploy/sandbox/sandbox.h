// SPDX-License-Identifier: MIT
//
// sandbox.h: what the parts of the sandbox share. One thread runs all of it.
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deploy/sandbox/app.h"
#include "deploy/sandbox/job.h"

enum { SANDBOX_APPS_MAX = 16 };

struct journal;
struct faults;
struct webhooks;

struct settings {
    bool auto_create;      // what is named for the first time comes into being
    bool refuse_repeats;   // a repeated unique_temp_id is answered 400 instead of with the first comment
    bool webhooks_of_2017; // the body of the specification, else the later, larger one
    bool legacy_type;      // post_comment, else post_comment_rest and _mobile
    unsigned webhook_tries;
    size_t journal_max;      // entries
    int64_t job_duration_ms; // of an export or import
};

struct sandbox {
    struct settings settings;
    struct app apps[SANDBOX_APPS_MAX];
    size_t app_count;
    struct journal *journal;
    struct faults *faults;
    struct webhooks *webhooks;
    struct jobs jobs;
    const char *base_url; // of download URLs: where it listens, http://HOST:PORT, or as given
};

static inline struct app *sandbox_app(struct sandbox *sandbox, const char *name)
{
    for (size_t i = 0; i < sandbox->app_count; i++)
        if (__builtin_strcmp(sandbox->apps[i].name, name) == 0)
            return &sandbox->apps[i];
    return NULL;
}

#endif
