// SPDX-License-Identifier: MIT
//
// cmd_dlq_targets.h: the letters that redrive and discard are about, found by one reading of the topic.
#ifndef CHATBRIDGE_CMD_DLQ_TARGETS_H
#define CHATBRIDGE_CMD_DLQ_TARGETS_H

#include <stdbool.h>

#include "bridge/cmd_dlq.h"
#include "bridge/cmd_dlq_topic.h"

struct cmd_dlq_target {
    struct cmd_dlq_place letter;
    struct cmd_dlq_place source; // of its command, in the topic below; partition -1: the letter does not say
    unsigned topic;              // which of the topics' names
    bool handled;                // redriven before, and here only for what is the same command
    uint64_t command;            // a hash of its id
};

struct cmd_dlq_targets {
    struct cmd_dlq_target *items; // as asked for
    size_t count;
    size_t room;
    size_t open; // those that are not handled
    char **topics;
    size_t topic_count;
    uint64_t refused; // of those that were named; each was told on stderr
};

enum cmd_dlq_order {
    CMD_DLQ_BY_SOURCE, // as their commands stood; a handled one before others of the same command
    CMD_DLQ_BY_LETTER, // as they stand, which reads faster
};

// Finds them; zeroed before. 0, or -1 when Kafka stopped answering. To be cleared either way.
int cmd_dlq_targets_find(struct cmd_dlq_targets *targets, const struct cmd_dlq_wishes *wishes,
    const struct config *config, struct cmd_dlq_topic *topic, enum cmd_dlq_order order, struct error *error) MUST_USE;
void cmd_dlq_targets_clear(struct cmd_dlq_targets *targets);

// Two letters of one command: the bridge wrote one, was killed before it could commit, and wrote another.
bool cmd_dlq_targets_same(const struct cmd_dlq_target *a, const struct cmd_dlq_target *b);

#endif
