// SPDX-License-Identifier: MIT
//
// cmd_dlq_print.h: what others wrote, shown so that it can neither steer a terminal nor break a line of JSON; and how
// far a long work is. One thread.
#ifndef CHATBRIDGE_CMD_DLQ_PRINT_H
#define CHATBRIDGE_CMD_DLQ_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/kafka.h"
#include "bridge/must.h"

// The bytes, of which what could steer the terminal becomes '?': control characters (those of U+0080 to U+009F stand in
// UTF-8 as C2 80 to C2 9F), and all that is no ASCII where the bytes are no UTF-8.
void cmd_dlq_print_bytes(FILE *out, const void *bytes, size_t len);

// The same of a text, "-" for NULL and "", with spaces up to `width` characters behind it and one more.
void cmd_dlq_print_cell(const char *text, int width);

// The whole record, in several lines, the last one not ended.
void cmd_dlq_print_record(const struct kafka_record *record);

// How long ago, in the unit that suits: 45s, 12m, 5h, 3d.
enum { CMD_DLQ_AGE = 24 };
const char *cmd_dlq_print_age(int64_t then_ms, int64_t now_ms, char out[CMD_DLQ_AGE]);

// Bytes as JSON: text if they are UTF-8, else {"base64": "..."}; NULL becomes null. Owner: the caller.
json_t *cmd_dlq_print_json(const void *bytes, size_t len) MUST_USE;
json_t *cmd_dlq_print_json_text(const char *text) MUST_USE;

// As `chatbridge tail --json` shows it.
json_t *cmd_dlq_print_json_record(const struct kafka_record *record) MUST_USE;

// What takes more than two seconds tells on stderr, if that is a terminal, how far it is.
struct cmd_dlq_progress {
    const char *what;
    int64_t done;
    int64_t total;
    int64_t next_ms; // when to show it
    bool shown;
};

struct cmd_dlq_progress cmd_dlq_progress_of(const char *what, int64_t total);
void cmd_dlq_progress_step(struct cmd_dlq_progress *progress); // one more is done
void cmd_dlq_progress_end(struct cmd_dlq_progress *progress);  // takes it away again

#endif
