// SPDX-License-Identifier: MIT
#include "deploy/sandbox/webhook_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "deploy/sandbox/reply.h"

enum { SPACE = 100000 };

struct line {
    struct webhook_log_entry entry;
    int64_t time_ms;
    char *error;
};

struct webhook_log {
    struct line lines[SPACE]; // the one of seq n is at n % SPACE
    uint64_t next;            // seq, from 1
};

struct webhook_log *webhook_log_new(void)
{
    struct webhook_log *log = must_calloc(1, sizeof *log);
    log->next = 1;
    return log;
}

void webhook_log_free(struct webhook_log *log)
{
    for (size_t i = 0; i < SPACE; i++)
        free(log->lines[i].error);
    free(log);
}

void webhook_log_add(struct webhook_log *log, const struct webhook_log_entry *entry, const char *error)
{
    struct line *line = &log->lines[log->next++ % SPACE];
    free(line->error);
    *line = (struct line){.entry = *entry, .time_ms = clock_wall_ms(), .error = must_strdup(error)};
}

static json_t *view(const struct line *line, uint64_t seq)
{
    char time[CLOCK_TEXT];
    json_t *view = json_object();
    json_t *error = line->error ? json_string(line->error) : NULL;
    must(view != NULL);
    reply_put_int(view, "seq", (json_int_t)seq);
    reply_put_text(view, "time", clock_format(line->time_ms, time));
    reply_put_text(view, "app", line->entry.app);
    reply_put_text(view, "type", line->entry.type);
    reply_put_int(view, "comment_id", line->entry.comment_id);
    reply_put_int(view, "attempt", line->entry.attempt);
    reply_put(view, "status", line->entry.status ? json_integer(line->entry.status) : json_null());
    reply_put(view, "error", error ? error : json_null());
    reply_put(view, "duration_ms", json_real((double)line->entry.duration_us / 1000));
    return view;
}

json_t *webhook_log_list(const struct webhook_log *log, const char *app, uint64_t after, size_t limit)
{
    json_t *list = json_array();
    must(list != NULL);
    uint64_t first = log->next > SPACE ? log->next - SPACE : 1;
    uint64_t last = after;
    for (uint64_t seq = after >= first ? after + 1 : first; seq < log->next && json_array_size(list) < limit; seq++) {
        const struct line *line = &log->lines[seq % SPACE];
        last = seq;
        if (app == NULL || strcmp(app, line->entry.app) == 0)
            must(json_array_append_new(list, view(line, seq)) == 0);
    }
    json_t *all = json_object();
    reply_put(all, "deliveries", list);
    reply_put_int(all, "next", (json_int_t)last);
    reply_put_int(all, "total", (json_int_t)(log->next - 1));
    reply_put_int(all, "dropped", (json_int_t)(first - 1));
    return all;
}
