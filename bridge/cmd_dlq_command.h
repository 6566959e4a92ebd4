// SPDX-License-Identifier: MIT
//
// cmd_dlq_command.h: the command that a dead letter was, as it is put back. One thread; waits for Kafka.
#ifndef CHATBRIDGE_CMD_DLQ_COMMAND_H
#define CHATBRIDGE_CMD_DLQ_COMMAND_H

#include "bridge/cmd_dlq_letter.h"
#include "bridge/cmd_dlq_targets.h"

enum { CMD_DLQ_NUMBER = 24 };

// The topics that commands are put back into, and where omitted values still stand; one is open at a time. Zeroed but
// for what is named first.
struct cmd_dlq_sources {
    const struct config *config;
    const struct cmd_dlq_wishes *wishes;
    const struct cmd_dlq_targets *targets;
    bool tried; // the one below is of targets->topics[number]
    unsigned number;
    struct cmd_dlq_topic *topic;
    struct error error; // why there is none
};

void cmd_dlq_sources_close(struct cmd_dlq_sources *sources);

struct cmd_dlq_command {
    struct kafka_record record; // borrows from the letter, or from the sources
    struct kafka_header *headers;
    char redrives[CMD_DLQ_NUMBER];
};

// 0, or -1: ERROR_INPUT when this letter cannot be put back. Owner: the caller, cmd_dlq_command_clear(); valid until
// the next call and as long as the letter.
int cmd_dlq_command_make(struct cmd_dlq_command *command, struct cmd_dlq_sources *sources,
    const struct cmd_dlq_target *target, const struct cmd_dlq_letter *letter, struct error *error) MUST_USE;
void cmd_dlq_command_clear(struct cmd_dlq_command *command);

#endif
