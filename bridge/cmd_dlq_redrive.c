// SPDX-License-Identifier: MIT
//
// redrive and discard. A redriven letter takes two records, one after the other: its command, and when that is
// acknowledged its mark. Who dies between the two redrives it once more the next time: the command's id is the same
// then, so a call that has an idempotency token has its effect once. The other order would lose the command.
//
// One command at a time, so that none of a room can overtake another that was not taken.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/cmd_dlq_command.h"
#include "bridge/cmd_dlq_marks.h"
#include "bridge/commands.h"
#include "bridge/contract.h"
#include "bridge/kafka_out.h"
#include "bridge/progress.h"
#include "bridge/record_print.h"

enum { STEP_MS = 100, MARKS_MAX = 500, PLACE_TEXT = 40 };

struct run {
    const struct cmd_dlq_wishes *wishes;
    const struct config *config;
    enum cmd_dlq_action action;
    struct cmd_dlq_topic *topic;
    struct cmd_dlq_targets targets;
    struct kafka_out *out; // NULL on a dry run

    struct cmd_dlq_sources sources;
    const char *prepared; // the topic that commands went to last
    int64_t next_us;      // not before: --rate
    uint64_t done;
    uint64_t refused;
    uint64_t failed;   // then it ends
    uint64_t unmarked; // done, but their marks are not in Kafka; then too
};

// A mark on its way.
struct sent {
    struct run *run;
    struct cmd_dlq_place letter;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void tell(const struct cmd_dlq_place *letter, const char *what, const struct error *error)
{
    fprintf(stderr, "chatbridge dlq: %" PRId32 ":%" PRId64 ": %s%s\n", letter->partition, letter->offset, what,
        error->text);
}

static void serve(struct run *run, int timeout_ms)
{
    struct pollfd fd = {.fd = kafka_out_fd(run->out), .events = POLLIN};
    must(poll(&fd, 1, timeout_ms) >= 0 || errno == EINTR);
    kafka_out_run(run->out);
}

// So that the first record of a topic need not wait. Only for a topic that is there: a producer's question may make
// one.
static void prepare(struct run *run, const char *topic)
{
    kafka_out_prepare(run->out, (const char *const[]){topic, NULL}, run->wishes->timeout_ms);
}

// ---- the mark ----

static void on_marked(void *context, const struct kafka_delivery *delivery)
{
    struct sent *sent = context;
    if (!delivery->delivered) {
        sent->run->unmarked++;
        tell(&sent->letter, "its mark is not in Kafka, so it stays unhandled: ", &delivery->error);
    }
    free(sent);
}

static int mark(struct run *run, const struct kafka_record *letter, struct error *error)
{
    char place[PLACE_TEXT];
    char at[CLOCK_TEXT];
    (void)snprintf(place, sizeof place, "%" PRId32 ":%" PRId64, letter->partition, letter->offset);
    const struct kafka_header headers[] = {
        kafka_text_header(HEADER_DLQ_HANDLED, place),
        kafka_text_header(HEADER_DLQ_ACTION, cmd_dlq_marks_action(run->action)),
        kafka_text_header(HEADER_DLQ_BY, run->wishes->by),
        kafka_text_header(HEADER_DLQ_AT, clock_format(clock_wall_ms(), at)),
    };
    const struct kafka_record record = {
        .topic = run->config->topics.dlq,
        .partition = letter->partition,
        .key = letter->key,
        .key_len = letter->key_len,
        .headers = headers,
        .header_count = sizeof headers / sizeof headers[0],
    };
    struct sent *sent = must_calloc(1, sizeof *sent);
    *sent = (struct sent){run, {letter->partition, letter->offset}};
    int result;
    while ((result = kafka_out_send(run->out, &record, on_marked, sent, error)) != 0 && error->kind == ERROR_BUSY)
        serve(run, STEP_MS);
    if (result != 0)
        free(sent);
    return result;
}

// Waits until at most so many records are on their way; each ends by itself, at --timeout.
static void settle(struct run *run, unsigned at_most)
{
    while (run->out != NULL && kafka_out_pending(run->out) > at_most)
        serve(run, STEP_MS);
}

// ---- the command ----

struct receipt {
    bool came;
    struct kafka_delivery delivery;
};

static void on_delivered(void *context, const struct kafka_delivery *delivery)
{
    struct receipt *receipt = context;
    *receipt = (struct receipt){true, *delivery};
}

static int send_and_wait(
    struct run *run, const struct kafka_record *record, struct kafka_delivery *delivery, struct error *error)
{
    struct receipt receipt = {0};
    int result;
    while ((result = kafka_out_send(run->out, record, on_delivered, &receipt, error)) != 0 && error->kind == ERROR_BUSY)
        serve(run, STEP_MS);
    while (result == 0 && !receipt.came)
        serve(run, STEP_MS);
    *delivery = receipt.delivery;
    if (result == 0 && !delivery->delivered) {
        *error = delivery->error;
        result = -1;
    }
    return result;
}

static void print_done(const struct run *run, const struct cmd_dlq_letter *letter, const char *more)
{
    static const char *const words[][2] = {
        [CMD_DLQ_REDRIVEN] = {"redriven", "would redrive"}, [CMD_DLQ_DISCARDED] = {"discarded", "would discard"}};
    printf("%s %" PRId32 ":%" PRId64 " ", words[run->action][run->wishes->dry_run], letter->record->partition,
        letter->record->offset);
    record_print_cell(letter->id, 0);
    printf("%s\n", more);
}

static int put_back(
    struct run *run, const struct cmd_dlq_target *target, const struct cmd_dlq_letter *letter, struct error *error)
{
    struct cmd_dlq_command command;
    struct kafka_delivery delivery;
    char more[512];
    if (cmd_dlq_command_make(&command, &run->sources, target, letter, error) != 0)
        return -1;
    int result = 0;
    if (run->out != NULL && run->prepared != command.record.topic) {
        run->prepared = command.record.topic;
        prepare(run, run->prepared);
    }
    if (run->out == NULL)
        (void)snprintf(more, sizeof more, "to %s", command.record.topic);
    else if ((result = send_and_wait(run, &command.record, &delivery, error)) == 0)
        (void)snprintf(more, sizeof more, "to %s, partition %" PRId32 ", offset %" PRId64, command.record.topic,
            delivery.partition, delivery.offset);
    cmd_dlq_command_clear(&command);
    if (result == 0)
        print_done(run, letter, more);
    return result;
}

// ---- a letter ----

static void pace(struct run *run)
{
    if (run->out == NULL || run->wishes->rate <= 0)
        return;
    int64_t now;
    while ((now = clock_us()) < run->next_us && !interrupted) {
        int64_t left_ms = (run->next_us - now + 999) / 1000;
        serve(run, left_ms < STEP_MS ? (int)left_ms : STEP_MS);
    }
    int64_t gap = (int64_t)(1000000 / run->wishes->rate);
    run->next_us = (run->next_us > now - gap ? run->next_us : now) + gap;
}

// `back`: the same command that was put back already, or NULL.
static int handle(struct run *run, const struct cmd_dlq_target *target, const struct cmd_dlq_target *back,
    const struct cmd_dlq_letter *letter, struct error *error)
{
    char more[96] = "";
    if (run->action == CMD_DLQ_REDRIVEN && back == NULL) {
        if (put_back(run, target, letter, error) != 0)
            return -1;
    } else {
        if (back != NULL)
            (void)snprintf(more, sizeof more, "(the same command as %" PRId32 ":%" PRId64 ", put back once)",
                back->letter.partition, back->letter.offset);
        print_done(run, letter, more);
    }
    if (run->out == NULL)
        return 0;
    if (mark(run, letter->record, error) != 0)
        return -1;
    settle(run, run->action == CMD_DLQ_REDRIVEN ? 0 : MARKS_MAX);
    return 0;
}

// True if it is done.
static bool handle_next(struct run *run, const struct cmd_dlq_target *target, const struct cmd_dlq_target *back)
{
    struct error error;
    struct cmd_dlq_letter letter;
    int result = -1;
    const struct kafka_record *record =
        cmd_dlq_topic_at(run->topic, target->letter.partition, target->letter.offset, &error);
    if (record != NULL && cmd_dlq_letter_read(&letter, record, run->config)) {
        result = handle(run, target, back, &letter, &error);
        cmd_dlq_letter_clear(&letter);
    } else if (record != NULL) {
        (void)error_set(&error, ERROR_INPUT, "it is no dead letter any more");
    }
    if (result == 0) {
        run->done++;
    } else if (error.kind == ERROR_INPUT) { // this letter's own trouble
        run->refused++;
        tell(&target->letter, "refused: ", &error);
    } else {
        run->failed++;
        tell(&target->letter, "failed: ", &error);
    }
    return result == 0;
}

static void handle_all(struct run *run)
{
    struct progress progress = progress_of("letters", (int64_t)run->targets.open);
    if (isatty(STDOUT_FILENO)) // the lines show it
        progress.next_ms = INT64_MAX;
    const struct cmd_dlq_target *back = NULL;
    for (size_t i = 0; i < run->targets.count && run->failed + run->unmarked == 0 && !interrupted; i++) {
        const struct cmd_dlq_target *target = &run->targets.items[i];
        bool same = run->action == CMD_DLQ_REDRIVEN && back != NULL && cmd_dlq_targets_same(back, target);
        if (target->handled) {
            back = target;
            continue;
        }
        if (!same)
            pace(run);
        if (interrupted)
            break;
        if (handle_next(run, target, same ? back : NULL) && !same)
            back = target;
        progress_step(&progress);
    }
    settle(run, 0);
    progress_end(&progress);
}

// ---- all of it ----

static int report(const struct run *run)
{
    uint64_t refused = run->refused + run->targets.refused;
    uint64_t left = run->targets.open - run->done - run->refused - run->failed;
    printf("%s%s %" PRIu64, run->wishes->dry_run ? "would be " : "", cmd_dlq_marks_action(run->action), run->done);
    if (refused > 0)
        printf(", refused %" PRIu64, refused);
    if (run->failed > 0)
        printf(", failed %" PRIu64, run->failed);
    if (run->unmarked > 0)
        printf(", without a mark %" PRIu64, run->unmarked);
    if (left > 0)
        printf(", left %" PRIu64, left);
    printf("\n");
    return refused + run->failed + run->unmarked + left == 0 ? EXIT_WELL : EXIT_FAILED;
}

static int begin(struct run *run, struct error *error)
{
    const char *name = run->config->topics.dlq;
    enum cmd_dlq_order order = run->action == CMD_DLQ_REDRIVEN ? CMD_DLQ_BY_SOURCE : CMD_DLQ_BY_LETTER;
    run->topic = cmd_dlq_topic_open(run->config, name, run->wishes->timeout_ms, error);
    if (run->topic == NULL ||
        cmd_dlq_targets_find(&run->targets, run->wishes, run->config, run->topic, order, error) != 0)
        return -1;
    if (!run->wishes->dry_run && (run->out = kafka_out_new(run->config, run->wishes->timeout_ms, error)) == NULL)
        return -1;
    if (run->out != NULL)
        prepare(run, name);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}; // a second one ends it at once
    must(sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0);
    return 0;
}

static int act(const struct cmd_dlq_wishes *wishes, const struct config *config, enum cmd_dlq_action action)
{
    struct error error;
    struct run run = {.wishes = wishes, .config = config, .action = action};
    run.sources = (struct cmd_dlq_sources){.config = config, .wishes = wishes, .targets = &run.targets};
    int status = EXIT_FAILED;
    if (begin(&run, &error) == 0) {
        handle_all(&run);
        status = report(&run);
    } else {
        fprintf(stderr, "chatbridge dlq: %s\n", error.text);
    }
    kafka_out_free(run.out);
    cmd_dlq_sources_close(&run.sources);
    cmd_dlq_topic_close(run.topic);
    cmd_dlq_targets_clear(&run.targets);
    return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

int cmd_dlq_redrive(const struct cmd_dlq_wishes *wishes, const struct config *config)
{
    return act(wishes, config, CMD_DLQ_REDRIVEN);
}

int cmd_dlq_discard(const struct cmd_dlq_wishes *wishes, const struct config *config)
{
    return act(wishes, config, CMD_DLQ_DISCARDED);
}
