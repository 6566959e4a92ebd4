// SPDX-License-Identifier: MIT
//
// journal.h: what the API was asked, in order of arrival: a ring, bounded in entries and in bytes; the oldest go first,
// counted. An entry keeps the parameters as they came and reads them again only when somebody looks. One thread.
#ifndef SANDBOX_JOURNAL_H
#define SANDBOX_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

#include "bridge/http_server.h"
#include "deploy/sandbox/api.h"

struct journal;

struct journal_query {
    const char *app; // NULL: any
    const char *call;
    const char *room;
    uint64_t after; // entries of a larger seq
    size_t limit;
};

struct journal *journal_new(size_t entries_max, size_t bytes_max) MUST_USE;
void journal_free(struct journal *journal);
void journal_clear(struct journal *journal); // the numbering goes on

// `params`: kept from before the call ran for what cannot be read again from the body; may be NULL. `fault`: a lasting
// name, or NULL. `status` 0: no answer.
void journal_add(struct journal *journal, const struct http_request *request, const struct api_call *call,
    const char *room, const char *params, const char *fault, int status);

json_t *journal_list(const struct journal *journal, const struct journal_query *query) MUST_USE;
uint64_t journal_total(const struct journal *journal);

#endif
