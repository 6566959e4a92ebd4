// SPDX-License-Identifier: MIT
//
// fake_kafka_out.h: bridge/kafka_out.h without Kafka: what is sent is kept, and reported on when the test says so. A
// test that includes this has these symbols of its own, so the library's kafka_out.o is not linked. One thread.
#ifndef CHATBRIDGE_UNIT_FAKE_KAFKA_OUT_H
#define CHATBRIDGE_UNIT_FAKE_KAFKA_OUT_H

#include <stdlib.h>
#include <string.h>

#include "bridge/kafka_out.h"
#include "tests/unit/unit.h"

enum { FAKE_RECORDS_MAX = 4096 };

// A record as it was sent, copied whole.
struct fake_record {
    struct kafka_record record;
    kafka_delivered delivered;
    void *context;
    bool reported;
};

struct kafka_out {
    struct fake_record sent[FAKE_RECORDS_MAX];
    size_t count;
    size_t reported_before;  // all below this are reported on
    bool acknowledges;       // kafka_out_run() reports each record as delivered
    unsigned refusals;       // so many of the next sends fail at once,
    enum error_kind refusal; // with this kind
    size_t record_max;       // a larger record is reported on with ERROR_INPUT; 0: none is too large
};

static struct kafka_out fake_out;

static inline char *fake_copy(const void *data, size_t len)
{
    return data ? must_memdup(data, len) : NULL;
}

static inline void fake_out_clear(void)
{
    for (size_t i = 0; i < fake_out.count; i++) {
        struct kafka_record *record = &fake_out.sent[i].record;
        for (size_t j = 0; j < record->header_count; j++) {
            free((void *)(uintptr_t)record->headers[j].name);
            free((void *)(uintptr_t)record->headers[j].value);
        }
        free((void *)(uintptr_t)record->headers);
        free((void *)(uintptr_t)record->topic);
        free((void *)(uintptr_t)record->key);
        free((void *)(uintptr_t)record->value);
    }
    fake_out.count = 0;
    fake_out.reported_before = 0;
    fake_out.acknowledges = false;
    fake_out.refusals = 0;
    fake_out.record_max = 0;
}

int kafka_out_send(struct kafka_out *out, const struct kafka_record *record, kafka_delivered delivered, void *context,
    struct error *error)
{
    if (out->refusals > 0) {
        out->refusals--;
        return error_set(error, out->refusal, "refused at once");
    }
    must(out->count < FAKE_RECORDS_MAX);
    struct kafka_header *headers = must_calloc(record->header_count, sizeof *headers);
    for (size_t i = 0; i < record->header_count; i++)
        headers[i] = (struct kafka_header){must_strdup(record->headers[i].name),
            fake_copy(record->headers[i].value, record->headers[i].len), record->headers[i].len};
    struct fake_record *sent = &out->sent[out->count++];
    *sent = (struct fake_record){.record = *record, .delivered = delivered, .context = context};
    sent->record.topic = must_strdup(record->topic);
    sent->record.key = fake_copy(record->key, record->key_len);
    sent->record.value = fake_copy(record->value, record->value_len);
    sent->record.headers = headers;
    return 0;
}

// Record number `i` is reported on: as delivered (its number is its offset), or as failed if `kind` is not ERROR_NONE.
static inline void fake_out_report(size_t i, enum error_kind kind)
{
    must(i < fake_out.count && !fake_out.sent[i].reported);
    fake_out.sent[i].reported = true;
    struct kafka_delivery delivery = {.delivered = kind == ERROR_NONE, .partition = 2, .offset = (int64_t)i};
    if (kind != ERROR_NONE)
        (void)error_set(&delivery.error, kind, "failed");
    fake_out.sent[i].delivered(fake_out.sent[i].context, &delivery);
}

static inline size_t fake_record_size(const struct kafka_record *record)
{
    size_t size = record->key_len + record->value_len;
    for (size_t i = 0; i < record->header_count; i++)
        size += strlen(record->headers[i].name) + record->headers[i].len;
    return size;
}

// Reports on all that were sent.
static inline void fake_out_report_all(enum error_kind kind)
{
    for (; fake_out.reported_before < fake_out.count; fake_out.reported_before++) {
        const struct fake_record *sent = &fake_out.sent[fake_out.reported_before];
        bool too_large = fake_out.record_max > 0 && fake_record_size(&sent->record) > fake_out.record_max;
        if (!sent->reported)
            fake_out_report(fake_out.reported_before, too_large ? ERROR_INPUT : kind);
    }
}

// How many were sent to that topic.
static inline size_t fake_out_count(const char *topic)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_out.count; i++)
        count += strcmp(fake_out.sent[i].record.topic, topic) == 0;
    return count;
}

// The last one that was sent to that topic; fails if there is none.
static inline const struct kafka_record *fake_out_last(const char *topic)
{
    for (size_t i = fake_out.count; i > 0; i--)
        if (strcmp(fake_out.sent[i - 1].record.topic, topic) == 0)
            return &fake_out.sent[i - 1].record;
    fail_msg("nothing was sent to %s", topic);
    return NULL;
}

// The header's value is this text; NULL: there is no such header.
static inline void assert_header(const struct kafka_record *record, const char *name, const char *wanted)
{
    size_t len = 0;
    const char *value = kafka_header_of(record, name, &len);
    if (wanted == NULL && value == NULL)
        return;
    if (wanted == NULL || value == NULL || len != strlen(wanted) || memcmp(value, wanted, len) != 0)
        fail_msg("%s is '%.*s' instead of '%s'", name, (int)len, value ? value : "(none)", wanted ? wanted : "(none)");
}

void kafka_out_run(struct kafka_out *out)
{
    if (out->acknowledges)
        fake_out_report_all(ERROR_NONE);
}

unsigned kafka_out_pending(const struct kafka_out *out)
{
    unsigned pending = 0;
    for (size_t i = 0; i < out->count; i++)
        pending += !out->sent[i].reported;
    return pending;
}

struct kafka_out *kafka_out_new(const struct config *config, int64_t timeout_ms, struct error *error)
{
    (void)config;
    (void)timeout_ms;
    (void)error;
    return &fake_out;
}

void kafka_out_free(struct kafka_out *out)
{
    (void)out;
    fake_out_report_all(ERROR_REMOTE);
}

void kafka_out_prepare(struct kafka_out *out, const char *const *topics, int timeout_ms)
{
    (void)out;
    (void)topics;
    (void)timeout_ms;
}

int kafka_out_fd(const struct kafka_out *out)
{
    (void)out;
    return -1;
}

bool kafka_out_failed(const struct kafka_out *out, struct error *error)
{
    (void)out;
    (void)error;
    return false;
}

#endif
