// SPDX-License-Identifier: MIT
//
// kafka_tail.h: reads topics without being a member of a group and without leaving a trace, for the command-line
// tools. Unlike the adapters of the loops its functions wait. One thread.
#ifndef CHATBRIDGE_KAFKA_TAIL_H
#define CHATBRIDGE_KAFKA_TAIL_H

#include <stdbool.h>

#include "bridge/kafka.h"

enum kafka_tail_start {
    TAIL_FROM_BEGINNING,
    TAIL_FROM_END,  // what comes from now on
    TAIL_FROM_LAST, // so many records before the end of each partition
    TAIL_FROM_TIME, // records of that time and later
    TAIL_FROM_SEEK, // nothing, until kafka_tail_seek() says where
};

struct kafka_tail_from {
    enum kafka_tail_start start;
    int64_t number; // records for _LAST, wall clock ms for _TIME
};

struct kafka_tail;

// A reader of every partition that these topics have now. Where it begins is settled before it answers, so that
// nothing that is produced afterwards is missed. Waits for the brokers at most `timeout_ms`. NULL with `error` set:
// ERROR_INPUT if a topic does not exist. Owner: the caller, kafka_tail_free().
struct kafka_tail *kafka_tail_new(const struct config *config, const char *const *topics, size_t count,
    const struct kafka_tail_from *from, int timeout_ms, struct error *error) MUST_USE;
void kafka_tail_free(struct kafka_tail *tail);

// The next record, valid until the next call, or NULL when none came in `timeout_ms` or the end was just reached.
const struct kafka_record *kafka_tail_next(struct kafka_tail *tail, int timeout_ms);

// All that the partitions held at some moment since the start, or since the last seek, was read.
bool kafka_tail_at_end(const struct kafka_tail *tail);

// For reading here and there (TAIL_FROM_SEEK), in any topic. How many partitions the topic has, numbered from 0; -1
// with `error` as kafka_tail_new() sets it.
int kafka_tail_partitions(struct kafka_tail *tail, const char *topic, int timeout_ms, struct error *error) MUST_USE;

// Where a partition begins and ends now: the first offset it holds, and the one its next record will get. 0 or -1.
int kafka_tail_range(struct kafka_tail *tail, const char *topic, int32_t partition, int64_t *first, int64_t *end,
    int timeout_ms, struct error *error) MUST_USE;

// From now on this partition alone is read, from that offset on (from its beginning if it is gone). 0 or -1.
int kafka_tail_seek(
    struct kafka_tail *tail, const char *topic, int32_t partition, int64_t offset, struct error *error) MUST_USE;

#endif
