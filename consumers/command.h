// SPDX-License-Identifier: MIT
//
// command.h: a command as it came from Kafka and what it asks for (docs/contracts.md, "Commands"). Plain functions;
// a command belongs to one thread.
#ifndef CHATBRIDGE_COMMAND_H
#define CHATBRIDGE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/config.h"
#include "bridge/kafka.h"
#include "consumers/call.h"

enum { COMMAND_ID_MAX = 200, COMMAND_NAME_MAX = 200, COMMAND_HEADERS_MAX = 128, COMMAND_TOKEN_TEXT = 40 };

#define COMMAND_NEVER_EXPIRES INT64_MAX

struct command {
    struct kafka_record record; // a whole copy: a dead letter repeats it
    char *id;                   // never NULL
    char *name;                 // the command's, as it was given, cut if it is long; NULL: none
    char *room;                 // NULL: none
    char *lane;                 // what it is ordered by, NULL: nothing
    const struct call *call;    // NULL: unknown
    const struct app_config *app;
    int64_t expires_ms; // wall clock
    struct call_request request;
    size_t size; // bytes it holds, about
};

// Copies and decodes `record`. Never NULL; owner: the caller, command_free(). When the command is not usable, `error`
// gets ERROR_INPUT and the reason that names the field; else its kind is ERROR_NONE.
struct command *command_new(
    const struct config *config, const struct kafka_record *record, struct error *error) MUST_USE;
void command_free(struct command *command);

// The idempotency token of a command's id: the same for every repeat, crash and redrive. Answers `out`.
const char *command_token(const char *id, char out[COMMAND_TOKEN_TEXT]);

#endif
