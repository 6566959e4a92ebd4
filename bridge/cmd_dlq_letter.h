// SPDX-License-Identifier: MIT
//
// cmd_dlq_letter.h: what a record of the topic says as a dead letter (docs/contracts.md, "Dead letters"). Plain
// functions over one record.
#ifndef CHATBRIDGE_CMD_DLQ_LETTER_H
#define CHATBRIDGE_CMD_DLQ_LETTER_H

#include <stdbool.h>

#include "bridge/cmd_dlq.h"
#include "bridge/kafka.h"

// Texts are owned; NULL: it does not say.
struct cmd_dlq_letter {
    const struct kafka_record *record;
    char *id; // the command's
    char *status;
    char *reason;
    char *http_status;
    char *attempts;
    char *first_at;
    char *last_at;
    char *source;     // topic:partition:offset
    int64_t redrives; // how often it was put back before
    bool omitted;     // its value stands only at its source

    // From the command itself, as far as it can be read.
    char *app;
    char *command;
    char *room; // its room_id, else the key
};

// The statuses that dead letters have, NULL-ended.
extern const char *const cmd_dlq_letter_statuses[];

// True if the record is a dead letter; then `letter`, which borrows the record, is to be cleared. A mark is none, nor
// is anything else that lacks dlq_status.
bool cmd_dlq_letter_read(
    struct cmd_dlq_letter *letter, const struct kafka_record *record, const struct config *config) MUST_USE;
void cmd_dlq_letter_clear(struct cmd_dlq_letter *letter);

bool cmd_dlq_letter_matches(const struct cmd_dlq_letter *letter, const struct cmd_dlq_filter *filter);

// Where the command stood. The topic's name has `topic_len` bytes of letter->source. False if it does not say.
bool cmd_dlq_letter_source(const struct cmd_dlq_letter *letter, size_t *topic_len, struct cmd_dlq_place *place);

// The id that a command record gives itself, or NULL. Owner: the caller, free().
char *cmd_dlq_letter_own_id(const struct kafka_record *record) MUST_USE;

#endif
