// SPDX-License-Identifier: MIT
//
// cmd_dlq_marks.h: which letters were handled, from the marks in the topic (docs/contracts.md, "Dead letters").
#ifndef CHATBRIDGE_CMD_DLQ_MARKS_H
#define CHATBRIDGE_CMD_DLQ_MARKS_H

#include <stdbool.h>

#include "bridge/cmd_dlq.h"
#include "bridge/kafka.h"

enum cmd_dlq_action { CMD_DLQ_REDRIVEN, CMD_DLQ_DISCARDED };

struct cmd_dlq_mark {
    struct cmd_dlq_place letter;
    int64_t at_ms;  // wall clock
    const char *by; // of its marks
    enum cmd_dlq_action action;
};

struct cmd_dlq_marks {
    struct cmd_dlq_mark *items;
    size_t count;
    size_t room;
    char **names; // whom the items name; a run of marks is mostly by one
    size_t name_count;
};

// "redriven", "discarded"
const char *cmd_dlq_marks_action(enum cmd_dlq_action action);

// If the record is a mark, of which letter; a mark that says nothing usable is none.
bool cmd_dlq_marks_read(const struct kafka_record *record, struct cmd_dlq_place *letter);

// Keeps the mark that the record is; false if it is none. Zeroed marks are empty.
bool cmd_dlq_marks_add(struct cmd_dlq_marks *marks, const struct kafka_record *record);

// When all are added, before the first search.
void cmd_dlq_marks_sort(struct cmd_dlq_marks *marks);

// The last mark of that letter, or NULL.
const struct cmd_dlq_mark *cmd_dlq_marks_find(const struct cmd_dlq_marks *marks, const struct cmd_dlq_place *letter);

void cmd_dlq_marks_clear(struct cmd_dlq_marks *marks);

#endif
