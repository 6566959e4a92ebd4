// SPDX-License-Identifier: MIT
//
// chatbridge dlq: the commands that died, looked at and put back. This file reads the command line; cmd_dlq.h tells
// where the rest is.
#include "bridge/cmd_dlq.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/cmd_dlq_letter.h"
#include "bridge/commands.h"
#include "bridge/log.h"

// ---- the verbs ----

enum verb_bit { LS = 1, SHOW = 2, REDRIVE = 4, DISCARD = 8, ANY = 15 };

static const struct verb {
    const char *name;
    enum verb_bit bit;
    int (*function)(const struct cmd_dlq_wishes *wishes, const struct config *config);
} verbs[] = {
    {"ls", LS, cmd_dlq_list},
    {"show", SHOW, cmd_dlq_show},
    {"redrive", REDRIVE, cmd_dlq_redrive},
    {"discard", DISCARD, cmd_dlq_discard},
    {NULL, 0, NULL},
};

// What was typed; NULL or false: was not.
struct typed {
    const char *config;
    const char *since;
    const char *until;
    const char *limit;
    const char *rate;
    const char *redrives_max;
    const char *timeout;
    bool yes;
    char who[256];
    struct cmd_dlq_wishes wishes;
};

// Which verbs an option goes with, where not with all; and which are filters.
static const struct {
    const char *option;
    unsigned verbs;
    bool filter;
} uses[] = {
    {"status", LS | REDRIVE | DISCARD, true},
    {"app", LS | REDRIVE | DISCARD, true},
    {"room", LS | REDRIVE | DISCARD, true},
    {"command", LS | REDRIVE | DISCARD, true},
    {"reason", LS | REDRIVE | DISCARD, true},
    {"since", LS | REDRIVE | DISCARD, true},
    {"until", LS | REDRIVE | DISCARD, true},
    {"limit", LS | REDRIVE | DISCARD, false},
    {"all", LS | REDRIVE | DISCARD, false},
    {"handled", LS, false},
    {"count", LS, false},
    {"json", LS | SHOW, false},
    {"rate", REDRIVE, false},
    {"max-redrives", REDRIVE, false},
    {"again", REDRIVE | DISCARD, false},
    {"by", REDRIVE | DISCARD, false},
    {"dry-run", REDRIVE | DISCARD, false},
    {"yes", REDRIVE | DISCARD, false},
};

static bool was_typed(const struct options_row *row)
{
    return (row->value != NULL && *row->value != NULL) || (row->flag != NULL && *row->flag) ||
           (row->list != NULL && row->list->count > 0);
}

static int check_uses(const struct options *options, const struct verb *verb, struct cmd_dlq_wishes *wishes)
{
    for (const struct options_row *row = options->rows; row->name != NULL; row++)
        for (size_t i = 0; i < sizeof uses / sizeof uses[0] && was_typed(row); i++) {
            if (strcmp(uses[i].option, row->name) != 0)
                continue;
            if ((uses[i].verbs & verb->bit) == 0)
                return options_wrong(options, "--%s does not go with %s", row->name, verb->name);
            wishes->filtered = wishes->filtered || uses[i].filter;
        }
    return OPTIONS_GO_ON;
}

// ---- places ----

static int64_t digits(const char *text, const char *end)
{
    int64_t number = 0;
    if (text == end || end - text > 18)
        return -1;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        number = number * 10 + (*text - '0');
    }
    return number;
}

int cmd_dlq_place(const char *text, struct cmd_dlq_place *place)
{
    const char *colon = strchr(text, ':');
    int64_t partition = colon ? digits(text, colon) : -1;
    int64_t offset = colon ? digits(colon + 1, colon + strlen(colon)) : -1;
    if (partition < 0 || partition > INT32_MAX || offset < 0)
        return -1;
    *place = (struct cmd_dlq_place){(int32_t)partition, offset};
    return 0;
}

int cmd_dlq_compare(const struct cmd_dlq_place *a, const struct cmd_dlq_place *b)
{
    if (a->partition != b->partition)
        return a->partition < b->partition ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

static int compare(const void *a, const void *b)
{
    return cmd_dlq_compare(a, b);
}

// The operands as places, in order and each once. Owner of what `places` points to afterwards: the caller, free().
static int read_places(const struct options *options, char **operands, size_t count, struct cmd_dlq_place **places,
    struct cmd_dlq_wishes *wishes)
{
    *places = must_calloc(count + 1, sizeof **places);
    for (size_t i = 0; i < count; i++)
        if (cmd_dlq_place(operands[i], &(*places)[i]) != 0)
            return options_wrong(options, "'%s': PARTITION:OFFSET is wanted, as ls shows it", operands[i]);
    if (count > 1)
        qsort(*places, count, sizeof **places, compare);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare(&(*places)[kept - 1], &(*places)[i]) != 0)
            (*places)[kept++] = (*places)[i];
    wishes->places = *places;
    wishes->place_count = kept;
    return OPTIONS_GO_ON;
}

// ---- what the options say ----

// RFC 3339, or so long ago: a duration, or days.
static int read_time(const struct options *options, const char *name, const char *text, int64_t *wall_ms)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    int64_t ago;
    if (text == NULL || clock_parse(text, wall_ms) == 0)
        return OPTIONS_GO_ON;
    const char *unit = strchr(text, 'd');
    if (unit != NULL && unit[1] == '\0' && (ago = digits(text, unit)) >= 0 && ago < 36500) {
        *wall_ms = clock_wall_ms() - ago * DAY_MS;
        return OPTIONS_GO_ON;
    }
    int status = options_duration(options, name, text, &ago);
    if (status == OPTIONS_GO_ON)
        *wall_ms = clock_wall_ms() - ago;
    return status;
}

static int read_rate(const struct options *options, const char *text, double *rate)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"/s", 1}, {"/m", 60}, {"/h", 3600}};
    const char *slash = text ? strchr(text, '/') : NULL;
    int64_t number = slash ? digits(text, slash) : -1;
    for (size_t i = 0; number > 0 && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(slash, units[i].unit) == 0)
            *rate = (double)number / units[i].seconds;
    return text == NULL || *rate > 0 ? OPTIONS_GO_ON
                                     : options_wrong(options, "--rate %s: 10/s or 600/m is wanted", text);
}

static int read_number(const struct options *options, const char *name, const char *text, int64_t min, int64_t *number)
{
    if (text == NULL || options_number(text, min, INT32_MAX, number) == 0)
        return OPTIONS_GO_ON;
    return options_wrong(options, "--%s %s: a whole number from %" PRId64 " is wanted", name, text, min);
}

static int check_statuses(const struct options *options, const struct options_list *statuses)
{
    for (size_t i = 0; i < statuses->count; i++) {
        const char *const *name = cmd_dlq_letter_statuses;
        while (*name != NULL && strcmp(*name, statuses->items[i]) != 0)
            name++;
        if (*name == NULL)
            return options_wrong(
                options, "--status %s: rejected, expired, exhausted, unknown or skipped", statuses->items[i]);
    }
    return OPTIONS_GO_ON;
}

static int read_values(const struct options *options, struct typed *typed)
{
    struct cmd_dlq_wishes *wishes = &typed->wishes;
    int64_t timeout_ms;
    int status = check_statuses(options, &wishes->filter.statuses);
    if (status == OPTIONS_GO_ON)
        status = read_time(options, "since", typed->since, &wishes->filter.since_ms);
    if (status == OPTIONS_GO_ON)
        status = read_time(options, "until", typed->until, &wishes->filter.until_ms);
    if (status == OPTIONS_GO_ON)
        status = read_number(options, "limit", typed->limit, 1, &wishes->limit);
    if (status == OPTIONS_GO_ON)
        status = read_rate(options, typed->rate, &wishes->rate);
    if (status == OPTIONS_GO_ON)
        status = read_number(options, "max-redrives", typed->redrives_max, 0, &wishes->redrives_max);
    if (status == OPTIONS_GO_ON)
        status = options_duration(options, "timeout", typed->timeout ? typed->timeout : "10s", &timeout_ms);
    if (status == OPTIONS_GO_ON)
        wishes->timeout_ms = (int)timeout_ms;
    return status;
}

// What goes together. To change everything, everything has to be asked for.
static int check_wishes(const struct options *options, const struct verb *verb, const struct typed *typed)
{
    const struct cmd_dlq_wishes *wishes = &typed->wishes;
    bool named = wishes->place_count > 0;
    if (verb->bit == LS && named)
        return options_wrong(options, "ls takes no PARTITION:OFFSET; show does");
    if (verb->bit == LS && wishes->all && wishes->handled)
        return options_wrong(options, "--all shows the handled ones too: --handled or --all");
    if (verb->bit == SHOW && wishes->place_count != 1)
        return options_wrong(options, "show wants one PARTITION:OFFSET");
    if (verb->bit == LS || verb->bit == SHOW)
        return OPTIONS_GO_ON;
    if (named == wishes->all)
        return options_wrong(options, "%s wants letters as PARTITION:OFFSET, or --all", verb->name);
    if (named && (wishes->filtered || typed->limit != NULL))
        return options_wrong(options, "a filter goes with --all, not with PARTITION:OFFSET");
    if (wishes->all && !wishes->filtered && !wishes->dry_run && !typed->yes)
        return options_wrong(options, "--all without a filter is every letter: look with --dry-run, then say --yes");
    if (wishes->by != NULL && (*wishes->by == '\0' || strlen(wishes->by) > 200))
        return options_wrong(options, "--by: a name of at most 200 bytes is wanted");
    return OPTIONS_GO_ON;
}

// ---- running ----

// user@host
static const char *who_am_i(char *out, size_t size)
{
    char host[128];
    const struct passwd *user = getpwuid(geteuid()); // NULL in a container without a passwd file
    if (gethostname(host, sizeof host) != 0)
        (void)snprintf(host, sizeof host, "unknown");
    host[sizeof host - 1] = '\0';
    if (user != NULL)
        (void)snprintf(out, size, "%.64s@%s", user->pw_name, host);
    else
        (void)snprintf(out, size, "%u@%s", (unsigned)geteuid(), host);
    return out;
}

static int run(const struct options *options, struct typed *typed, char **operands, size_t count)
{
    struct cmd_dlq_wishes *wishes = &typed->wishes;
    const struct verb *verb = verbs;
    while (verb->name != NULL && (count == 0 || strcmp(verb->name, operands[0]) != 0))
        verb++;
    if (verb->name == NULL)
        return options_wrong(options, "ls, show, redrive or discard is wanted");
    struct cmd_dlq_place *places = NULL;
    int status = check_uses(options, verb, wishes);
    if (status == OPTIONS_GO_ON)
        status = read_values(options, typed);
    if (status == OPTIONS_GO_ON)
        status = read_places(options, operands + 1, count - 1, &places, wishes);
    if (status == OPTIONS_GO_ON)
        status = check_wishes(options, verb, typed);
    if (wishes->by == NULL)
        wishes->by = who_am_i(typed->who, sizeof typed->who);
    struct config *config = status == OPTIONS_GO_ON ? options_config(typed->config) : NULL;
    if (config != NULL) {
        log_open(LOG_WARN, config->bridge.log_format, "chatbridge dlq");
        status = verb->function(wishes, config);
    } else if (status == OPTIONS_GO_ON) {
        status = EXIT_USAGE;
    }
    config_free(config);
    free(places);
    return status;
}

int cmd_dlq(int argc, char **argv)
{
    struct typed typed = {
        .wishes = {.limit = INT64_MAX, .redrives_max = 5, .filter = {.since_ms = INT64_MIN, .until_ms = INT64_MAX}}};
    struct cmd_dlq_wishes *wishes = &typed.wishes;
    const struct options_row rows[] = {
        OPTIONS_CONFIG(&typed.config),
        {'s', "status", "STATUS",
            "only these: rejected, expired, exhausted, unknown, skipped; may stand more than once",
            .list = &wishes->filter.statuses},
        {'a', "app", "NAME", "only of this app", .value = &wishes->filter.app},
        {'r', "room", "ROOM", "only of this room (room_id, else the record's key)", .value = &wishes->filter.room},
        {0, "command", "NAME", "only of this command", .value = &wishes->filter.command},
        {0, "reason", "TEXT", "only with this text in the reason, in upper or lower case",
            .value = &wishes->filter.reason},
        {0, "since", "WHEN", "only those that died then or later", .value = &typed.since},
        {0, "until", "WHEN", "only those that died then or earlier", .value = &typed.until},
        {'n', "limit", "N", "at most so many", .value = &typed.limit},
        {0, "all", NULL, "ls: handled ones too; redrive, discard: all that the filters leave", .flag = &wishes->all},
        {0, "handled", NULL, "ls: those that are handled, with who did what when", .flag = &wishes->handled},
        {0, "count", NULL, "ls: only how many, by status", .flag = &wishes->count},
        {'j', "json", NULL, "ls: one JSON object a line; show: one object", .flag = &wishes->json},
        {0, "rate", "RATE", "redrive: at most so many (10/s, 600/m)", .value = &typed.rate},
        {0, "max-redrives", "N", "redrive: refuse what was put back so often before (default 5)",
            .value = &typed.redrives_max},
        {0, "again", NULL, "redrive, discard: also what is handled already", .flag = &wishes->again},
        {0, "by", "NAME", "redrive, discard: who does it (default: user@host)", .value = &wishes->by},
        {0, "dry-run", NULL, "redrive, discard: tell what would be done, do nothing", .flag = &wishes->dry_run},
        {0, "yes", NULL, "redrive, discard: needed for --all without a filter", .flag = &typed.yes},
        {'t', "timeout", "DURATION", "how long Kafka may take to answer (default 10s)", .value = &typed.timeout},
        {0},
    };
    const struct options options = {
        .program = "chatbridge dlq",
        .operands = "ls | show P:O | redrive P:O... | redrive --all | discard P:O... | discard --all",
        .about = "The commands that died (dead letters), as they stand in the dlq topic.\n\n"
                 "  ls       those that are not handled yet, one a line, each with its place P:O (partition:offset)\n"
                 "  show     all of one: key, headers, value, and what was done about it\n"
                 "  redrive  puts them back into the topic they came from, in their order, and marks them as handled\n"
                 "  discard  only marks them as handled",
        .more =
            "WHEN is RFC 3339 (2026-12-01T10:00:00Z) or so long ago (90s, 2h, 7d). A redriven command keeps its id,\n"
            "so a call that carries an idempotency token has its effect once, however often it is redriven.\n\n"
            "  chatbridge dlq ls --status exhausted --since 2h\n"
            "  chatbridge dlq redrive --all --status exhausted --since 2h --rate 10/s\n\n"
            "Exit status: 0 all was done, 1 something was refused or failed, 2 usage or configuration.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    return run(&options, &typed, argv + first, (size_t)(argc - first));
}
