// SPDX-License-Identifier: MIT
//
// cmd_dlq_topic.h: a topic as it was when it was opened, read partition by partition, or one record of it. Waits, but
// gives up when Kafka sends nothing for the time given. One thread.
#ifndef CHATBRIDGE_CMD_DLQ_TOPIC_H
#define CHATBRIDGE_CMD_DLQ_TOPIC_H

#include <stdbool.h>

#include "bridge/cmd_dlq.h"
#include "bridge/kafka.h"

struct cmd_dlq_topic;

// Asked about each record, valid until it answers; false ends the reading.
typedef bool (*cmd_dlq_visit)(void *context, const struct kafka_record *record);

// NULL with `error` set: ERROR_INPUT if there is no such topic. Owner: the caller, cmd_dlq_topic_close().
struct cmd_dlq_topic *cmd_dlq_topic_open(
    const struct config *config, const char *name, int timeout_ms, struct error *error) MUST_USE;
void cmd_dlq_topic_close(struct cmd_dlq_topic *topic);

int cmd_dlq_topic_partitions(const struct cmd_dlq_topic *topic);

// Visits every record that the topic held when it was opened, by partition and offset. What comes meanwhile is not
// seen, so that a reader who makes records come (a redriven command that dies again) has an end. `tell`: show how far
// it is, which must not get between lines that `visit` prints. 0, or -1 when Kafka stopped answering.
int cmd_dlq_topic_scan(
    struct cmd_dlq_topic *topic, bool tell, cmd_dlq_visit visit, void *context, struct error *error) MUST_USE;

// The record of that place, valid until the next call; quick when the places rise. NULL: ERROR_INPUT if there is none
// (any more), else ERROR_REMOTE.
const struct kafka_record *cmd_dlq_topic_at(
    struct cmd_dlq_topic *topic, int32_t partition, int64_t offset, struct error *error);

#endif
