// SPDX-License-Identifier: MIT
//
// cmd_dlq.h: what the files of `chatbridge dlq` share: what the command line asks for, and a function a verb.
//
//     cmd_dlq.c           the command line
//     cmd_dlq_topic.c     reading the topic: all of it up to its end at the start, or one record
//     cmd_dlq_letter.c    what a record says as a dead letter, and whether a filter lets it through
//     cmd_dlq_marks.c     which letters were handled, when and by whom
//     cmd_dlq_list.c      ls
//     cmd_dlq_show.c      show
//     cmd_dlq_targets.c   which letters redrive and discard are about, in what order
//     cmd_dlq_command.c   a letter's command as it is put back
//     cmd_dlq_redrive.c   redrive and discard
//     record_print.c     for people: bytes, ages; for scripts: bytes as JSON (progress.c: how far it is)
//
// One thread. Memory: never a value but the one that is being read; 32 bytes a mark, 48 a letter that is redriven.
#ifndef CHATBRIDGE_CMD_DLQ_H
#define CHATBRIDGE_CMD_DLQ_H

#include "bridge/config.h"
#include "bridge/options.h"

// Where a record of the topic stands: P:O on the command line.
struct cmd_dlq_place {
    int32_t partition;
    int64_t offset;
};

// Which letters. What is not asked for is NULL or empty, or the widest range.
struct cmd_dlq_filter {
    struct options_list statuses;
    const char *app;
    const char *room;
    const char *command;
    const char *reason; // a part of it, in upper or lower case
    int64_t since_ms;   // wall clock
    int64_t until_ms;
};

struct cmd_dlq_wishes {
    struct cmd_dlq_filter filter;
    bool filtered; // there is one
    int64_t limit; // INT64_MAX: none
    bool all;
    bool handled;
    bool count;
    bool json;
    double rate; // letters a second; 0: no limit
    int64_t redrives_max;
    bool again;
    bool dry_run;
    const char *by;
    int timeout_ms;
    const struct cmd_dlq_place *places; // in order, each once
    size_t place_count;
};

// Each answers the exit status.
int cmd_dlq_list(const struct cmd_dlq_wishes *wishes, const struct config *config);
int cmd_dlq_show(const struct cmd_dlq_wishes *wishes, const struct config *config);
int cmd_dlq_redrive(const struct cmd_dlq_wishes *wishes, const struct config *config);
int cmd_dlq_discard(const struct cmd_dlq_wishes *wishes, const struct config *config);

// "3:17" as a place. 0 or -1.
int cmd_dlq_place(const char *text, struct cmd_dlq_place *place) MUST_USE;

// By partition, then offset: below, equal or above 0.
int cmd_dlq_compare(const struct cmd_dlq_place *a, const struct cmd_dlq_place *b);

#endif
