// SPDX-License-Identifier: MIT
//
// show: one letter whole, and the marks on it, which may stand anywhere behind it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/cmd_dlq_marks.h"
#include "bridge/cmd_dlq_topic.h"
#include "bridge/commands.h"
#include "bridge/contract.h"
#include "bridge/json.h"
#include "bridge/record_print.h"

struct showing {
    const struct cmd_dlq_wishes *wishes;
    json_t *letter; // with --json: what will be shown
};

static void show_mark(const struct cmd_dlq_mark *mark, const struct kafka_record *record)
{
    char at[CLOCK_TEXT];
    printf("\n  %s %s by ", cmd_dlq_marks_action(mark->action), clock_format(mark->at_ms, at));
    record_print_bytes(stdout, mark->by, strlen(mark->by));
    printf(" (its mark: %" PRId32 ":%" PRId64 ")", record->partition, record->offset);
}

static void add_mark(json_t *letter, const struct cmd_dlq_mark *mark, const struct kafka_record *record)
{
    char at[CLOCK_TEXT];
    json_t *object = json_pack("{s:s, s:o, s:s, s:i, s:I}", "action", cmd_dlq_marks_action(mark->action), "by",
        record_print_json_text(mark->by), "at", clock_format(mark->at_ms, at), "partition", (int)record->partition,
        "offset", (json_int_t)record->offset);
    must(object != NULL && json_array_append_new(json_object_get(letter, "marks"), object) == 0);
}

static bool on_record(void *context, const struct kafka_record *record)
{
    struct showing *showing = context;
    struct cmd_dlq_place letter;
    if (!cmd_dlq_marks_read(record, &letter) || cmd_dlq_compare(&letter, showing->wishes->places) != 0)
        return true;
    struct cmd_dlq_marks one = {0};
    must(cmd_dlq_marks_add(&one, record));
    if (showing->letter != NULL)
        add_mark(showing->letter, one.items, record);
    else
        show_mark(one.items, record);
    cmd_dlq_marks_clear(&one);
    return true;
}

static int show(struct showing *showing, struct cmd_dlq_topic *topic, struct error *error)
{
    const struct cmd_dlq_place *place = showing->wishes->places;
    const struct kafka_record *record = cmd_dlq_topic_at(topic, place->partition, place->offset, error);
    if (record == NULL)
        return -1;
    if (kafka_header_of(record, HEADER_DLQ_STATUS, NULL) == NULL)
        return error_set(error, ERROR_INPUT, "%" PRId32 ":%" PRId64 " is no dead letter%s", place->partition,
            place->offset, kafka_header_of(record, HEADER_DLQ_HANDLED, NULL) ? " but a mark" : "");
    if (!showing->wishes->json) {
        record_print_for_people(record);
    } else {
        showing->letter = record_print_json_record(record);
        must(json_object_set_new(showing->letter, "marks", json_array()) == 0);
    }
    int result = cmd_dlq_topic_scan(topic, showing->wishes->json, on_record, showing, error);
    if (!showing->wishes->json) {
        printf("\n");
    } else if (result == 0) {
        char *text = json_line(showing->letter);
        puts(text);
        free(text);
    }
    json_decref(showing->letter);
    return result;
}

int cmd_dlq_show(const struct cmd_dlq_wishes *wishes, const struct config *config)
{
    struct error error;
    struct showing showing = {.wishes = wishes};
    struct cmd_dlq_topic *topic = cmd_dlq_topic_open(config, config->topics.dlq, wishes->timeout_ms, &error);
    int result = topic ? show(&showing, topic, &error) : -1;
    if (result != 0)
        fprintf(stderr, "chatbridge dlq: %s\n", error.text);
    cmd_dlq_topic_close(topic);
    return result == 0 && fflush(stdout) == 0 ? EXIT_WELL : EXIT_FAILED;
}
