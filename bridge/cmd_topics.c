// SPDX-License-Identifier: MIT
//
// chatbridge topics: whether the topics are there and fit for what is promised, and making those that are not there.
// `check` only looks. `create` makes what is missing and touches nothing that is there.
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/commands.h"
#include "bridge/kafka_admin.h"
#include "bridge/kafka_out.h"
#include "bridge/log.h"
#include "bridge/options.h"

enum { DAY_MS = 24 * 3600 * 1000, PARTITIONS_MAX = 10000, DEFAULT_MESSAGE_BYTES = 1048588 };

struct wishes {
    const char *config;
    const char *partitions;
    const char *replicas;
    bool dry_run;
    int64_t partition_count;
    int64_t replica_count; // 0: as many as there are brokers, at most 3
};

// What a topic is for decides what its settings mean.
static const struct purpose {
    size_t offset; // of its name in struct config
    const char *missing;
    const char *compacted;
    int keep_days; // when it is made
    bool takes_bodies;
    unsigned roles;
} purposes[] = {
    {offsetof(struct config, topics.events), "webhooks are answered 503 until it exists",
        "of a room's events only the newest stays", 7, true, ROLE_INBOUND},
    {offsetof(struct config, topics.rejected), "unusable webhooks are answered 503 until it exists",
        "of what has no key nothing is taken at all", 30, true, ROLE_INBOUND},
    {offsetof(struct config, topics.commands), "there are no commands to carry out until it exists",
        "of a room's commands only the newest is carried out", 7, false, ROLE_OUTBOUND},
    {offsetof(struct config, topics.results), "no command ends until it exists: its outcome has no place",
        "of a room's outcomes only the newest stays", 7, false, ROLE_OUTBOUND},
    {offsetof(struct config, topics.dlq), "no command that fails ends until it exists: its dead letter has no place",
        "of a room's dead letters only the newest stays", 30, false, ROLE_OUTBOUND},
};

enum { PURPOSES = sizeof purposes / sizeof purposes[0] };

static const char *name_of(const struct config *config, const struct purpose *purpose)
{
    return *(char *const *)((const char *)config + purpose->offset);
}

// ---- findings ----

struct look {
    const struct config *config;
    const struct purpose *purpose;
    const struct kafka_topic *topic;
    int brokers;
    unsigned errors;
    unsigned warnings;
};

static void say(const char *level, const struct look *look, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(const char *level, const struct look *look, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%-8s %s: ", level, name_of(look->config, look->purpose));
    (void)vprintf(format, args);
    printf("\n");
    va_end(args);
}

#define WRONG(look, ...) (say("error", look, __VA_ARGS__), (look)->errors++)
#define WARN(look, ...)  (say("warning", look, __VA_ARGS__), (look)->warnings++)

// The setting as a number; -1 for retention's "for ever", INT64_MIN if it is not known.
static int64_t number_of(const struct look *look, const char *setting)
{
    const char *text = kafka_topic_setting(look->topic, setting);
    char *end;
    if (text == NULL)
        return INT64_MIN;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0' ? number : INT64_MIN;
}

static void look_at_replicas(struct look *look)
{
    int replicas = look->topic->replicas;
    int64_t in_sync = number_of(look, "min.insync.replicas");
    if (replicas == 1 && look->brokers > 1)
        WARN(look, "one replica: what it holds is lost with its broker, and with that broker away it takes nothing");
    if (in_sync == INT64_MIN)
        return;
    if (in_sync > replicas)
        WRONG(look, "min.insync.replicas is %" PRId64 " of %d replicas: with acks=all it takes nothing", in_sync,
            replicas);
    else if (replicas > 1 && in_sync == replicas)
        WARN(look, "min.insync.replicas is %" PRId64 " of %d replicas: it takes nothing while one broker is away",
            in_sync, replicas);
    else if (replicas > 2 && in_sync == 1)
        WARN(look, "min.insync.replicas is 1: with acks=all a record may be acknowledged by one broker alone, and lost "
                   "with it");
    const char *unclean = kafka_topic_setting(look->topic, "unclean.leader.election.enable");
    if (unclean != NULL && strcmp(unclean, "true") == 0)
        WRONG(look, "unclean.leader.election.enable is true: acknowledged records may be lost when a broker dies");
}

static void look_at_cleaning(struct look *look)
{
    const char *policy = kafka_topic_setting(look->topic, "cleanup.policy");
    if (policy != NULL && strstr(policy, "compact") != NULL)
        WRONG(look, "cleanup.policy is %s: %s", policy, look->purpose->compacted);
    int64_t kept_ms = number_of(look, "retention.ms");
    if (kept_ms >= 0 && kept_ms < DAY_MS)
        WARN(look, "retention.ms is %" PRId64 ": what is not read within %" PRId64 " minutes is gone", kept_ms,
            kept_ms / 60000);
}

static void look_at_size(struct look *look)
{
    int64_t takes = number_of(look, "max.message.bytes");
    int64_t largest = (int64_t)look->config->inbound.body_max + KAFKA_OUT_ENVELOPE;
    if (takes == INT64_MIN || !look->purpose->takes_bodies || takes >= largest)
        return;
    WARN(look,
        "max.message.bytes is %" PRId64 ", a webhook of [inbound] body.max (%zu) with its headers may have %" PRId64
        ": what is larger is answered 413",
        takes, look->config->inbound.body_max, largest);
}

static void look_at(struct look *look)
{
    const struct kafka_topic *topic = look->topic;
    if (!topic->exists) {
        WRONG(look, "it does not exist: %s", look->purpose->missing);
        return;
    }
    unsigned before = look->errors + look->warnings;
    look_at_replicas(look);
    look_at_cleaning(look);
    look_at_size(look);
    if (look->purpose->offset == offsetof(struct config, topics.commands) && topic->partitions == 1)
        WARN(look, "one partition: only one instance of the group can work");
    if (topic->unread.kind != ERROR_NONE)
        WARN(look, "its settings cannot be read: %s", topic->unread.text);
    if (look->errors + look->warnings == before)
        say("ok", look, "%d partitions, %d replicas", topic->partitions, topic->replicas);
}

static int check(struct kafka_admin *admin, const struct config *config, int brokers)
{
    struct look look = {.config = config, .brokers = brokers};
    struct error error;
    for (size_t i = 0; i < PURPOSES; i++) {
        struct kafka_topic topic;
        if ((purposes[i].roles & config->bridge.roles) == 0)
            continue;
        look.purpose = &purposes[i];
        look.topic = &topic;
        if (kafka_admin_describe(admin, name_of(config, &purposes[i]), &topic, &error) != 0) {
            fprintf(stderr, "chatbridge topics: %s\n", error.text);
            return EXIT_FAILED;
        }
        look_at(&look);
        kafka_topic_clear(&topic);
    }
    return look.errors == 0 ? EXIT_WELL : EXIT_FAILED;
}

// ---- creating ----

static int create_one(
    struct kafka_admin *admin, const struct wishes *wishes, const struct config *config, const struct purpose *purpose)
{
    char keep[24];
    char largest[24];
    int64_t body = (int64_t)config->inbound.body_max + KAFKA_OUT_ENVELOPE;
    (void)snprintf(keep, sizeof keep, "%" PRId64, (int64_t)purpose->keep_days * DAY_MS);
    (void)snprintf(largest, sizeof largest, "%" PRId64, body > DEFAULT_MESSAGE_BYTES ? body : DEFAULT_MESSAGE_BYTES);
    const struct kafka_topic_setting settings[] = {
        {"cleanup.policy", "delete"},
        {"retention.ms", keep},
        {"min.insync.replicas", wishes->replica_count > 2 ? "2" : "1"},
        {"max.message.bytes", largest},
    };
    const char *name = name_of(config, purpose);
    struct error error;
    if (!wishes->dry_run && kafka_admin_create(admin, name, (int)wishes->partition_count, (int)wishes->replica_count,
                                settings, sizeof settings / sizeof settings[0], &error) != 0) {
        fprintf(stderr, "chatbridge topics: %s is not created: %s\n", name, error.text);
        return EXIT_FAILED;
    }
    printf("%-8s %s: %" PRId64 " partitions, %" PRId64 " replicas", wishes->dry_run ? "would" : "created", name,
        wishes->partition_count, wishes->replica_count);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        printf(", %s=%s", settings[i].name, settings[i].value);
    printf("\n");
    return EXIT_WELL;
}

static int create(struct kafka_admin *admin, struct wishes *wishes, const struct config *config, int brokers)
{
    struct error error;
    if (wishes->replica_count == 0)
        wishes->replica_count = brokers < 3 ? brokers : 3;
    int status = EXIT_WELL;
    for (size_t i = 0; i < PURPOSES; i++) {
        struct kafka_topic topic;
        if ((purposes[i].roles & config->bridge.roles) == 0)
            continue;
        if (kafka_admin_describe(admin, name_of(config, &purposes[i]), &topic, &error) != 0) {
            fprintf(stderr, "chatbridge topics: %s\n", error.text);
            return EXIT_FAILED;
        }
        if (topic.exists)
            printf("%-8s %s: it is there, and stays as it is\n", "kept", name_of(config, &purposes[i]));
        else if (create_one(admin, wishes, config, &purposes[i]) != EXIT_WELL)
            status = EXIT_FAILED;
        kafka_topic_clear(&topic);
    }
    return status;
}

// ---- the command line ----

static int act(struct wishes *wishes, const struct config *config, bool creating)
{
    struct error error;
    struct kafka_admin *admin = kafka_admin_new(config, &error);
    int brokers = admin ? kafka_admin_brokers(admin, &error) : -1;
    int status = EXIT_FAILED;
    if (brokers < 0)
        fprintf(stderr, "chatbridge topics: %s\n", error.text);
    else
        status = creating ? create(admin, wishes, config, brokers) : check(admin, config, brokers);
    kafka_admin_free(admin);
    return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

int cmd_topics(int argc, char **argv)
{
    struct wishes wishes = {.partitions = "6", .replicas = "0"};
    const struct options_row rows[] = {
        OPTIONS_CONFIG(&wishes.config),
        {'p', "partitions", "N", "partitions of a topic that is created (default 6)", .value = &wishes.partitions},
        {'r', "replicas", "N", "its replicas (default: as many as there are brokers, at most 3)",
            .value = &wishes.replicas},
        {'n', "dry-run", NULL, "create: only tell what would be done", .flag = &wishes.dry_run},
        {0},
    };
    const struct options options = {
        .program = "chatbridge topics",
        .operands = "check|create",
        .about =
            "check tells which of the configured topics are missing, or unfit for what is promised, and what that\n"
            "means. create makes those that are missing; what is there stays as it is.",
        .more =
            "Exit status: 0 it is well (warnings may stand), 1 something is wrong or failed, 2 usage or configuration.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    const char *verb = argc - first == 1 ? argv[first] : "";
    bool creating = strcmp(verb, "create") == 0;
    if (!creating && strcmp(verb, "check") != 0)
        return options_wrong(&options, "check or create is wanted");
    if (options_number(wishes.partitions, 1, PARTITIONS_MAX, &wishes.partition_count) != 0)
        return options_wrong(&options, "--partitions %s: 1 to %d", wishes.partitions, PARTITIONS_MAX);
    if (options_number(wishes.replicas, 0, 100, &wishes.replica_count) != 0)
        return options_wrong(&options, "--replicas %s: 1 to 100", wishes.replicas);
    struct config *config = options_config(wishes.config);
    if (config == NULL)
        return EXIT_USAGE;
    log_open(LOG_WARN, config->bridge.log_format, "chatbridge topics");
    status = act(&wishes, config, creating);
    config_free(config);
    return status;
}
