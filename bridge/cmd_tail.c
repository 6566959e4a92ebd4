// SPDX-License-Identifier: MIT
//
// chatbridge tail: the topics' records as people or scripts want to read them.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/commands.h"
#include "bridge/json.h"
#include "bridge/kafka_tail.h"
#include "bridge/log.h"
#include "bridge/options.h"
#include "bridge/record_print.h"

enum { TOPICS_MAX = 5, BROKERS_MS = 10000, STEP_MS = 200 };

struct wishes {
    const char *config;
    const char *from;
    const char *count;
    const char *timeout;
    const char *key;
    struct options_list headers; // NAME=VALUE
    bool json;
    bool no_follow;

    // What the texts above say.
    struct kafka_tail_from start;
    int64_t count_max;  // 0: no limit
    int64_t timeout_ms; // 0: none
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

// ---- which topics ----

static const struct {
    const char *name;
    size_t offset;
    bool by_default;
} topic_names[] = {
    {"events", offsetof(struct config, topics.events), true},
    {"rejected", offsetof(struct config, topics.rejected), true},
    {"commands", offsetof(struct config, topics.commands), false},
    {"results", offsetof(struct config, topics.results), true},
    {"dlq", offsetof(struct config, topics.dlq), true},
};

static const char *topic_at(const struct config *config, size_t i)
{
    return *(char *const *)((const char *)config + topic_names[i].offset);
}

static int find_topics(const struct options *options, const struct config *config, char **names, size_t name_count,
    const char *topics[TOPICS_MAX], size_t *count)
{
    *count = 0;
    for (size_t i = 0; name_count == 0 && i < TOPICS_MAX; i++)
        if (topic_names[i].by_default)
            topics[(*count)++] = topic_at(config, i);
    for (size_t n = 0; n < name_count; n++) {
        size_t i = 0;
        while (i < TOPICS_MAX && strcmp(topic_names[i].name, names[n]) != 0)
            i++;
        if (i == TOPICS_MAX || n >= TOPICS_MAX)
            return options_wrong(
                options, "'%s': events, rejected, commands, results and dlq can be read, each once", names[n]);
        topics[(*count)++] = topic_at(config, i);
    }
    return OPTIONS_GO_ON;
}

// ---- what is shown ----

static bool is_wanted(const struct wishes *wishes, const struct kafka_record *record)
{
    if (wishes->key != NULL && (record->key == NULL || record->key_len != strlen(wishes->key) ||
                                   memcmp(record->key, wishes->key, record->key_len) != 0))
        return false;
    for (size_t i = 0; i < wishes->headers.count; i++) {
        const char *wanted = wishes->headers.items[i];
        char name[128];
        size_t len;
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(wanted, "="), wanted);
        const char *value = kafka_header_of(record, name, &len);
        wanted += strlen(name) + 1;
        if (value == NULL || len != strlen(wanted) || memcmp(value, wanted, len) != 0)
            return false;
    }
    return true;
}

static void show(const struct wishes *wishes, const struct kafka_record *record)
{
    if (!wishes->json) {
        record_print_for_people(record);
        printf("\n\n");
        return;
    }
    json_auto_t *object = record_print_json_record(record);
    char *line = json_line(object);
    puts(line);
    free(line);
}

// ---- reading ----

// EXIT_FAILED only for --timeout: something was waited for and did not come.
static int follow(const struct wishes *wishes, struct kafka_tail *tail)
{
    int64_t shown = 0;
    int64_t last_ms = clock_ms();
    while (!interrupted) {
        const struct kafka_record *record = kafka_tail_next(tail, STEP_MS);
        if (record != NULL && is_wanted(wishes, record)) {
            show(wishes, record);
            if (fflush(stdout) != 0)
                return EXIT_FAILED;
            last_ms = clock_ms();
            if (++shown == wishes->count_max)
                return EXIT_WELL;
        }
        if (record == NULL && wishes->no_follow && kafka_tail_at_end(tail))
            return EXIT_WELL;
        if (wishes->timeout_ms > 0 && clock_ms() - last_ms >= wishes->timeout_ms) {
            fprintf(stderr, "chatbridge tail: nothing came in %s\n", wishes->timeout);
            return EXIT_FAILED;
        }
    }
    return EXIT_WELL;
}

static int read_topics(
    const struct options *options, const struct wishes *wishes, const struct config *config, char **names, size_t count)
{
    const char *topics[TOPICS_MAX];
    size_t topic_count;
    int status = find_topics(options, config, names, count, topics, &topic_count);
    if (status != OPTIONS_GO_ON)
        return status;
    struct error error;
    struct kafka_tail *tail = kafka_tail_new(config, topics, topic_count, &wishes->start, BROKERS_MS, &error);
    if (tail == NULL) {
        fprintf(stderr, "chatbridge tail: %s\n", error.text);
        return EXIT_FAILED;
    }
    struct sigaction action = {.sa_handler = on_signal};
    must(sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0);
    status = follow(wishes, tail);
    kafka_tail_free(tail);
    return status;
}

// ---- the command line ----

static int read_from(const struct options *options, struct wishes *wishes)
{
    const char *from = wishes->from;
    int64_t number;
    if (strcmp(from, "beginning") == 0) {
        wishes->start.start = TAIL_FROM_BEGINNING;
    } else if (strcmp(from, "end") == 0) {
        wishes->start.start = TAIL_FROM_END;
    } else if (from[0] == '-' && options_number(from + 1, 1, INT32_MAX, &number) == 0) {
        wishes->start = (struct kafka_tail_from){TAIL_FROM_LAST, number};
    } else if (clock_parse(from, &number) == 0) {
        wishes->start = (struct kafka_tail_from){TAIL_FROM_TIME, number};
    } else {
        int status = options_duration(options, "from", from, &number);
        if (status != OPTIONS_GO_ON)
            return status;
        wishes->start = (struct kafka_tail_from){TAIL_FROM_TIME, clock_wall_ms() - number};
    }
    return OPTIONS_GO_ON;
}

static int read_wishes(const struct options *options, struct wishes *wishes)
{
    if (options_number(wishes->count, 0, INT64_MAX, &wishes->count_max) != 0)
        return options_wrong(options, "--count %s: a whole number is wanted", wishes->count);
    for (size_t i = 0; i < wishes->headers.count; i++)
        if (strchr(wishes->headers.items[i], '=') == NULL)
            return options_wrong(options, "--header %s: NAME=VALUE is wanted", wishes->headers.items[i]);
    if (wishes->timeout != NULL) {
        int status = options_duration(options, "timeout", wishes->timeout, &wishes->timeout_ms);
        if (status != OPTIONS_GO_ON)
            return status;
    }
    return read_from(options, wishes);
}

int cmd_tail(int argc, char **argv)
{
    struct wishes wishes = {.from = "end", .count = "0"};
    const struct options_row rows[] = {
        OPTIONS_CONFIG(&wishes.config),
        {'f', "from", "WHERE", "beginning, end (default), -N (so many back, of each partition), a time or so long ago",
            .value = &wishes.from},
        {'n', "count", "N", "end after N records", .value = &wishes.count},
        {0, "no-follow", NULL, "end at the present end of the topics", .flag = &wishes.no_follow},
        {'t', "timeout", "DURATION", "fail (exit 1) when nothing comes for so long", .value = &wishes.timeout},
        {'k', "key", "KEY", "only records of this key (a room's id)", .value = &wishes.key},
        {0, "header", "NAME=VALUE", "only records with this header; may stand more than once", .list = &wishes.headers},
        {'j', "json", NULL, "one JSON object a line: topic, partition, offset, time, key, headers, value",
            .flag = &wishes.json},
        {0},
    };
    const struct options options = {
        .program = "chatbridge tail",
        .operands = "[events|rejected|commands|results|dlq]...",
        .about = "Shows what comes into the topics: without names into events, rejected, results and dlq.\n"
                 "Belongs to no consumer group and commits nothing.",
        .more = "A time is RFC 3339 (2026-12-01T10:00:00Z), so long ago a duration (90s, 15m, 2h).\n"
                "Exit status: 0 it ended as asked or by SIGINT or SIGTERM, 1 it failed, 2 usage or configuration.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status == OPTIONS_GO_ON)
        status = read_wishes(&options, &wishes);
    if (status != OPTIONS_GO_ON)
        return status;
    struct config *config = options_config(wishes.config);
    if (config == NULL)
        return EXIT_USAGE;
    log_open(LOG_WARN, config->bridge.log_format, "chatbridge tail");
    status = read_topics(&options, &wishes, config, argv + first, (size_t)(argc - first));
    config_free(config);
    return status;
}
