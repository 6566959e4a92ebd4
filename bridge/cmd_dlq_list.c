// SPDX-License-Identifier: MIT
//
// ls: the topic is read twice, first for the marks, which stand behind their letters, then for the letters, each shown
// as it comes: so a topic of any length is listed in the memory that its marks need.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/cmd_dlq_letter.h"
#include "bridge/cmd_dlq_marks.h"
#include "bridge/cmd_dlq_topic.h"
#include "bridge/commands.h"
#include "bridge/json.h"
#include "bridge/record_print.h"

enum { STATUSES_MAX = 8 };

struct listing {
    const struct cmd_dlq_wishes *wishes;
    const struct config *config;
    struct cmd_dlq_marks marks;
    int64_t now_ms;
    int64_t counts[STATUSES_MAX]; // by status; one that is not known counts behind the known ones
    int64_t total;
};

// ---- a line ----

// The columns, but for the reason, which ends the line.
enum column { PLACE, STATUS, HTTP, TRIES, APP, ROOM, COMMAND, ID, AGE, COLUMNS };

static const struct {
    const char *head;
    int width;
} columns[COLUMNS] = {{"LETTER", 9}, {"STATUS", 9}, {"HTTP", 4}, {"TRIES", 5}, {"APP", 10}, {"ROOM", 10},
    {"COMMAND", 14}, {"ID", 24}, {"AGE", 4}};

static void print_head(void)
{
    for (size_t i = 0; i < COLUMNS; i++)
        record_print_cell(columns[i].head, columns[i].width);
    printf("REASON\n");
}

static void print_line(
    const struct listing *listing, const struct cmd_dlq_letter *letter, const struct cmd_dlq_mark *mark)
{
    char place[48];
    char age[RECORD_PRINT_AGE];
    char at[CLOCK_TEXT];
    (void)snprintf(place, sizeof place, "%" PRId32 ":%" PRId64, letter->record->partition, letter->record->offset);
    const char *const texts[COLUMNS] = {
        [PLACE] = place,
        [STATUS] = letter->status,
        [HTTP] = letter->http_status,
        [TRIES] = letter->attempts,
        [APP] = letter->app,
        [ROOM] = letter->room,
        [COMMAND] = letter->command,
        [ID] = letter->id,
        [AGE] = record_print_age(letter->record->timestamp_ms, listing->now_ms, age),
    };
    for (size_t i = 0; i < COLUMNS; i++)
        record_print_cell(texts[i], columns[i].width);
    if (mark != NULL) {
        printf("[%s %s by ", cmd_dlq_marks_action(mark->action), clock_format(mark->at_ms, at));
        record_print_bytes(stdout, mark->by, strlen(mark->by));
        printf("] ");
    }
    record_print_bytes(stdout, letter->reason, letter->reason ? strlen(letter->reason) : 0);
    printf("\n");
}

// A number as one, anything else as text or null.
static json_t *number_as_json(const char *text)
{
    int64_t number;
    if (text != NULL && options_number(text, 0, INT64_MAX, &number) == 0)
        return json_integer(number);
    return record_print_json_text(text);
}

static void print_json(const struct cmd_dlq_letter *letter, const struct cmd_dlq_mark *mark)
{
    char time[CLOCK_TEXT];
    char at[CLOCK_TEXT];
    json_t *handled = json_null();
    if (mark != NULL)
        handled = json_pack("{s:s, s:o, s:s}", "action", cmd_dlq_marks_action(mark->action), "by",
            record_print_json_text(mark->by), "at", clock_format(mark->at_ms, at));
    json_auto_t *line =
        json_pack("{s:i, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:b, s:o}", "partition",
            (int)letter->record->partition, "offset", (json_int_t)letter->record->offset, "status",
            record_print_json_text(letter->status), "http_status", number_as_json(letter->http_status), "attempts",
            number_as_json(letter->attempts), "app", record_print_json_text(letter->app), "room",
            record_print_json_text(letter->room), "command", record_print_json_text(letter->command), "id",
            record_print_json_text(letter->id), "time", clock_format(letter->record->timestamp_ms, time), "first_at",
            record_print_json_text(letter->first_at), "last_at", record_print_json_text(letter->last_at), "reason",
            record_print_json_text(letter->reason), "source", record_print_json_text(letter->source), "redrives",
            (json_int_t)letter->redrives, "omitted", (int)letter->omitted, "handled", handled);
    must(line != NULL);
    char *text = json_line(line);
    puts(text);
    free(text);
}

// ---- the sums ----

static void count(struct listing *listing, const char *status)
{
    size_t i = 0;
    while (cmd_dlq_letter_statuses[i] != NULL && (status == NULL || strcmp(cmd_dlq_letter_statuses[i], status) != 0))
        i++;
    must(i < STATUSES_MAX);
    listing->counts[i]++;
    listing->total++;
}

static const char *status_name(size_t i)
{
    return cmd_dlq_letter_statuses[i] ? cmd_dlq_letter_statuses[i] : "other";
}

static void print_sums(const struct listing *listing)
{
    size_t i = 0;
    json_auto_t *sums = json_object();
    do {
        if (listing->counts[i] == 0)
            continue;
        if (!listing->wishes->json)
            printf("%-9s %" PRId64 "\n", status_name(i), listing->counts[i]);
        must(json_object_set_new(sums, status_name(i), json_integer(listing->counts[i])) == 0);
    } while (cmd_dlq_letter_statuses[i++] != NULL);
    must(json_object_set_new(sums, "total", json_integer(listing->total)) == 0);
    if (!listing->wishes->json) {
        printf("%-9s %" PRId64 "\n", "total", listing->total);
        return;
    }
    char *text = json_line(sums);
    puts(text);
    free(text);
}

// For a person who looked at the lines.
static void tell_sums(const struct listing *listing)
{
    const char *before = ": ";
    size_t i = 0;
    fprintf(stderr, "%" PRId64 " dead letter%s", listing->total, listing->total == 1 ? "" : "s");
    do {
        if (listing->counts[i] == 0)
            continue;
        fprintf(stderr, "%s%" PRId64 " %s", before, listing->counts[i], status_name(i));
        before = ", ";
    } while (cmd_dlq_letter_statuses[i++] != NULL);
    fprintf(stderr, "\n");
}

// ---- reading ----

static bool on_first_pass(void *context, const struct kafka_record *record)
{
    struct listing *listing = context;
    (void)cmd_dlq_marks_add(&listing->marks, record);
    return true;
}

static bool is_wanted(const struct cmd_dlq_wishes *wishes, const struct cmd_dlq_mark *mark)
{
    return wishes->all || wishes->handled == (mark != NULL);
}

static bool on_second_pass(void *context, const struct kafka_record *record)
{
    struct listing *listing = context;
    const struct cmd_dlq_wishes *wishes = listing->wishes;
    const struct cmd_dlq_place place = {record->partition, record->offset};
    const struct cmd_dlq_mark *mark = cmd_dlq_marks_find(&listing->marks, &place);
    struct cmd_dlq_letter letter;
    if (!is_wanted(wishes, mark) || !cmd_dlq_letter_read(&letter, record, listing->config))
        return true;
    if (cmd_dlq_letter_matches(&letter, &wishes->filter)) {
        if (listing->total == 0 && !wishes->json && !wishes->count && isatty(STDOUT_FILENO))
            print_head();
        count(listing, letter.status);
        if (wishes->json && !wishes->count)
            print_json(&letter, mark);
        else if (!wishes->count)
            print_line(listing, &letter, mark);
    }
    cmd_dlq_letter_clear(&letter);
    return listing->total < wishes->limit;
}

int cmd_dlq_list(const struct cmd_dlq_wishes *wishes, const struct config *config)
{
    struct error error;
    struct listing listing = {.wishes = wishes, .config = config, .now_ms = clock_wall_ms()};
    struct cmd_dlq_topic *topic = cmd_dlq_topic_open(config, config->topics.dlq, wishes->timeout_ms, &error);
    int result = topic ? cmd_dlq_topic_scan(topic, true, on_first_pass, &listing, &error) : -1;
    cmd_dlq_marks_sort(&listing.marks);
    if (result == 0)
        result = cmd_dlq_topic_scan(topic, wishes->count || !isatty(STDOUT_FILENO), on_second_pass, &listing, &error);
    if (result != 0)
        fprintf(stderr, "chatbridge dlq: %s\n", error.text);
    else if (wishes->count)
        print_sums(&listing);
    else if (isatty(STDERR_FILENO))
        tell_sums(&listing);
    cmd_dlq_topic_close(topic);
    cmd_dlq_marks_clear(&listing.marks);
    return result == 0 && fflush(stdout) == 0 ? EXIT_WELL : EXIT_FAILED;
}
