// SPDX-License-Identifier: MIT
#include "bridge/cmd_dlq_topic.h"

#include <inttypes.h>
#include <stdlib.h>

#include "bridge/clock.h"
#include "bridge/kafka_tail.h"
#include "bridge/progress.h"
#include "bridge/record_print.h"

enum {
    STEP_MS = 100,
    AHEAD_MAX = 500, // records that are rather read over than sought past
};

struct range {
    int64_t first;
    int64_t end;
};

struct cmd_dlq_topic {
    const char *name;
    struct kafka_tail *tail;
    int timeout_ms;
    struct range *ranges; // by partition
    int count;
    int64_t size; // offsets in all ranges

    // Where the tail stands.
    int32_t partition; // -1: nowhere
    int64_t next;
    const struct kafka_record *record; // the last that was read
};

static int find_ranges(struct cmd_dlq_topic *topic, struct error *error)
{
    topic->count = kafka_tail_partitions(topic->tail, topic->name, topic->timeout_ms, error);
    if (topic->count < 0)
        return -1;
    topic->ranges = must_calloc((size_t)topic->count + 1, sizeof *topic->ranges);
    for (int i = 0; i < topic->count; i++) {
        struct range *range = &topic->ranges[i];
        if (kafka_tail_range(topic->tail, topic->name, i, &range->first, &range->end, topic->timeout_ms, error) != 0)
            return -1;
        topic->size += range->end - range->first;
    }
    return 0;
}

struct cmd_dlq_topic *cmd_dlq_topic_open(
    const struct config *config, const char *name, int timeout_ms, struct error *error)
{
    const struct kafka_tail_from nowhere = {TAIL_FROM_SEEK, 0};
    struct cmd_dlq_topic *topic = must_calloc(1, sizeof *topic);
    *topic = (struct cmd_dlq_topic){.name = name, .timeout_ms = timeout_ms, .partition = -1};
    topic->tail = kafka_tail_new(config, &name, 1, &nowhere, timeout_ms, error);
    if (topic->tail != NULL && find_ranges(topic, error) == 0)
        return topic;
    cmd_dlq_topic_close(topic);
    return NULL;
}

void cmd_dlq_topic_close(struct cmd_dlq_topic *topic)
{
    if (topic == NULL)
        return;
    kafka_tail_free(topic->tail);
    free(topic->ranges);
    free(topic);
}

int cmd_dlq_topic_partitions(const struct cmd_dlq_topic *topic)
{
    return topic->count;
}

static int seek(struct cmd_dlq_topic *topic, int32_t partition, int64_t offset, struct error *error)
{
    topic->partition = partition;
    topic->next = offset;
    return kafka_tail_seek(topic->tail, topic->name, partition, offset, error);
}

enum step { STEP_RECORD, STEP_END, STEP_FAILED };

// The partition's next record into topic->record. An offset below the end need not have a record: what follows it
// (a later record, or the end of the partition) then says so.
static enum step read_next(struct cmd_dlq_topic *topic, struct error *error)
{
    const struct range *range = &topic->ranges[topic->partition];
    int64_t deadline_ms = clock_ms() + topic->timeout_ms;
    while (topic->next < range->end) {
        const struct kafka_record *record = kafka_tail_next(topic->tail, STEP_MS);
        if (record != NULL && record->partition == topic->partition && record->offset >= topic->next) {
            topic->next = record->offset + 1;
            topic->record = record;
            return record->offset < range->end ? STEP_RECORD : STEP_END;
        }
        if (record == NULL && kafka_tail_at_end(topic->tail))
            return STEP_END;
        if (clock_ms() >= deadline_ms) {
            (void)error_set(error, ERROR_REMOTE, "Kafka sends nothing of topic %s, partition %" PRId32, topic->name,
                topic->partition);
            return STEP_FAILED;
        }
    }
    return STEP_END;
}

int cmd_dlq_topic_scan(struct cmd_dlq_topic *topic, bool tell, cmd_dlq_visit visit, void *context, struct error *error)
{
    struct progress progress = progress_of("reading", topic->size);
    enum step step = STEP_END;
    bool going_on = true;
    for (int i = 0; i < topic->count && going_on && step != STEP_FAILED; i++) {
        const struct range *range = &topic->ranges[i];
        if (range->first >= range->end)
            continue;
        if (seek(topic, i, range->first, error) != 0)
            return -1;
        while (going_on && (step = read_next(topic, error)) == STEP_RECORD) {
            if (tell)
                progress_step(&progress);
            going_on = visit(context, topic->record);
        }
    }
    progress_end(&progress);
    return step == STEP_FAILED ? -1 : 0;
}

const struct kafka_record *cmd_dlq_topic_at(
    struct cmd_dlq_topic *topic, int32_t partition, int64_t offset, struct error *error)
{
    const struct range *range = partition >= 0 && partition < topic->count ? &topic->ranges[partition] : NULL;
    if (range == NULL || offset < range->first || offset >= range->end) {
        (void)error_set(error, ERROR_INPUT, "topic %s has no offset %" PRId64 " in partition %" PRId32 "%s",
            topic->name, offset, partition, range != NULL && offset < range->first ? " any more" : "");
        return NULL;
    }
    bool near = topic->partition == partition && offset >= topic->next && offset - topic->next < AHEAD_MAX;
    if (!near && seek(topic, partition, offset, error) != 0)
        return NULL;
    enum step step;
    while ((step = read_next(topic, error)) == STEP_RECORD && topic->record->offset < offset)
        continue;
    if (step == STEP_RECORD && topic->record->offset == offset)
        return topic->record;
    if (step != STEP_FAILED)
        (void)error_set(error, ERROR_INPUT, "topic %s holds nothing at offset %" PRId64 " of partition %" PRId32,
            topic->name, offset, partition);
    return NULL;
}
