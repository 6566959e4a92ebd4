// SPDX-License-Identifier: MIT
#include "bridge/cmd_dlq_marks.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/contract.h"

const char *cmd_dlq_marks_action(enum cmd_dlq_action action)
{
    static const char *const names[] = {DLQ_REDRIVEN, DLQ_DISCARDED};
    return names[action];
}

static char *header_text(const struct kafka_record *record, const char *name)
{
    size_t len;
    const char *value = kafka_header_of(record, name, &len);
    return value != NULL ? must_memdup(value, len) : must_strdup("");
}

bool cmd_dlq_marks_read(const struct kafka_record *record, struct cmd_dlq_place *letter)
{
    if (kafka_header_of(record, HEADER_DLQ_HANDLED, NULL) == NULL)
        return false;
    char *place = header_text(record, HEADER_DLQ_HANDLED);
    bool is_mark = cmd_dlq_place(place, letter) == 0;
    free(place);
    return is_mark;
}

// The name as one of the marks' own.
static const char *keep_name(struct cmd_dlq_marks *marks, char *name_steal)
{
    if (marks->name_count > 0 && strcmp(marks->names[marks->name_count - 1], name_steal) == 0) {
        free(name_steal);
        return marks->names[marks->name_count - 1];
    }
    marks->names = must_realloc(marks->names, (marks->name_count + 1) * sizeof *marks->names);
    marks->names[marks->name_count] = name_steal;
    return marks->names[marks->name_count++];
}

bool cmd_dlq_marks_add(struct cmd_dlq_marks *marks, const struct kafka_record *record)
{
    struct cmd_dlq_mark mark = {.at_ms = record->timestamp_ms};
    if (!cmd_dlq_marks_read(record, &mark.letter))
        return false;
    char *action = header_text(record, HEADER_DLQ_ACTION);
    mark.action = strcmp(action, DLQ_DISCARDED) == 0 ? CMD_DLQ_DISCARDED : CMD_DLQ_REDRIVEN;
    free(action);
    char *at = header_text(record, HEADER_DLQ_AT);
    if (clock_parse(at, &mark.at_ms) != 0)
        mark.at_ms = record->timestamp_ms;
    free(at);
    mark.by = keep_name(marks, header_text(record, HEADER_DLQ_BY));
    if (marks->count == marks->room) {
        marks->room = marks->room ? marks->room * 2 : 64;
        marks->items = must_realloc(marks->items, marks->room * sizeof *marks->items);
    }
    marks->items[marks->count++] = mark;
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct cmd_dlq_mark *a = left;
    const struct cmd_dlq_mark *b = right;
    int places = cmd_dlq_compare(&a->letter, &b->letter);
    return places != 0 ? places : (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

void cmd_dlq_marks_sort(struct cmd_dlq_marks *marks)
{
    if (marks->count > 1)
        qsort(marks->items, marks->count, sizeof *marks->items, compare);
}

const struct cmd_dlq_mark *cmd_dlq_marks_find(const struct cmd_dlq_marks *marks, const struct cmd_dlq_place *letter)
{
    size_t low = 0;
    size_t high = marks->count; // the first mark beyond the letter is at or below it
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cmd_dlq_compare(&marks->items[middle].letter, letter) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || cmd_dlq_compare(&marks->items[low - 1].letter, letter) != 0)
        return NULL;
    return &marks->items[low - 1];
}

void cmd_dlq_marks_clear(struct cmd_dlq_marks *marks)
{
    for (size_t i = 0; i < marks->name_count; i++)
        free(marks->names[i]);
    free(marks->names);
    free(marks->items);
}
