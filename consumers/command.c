// SPDX-License-Identifier: MIT
//
// A command comes in three forms: as our own JSON object, as a CloudEvents record in binary mode (the metadata in
// headers, the value is `params`), or in structured mode (`data` is `params`). read_form() turns each into the same
// four fields; from there on there is one way.
#include "consumers/command.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/contract.h"
#include "bridge/json.h"
#include "bridge/text.h"

// The record and all it points to in one block of memory, which begins with the headers' array.
static void copy_record(struct command *command, const struct kafka_record *from)
{
    size_t size =
        from->header_count * sizeof *from->headers + strlen(from->topic) + 1 + from->key_len + from->value_len;
    for (size_t i = 0; i < from->header_count; i++)
        size += strlen(from->headers[i].name) + 1 + from->headers[i].len;
    struct kafka_header *headers = must_calloc(1, size);
    char *free_space = (char *)(headers + from->header_count);
#define KEEP(data, len) ((char *)memcpy((free_space += (len)) - (len), (data), (len)))
    command->record = *from;
    command->record.headers = headers;
    command->record.topic = KEEP(from->topic, strlen(from->topic) + 1);
    if (from->key != NULL)
        command->record.key = KEEP(from->key, from->key_len);
    if (from->value != NULL)
        command->record.value = KEEP(from->value, from->value_len);
    for (size_t i = 0; i < from->header_count; i++) {
        const struct kafka_header *header = &from->headers[i];
        headers[i].name = KEEP(header->name, strlen(header->name) + 1);
        headers[i].value = header->value ? KEEP(header->value, header->len) : NULL;
        headers[i].len = header->len;
    }
#undef KEEP
    command->size += size;
}

// What each form boils down to. Texts are borrowed from `root` or the record's headers, or owned in `owned`.
struct form {
    json_t *root; // of the value; owned
    json_t *params;
    char *id; // these four owned; NULL: not given
    char *name;
    char *app;
    char *expires_at;
};

static void form_clear(struct form *form)
{
    json_decref(form->root);
    free(form->id);
    free(form->name);
    free(form->app);
    free(form->expires_at);
}

// A header's value as text; NULL if there is none. Owner: the caller.
static char *header_text(const struct kafka_record *record, const char *name)
{
    size_t len;
    const char *value = kafka_header_of(record, name, &len);
    return value != NULL && len > 0 ? must_memdup(value, len) : NULL;
}

// The member as text; absent, null and "" are all NULL. -1 if it is there but no text (an id may be an integer).
static int member_text(const json_t *root, const char *name, bool integer_too, char **text, struct error *error)
{
    const json_t *value = json_object_get(root, name);
    char id[JSON_ID_MAX];
    *text = NULL;
    if (value == NULL || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
        return 0;
    if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
        *text = must_strdup(json_string_value(value));
    else if (integer_too && json_id_at(root, name, id))
        *text = must_strdup(id);
    if (*text != NULL)
        return 0;
    return error_set(error, ERROR_INPUT, "%s has to be a string%s", name, integer_too ? " or an integer" : "");
}

// com.example.post_comment -> post_comment
static char *last_part(const char *type)
{
    const char *dot = type ? strrchr(type, '.') : NULL;
    return must_strdup(dot ? dot + 1 : type);
}

static int read_binary_form(struct form *form, const struct kafka_record *record)
{
    char *type = header_text(record, HEADER_CE_TYPE);
    form->name = last_part(type);
    form->id = header_text(record, HEADER_CE_ID);
    form->app = header_text(record, "ce_app");
    form->expires_at = header_text(record, "ce_expiresat");
    form->params = form->root;
    free(type);
    return 0;
}

static int read_structured_form(struct form *form, struct error *error)
{
    char *type;
    int result = member_text(form->root, "type", false, &type, error);
    form->name = last_part(type);
    free(type);
    form->params = json_object_get(form->root, "data");
    if (result != 0 || member_text(form->root, "id", false, &form->id, error) != 0 ||
        member_text(form->root, "app", false, &form->app, error) != 0)
        return -1;
    return member_text(form->root, "expiresat", false, &form->expires_at, error);
}

static int read_own_form(struct form *form, struct error *error)
{
    form->params = json_object_get(form->root, "params");
    if (member_text(form->root, "id", true, &form->id, error) != 0 ||
        member_text(form->root, "command", false, &form->name, error) != 0 ||
        member_text(form->root, "app", false, &form->app, error) != 0)
        return -1;
    return member_text(form->root, "expires_at", false, &form->expires_at, error);
}

static int read_form(struct form *form, const struct kafka_record *record, struct error *error)
{
    if (record->value == NULL)
        return error_set(error, ERROR_INPUT, "the record has no value");
    form->root = json_read_object(record->value, record->value_len, error);
    bool binary = kafka_header_of(record, HEADER_CE_SPECVERSION, NULL) != NULL;
    if (form->root == NULL) // what the headers tell is worth knowing even so
        return (void)(binary && read_binary_form(form, record)), -1;
    if (binary)
        return read_binary_form(form, record);
    if (json_object_get(form->root, "specversion") != NULL)
        return read_structured_form(form, error);
    return read_own_form(form, error);
}

// The value's id, else ce_id (in the forms above), else the header command_id, else the record's place. A redriven
// record of our own form without an id keeps its first id through that header.
static int read_id(struct command *command, struct form *form, struct error *error)
{
    const struct kafka_record *record = &command->record;
    command->id = form->id;
    form->id = NULL;
    if (command->id == NULL)
        command->id = header_text(record, HEADER_COMMAND_ID);
    bool too_long = command->id != NULL && strlen(command->id) > COMMAND_ID_MAX;
    if (command->id == NULL || too_long) {
        free(command->id);
        command->id = must_calloc(strlen(record->topic) + 40, 1);
        (void)snprintf(command->id, strlen(record->topic) + 40, "%s-%" PRId32 "-%" PRId64, record->topic,
            record->partition, record->offset);
    }
    return too_long ? error_set(error, ERROR_INPUT, "id is longer than %d characters", COMMAND_ID_MAX) : 0;
}

static int find_app(struct command *command, const struct config *config, const char *name, struct error *error)
{
    command->app = config_app(config, name);
    if (command->app != NULL)
        return 0;
    if (name == NULL)
        return error_set(error, ERROR_INPUT, "app is required: several are configured");
    return error_set(error, ERROR_INPUT, "app is not configured: %s", text_short(name).text);
}

static int find_call(struct command *command, const char *name, struct error *error)
{
    if (name == NULL)
        return error_set(error, ERROR_INPUT, "command is required");
    command->name = must_calloc(COMMAND_NAME_MAX + 1, 1);
    text_cut(command->name, COMMAND_NAME_MAX, name);
    command->call = call_find(name);
    if (command->call == NULL)
        return error_set(
            error, ERROR_INPUT, "command is not known: %s; known are: %s", text_short(name).text, call_names());
    return 0;
}

// The lane: the app's room, else the record's key, else nothing. The two kinds never meet, by their first character.
static void find_lane(struct command *command, const json_t *params)
{
    char room[JSON_ID_MAX];
    const struct kafka_record *record = &command->record;
    if (command->call->room_param != NULL && json_id_at(params, command->call->room_param, room)) {
        command->room = must_strdup(room);
        size_t size = strlen(command->app->name) + strlen(room) + 3;
        command->lane = must_calloc(size, 1);
        (void)snprintf(command->lane, size, "r%s/%s", command->app->name, room);
    } else if (record->key != NULL) {
        size_t size = strlen(command->app->name) + record->key_len + 3;
        command->lane = must_calloc(size, 1);
        (void)snprintf(
            command->lane, size, "k%s/%.*s", command->app->name, (int)record->key_len, (const char *)record->key);
    }
}

static int decode(struct command *command, const struct config *config, struct form *form, struct error *error)
{
    int formed = read_form(form, &command->record, error);
    if (command->record.header_count > COMMAND_HEADERS_MAX) {
        command->record.header_count = COMMAND_HEADERS_MAX; // so many fit into a dead letter beside its own
        if (formed == 0)
            formed = error_set(error, ERROR_INPUT, "the record has more than %d headers", COMMAND_HEADERS_MAX);
    }
    struct error *first = formed == 0 ? error : NULL; // the first error is the one that is told
    if (read_id(command, form, first) != 0 || formed != 0)
        formed = -1;
    if (find_call(command, form->name, formed == 0 ? error : NULL) != 0 || formed != 0)
        return -1;
    if (find_app(command, config, form->app, error) != 0)
        return -1;
    if (form->expires_at != NULL && clock_parse(form->expires_at, &command->expires_ms) != 0)
        return error_set(
            error, ERROR_INPUT, "expires_at is not an RFC 3339 time: %s", text_short(form->expires_at).text);
    if (!json_is_object(form->params))
        return error_set(error, ERROR_INPUT, "params has to be an object");
    find_lane(command, form->params);
    if (call_check(command->call, form->params, error) != 0)
        return -1;
    char token[COMMAND_TOKEN_TEXT];
    call_build(command->call, command->app, form->params, command_token(command->id, token), &command->request);
    command->size += command->request.size;
    return 0;
}

struct command *command_new(const struct config *config, const struct kafka_record *record, struct error *error)
{
    struct command *command = must_calloc(1, sizeof *command);
    struct form form = {0};
    command->size = sizeof *command;
    command->expires_ms = COMMAND_NEVER_EXPIRES;
    error->kind = ERROR_NONE;
    copy_record(command, record);
    int decoded = decode(command, config, &form, error);
    must((decoded == 0) == (error->kind == ERROR_NONE));
    form_clear(&form);
    return command;
}

void command_free(struct command *command)
{
    if (command == NULL)
        return;
    free((void *)(uintptr_t)command->record.headers);
    free(command->id);
    free(command->name);
    free(command->room);
    free(command->lane);
    call_request_clear(&command->request);
    free(command);
}

const char *command_token(const char *id, char out[COMMAND_TOKEN_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    (void)SHA256((const unsigned char *)id, strlen(id), hash);
    size_t len = 0;
    out[len++] = 'c';
    out[len++] = 'b';
    out[len++] = '-';
    for (int i = 0; i < 16; i++) {
        out[len++] = digits[hash[i] >> 4];
        out[len++] = digits[hash[i] & 15];
    }
    out[len] = '\0';
    return out;
}
