// SPDX-License-Identifier: MIT
//
// A report has two legs, one a topic, each unsent, sent or durable by itself.
#include "consumers/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/contract.h"
#include "bridge/json.h"
#include "bridge/log.h"

enum { AGAIN_MS = 1000, NUMBER_TEXT = 24, OWN_HEADERS = 10, PENDING_MAX = 4096, HELD_MAX = 16 * 1024 * 1024 };

enum leg_state { LEG_UNSENT, LEG_SENT, LEG_DURABLE };
enum leg_kind { LEG_RESULT, LEG_DLQ, LEGS };

struct leg {
    struct report *report;
    enum leg_kind kind;
    enum leg_state state;
    unsigned refused; // so often for its size; see without_value()
};

struct report {
    TAILQ_ENTRY(report) link; // while `listed`
    bool listed;
    struct outcomes *outcomes;
    const struct command *command;
    struct leg legs[LEGS];
    int64_t not_before_ms; // monotonic
    outcome_durable durable;
    void *context;
    char *value;   // of the result, as JSON
    char *reduced; // the same without what the API answered; NULL: it would be the same
    // The dead letter's and the result's headers, as text.
    enum outcome_status status;
    char *reason;
    char http_status[NUMBER_TEXT];
    char attempts[NUMBER_TEXT];
    char first_at[CLOCK_TEXT];
    char last_at[CLOCK_TEXT];
};

const char *outcome_status_name(enum outcome_status status)
{
    static const char *const names[] = {"succeeded", "rejected", "expired", "exhausted", "unknown", "skipped"};
    return names[status];
}

void outcomes_init(struct outcomes *outcomes, const struct config *config, struct kafka_out *out)
{
    *outcomes = (struct outcomes){.out = out, .results_topic = config->topics.results, .dlq_topic = config->topics.dlq};
    TAILQ_INIT(&outcomes->unsent);
}

// ---- the value ----

// NULL becomes JSON's null.
static void set_text(json_t *object, const char *name, const char *text)
{
    must(json_object_set_new(object, name, text ? json_string(text) : json_null()) == 0);
}

static void set_time(json_t *object, const char *name, int64_t wall_ms)
{
    char text[CLOCK_TEXT];
    set_text(object, name, wall_ms ? clock_format(wall_ms, text) : NULL);
}

static void set_number(json_t *object, const char *name, int64_t number)
{
    must(json_object_set_new(object, name, json_integer(number)) == 0);
}

// Text from outside that may not be UTF-8 (a header's id): what cannot be shown becomes '?'.
static json_t *lenient_string(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *copy = must_strdup(text);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    string = json_string(copy);
    free(copy);
    must(string != NULL);
    return string;
}

static void make_value(struct report *report, const struct outcome *outcome)
{
    const struct command *command = report->command;
    json_t *value = json_object();
    must(json_object_set_new(value, "id", lenient_string(command->id)) == 0);
    must(json_object_set_new(value, "command", command->name ? lenient_string(command->name) : json_null()) == 0);
    set_text(value, "app", command->app ? command->app->name : NULL);
    set_text(value, "room", command->room);
    set_text(value, "status", outcome_status_name(outcome->status));
    must(json_object_set_new(value, "reason", *outcome->reason ? lenient_string(outcome->reason) : json_null()) == 0);
    if (outcome->http_status > 0)
        set_number(value, "http_status", outcome->http_status);
    else
        set_text(value, "http_status", NULL);
    set_number(value, "attempts", outcome->attempts);
    set_time(value, "received_at", outcome->received_ms);
    set_time(value, "started_at", outcome->started_ms);
    set_time(value, "finished_at", outcome->finished_ms);
    json_t *source = json_pack("{s:s, s:i, s:I}", "topic", command->record.topic, "partition",
        (int)command->record.partition, "offset", (json_int_t)command->record.offset);
    must(json_object_set_new(value, "source", source) == 0);
    json_t *answer = outcome->results ? outcome->results : outcome->error;
    if (answer != NULL)
        must(json_object_set(value, outcome->results ? "results" : "error", answer) == 0);
    report->value = json_line(value);
    if (answer != NULL) {
        must(json_object_del(value, outcome->results ? "results" : "error") == 0);
        char reason[640];
        (void)snprintf(reason, sizeof reason,
            "%s%sthe API's answer is left out: Kafka does not take a record of its size", outcome->reason,
            *outcome->reason ? "; " : "");
        must(json_object_set_new(value, "reason", lenient_string(reason)) == 0);
        report->reduced = json_line(value);
    }
    json_decref(value);
}

// ---- the records ----

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// What describes the command's own record, not what it is about, stays with that record.
static bool is_carried(const char *name)
{
    return !begins_with(name, "ce_") && !begins_with(name, "dlq_") && strcmp(name, HEADER_CONTENT_TYPE) != 0 &&
           strcmp(name, HEADER_COMMAND_ID) != 0;
}

// What Kafka refused for its size is sent without the answer or the command's value, then also without what the
// command itself brought along: its headers and its key. The rest is a few hundred bytes.
static bool without_value(const struct leg *leg)
{
    return leg->refused > 0;
}

static bool without_headers(const struct leg *leg)
{
    return leg->refused > 1;
}

static int send_record(struct leg *leg, struct kafka_record *record, struct error *error);

static int send_result(struct leg *leg, struct error *error)
{
    const struct report *report = leg->report;
    const struct command *command = report->command;
    char type[64];
    char source[160];
    char subject[JSON_ID_MAX + 8];
    (void)snprintf(type, sizeof type, CE_OUTCOME_TYPE_PREFIX "%s", outcome_status_name(report->status));
    (void)snprintf(
        source, sizeof source, command->app ? "/apps/%.140s" : "/chatbridge", command->app ? command->app->name : "");
    struct kafka_header *headers = must_calloc(OWN_HEADERS + command->record.header_count, sizeof *headers);
    size_t count = 0;
    headers[count++] = kafka_text_header(HEADER_CE_SPECVERSION, CE_SPECVERSION);
    headers[count++] = kafka_text_header(HEADER_CE_ID, command->id);
    headers[count++] = kafka_text_header(HEADER_CE_SOURCE, source);
    headers[count++] = kafka_text_header(HEADER_CE_TYPE, type);
    headers[count++] = kafka_text_header(HEADER_CE_TIME, report->last_at);
    headers[count++] = kafka_text_header(HEADER_CONTENT_TYPE, "application/json");
    if (command->room != NULL) {
        (void)snprintf(subject, sizeof subject, "rooms/%s", command->room);
        headers[count++] = kafka_text_header(HEADER_CE_SUBJECT, subject);
    }
    for (size_t i = 0; i < command->record.header_count && !without_headers(leg); i++)
        if (is_carried(command->record.headers[i].name))
            headers[count++] = command->record.headers[i];
    const char *text = without_value(leg) && report->reduced ? report->reduced : report->value;
    struct kafka_record record = {.topic = report->outcomes->results_topic,
        .value = text,
        .value_len = strlen(text),
        .headers = headers,
        .header_count = count};
    int result = send_record(leg, &record, error);
    free(headers);
    return result;
}

// How often the command was put back before, as its header says.
static const char *redrives_of(const struct command *command, char out[NUMBER_TEXT])
{
    size_t len;
    const char *value = kafka_header_of(&command->record, HEADER_DLQ_REDRIVES, &len);
    (void)snprintf(
        out, NUMBER_TEXT, "%.*s", value && len < NUMBER_TEXT ? (int)len : 1, value && len < NUMBER_TEXT ? value : "0");
    return out;
}

static int send_dead_letter(struct leg *leg, struct error *error)
{
    const struct report *report = leg->report;
    const struct kafka_record *from = &report->command->record;
    char redrives[NUMBER_TEXT];
    char source[320];
    (void)snprintf(source, sizeof source, "%s:%" PRId32 ":%" PRId64, from->topic, from->partition, from->offset);
    struct kafka_header *headers = must_calloc(OWN_HEADERS + from->header_count, sizeof *headers);
    size_t count = 0;
    for (size_t i = 0; i < from->header_count && !without_headers(leg); i++)
        if (!begins_with(from->headers[i].name, "dlq_"))
            headers[count++] = from->headers[i];
    headers[count++] = kafka_text_header(HEADER_DLQ_COMMAND_ID, report->command->id);
    headers[count++] = kafka_text_header(HEADER_DLQ_STATUS, outcome_status_name(report->status));
    headers[count++] = kafka_text_header(HEADER_DLQ_REASON, report->reason);
    headers[count++] = kafka_text_header(HEADER_DLQ_HTTP_STATUS, report->http_status);
    headers[count++] = kafka_text_header(HEADER_DLQ_ATTEMPTS, report->attempts);
    headers[count++] = kafka_text_header(HEADER_DLQ_FIRST_AT, report->first_at);
    headers[count++] = kafka_text_header(HEADER_DLQ_LAST_AT, report->last_at);
    headers[count++] = kafka_text_header(HEADER_DLQ_SOURCE, source);
    headers[count++] = kafka_text_header(HEADER_DLQ_REDRIVES, redrives_of(report->command, redrives));
    if (without_value(leg)) // dlq_source tells where the whole of it still stands
        headers[count++] = kafka_text_header(HEADER_DLQ_VALUE, "omitted");
    struct kafka_record record = {.topic = report->outcomes->dlq_topic,
        .value = without_value(leg) ? NULL : from->value,
        .value_len = without_value(leg) ? 0 : from->value_len,
        .headers = headers,
        .header_count = count};
    int result = send_record(leg, &record, error);
    free(headers);
    return result;
}

// ---- a leg's way ----

static void list(struct report *report, int64_t wait_ms)
{
    int64_t at = clock_ms() + wait_ms;
    if (at > report->not_before_ms)
        report->not_before_ms = at;
    if (!report->listed)
        TAILQ_INSERT_TAIL(&report->outcomes->unsent, report, link);
    report->listed = true;
}

static void leg_failed(struct leg *leg, const struct error *error)
{
    leg->state = LEG_UNSENT;
    if (error->kind == ERROR_INPUT)
        leg->refused++;
    if (!leg->report->outcomes->closing)
        log_warn("outcome: not taken by Kafka, sent again", log_str("id", leg->report->command->id),
            log_str("error", error->text));
    list(leg->report, error->kind == ERROR_BUSY ? 10 : AGAIN_MS);
}

static void report_free(struct report *report)
{
    report->outcomes->pending--;
    report->outcomes->held_bytes -= strlen(report->value);
    free(report->value);
    free(report->reduced);
    free(report->reason);
    free(report);
}

static void finish_if_durable(struct report *report)
{
    for (int i = 0; i < LEGS; i++)
        if (report->legs[i].state != LEG_DURABLE)
            return;
    must(!report->listed);
    report->durable(report->context);
    report_free(report);
}

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    struct leg *leg = context;
    if (!delivery->delivered) {
        leg_failed(leg, &delivery->error);
        return;
    }
    leg->state = LEG_DURABLE;
    finish_if_durable(leg->report);
}

static int send_record(struct leg *leg, struct kafka_record *record, struct error *error)
{
    const struct kafka_record *from = &leg->report->command->record;
    record->partition = -1;
    record->key = without_headers(leg) ? NULL : from->key;
    record->key_len = without_headers(leg) ? 0 : from->key_len;
    return kafka_out_send(leg->report->outcomes->out, record, on_delivered, leg, error);
}

static void send_legs(struct report *report)
{
    for (int i = 0; i < LEGS; i++) {
        struct leg *leg = &report->legs[i];
        struct error error;
        if (leg->state != LEG_UNSENT)
            continue;
        leg->state = LEG_SENT;
        if ((leg->kind == LEG_RESULT ? send_result(leg, &error) : send_dead_letter(leg, &error)) != 0)
            leg_failed(leg, &error);
    }
}

void outcomes_report(struct outcomes *outcomes, const struct command *command, const struct outcome *outcome,
    outcome_durable durable, void *context)
{
    struct report *report = must_calloc(1, sizeof *report);
    report->outcomes = outcomes;
    report->command = command;
    report->durable = durable;
    report->context = context;
    report->status = outcome->status;
    report->reason = must_strdup(outcome->reason);
    make_value(report, outcome);
    (void)snprintf(report->attempts, NUMBER_TEXT, "%u", outcome->attempts);
    if (outcome->http_status > 0)
        (void)snprintf(report->http_status, NUMBER_TEXT, "%d", outcome->http_status);
    (void)clock_format(outcome->started_ms ? outcome->started_ms : outcome->received_ms, report->first_at);
    (void)clock_format(outcome->finished_ms, report->last_at);
    for (int i = 0; i < LEGS; i++)
        report->legs[i] = (struct leg){.report = report, .kind = (enum leg_kind)i};
    if (outcome->status == OUTCOME_SUCCEEDED)
        report->legs[LEG_DLQ].state = LEG_DURABLE; // it has none
    outcomes->pending++;
    outcomes->held_bytes += strlen(report->value);
    send_legs(report);
}

bool outcomes_roomy(const struct outcomes *outcomes)
{
    return outcomes->pending < PENDING_MAX && outcomes->held_bytes < HELD_MAX;
}

void outcomes_run(struct outcomes *outcomes)
{
    int64_t now = clock_ms();
    struct report_list due = TAILQ_HEAD_INITIALIZER(due);
    TAILQ_CONCAT(&due, &outcomes->unsent, link);
    struct report *report;
    while ((report = TAILQ_FIRST(&due)) != NULL) {
        TAILQ_REMOVE(&due, report, link);
        report->listed = false;
        if (report->not_before_ms <= now)
            send_legs(report);
        else
            list(report, 0);
    }
}

int outcomes_timeout_ms(const struct outcomes *outcomes)
{
    const struct report *report;
    int64_t nearest = INT64_MAX;
    TAILQ_FOREACH(report, &outcomes->unsent, link)
        if (report->not_before_ms < nearest)
            nearest = report->not_before_ms;
    if (nearest == INT64_MAX)
        return -1;
    int64_t left = nearest - clock_ms();
    return left > 0 ? (int)left : 0;
}

void outcomes_close(struct outcomes *outcomes)
{
    outcomes->closing = true;
}

void outcomes_clear(struct outcomes *outcomes)
{
    struct report *report;
    while ((report = TAILQ_FIRST(&outcomes->unsent)) != NULL) {
        TAILQ_REMOVE(&outcomes->unsent, report, link);
        report_free(report);
    }
}
