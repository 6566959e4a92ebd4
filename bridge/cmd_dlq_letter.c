// SPDX-License-Identifier: MIT
//
// The command itself is read leniently here: what it may hold is the bridge's to judge, and a letter whose command
// cannot be read is a letter all the same.
#include "bridge/cmd_dlq_letter.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/contract.h"
#include "bridge/json.h"

const char *const cmd_dlq_letter_statuses[] = {"rejected", "expired", "exhausted", "unknown", "skipped", NULL};

// ---- the headers ----

static char *header_text(const struct kafka_record *record, const char *name)
{
    size_t len;
    const char *value = kafka_header_of(record, name, &len);
    return value != NULL && len > 0 ? must_memdup(value, len) : NULL;
}

static const struct {
    const char *header;
    size_t offset;
} texts[] = {
    {HEADER_DLQ_COMMAND_ID, offsetof(struct cmd_dlq_letter, id)},
    {HEADER_DLQ_STATUS, offsetof(struct cmd_dlq_letter, status)},
    {HEADER_DLQ_REASON, offsetof(struct cmd_dlq_letter, reason)},
    {HEADER_DLQ_HTTP_STATUS, offsetof(struct cmd_dlq_letter, http_status)},
    {HEADER_DLQ_ATTEMPTS, offsetof(struct cmd_dlq_letter, attempts)},
    {HEADER_DLQ_FIRST_AT, offsetof(struct cmd_dlq_letter, first_at)},
    {HEADER_DLQ_LAST_AT, offsetof(struct cmd_dlq_letter, last_at)},
    {HEADER_DLQ_SOURCE, offsetof(struct cmd_dlq_letter, source)},
};

static char **text_of(struct cmd_dlq_letter *letter, size_t i)
{
    return (char **)((char *)letter + texts[i].offset);
}

static void read_headers(struct cmd_dlq_letter *letter)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *text_of(letter, i) = header_text(letter->record, texts[i].header);
    char *redrives = header_text(letter->record, HEADER_DLQ_REDRIVES);
    if (redrives == NULL || options_number(redrives, 0, INT32_MAX, &letter->redrives) != 0)
        letter->redrives = 0;
    free(redrives);
    char *value = header_text(letter->record, HEADER_DLQ_VALUE);
    letter->omitted = value != NULL && strcmp(value, "omitted") == 0;
    free(value);
}

// ---- the command ----

// The three forms of a command (docs/contracts.md, "Commands"): where each says what.
struct form {
    const char *id; // paths in the value; NULL: a header of the record
    const char *command;
    const char *app;
    const char *room;
};

static const struct form own_form = {"id", "command", "app", "params.room_id"};
static const struct form structured_form = {"id", "type", "app", "data.room_id"};
static const struct form binary_form = {NULL, NULL, NULL, "room_id"};

static const struct form *form_of(const struct kafka_record *record, const json_t *root)
{
    if (kafka_header_of(record, HEADER_CE_SPECVERSION, NULL) != NULL)
        return &binary_form;
    return json_object_get(root, "specversion") != NULL ? &structured_form : &own_form;
}

static json_t *value_of(const struct kafka_record *record)
{
    struct error error;
    return record->value != NULL ? json_read_object(record->value, record->value_len, &error) : NULL;
}

static char *field(const struct kafka_record *record, const json_t *root, const char *path, const char *header)
{
    char id[JSON_ID_MAX];
    if (path == NULL)
        return header_text(record, header);
    return json_id_at(root, path, id) ? must_strdup(id) : NULL;
}

static void read_command(struct cmd_dlq_letter *letter, const struct config *config)
{
    const struct kafka_record *record = letter->record;
    json_auto_t *root = value_of(record);
    const struct form *form = form_of(record, root);
    letter->app = field(record, root, form->app, "ce_app");
    const struct app_config *only = config_app(config, NULL);
    if (letter->app == NULL && only != NULL)
        letter->app = must_strdup(only->name);
    letter->room = field(record, root, form->room, NULL);
    if (letter->room == NULL && record->key != NULL)
        letter->room = must_memdup(record->key, record->key_len);
    letter->command = field(record, root, form->command, HEADER_CE_TYPE);
    const char *dot = letter->command && form != &own_form ? strrchr(letter->command, '.') : NULL;
    if (dot != NULL) // com.example.post_comment
        memmove(letter->command, dot + 1, strlen(dot));
}

char *cmd_dlq_letter_own_id(const struct kafka_record *record)
{
    json_auto_t *root = value_of(record);
    return field(record, root, form_of(record, root)->id, HEADER_CE_ID);
}

// ---- the letter ----

bool cmd_dlq_letter_read(struct cmd_dlq_letter *letter, const struct kafka_record *record, const struct config *config)
{
    if (kafka_header_of(record, HEADER_DLQ_STATUS, NULL) == NULL)
        return false;
    *letter = (struct cmd_dlq_letter){.record = record};
    read_headers(letter);
    read_command(letter, config);
    return true;
}

void cmd_dlq_letter_clear(struct cmd_dlq_letter *letter)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(*text_of(letter, i));
    free(letter->app);
    free(letter->command);
    free(letter->room);
}

static bool is(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

bool cmd_dlq_letter_matches(const struct cmd_dlq_letter *letter, const struct cmd_dlq_filter *filter)
{
    size_t i = 0;
    while (i < filter->statuses.count && !is(filter->statuses.items[i], letter->status))
        i++;
    if (filter->statuses.count > 0 && i == filter->statuses.count)
        return false;
    if (filter->reason != NULL && (letter->reason == NULL || strcasestr(letter->reason, filter->reason) == NULL))
        return false;
    return is(filter->app, letter->app) && is(filter->room, letter->room) && is(filter->command, letter->command) &&
           letter->record->timestamp_ms >= filter->since_ms && letter->record->timestamp_ms <= filter->until_ms;
}

bool cmd_dlq_letter_source(const struct cmd_dlq_letter *letter, size_t *topic_len, struct cmd_dlq_place *place)
{
    const char *last = letter->source ? strrchr(letter->source, ':') : NULL;
    const char *middle = last ? memrchr(letter->source, ':', (size_t)(last - letter->source)) : NULL;
    if (middle == NULL || middle == letter->source || cmd_dlq_place(middle + 1, place) != 0)
        return false;
    *topic_len = (size_t)(middle - letter->source);
    return true;
}
