// SPDX-License-Identifier: MIT
//
// chatbridge send: a command from the command line, or many from standard input, into the commands topic; with --wait
// also what became of it. What a command may hold is judged by the bridge that carries it out, not here.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/commands.h"
#include "bridge/contract.h"
#include "bridge/json.h"
#include "bridge/kafka_out.h"
#include "bridge/kafka_tail.h"
#include "bridge/log.h"
#include "bridge/options.h"
#include "bridge/random.h"

enum { BROKERS_MS = 10000, STEP_MS = 100, LINE_MAX_BYTES = 16 * 1024 * 1024 };

struct wishes {
    const char *config;
    const char *app;
    const char *id;
    const char *key;
    const char *expires_in;
    const char *timeout;
    const char *wait;
    struct options_list headers; // NAME=VALUE
    bool dry_run;
    int64_t timeout_ms;
};

// Records on their way.
struct sending {
    const struct wishes *wishes;
    const struct config *config;
    struct kafka_out *out;
    uint64_t sent;
    uint64_t failed;
    bool show; // a line for each
};

// One record on its way.
struct sent {
    struct sending *sending;
    char *id;
};

// ---- a command from arguments ----

static int set_param(const struct options *options, json_t *params, const char *argument)
{
    size_t len = strcspn(argument, "=");
    if (argument[len] == '\0' || len == 0)
        return options_wrong(options, "'%s': NAME=TEXT, NAME:=JSON or NAME[]=TEXT is wanted", argument);
    const char *text = argument + len + 1;
    bool raw = argument[len - 1] == ':';
    bool list = len > 2 && strncmp(argument + len - 2, "[]", 2) == 0;
    size_t name_len = raw ? len - 1 : list ? len - 2 : len;
    char *name = must_memdup(argument, name_len);
    json_t *value = raw ? json_loads(text, JSON_DECODE_ANY, NULL) : json_string(text);
    int status = OPTIONS_GO_ON;
    if (value == NULL || name_len == 0) {
        status = options_wrong(options, "'%s': %s", argument, raw ? "that is not JSON" : "that is not UTF-8");
        json_decref(value);
    } else if (list) {
        if (!json_is_array(json_object_get(params, name)))
            must(json_object_set_new(params, name, json_array()) == 0);
        must(json_array_append_new(json_object_get(params, name), value) == 0);
    } else if (json_object_set_new(params, name, value) != 0) {
        status = options_wrong(options, "'%s': the name is not UTF-8", argument);
    }
    free(name);
    return status;
}

static void set_if_given(json_t *command, const char *name, const char *text)
{
    if (text != NULL)
        must(json_object_set_new(command, name, json_string(text)) == 0);
}

// The command that the arguments describe; NULL after `status` was set and the reason said.
static json_t *command_of(
    const struct options *options, const struct wishes *wishes, char **arguments, size_t count, int *status)
{
    json_t *params = json_object();
    *status = OPTIONS_GO_ON;
    for (size_t i = 1; i < count && *status == OPTIONS_GO_ON; i++)
        *status = set_param(options, params, arguments[i]);
    int64_t expires_ms;
    if (*status == OPTIONS_GO_ON && wishes->expires_in != NULL)
        *status = options_duration(options, "expires-in", wishes->expires_in, &expires_ms);
    if (*status != OPTIONS_GO_ON) {
        json_decref(params);
        return NULL;
    }
    json_t *command = json_pack("{s:s, s:o}", "command", arguments[0], "params", params);
    if (command == NULL) {
        *status = options_wrong(options, "the command's name is not UTF-8");
        return NULL;
    }
    char id[RANDOM_UUID_TEXT];
    char time[CLOCK_TEXT];
    set_if_given(command, "id", wishes->id ? wishes->id : random_uuid7(id));
    set_if_given(command, "app", wishes->app);
    if (wishes->expires_in != NULL)
        set_if_given(command, "expires_at", clock_format(clock_wall_ms() + expires_ms, time));
    return command;
}

// ---- sending ----

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    struct sent *sent = context;
    struct sending *sending = sent->sending;
    if (delivery->delivered) {
        sending->sent++;
        if (sending->show)
            printf("sent %s to %s, partition %" PRId32 ", offset %" PRId64 "\n", sent->id,
                sending->config->topics.commands, delivery->partition, delivery->offset);
    } else {
        sending->failed++;
        fprintf(stderr, "chatbridge send: %s is not in Kafka: %s\n", sent->id, delivery->error.text);
    }
    free(sent->id);
    free(sent);
}

static void serve(struct sending *sending)
{
    struct pollfd fd = {.fd = kafka_out_fd(sending->out), .events = POLLIN};
    must(poll(&fd, 1, STEP_MS) >= 0 || errno == EINTR);
    kafka_out_run(sending->out);
}

// The headers of --header, which were checked. `names` is where their names stand.
static size_t headers_of(const struct wishes *wishes, struct kafka_header *headers, char names[][128])
{
    for (size_t i = 0; i < wishes->headers.count; i++) {
        const char *text = wishes->headers.items[i];
        size_t len = strcspn(text, "=");
        (void)snprintf(names[i], sizeof names[i], "%.*s", (int)len, text);
        headers[i] = kafka_text_header(names[i], text + len + 1);
    }
    return wishes->headers.count;
}

// The key, unless --key gives one, is the room: then a room's commands are in one partition, and stay in order.
static int send_command(struct sending *sending, const json_t *command, const char *text, struct error *error)
{
    struct kafka_header headers[OPTIONS_REPEAT_MAX];
    char names[OPTIONS_REPEAT_MAX][128];
    char room[JSON_ID_MAX];
    char id[JSON_ID_MAX];
    const char *key = sending->wishes->key;
    if (key == NULL && json_id_at(command, "params.room_id", room))
        key = room;
    (void)json_id_at(command, "id", id);
    struct kafka_record record = {
        .topic = sending->config->topics.commands,
        .partition = -1,
        .key = key,
        .key_len = key ? strlen(key) : 0,
        .value = text,
        .value_len = strlen(text),
        .headers = headers,
        .header_count = headers_of(sending->wishes, headers, names),
    };
    struct sent *sent = must_calloc(1, sizeof *sent);
    *sent = (struct sent){sending, must_strdup(*id ? id : "a command without id")};
    int result;
    while ((result = kafka_out_send(sending->out, &record, on_delivered, sent, error)) != 0 &&
           error->kind == ERROR_BUSY) // its queue is full
        serve(sending);
    if (result != 0) {
        free(sent->id);
        free(sent);
    }
    return result;
}

static int finish(struct sending *sending)
{
    while (kafka_out_pending(sending->out) > 0) // each record ends by itself, at --timeout
        serve(sending);
    return sending->failed == 0 ? EXIT_WELL : EXIT_FAILED;
}

// ---- the outcome ----

// Shows the outcome of that command. EXIT_WELL if it succeeded.
static int await_outcome(const struct wishes *wishes, struct kafka_tail *tail, const char *id, int64_t wait_ms)
{
    int64_t deadline_ms = clock_ms() + wait_ms;
    while (clock_ms() < deadline_ms) {
        const struct kafka_record *record = kafka_tail_next(tail, STEP_MS);
        struct error error;
        if (record == NULL || record->value == NULL)
            continue;
        json_auto_t *outcome = json_read_object(record->value, record->value_len, &error);
        const char *of = json_text_at(outcome, "id");
        const char *status = json_text_at(outcome, "status");
        if (of == NULL || status == NULL || strcmp(of, id) != 0)
            continue;
        char *text = json_line(outcome);
        puts(text);
        free(text);
        return strcmp(status, "succeeded") == 0 ? EXIT_WELL : EXIT_FAILED;
    }
    fprintf(stderr, "chatbridge send: no outcome of %s came in %s\n", id, wishes->wait);
    return EXIT_FAILED;
}

static int send_one(struct sending *sending, const json_t *command, int64_t wait_ms)
{
    struct error error;
    struct kafka_tail *tail = NULL;
    const char *results = sending->config->topics.results;
    const struct kafka_tail_from now = {TAIL_FROM_END, 0};
    if (wait_ms > 0 && (tail = kafka_tail_new(sending->config, &results, 1, &now, BROKERS_MS, &error)) == NULL) {
        fprintf(stderr, "chatbridge send: not sent, since its outcome could not be waited for: %s\n", error.text);
        return EXIT_FAILED;
    }
    char *text = json_line(command);
    int status = EXIT_FAILED;
    if (send_command(sending, command, text, &error) != 0)
        fprintf(stderr, "chatbridge send: not sent: %s\n", error.text);
    else
        status = finish(sending);
    if (status == EXIT_WELL && tail != NULL)
        status = await_outcome(sending->wishes, tail, json_text_at(command, "id"), wait_ms);
    kafka_tail_free(tail);
    free(text);
    return status;
}

// ---- standard input ----

// Each line is a command, sent as it is. The first that is none ends it: what stands before it is sent.
static int send_lines(struct sending *sending)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    uint64_t number = 0;
    int status = EXIT_WELL;
    struct error error;
    while (status == EXIT_WELL && (len = getline(&line, &room, stdin)) >= 0) {
        number++;
        while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
            line[--len] = '\0';
        if (len == 0)
            continue;
        json_auto_t *command = NULL;
        int result = -1;
        if (len > LINE_MAX_BYTES)
            (void)error_set(&error, ERROR_INPUT, "it is longer than %d bytes", LINE_MAX_BYTES);
        else if ((command = json_read_object(line, (size_t)len, &error)) != NULL)
            result = send_command(sending, command, line, &error);
        if (result != 0) {
            fprintf(stderr, "chatbridge send: line %" PRIu64 " is not sent: %s\n", number, error.text);
            status = EXIT_FAILED;
        }
    }
    if (ferror(stdin)) {
        fprintf(stderr, "chatbridge send: standard input cannot be read: %s\n", strerror(errno));
        status = EXIT_FAILED;
    }
    free(line);
    int finished = finish(sending);
    printf("sent %" PRIu64 " commands to %s\n", sending->sent, sending->config->topics.commands);
    return status == EXIT_WELL ? finished : status;
}

// ---- the command line ----

static int send(const struct wishes *wishes, const struct config *config, const json_t *command, int64_t wait_ms)
{
    struct error error;
    struct sending sending = {.wishes = wishes, .config = config, .show = command != NULL};
    sending.out = kafka_out_new(config, wishes->timeout_ms, &error);
    if (sending.out == NULL) {
        fprintf(stderr, "chatbridge send: %s\n", error.text);
        return EXIT_FAILED;
    }
    int status = command ? send_one(&sending, command, wait_ms) : send_lines(&sending);
    kafka_out_free(sending.out);
    return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

// What the options say together. `count` operands were given.
static int read_wishes(const struct options *options, struct wishes *wishes, bool lines, size_t count, int64_t *wait_ms)
{
    *wait_ms = 0;
    if (count == 0)
        return options_wrong(options, "a command is wanted, or - to read commands from standard input");
    if (lines && (count > 1 || wishes->app || wishes->id || wishes->expires_in || wishes->wait || wishes->dry_run))
        return options_wrong(options, "with - the lines say it all; only --key, --header and --timeout go with it");
    for (size_t i = 0; i < wishes->headers.count; i++) {
        size_t len = strcspn(wishes->headers.items[i], "=");
        if (len == 0 || len > 127 || wishes->headers.items[i][len] == '\0')
            return options_wrong(options, "--header %s: NAME=VALUE is wanted", wishes->headers.items[i]);
    }
    int status = options_duration(options, "timeout", wishes->timeout, &wishes->timeout_ms);
    if (status == OPTIONS_GO_ON && wishes->wait != NULL)
        status = options_duration(options, "wait", wishes->wait, wait_ms);
    return status;
}

static int run(const struct options *options, struct wishes *wishes, char **operands, size_t count)
{
    bool lines = count > 0 && strcmp(operands[0], "-") == 0;
    int64_t wait_ms;
    int status = read_wishes(options, wishes, lines, count, &wait_ms);
    json_auto_t *command = NULL;
    if (status == OPTIONS_GO_ON && !lines)
        command = command_of(options, wishes, operands, count, &status);
    if (status != OPTIONS_GO_ON)
        return status;
    if (wishes->dry_run) {
        char *text = json_line(command);
        puts(text);
        free(text);
        return EXIT_WELL;
    }
    struct config *config = options_config(wishes->config);
    if (config == NULL)
        return EXIT_USAGE;
    log_open(LOG_WARN, config->bridge.log_format, "chatbridge send");
    status = send(wishes, config, command, wait_ms);
    config_free(config);
    return status;
}

int cmd_send(int argc, char **argv)
{
    struct wishes wishes = {.timeout = "10s"};
    const struct options_row rows[] = {
        OPTIONS_CONFIG(&wishes.config),
        {'a', "app", "NAME", "whose command it is; not needed when one app is configured", .value = &wishes.app},
        {'i', "id", "ID", "the command's id, and what makes its repeats the same (default: a new UUID)",
            .value = &wishes.id},
        {'k', "key", "KEY", "the record's key (default: params.room_id)", .value = &wishes.key},
        {0, "expires-in", "DURATION", "not to be called any more after this", .value = &wishes.expires_in},
        {0, "header", "NAME=VALUE", "a header of the record; may stand more than once", .list = &wishes.headers},
        {'w', "wait", "DURATION", "wait for the outcome and show it; exit 1 unless it succeeded",
            .value = &wishes.wait},
        {'t', "timeout", "DURATION", "how long Kafka may take to acknowledge (default 10s)", .value = &wishes.timeout},
        {'n', "dry-run", NULL, "show the command, send nothing", .flag = &wishes.dry_run},
        {0},
    };
    const struct options options = {
        .program = "chatbridge send",
        .operands = "COMMAND [PARAM]... | -",
        .about =
            "Puts a command into the commands topic. A PARAM is NAME=TEXT, NAME:=JSON, or NAME[]=TEXT for one item\n"
            "of a list. With - each line of standard input is a command: {\"command\":...,\"params\":{...}}.",
        .more = "  chatbridge send post_comment room_id=1 sender_email=bot@example.com message='Hello'\n"
                "  chatbridge send -w 10s post_system_event_message system_event_type=add_member room_id=1 \\\n"
                "      subject_email=ann@example.com object_email[]=bob@example.com\n\n"
                "Exit status: 0 it is in Kafka (with --wait: and succeeded), 1 it is not, 2 usage or configuration.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    return run(&options, &wishes, argv + first, (size_t)(argc - first));
}
