// SPDX-License-Identifier: MIT
#include "deploy/sandbox/journal.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "deploy/sandbox/room.h"

struct entry {
    uint64_t seq;
    int64_t time_ms;
    uint64_t connection;
    int64_t comment_id;
    const char *app;   // lasting, or NULL
    const char *call;  // lasting, or NULL
    const char *fault; // lasting, or NULL
    char *text;        // method, path, room, each with its NUL; then the parameters
    uint32_t path_at;
    uint32_t room_at;
    uint32_t params_at;
    uint32_t params_len;
    int16_t status;
    uint8_t encoding; // of the parameters
    bool effect;
    bool has_params;
    bool kept_as_json; // the parameters; else as a form
};

struct journal {
    struct entry *entries; // a ring; the one of seq n is at n % space
    size_t space;
    size_t bytes;
    size_t bytes_max;
    uint64_t first; // seq of the oldest
    uint64_t next;  // seq of the next to come
    uint64_t total; // since the last emptying
};

struct journal *journal_new(size_t entries_max, size_t bytes_max)
{
    struct journal *journal = must_calloc(1, sizeof *journal);
    journal->space = entries_max;
    journal->bytes_max = bytes_max;
    journal->first = journal->next = 1;
    journal->entries = must_calloc(entries_max, sizeof *journal->entries);
    return journal;
}

static struct entry *at(const struct journal *journal, uint64_t seq)
{
    return &journal->entries[seq % journal->space];
}

static size_t size_of(const struct entry *entry)
{
    return (size_t)entry->params_at + entry->params_len;
}

static void drop_oldest(struct journal *journal)
{
    struct entry *entry = at(journal, journal->first++);
    journal->bytes -= size_of(entry);
    free(entry->text);
    entry->text = NULL;
}

void journal_clear(struct journal *journal)
{
    while (journal->first < journal->next)
        drop_oldest(journal);
    journal->total = 0;
}

void journal_free(struct journal *journal)
{
    journal_clear(journal);
    free(journal->entries);
    free(journal);
}

uint64_t journal_total(const struct journal *journal)
{
    return journal->total;
}

// ---- writing ----

static void put_text(
    struct entry *entry, const char *method, const char *path, const char *room, const char *params, size_t params_len)
{
    size_t method_size = strlen(method) + 1;
    size_t path_size = strlen(path) + 1;
    size_t room_size = strlen(room) + 1;
    entry->path_at = (uint32_t)method_size;
    entry->room_at = (uint32_t)(method_size + path_size);
    entry->params_at = (uint32_t)(method_size + path_size + room_size);
    entry->params_len = (uint32_t)params_len;
    entry->text = malloc(size_of(entry) + 1);
    must(entry->text != NULL);
    memcpy(entry->text, method, method_size);
    memcpy(entry->text + entry->path_at, path, path_size);
    memcpy(entry->text + entry->room_at, room, room_size);
    if (params_len > 0)
        memcpy(entry->text + entry->params_at, params, params_len);
}

void journal_add(struct journal *journal, const struct http_request *request, const struct api_call *call,
    const char *room, const char *params, const char *fault, int status)
{
    if (journal->next - journal->first == journal->space)
        drop_oldest(journal);
    struct entry *entry = at(journal, journal->next);
    *entry = (struct entry){
        .seq = journal->next++,
        .time_ms = clock_wall_ms(),
        .connection = http_request_connection(request),
        .comment_id = call->comment_id,
        .app = call->app ? call->app->name : NULL,
        .call = call->route ? call->route->name : NULL,
        .fault = fault,
        .status = (int16_t)status,
        .encoding = (uint8_t)call->encoding,
        .kept_as_json = params != NULL || call->encoding == PARAMS_JSON,
        .effect = call->effect,
        .has_params = call->values != NULL,
    };
    size_t len = params ? strlen(params) : 0;
    if (params == NULL)
        params = http_request_body(request, &len);
    put_text(entry, http_request_method(request), http_request_path(request), room, params, len);
    journal->bytes += size_of(entry);
    journal->total++;
    while (journal->bytes > journal->bytes_max && journal->first < journal->next)
        drop_oldest(journal);
}

// ---- reading ----

static bool matches(const struct entry *entry, const struct journal_query *query)
{
    if (query->app != NULL && (entry->app == NULL || strcmp(entry->app, query->app) != 0))
        return false;
    if (query->call != NULL && (entry->call == NULL || strcmp(entry->call, query->call) != 0))
        return false;
    return query->room == NULL || strcmp(entry->text + entry->room_at, query->room) == 0;
}

static json_t *text_or_null(const char *text)
{
    json_t *value = text ? json_string(text) : NULL;
    return value ? value : json_null();
}

static json_t *params_of(const struct entry *entry)
{
    if (!entry->has_params)
        return json_null();
    json_t *params = params_again(
        entry->kept_as_json ? PARAMS_JSON : PARAMS_FORM, entry->text + entry->params_at, entry->params_len);
    must(params != NULL); // it was read before
    if (json_object_get(params, "password") != NULL)
        reply_put_text(params, "password", "***");
    return params;
}

static json_t *view(const struct entry *entry)
{
    char time[CLOCK_TEXT];
    json_t *view = json_object();
    must(view != NULL);
    reply_put_int(view, "seq", (json_int_t)entry->seq);
    reply_put_text(view, "time", clock_format(entry->time_ms, time));
    reply_put(view, "app", text_or_null(entry->app));
    reply_put_text(view, "method", entry->text);
    reply_put(view, "path", text_or_null(entry->text + entry->path_at));
    reply_put(view, "call", text_or_null(entry->call));
    reply_put_text(view, "encoding", params_encoding_name((enum params_encoding)entry->encoding));
    reply_put(view, "params", params_of(entry));
    reply_put_int(view, "connection", (json_int_t)entry->connection);
    reply_put(view, "status", entry->status ? json_integer(entry->status) : json_null());
    reply_put(view, "effect", json_boolean(entry->effect));
    reply_put(view, "fault", text_or_null(entry->fault));
    reply_put(view, "comment_id", entry->comment_id ? json_integer(entry->comment_id) : json_null());
    return view;
}

json_t *journal_list(const struct journal *journal, const struct journal_query *query)
{
    json_t *entries = json_array();
    must(entries != NULL);
    uint64_t seq = query->after + 1 > journal->first ? query->after + 1 : journal->first;
    uint64_t last = query->after;
    size_t matched = 0;
    for (; seq < journal->next; seq++) {
        const struct entry *entry = at(journal, seq);
        if (!matches(entry, query))
            continue;
        if (matched++ >= query->limit)
            continue;
        must(json_array_append_new(entries, view(entry)) == 0);
        last = seq;
    }
    json_t *list = json_object();
    reply_put(list, "entries", entries);
    if (matched <= query->limit && journal->next > 1) // nothing that matches lies behind
        last = journal->next - 1;
    reply_put_int(list, "next", (json_int_t)last);
    reply_put_int(list, "matched", (json_int_t)matched);
    reply_put_int(list, "total", (json_int_t)journal->total);
    reply_put_int(list, "dropped", (json_int_t)(journal->total - (journal->next - journal->first)));
    return list;
}
