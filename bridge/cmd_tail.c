// SPDX-License-Identifier: MIT
//
// chatbridge tail: the topics' records as people or scripts want to read them.
#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/commands.h"
#include "bridge/json.h"
#include "bridge/kafka_tail.h"
#include "bridge/log.h"
#include "bridge/options.h"

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

// Bytes as JSON: text if they are UTF-8, else {"base64": "..."}; NULL becomes null.
static json_t *bytes_as_json(const void *bytes, size_t len)
{
    if (bytes == NULL)
        return json_null();
    json_t *text = json_stringn(bytes, len);
    if (text != NULL)
        return text;
    unsigned char *base64 = must_calloc(len / 3 * 4 + 5, 1);
    (void)EVP_EncodeBlock(base64, bytes, (int)len);
    json_t *object = json_pack("{s:s}", "base64", base64);
    must(object != NULL);
    free(base64);
    return object;
}

static json_t *headers_as_json(const struct kafka_record *record)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < record->header_count; i++) {
        const struct kafka_header *header = &record->headers[i];
        json_t *value = bytes_as_json(header->value, header->len);
        if (json_object_set_new(headers, header->name, value) != 0) // its name is no UTF-8
            must(json_object_set_new(headers, "?", bytes_as_json(header->value, header->len)) == 0);
    }
    return headers;
}

// A JSON value as it is, anything else as bytes_as_json().
static json_t *value_as_json(const struct kafka_record *record)
{
    json_t *value = NULL;
    if (record->value != NULL)
        value = json_loadb(record->value, record->value_len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return value ? value : bytes_as_json(record->value, record->value_len);
}

static void show_json(const struct kafka_record *record)
{
    char time[CLOCK_TEXT];
    json_auto_t *line = json_pack("{s:s, s:i, s:I, s:s, s:o, s:o, s:o}", "topic", record->topic, "partition",
        (int)record->partition, "offset", (json_int_t)record->offset, "time", clock_format(record->timestamp_ms, time),
        "key", bytes_as_json(record->key, record->key_len), "headers", headers_as_json(record), "value",
        value_as_json(record));
    must(line != NULL);
    char *text = json_line(line);
    puts(text);
    free(text);
}

// What could steer the terminal becomes '?': control characters (those of U+0080 to U+009F stand in UTF-8 as C2 80 to
// C2 9F), and all that is no ASCII where the bytes are no UTF-8.
static void print_plain(const void *bytes, size_t len)
{
    const unsigned char *from = bytes;
    json_auto_t *text = json_stringn(bytes ? bytes : "", len);
    for (size_t i = 0; i < len; i++) {
        bool is_control = from[i] < 0x20 || from[i] == 0x7f || (from[i] == 0xc2 && i + 1 < len && from[i + 1] < 0xa0);
        if (is_control && from[i] == 0xc2)
            i++;
        putchar(is_control || (from[i] >= 0x80 && text == NULL) ? '?' : from[i]);
    }
}

static void show_for_people(const struct kafka_record *record)
{
    char time[CLOCK_TEXT];
    printf("%s  partition %" PRId32 "  offset %" PRId64 "  %s\n  %-16s ", record->topic, record->partition,
        record->offset, clock_format(record->timestamp_ms, time), "key");
    if (record->key == NULL)
        printf("(none)");
    else
        print_plain(record->key, record->key_len);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct kafka_header *header = &record->headers[i];
        printf("\n  ");
        print_plain(header->name, strlen(header->name));
        printf("%*s", strlen(header->name) < 17 ? (int)(17 - strlen(header->name)) : 1, "");
        print_plain(header->value, header->value ? header->len : 0);
    }
    printf("\n  ");
    if (record->value == NULL)
        printf("(no value)");
    else
        print_plain(record->value, record->value_len);
    printf("\n\n");
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
            wishes->json ? show_json(record) : show_for_people(record);
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
