// SPDX-License-Identifier: MIT
//
// fake_kafka_in.h: bridge/kafka_in.h without Kafka: records come from a queue of the test's, rebalances and the results
// of commits when the test says so. As fake_kafka_out.h, it takes the library's place. One thread.
#ifndef CHATBRIDGE_UNIT_FAKE_KAFKA_IN_H
#define CHATBRIDGE_UNIT_FAKE_KAFKA_IN_H

#include <stdlib.h>
#include <string.h>

#include "bridge/kafka_in.h"
#include "tests/unit/unit.h"

enum { FAKE_QUEUE_MAX = 256, FAKE_COMMITS_MAX = 256, FAKE_PARTITIONS = 4 };

struct fake_commit {
    int32_t partition;
    int64_t offset;
    char metadata[KAFKA_METADATA_MAX];
};

struct kafka_in {
    struct kafka_in_handler handler;
    struct {
        int32_t partition;
        int64_t offset;
        char *value; // NULL: none
        char *padding;
        size_t padding_len;
    } queue[FAKE_QUEUE_MAX];
    size_t queued;
    bool paused[FAKE_PARTITIONS];
    struct fake_commit commits[FAKE_COMMITS_MAX];
    size_t commit_count;
    unsigned commit_refusals; // so many of the next commits are refused at once
    unsigned let_go;          // how often kafka_in_let_go() was called
    bool closed;
};

static struct kafka_in fake_in;
static const char fake_topic[] = "commands";

static inline void fake_in_clear(void)
{
    for (size_t i = 0; i < fake_in.queued; i++) {
        free(fake_in.queue[i].value);
        free(fake_in.queue[i].padding);
    }
    memset(&fake_in, 0, sizeof fake_in);
}

// A record that waits in Kafka, with a header of `padding` bytes.
static inline void fake_in_add_padded(int32_t partition, int64_t offset, const char *value, size_t padding)
{
    must(fake_in.queued < FAKE_QUEUE_MAX);
    size_t i = fake_in.queued++;
    fake_in.queue[i].partition = partition;
    fake_in.queue[i].offset = offset;
    fake_in.queue[i].value = must_strdup(value);
    fake_in.queue[i].padding = must_calloc(padding, 1);
    fake_in.queue[i].padding_len = padding;
}

static inline void fake_in_add(int32_t partition, int64_t offset, const char *value)
{
    fake_in_add_padded(partition, offset, value, 0);
}

// The first record in the queue whose partition is not paused; their count if there is none.
static inline size_t fake_in_next(void)
{
    size_t i = 0;
    while (i < fake_in.queued && fake_in.paused[fake_in.queue[i].partition])
        i++;
    return i;
}

bool kafka_in_run(struct kafka_in *in, int max)
{
    for (int taken = 0; taken < max; taken++) {
        size_t i = fake_in_next();
        if (i == in->queued)
            return false;
        int32_t partition = in->queue[i].partition;
        int64_t offset = in->queue[i].offset;
        char *value = in->queue[i].value;
        char *padding = in->queue[i].padding;
        const struct kafka_header header = {"padding", padding, in->queue[i].padding_len};
        in->queued--;
        memmove(&in->queue[i], &in->queue[i + 1], (in->queued - i) * sizeof in->queue[0]);
        in->handler.record(in->handler.context, &(struct kafka_record){.topic = fake_topic,
                                                    .partition = partition,
                                                    .offset = offset,
                                                    .value = value,
                                                    .value_len = value ? strlen(value) : 0,
                                                    .headers = &header,
                                                    .header_count = header.len > 0});
        free(value);
        free(padding);
    }
    return true;
}

// What Kafka tells. An assignment begins unpaused.
static inline void fake_in_assign(int32_t partition, int64_t offset, const char *metadata)
{
    fake_in.paused[partition] = false;
    fake_in.handler.assigned(fake_in.handler.context, fake_topic, partition, offset, metadata);
}

static inline void fake_in_revoke(int32_t partition, bool lost)
{
    fake_in.handler.revoking(fake_in.handler.context, fake_topic, partition, lost);
}

// The result of commit number `i`.
static inline void fake_in_committed(size_t i, enum error_kind kind)
{
    must(i < fake_in.commit_count);
    struct error error = {.kind = ERROR_NONE};
    if (kind != ERROR_NONE)
        (void)error_set(&error, kind, "failed");
    fake_in.handler.committed(
        fake_in.handler.context, fake_topic, fake_in.commits[i].partition, fake_in.commits[i].offset, &error);
}

struct kafka_in *kafka_in_new(const struct config *settings, const char *group, const char *const *topics,
    const struct kafka_in_handler *handler, struct error *error)
{
    (void)settings;
    (void)error;
    must(strcmp(group, "group") == 0 && strcmp(topics[0], fake_topic) == 0 && topics[1] == NULL);
    fake_in.handler = *handler;
    return &fake_in;
}

void kafka_in_free(struct kafka_in *in)
{
    in->closed = true;
}

int kafka_in_fd(const struct kafka_in *in)
{
    (void)in;
    return -1;
}

void kafka_in_pause(struct kafka_in *in, const char *topic, int32_t partition)
{
    must(strcmp(topic, fake_topic) == 0 && !in->paused[partition]);
    in->paused[partition] = true;
}

void kafka_in_resume(struct kafka_in *in, const char *topic, int32_t partition)
{
    must(strcmp(topic, fake_topic) == 0 && in->paused[partition]);
    in->paused[partition] = false;
}

int kafka_in_commit(struct kafka_in *in, const char *topic, int32_t partition, int64_t offset, const char *metadata,
    struct error *error)
{
    must(strcmp(topic, fake_topic) == 0 && strlen(metadata) < KAFKA_METADATA_MAX);
    if (in->commit_refusals > 0) {
        in->commit_refusals--;
        return error_set(error, ERROR_REMOTE, "refused");
    }
    must(in->commit_count < FAKE_COMMITS_MAX);
    struct fake_commit *commit = &in->commits[in->commit_count++];
    commit->partition = partition;
    commit->offset = offset;
    (void)snprintf(commit->metadata, sizeof commit->metadata, "%s", metadata);
    return 0;
}

void kafka_in_let_go(struct kafka_in *in)
{
    in->let_go++;
}

void kafka_in_close(struct kafka_in *in)
{
    in->closed = true;
}

bool kafka_in_closed(const struct kafka_in *in)
{
    return in->closed;
}

#endif
