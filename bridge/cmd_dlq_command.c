// SPDX-License-Identifier: MIT
#include "bridge/cmd_dlq_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/contract.h"

enum { HEADERS_SEEN = 128 }; // as many as the bridge reads of a record

// ---- where it stood ----

static int open_source(struct cmd_dlq_sources *sources, unsigned number, struct error *error)
{
    if (!sources->tried || sources->number != number) {
        cmd_dlq_topic_close(sources->topic);
        sources->tried = true;
        sources->number = number;
        sources->topic = cmd_dlq_topic_open(
            sources->config, sources->targets->topics[number], sources->wishes->timeout_ms, &sources->error);
    }
    if (sources->topic != NULL)
        return 0;
    *error = sources->error;
    return -1;
}

void cmd_dlq_sources_close(struct cmd_dlq_sources *sources)
{
    cmd_dlq_topic_close(sources->topic);
}

// Whether the record may be the letter's command: the topic may have been made anew since.
static bool is_like(const struct kafka_record *record, const struct cmd_dlq_letter *letter)
{
    const struct kafka_record *from = letter->record;
    if (from->key != NULL &&
        (record->key == NULL || record->key_len != from->key_len || memcmp(record->key, from->key, from->key_len) != 0))
        return false;
    char *id = cmd_dlq_letter_own_id(record);
    bool like = id == NULL || letter->id == NULL || strcmp(id, letter->id) == 0;
    free(id);
    return like;
}

// The command as it was, for a letter that lacks its value.
static const struct kafka_record *read_back(struct cmd_dlq_sources *sources, const struct cmd_dlq_target *target,
    const struct cmd_dlq_letter *letter, struct error *error)
{
    struct error why = {.kind = ERROR_INPUT, .text = "it does not say where it stood"};
    const struct kafka_record *record = NULL;
    if (target->source.partition >= 0)
        record = cmd_dlq_topic_at(sources->topic, target->source.partition, target->source.offset, &why);
    if (record != NULL && is_like(record, letter))
        return record;
    (void)error_set(error, record ? ERROR_INPUT : why.kind, "its value was too large for a letter, and %s: %s",
        record ? "another command stands now where it stood" : "cannot be read back",
        record ? letter->source : why.text);
    return NULL;
}

// ---- the record ----

// The command's headers, less what was said about it as a letter. Its id goes along, since one that has none in its
// value would else get another from its new place, and with it another token.
static void set_headers(
    struct cmd_dlq_command *command, const struct cmd_dlq_letter *letter, const struct kafka_record *from)
{
    command->headers = must_calloc(from->header_count + 2, sizeof *command->headers);
    size_t count = 0;
    for (size_t i = 0; i < from->header_count; i++)
        if (strncmp(from->headers[i].name, "dlq_", 4) != 0 &&
            (letter->id == NULL || strcmp(from->headers[i].name, HEADER_COMMAND_ID) != 0))
            command->headers[count++] = from->headers[i];
    if (letter->id != NULL)
        command->headers[count++] = kafka_text_header(HEADER_COMMAND_ID, letter->id);
    (void)snprintf(command->redrives, sizeof command->redrives, "%" PRId64, letter->redrives + 1);
    command->headers[count++] = kafka_text_header(HEADER_DLQ_REDRIVES, command->redrives);
    command->record.headers = command->headers;
    command->record.header_count = count;
}

int cmd_dlq_command_make(struct cmd_dlq_command *command, struct cmd_dlq_sources *sources,
    const struct cmd_dlq_target *target, const struct cmd_dlq_letter *letter, struct error *error)
{
    if (letter->redrives >= sources->wishes->redrives_max)
        return error_set(error, ERROR_INPUT,
            "it was redriven %" PRId64 " times and died again; --max-redrives %" PRId64 " or more lets it through",
            letter->redrives, letter->redrives + 1);
    if (letter->record->header_count >= HEADERS_SEEN)
        return error_set(error, ERROR_INPUT, "it has more headers than are read, and would lose some");
    if (open_source(sources, target->topic, error) != 0)
        return -1;
    const struct kafka_record *from = letter->omitted ? read_back(sources, target, letter, error) : letter->record;
    if (from == NULL)
        return -1;
    // Where its producer had put it, since that is where the room's other commands are, whatever partitioner it has; by
    // the key if there is no such partition.
    bool there = target->source.partition < cmd_dlq_topic_partitions(sources->topic);
    *command = (struct cmd_dlq_command){
        .record =
            {
                .topic = sources->targets->topics[target->topic],
                .partition = there ? target->source.partition : -1,
                .key = from->key,
                .key_len = from->key_len,
                .value = from->value,
                .value_len = from->value_len,
            },
    };
    set_headers(command, letter, from);
    return 0;
}

void cmd_dlq_command_clear(struct cmd_dlq_command *command)
{
    free(command->headers);
}
