// SPDX-License-Identifier: MIT
#include "bridge/cmd_dlq_targets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/cmd_dlq_letter.h"
#include "bridge/cmd_dlq_marks.h"

struct search {
    struct cmd_dlq_targets *targets;
    const struct cmd_dlq_wishes *wishes;
    const struct config *config;
    struct cmd_dlq_marks marks;
    bool *found; // by place that was named
};

// ---- collecting ----

static unsigned topic_number(struct cmd_dlq_targets *targets, const char *name, size_t len)
{
    for (size_t i = 0; i < targets->topic_count; i++)
        if (strlen(targets->topics[i]) == len && memcmp(targets->topics[i], name, len) == 0)
            return (unsigned)i;
    targets->topics = must_realloc(targets->topics, (targets->topic_count + 1) * sizeof *targets->topics);
    targets->topics[targets->topic_count] = must_memdup(name, len);
    return (unsigned)targets->topic_count++;
}

// FNV-1a
static uint64_t hash(const char *text)
{
    uint64_t value = 0xcbf29ce484222325;
    for (; text != NULL && *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * 0x100000001b3;
    return value;
}

static void add(struct search *search, const struct cmd_dlq_letter *letter)
{
    struct cmd_dlq_targets *targets = search->targets;
    struct cmd_dlq_target target = {.letter = {letter->record->partition, letter->record->offset}};
    size_t len;
    if (cmd_dlq_letter_source(letter, &len, &target.source)) {
        target.topic = topic_number(targets, letter->source, len);
        target.command = hash(letter->id);
    } else {
        target.source.partition = -1;
        target.topic = topic_number(targets, search->config->topics.commands, strlen(search->config->topics.commands));
    }
    if (targets->count == targets->room) {
        targets->room = targets->room ? targets->room * 2 : 64;
        targets->items = must_realloc(targets->items, targets->room * sizeof *targets->items);
    }
    targets->items[targets->count++] = target;
}

static int compare_places(const void *a, const void *b)
{
    return cmd_dlq_compare(a, b);
}

// Whether the record is asked for by its place; with --all by the filter, which the letter answers.
static bool is_named(const struct search *search, const struct kafka_record *record)
{
    const struct cmd_dlq_wishes *wishes = search->wishes;
    const struct cmd_dlq_place key = {record->partition, record->offset};
    if (wishes->all)
        return true;
    const struct cmd_dlq_place *place =
        bsearch(&key, wishes->places, wishes->place_count, sizeof *wishes->places, compare_places);
    if (place != NULL)
        search->found[place - wishes->places] = true;
    return place != NULL;
}

static bool on_record(void *context, const struct kafka_record *record)
{
    struct search *search = context;
    struct cmd_dlq_letter letter;
    if (cmd_dlq_marks_add(&search->marks, record) || !cmd_dlq_letter_read(&letter, record, search->config))
        return true;
    if (is_named(search, record) && cmd_dlq_letter_matches(&letter, &search->wishes->filter))
        add(search, &letter);
    cmd_dlq_letter_clear(&letter);
    return true;
}

// ---- what is left of them ----

static void tell_missing(struct search *search)
{
    for (size_t i = 0; i < search->wishes->place_count; i++) {
        if (search->found[i])
            continue;
        fprintf(stderr, "chatbridge dlq: %" PRId32 ":%" PRId64 ": no dead letter is there\n",
            search->wishes->places[i].partition, search->wishes->places[i].offset);
        search->targets->refused++;
    }
}

static void tell_handled(struct search *search, const struct cmd_dlq_target *target, const struct cmd_dlq_mark *mark)
{
    if (search->wishes->all)
        return;
    fprintf(stderr, "chatbridge dlq: %" PRId32 ":%" PRId64 ": it is %s already; --again does it once more\n",
        target->letter.partition, target->letter.offset, cmd_dlq_marks_action(mark->action));
    search->targets->refused++;
}

// Takes away what is handled, or says so where a sibling may need to know.
static void drop_handled(struct search *search)
{
    struct cmd_dlq_targets *targets = search->targets;
    size_t kept = 0;
    for (size_t i = 0; i < targets->count && !search->wishes->again; i++) {
        struct cmd_dlq_target *target = &targets->items[i];
        const struct cmd_dlq_mark *mark = cmd_dlq_marks_find(&search->marks, &target->letter);
        if (mark != NULL)
            tell_handled(search, target, mark);
        if (mark != NULL && mark->action == CMD_DLQ_DISCARDED)
            continue;
        target->handled = mark != NULL;
        targets->items[kept++] = *target;
    }
    if (!search->wishes->again)
        targets->count = kept;
}

static int compare_letters(const void *left, const void *right)
{
    const struct cmd_dlq_target *a = left;
    const struct cmd_dlq_target *b = right;
    return cmd_dlq_compare(&a->letter, &b->letter);
}

static int compare_sources(const void *left, const void *right)
{
    const struct cmd_dlq_target *a = left;
    const struct cmd_dlq_target *b = right;
    if (a->topic != b->topic)
        return a->topic < b->topic ? -1 : 1;
    int sources = cmd_dlq_compare(&a->source, &b->source);
    if (sources != 0)
        return sources;
    if (a->command != b->command)
        return a->command < b->command ? -1 : 1;
    if (a->handled != b->handled)
        return a->handled ? -1 : 1;
    return cmd_dlq_compare(&a->letter, &b->letter);
}

static void cut_at_limit(struct cmd_dlq_targets *targets, int64_t limit)
{
    size_t i = 0;
    for (; i < targets->count && ((int64_t)targets->open < limit || targets->items[i].handled); i++)
        targets->open += !targets->items[i].handled;
    targets->count = i;
}

int cmd_dlq_targets_find(struct cmd_dlq_targets *targets, const struct cmd_dlq_wishes *wishes,
    const struct config *config, struct cmd_dlq_topic *topic, enum cmd_dlq_order order, struct error *error)
{
    struct search search = {.targets = targets, .wishes = wishes, .config = config};
    search.found = must_calloc(wishes->place_count + 1, sizeof *search.found);
    int result = cmd_dlq_topic_scan(topic, true, on_record, &search, error);
    if (result == 0) {
        cmd_dlq_marks_sort(&search.marks);
        tell_missing(&search);
        drop_handled(&search);
        if (targets->count > 1)
            qsort(targets->items, targets->count, sizeof *targets->items,
                order == CMD_DLQ_BY_SOURCE ? compare_sources : compare_letters);
        cut_at_limit(targets, wishes->limit);
    }
    cmd_dlq_marks_clear(&search.marks);
    free(search.found);
    return result;
}

void cmd_dlq_targets_clear(struct cmd_dlq_targets *targets)
{
    for (size_t i = 0; i < targets->topic_count; i++)
        free(targets->topics[i]);
    free(targets->topics);
    free(targets->items);
}

bool cmd_dlq_targets_same(const struct cmd_dlq_target *a, const struct cmd_dlq_target *b)
{
    return a->topic == b->topic && a->source.partition >= 0 && cmd_dlq_compare(&a->source, &b->source) == 0 &&
           a->command == b->command;
}
