// SPDX-License-Identifier: MIT
//
// webhook_log.h: every try to deliver a webhook, the newest of them: a ring. One thread.
#ifndef SANDBOX_WEBHOOK_LOG_H
#define SANDBOX_WEBHOOK_LOG_H

#include <jansson.h>
#include <stdint.h>

#include "bridge/must.h"

struct webhook_log;

struct webhook_log_entry {
    const char *app;  // lasting
    const char *type; // lasting
    int64_t comment_id;
    unsigned attempt; // from 1
    int status;       // 0: no answer
    int64_t duration_us;
};

struct webhook_log *webhook_log_new(void) MUST_USE;
void webhook_log_free(struct webhook_log *log);

// `error`: what failed, or NULL.
void webhook_log_add(struct webhook_log *log, const struct webhook_log_entry *entry, const char *error);

json_t *webhook_log_list(const struct webhook_log *log, const char *app, uint64_t after, size_t limit) MUST_USE;

#endif
