// SPDX-License-Identifier: MIT
//
// Two limits make back-pressure: a partition's ledger (LEDGER_WINDOW offsets), which pauses that partition, and the
// bytes of all commands held (HELD_MAX), which pause all. Both go on again at half, so that pausing, which makes
// librdkafka throw away what it fetched ahead, stays rare.
#include "consumers/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/log.h"

enum {
    RECORDS_AT_ONCE = 256, // then the calls get their turn
    HELD_MAX = 16 * 1024 * 1024,
    COMMIT_EVERY_MS = 500, // what was finished since may be repeated after a kill -9
    REMEMBERED_MAX = 1024, // partitions
};

// What was done of a partition that went. When the group's broker dies, partitions are lost before what was done could
// be committed, and come back a moment later: then it counts.
struct remembered {
    TAILQ_ENTRY(remembered) link; // the newest first
    char *topic;
    int32_t number;
    struct ledger ledger;
};

struct partition {
    TAILQ_ENTRY(partition) link;
    struct intake *intake;
    char *topic;
    int32_t number;
    struct ledger ledger;
    struct delivery_list live; // taken in, outcome not yet durable
    struct command *stalled;   // one that came and did not fit into the ledger any more
    bool paused;
    bool leaving;
    uint64_t committed_version;  // of the ledger, as Kafka has acknowledged it
    uint64_t committing_version; // as it is on its way; 0: nothing is
    int64_t committing_offset;   // likewise
    bool hurried;                // it is leaving, and its last commit did not wait for its time
    int64_t next_commit_ms;      // monotonic
};

static struct partition *find(const struct intake *intake, const char *topic, int32_t number)
{
    struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link)
        if (partition->number == number && strcmp(partition->topic, topic) == 0)
            return partition;
    return NULL;
}

// ---- back-pressure ----

static void apply_pressure(struct partition *partition)
{
    struct intake *intake = partition->intake;
    int64_t span = ledger_span(&partition->ledger);
    bool full = span >= LEDGER_WINDOW || partition->stalled != NULL;
    bool roomy = span < LEDGER_WINDOW / 2 && partition->stalled == NULL;
    bool pause = full || intake->crowded || partition->leaving;
    if (!partition->paused && pause) {
        partition->paused = true;
        kafka_in_pause(intake->in, partition->topic, partition->number);
        log_debug("intake: partition paused", log_str("topic", partition->topic),
            log_int("partition", partition->number), log_int("span", span), log_int("crowded", intake->crowded));
    } else if (partition->paused && !pause && roomy) {
        partition->paused = false;
        kafka_in_resume(intake->in, partition->topic, partition->number);
        log_debug(
            "intake: partition resumed", log_str("topic", partition->topic), log_int("partition", partition->number));
    }
}

static void apply_pressure_everywhere(struct intake *intake)
{
    if (intake->held_bytes >= HELD_MAX)
        intake->crowded = true;
    else if (intake->held_bytes < HELD_MAX / 2)
        intake->crowded = false;
    struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link)
        apply_pressure(partition);
}

// ---- records ----

static void take_in(struct partition *partition, struct command *command, const struct error *error)
{
    struct intake *intake = partition->intake;
    intake->held_bytes += command->size;
    const struct error *refusal = error->kind != ERROR_NONE ? error : NULL;
    struct delivery *delivery = delivery_begin(intake->deliveries, command, refusal, partition);
    TAILQ_INSERT_TAIL(&partition->live, delivery, owner_link);
    if (intake->held_bytes >= HELD_MAX)
        intake->crowded = true;
}

static void on_record(void *context, const struct kafka_record *record)
{
    struct intake *intake = context;
    struct partition *partition = find(intake, record->topic, record->partition);
    if (partition == NULL || partition->leaving)
        return;                       // what was committed decides where its next owner begins
    must(partition->stalled == NULL); // a paused partition gives nothing: librdkafka drops what it fetched ahead
    enum ledger_answer answer = ledger_take(&partition->ledger, record->offset);
    if (answer == LEDGER_DONE)
        return;
    struct error error;
    struct command *command = command_new(intake->config, record, &error);
    if (answer == LEDGER_FULL)
        partition->stalled = command;
    else
        take_in(partition, command, &error);
    apply_pressure(partition);
}

// The record that did not fit is tried again when older ones have ended.
static void retry_stalled(struct partition *partition)
{
    struct command *command = partition->stalled;
    if (command == NULL || partition->leaving)
        return;
    enum ledger_answer answer = ledger_take(&partition->ledger, command->record.offset);
    if (answer == LEDGER_FULL)
        return;
    partition->stalled = NULL;
    struct error error;
    if (answer == LEDGER_NEW)
        take_in(partition, command_new(partition->intake->config, &command->record, &error), &error);
    command_free(command);
}

void intake_finished(void *context, struct delivery *delivery)
{
    struct intake *intake = context;
    struct partition *partition = delivery->owner;
    intake->held_bytes -= delivery->command->size;
    ledger_finish(&partition->ledger, delivery->command->record.offset);
    TAILQ_REMOVE(&partition->live, delivery, owner_link);
}

// ---- commits ----

static bool is_dirty(const struct partition *partition)
{
    return ledger_commit_offset(&partition->ledger) >= 0 && partition->ledger.version != partition->committed_version;
}

// What leaves with nothing left to do is committed at once; if that fails, again at the usual pace.
static bool may_hurry(const struct partition *partition)
{
    return partition->leaving && TAILQ_EMPTY(&partition->live) && !partition->hurried;
}

static void commit(struct partition *partition, int64_t now_ms)
{
    struct intake *intake = partition->intake;
    char metadata[LEDGER_METADATA];
    struct error error;
    partition->next_commit_ms = now_ms + COMMIT_EVERY_MS;
    partition->committing_offset = ledger_commit_offset(&partition->ledger);
    partition->hurried = may_hurry(partition) || partition->hurried;
    if (kafka_in_commit(intake->in, partition->topic, partition->number, ledger_commit_offset(&partition->ledger),
            ledger_metadata(&partition->ledger, metadata), &error) == 0)
        partition->committing_version = partition->ledger.version;
    else
        log_warn("intake: commit refused", log_str("topic", partition->topic), log_int("partition", partition->number),
            log_str("error", error.text));
}

static void commit_what_changed(struct intake *intake)
{
    int64_t now_ms = clock_ms();
    struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link)
        if (is_dirty(partition) && partition->committing_version == 0 &&
            (now_ms >= partition->next_commit_ms || may_hurry(partition)))
            commit(partition, now_ms);
}

static void on_committed(void *context, const char *topic, int32_t number, int64_t offset, const struct error *error)
{
    struct intake *intake = context;
    struct partition *partition = find(intake, topic, number);
    if (partition == NULL || partition->committing_version == 0 || partition->committing_offset != offset)
        return; // of a commit before the partition was lost and came back
    if (error->kind == ERROR_NONE)
        partition->committed_version = partition->committing_version;
    else
        log_warn("intake: commit failed, tried again", log_str("topic", topic), log_int("partition", number),
            log_int("offset", offset), log_str("error", error->text));
    partition->committing_version = 0;
}

// ---- what was done of partitions that went ----

static void forget(struct intake *intake, struct remembered *remembered)
{
    TAILQ_REMOVE(&intake->remembered, remembered, link);
    intake->remembered_count--;
    free(remembered->topic);
    free(remembered);
}

static void remember(struct partition *partition)
{
    struct intake *intake = partition->intake;
    if (intake->remembered_count == REMEMBERED_MAX)
        forget(intake, TAILQ_LAST(&intake->remembered, remembered_list));
    struct remembered *remembered = must_calloc(1, sizeof *remembered);
    *remembered = (struct remembered){
        .topic = must_strdup(partition->topic), .number = partition->number, .ledger = partition->ledger};
    TAILQ_INSERT_HEAD(&intake->remembered, remembered, link);
    intake->remembered_count++;
}

static void recall(struct partition *partition)
{
    struct remembered *remembered;
    TAILQ_FOREACH(remembered, &partition->intake->remembered, link)
        if (remembered->number == partition->number && strcmp(remembered->topic, partition->topic) == 0) {
            ledger_merge(&partition->ledger, &remembered->ledger);
            forget(partition->intake, remembered);
            return;
        }
}

// ---- assignment ----

// Gives up what is not in flight; the rest has until let_go_ms. Again for each answer that came since: what it would
// have repeated is the next owner's to repeat.
static void leave(struct partition *partition)
{
    partition->leaving = true;
    struct delivery *delivery = TAILQ_FIRST(&partition->live);
    while (delivery != NULL) {
        struct delivery *next = TAILQ_NEXT(delivery, owner_link);
        size_t size = delivery->command->size;
        TAILQ_REMOVE(&partition->live, delivery, owner_link);
        if (delivery_drop(delivery))
            partition->intake->held_bytes -= size;
        else if (next != NULL)
            TAILQ_INSERT_BEFORE(next, delivery, owner_link);
        else
            TAILQ_INSERT_TAIL(&partition->live, delivery, owner_link);
        delivery = next;
    }
}

static void partition_free(struct partition *partition)
{
    struct intake *intake = partition->intake;
    struct delivery *delivery;
    leave(partition);
    while ((delivery = TAILQ_FIRST(&partition->live)) != NULL) { // what is in flight or being reported
        TAILQ_REMOVE(&partition->live, delivery, owner_link);
        intake->held_bytes -= delivery->command->size;
        delivery_abandon(delivery);
    }
    remember(partition);
    TAILQ_REMOVE(&intake->partitions, partition, link);
    command_free(partition->stalled);
    free(partition->topic);
    free(partition);
}

static void on_assigned(void *context, const char *topic, int32_t number, int64_t offset, const char *metadata)
{
    struct intake *intake = context;
    must(find(intake, topic, number) == NULL);
    struct partition *partition = must_calloc(1, sizeof *partition);
    partition->intake = intake;
    partition->topic = must_strdup(topic);
    partition->number = number;
    TAILQ_INIT(&partition->live);
    TAILQ_INSERT_TAIL(&intake->partitions, partition, link);
    struct error error;
    if (ledger_init(&partition->ledger, offset, metadata, &error) != 0)
        log_warn("intake: commit metadata ignored", log_str("topic", topic), log_int("partition", number),
            log_str("error", error.text));
    recall(partition);
    partition->leaving = intake->closing;
    log_info(
        "intake: partition assigned", log_str("topic", topic), log_int("partition", number), log_int("offset", offset));
}

static void on_revoking(void *context, const char *topic, int32_t number, bool lost)
{
    struct intake *intake = context;
    struct partition *partition = find(intake, topic, number);
    if (partition == NULL)
        return;
    log_info("intake: partition revoked", log_str("topic", topic), log_int("partition", number), log_int("lost", lost));
    leave(partition);
    if (lost)
        partition_free(partition);
    else if (intake->let_go_ms == 0)
        intake->let_go_ms = clock_ms() + intake->config->bridge.shutdown_timeout_ms;
}

static void on_settled(void *context, int count)
{
    (void)context;
    log_info("outbound: assigned", log_int("partitions", count));
}

// Lets the revoked partitions go when they have ended what was in flight and committed, or when their time is over.
static void let_go_if_done(struct intake *intake)
{
    if (intake->let_go_ms == 0)
        return;
    bool late = clock_ms() >= intake->let_go_ms;
    struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link)
        if (partition->leaving && !late &&
            (!TAILQ_EMPTY(&partition->live) || is_dirty(partition) || partition->committing_version != 0))
            return;
    struct partition *next;
    for (partition = TAILQ_FIRST(&intake->partitions); partition != NULL; partition = next) {
        next = TAILQ_NEXT(partition, link);
        if (!partition->leaving)
            continue;
        if (!TAILQ_EMPTY(&partition->live))
            log_warn("intake: partition let go with calls in flight, they will be repeated",
                log_str("topic", partition->topic), log_int("partition", partition->number));
        partition_free(partition);
    }
    intake->let_go_ms = 0;
    kafka_in_let_go(intake->in);
}

// ---- all of it ----

int intake_init(struct intake *intake, const struct config *config, struct deliveries *deliveries, struct error *error)
{
    *intake = (struct intake){.config = config, .deliveries = deliveries};
    TAILQ_INIT(&intake->partitions);
    TAILQ_INIT(&intake->remembered);
    const struct kafka_in_handler handler = {
        .context = intake,
        .record = on_record,
        .assigned = on_assigned,
        .revoking = on_revoking,
        .settled = on_settled,
        .committed = on_committed,
    };
    const char *const topics[] = {config->topics.commands, NULL};
    intake->in = kafka_in_new(config, config->outbound.group, topics, &handler, error);
    return intake->in ? 0 : -1;
}

int intake_fd(const struct intake *intake)
{
    return kafka_in_fd(intake->in);
}

bool intake_run(struct intake *intake)
{
    bool more = kafka_in_run(intake->in, RECORDS_AT_ONCE);
    struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link) {
        retry_stalled(partition);
        if (partition->leaving)
            leave(partition);
    }
    apply_pressure_everywhere(intake);
    commit_what_changed(intake);
    let_go_if_done(intake);
    return more;
}

int intake_timeout_ms(const struct intake *intake)
{
    int64_t now_ms = clock_ms();
    int64_t nearest = intake->let_go_ms;
    const struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link)
        if (is_dirty(partition) && partition->committing_version == 0 &&
            (nearest == 0 || partition->next_commit_ms < nearest))
            nearest = partition->next_commit_ms;
    if (nearest == 0)
        return -1;
    return nearest > now_ms ? (int)(nearest - now_ms) : 0;
}

void intake_close(struct intake *intake, int64_t deadline_ms)
{
    intake->closing = true;
    intake->let_go_ms = deadline_ms;
    struct partition *partition;
    TAILQ_FOREACH(partition, &intake->partitions, link)
        leave(partition);
    apply_pressure_everywhere(intake);
}

bool intake_drained(const struct intake *intake)
{
    return TAILQ_EMPTY(&intake->partitions);
}

void intake_clear(struct intake *intake)
{
    struct partition *partition;
    while ((partition = TAILQ_FIRST(&intake->partitions)) != NULL)
        partition_free(partition); // NOLINT(clang-analyzer-unix.Malloc): it does not see that the list's head moves on
    struct remembered *remembered;
    while ((remembered = TAILQ_FIRST(&intake->remembered)) != NULL)
        forget(intake, remembered); // NOLINT(clang-analyzer-unix.Malloc): as above
    kafka_in_free(intake->in);
}
