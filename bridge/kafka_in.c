// SPDX-License-Identifier: MIT
//
// The consumer's one queue carries records, rebalances and commit results; kafka_in_run() serves it on the loop's
// thread. librdkafka lets a rebalance wait for our (incremental_)unassign call as long as we keep polling, which is
// how kafka_in_let_go() gives the flow time to finish what is in flight.
#include "bridge/kafka_in.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/kafka_conf.h"
#include "bridge/log.h"

enum { COMMITTED_TIMEOUT_MS = 5000 };

struct kafka_in {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    int fd;
    struct kafka_in_handler handler;
    rd_kafka_topic_partition_list_t *revoked; // waiting for kafka_in_let_go(), or NULL
    bool closing;
};

// ---- rebalance ----

static bool cooperative(const struct kafka_in *in)
{
    return strcmp(rd_kafka_rebalance_protocol(in->client), "COOPERATIVE") == 0;
}

static void log_refusal(const char *what, rd_kafka_error_t *refused)
{
    if (refused == NULL)
        return;
    log_error("kafka: rebalance step refused", log_str("step", what), log_str("error", rd_kafka_error_string(refused)));
    rd_kafka_error_destroy(refused);
}

static rd_kafka_error_t *assign(struct kafka_in *in, const rd_kafka_topic_partition_list_t *partitions)
{
    if (cooperative(in))
        return rd_kafka_incremental_assign(in->client, partitions);
    rd_kafka_resp_err_t code = rd_kafka_assign(in->client, partitions);
    return code ? rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)) : NULL;
}

static rd_kafka_error_t *unassign(struct kafka_in *in, const rd_kafka_topic_partition_list_t *partitions)
{
    if (cooperative(in))
        return rd_kafka_incremental_unassign(in->client, partitions);
    rd_kafka_resp_err_t code = rd_kafka_assign(in->client, NULL);
    return code ? rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)) : NULL;
}

// The settled assignment's size goes to the handler.
static void tell_settled(struct kafka_in *in)
{
    rd_kafka_topic_partition_list_t *all = NULL;
    int count = 0;
    if (rd_kafka_assignment(in->client, &all) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        count = all->cnt;
        rd_kafka_topic_partition_list_destroy(all);
    }
    in->handler.settled(in->handler.context, count);
}

// What was committed is asked for before anything is fetched, since its metadata says what is done already. If the
// brokers do not answer in time the partitions start without: then librdkafka asks itself, and commands that were
// done out of order are repeated (with their tokens).
static void on_assigned(struct kafka_in *in, rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(partitions);
    rd_kafka_resp_err_t code = rd_kafka_committed(in->client, committed, COMMITTED_TIMEOUT_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_warn("kafka: committed offsets not known at assignment", log_str("error", rd_kafka_err2str(code)));
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_topic_partition_t *partition = &partitions->elems[i];
        const rd_kafka_topic_partition_t *known = &committed->elems[i];
        bool usable = code == RD_KAFKA_RESP_ERR_NO_ERROR && known->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        int64_t offset = usable && known->offset >= 0 ? known->offset : -1;
        partition->offset = offset >= 0 ? offset : RD_KAFKA_OFFSET_INVALID;
        char *metadata = offset >= 0 ? must_memdup(known->metadata, known->metadata_size) : must_memdup("", 0);
        in->handler.assigned(in->handler.context, partition->topic, partition->partition, offset, metadata);
        free(metadata);
    }
    rd_kafka_topic_partition_list_destroy(committed);
    log_refusal("assign", assign(in, partitions));
    tell_settled(in);
}

static void on_revoked(struct kafka_in *in, const rd_kafka_topic_partition_list_t *partitions)
{
    bool lost = rd_kafka_assignment_lost(in->client);
    if (in->revoked != NULL)
        rd_kafka_topic_partition_list_destroy(in->revoked);
    in->revoked = rd_kafka_topic_partition_list_copy(partitions);
    for (int i = 0; i < partitions->cnt; i++)
        in->handler.revoking(in->handler.context, partitions->elems[i].topic, partitions->elems[i].partition, lost);
    if (lost || in->closing || partitions->cnt == 0)
        kafka_in_let_go(in);
}

static void on_rebalance(
    rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    (void)client;
    struct kafka_in *in = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        on_assigned(in, partitions);
    } else {
        if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
            log_error("kafka: rebalance failed", log_str("error", rd_kafka_err2str(code)));
        on_revoked(in, partitions);
    }
}

void kafka_in_let_go(struct kafka_in *in)
{
    if (in->revoked == NULL)
        return;
    rd_kafka_topic_partition_list_t *partitions = in->revoked;
    in->revoked = NULL;
    (void)rd_kafka_resume_partitions(in->client, partitions); // a pause outlives its assignment, into the next one
    log_refusal("unassign", unassign(in, partitions));
    rd_kafka_topic_partition_list_destroy(partitions);
    tell_settled(in);
}

// ---- commits ----

static void on_commit(
    rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    (void)client;
    struct kafka_in *in = opaque;
    for (int i = 0; offsets != NULL && i < offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *partition = &offsets->elems[i];
        struct error error = {.kind = ERROR_NONE};
        rd_kafka_resp_err_t failed = code ? code : partition->err;
        if (failed != RD_KAFKA_RESP_ERR_NO_ERROR)
            (void)error_set(&error, ERROR_REMOTE, "%s", rd_kafka_err2str(failed));
        in->handler.committed(in->handler.context, partition->topic, partition->partition, partition->offset, &error);
    }
}

int kafka_in_commit(struct kafka_in *in, const char *topic, int32_t partition, int64_t offset, const char *metadata,
    struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *item = rd_kafka_topic_partition_list_add(list, topic, partition);
    item->offset = offset;
    item->metadata = must_strdup(metadata); // freed with the list
    item->metadata_size = strlen(metadata);
    rd_kafka_resp_err_t code = rd_kafka_commit(in->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return error_set(error, ERROR_REMOTE, "%s", rd_kafka_err2str(code));
}

// ---- the consumer ----

static rd_kafka_conf_t *consumer_conf(const struct config *config, const char *group, struct error *error)
{
    const struct kafka_default defaults[] = {
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"}, // a new group must not miss what was asked before it came
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"reconnect.backoff.max.ms", "500"},
        {"topic.metadata.refresh.interval.ms", "10000"}, // a topic that is made after us is found so late at most
        {"socket.timeout.ms", "10000"},                  // a broker that hangs is given up as one that is gone
        // What waits in librdkafka waits in memory: enough for the next seconds, not for the backlog.
        {"queued.max.messages.kbytes", "4096"},
        {"queued.min.messages", "1000"},
        {config->outbound.instance ? "group.instance.id" : NULL, config->outbound.instance},
        {NULL, NULL},
    };
    return kafka_conf(config, "kafka.consumer", defaults, error);
}

static int subscribe(struct kafka_in *in, const char *const *topics, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (; *topics != NULL; topics++)
        (void)rd_kafka_topic_partition_list_add(list, *topics, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(in->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return error_set(error, ERROR_INPUT, "cannot subscribe: %s", rd_kafka_err2str(code));
}

struct kafka_in *kafka_in_new(const struct config *config, const char *group, const char *const *topics,
    const struct kafka_in_handler *handler, struct error *error)
{
    rd_kafka_conf_t *conf = consumer_conf(config, group, error);
    if (conf == NULL)
        return NULL;
    struct kafka_in *in = must_calloc(1, sizeof *in);
    in->handler = *handler;
    rd_kafka_conf_set_opaque(conf, in);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    in->client = kafka_client(RD_KAFKA_CONSUMER, conf, error);
    if (in->client == NULL) {
        free(in);
        return NULL;
    }
    must(rd_kafka_poll_set_consumer(in->client) == RD_KAFKA_RESP_ERR_NO_ERROR);
    in->queue = rd_kafka_queue_get_consumer(in->client);
    in->fd = kafka_wake_fd(in->queue);
    if (subscribe(in, topics, error) != 0) {
        kafka_in_free(in);
        return NULL;
    }
    return in;
}

void kafka_in_free(struct kafka_in *in)
{
    if (in == NULL)
        return;
    rd_kafka_queue_io_event_enable(in->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(in->queue);
    rd_kafka_destroy_flags(in->client, rd_kafka_consumer_closed(in->client) ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (in->revoked != NULL)
        rd_kafka_topic_partition_list_destroy(in->revoked);
    (void)close(in->fd);
    free(in);
}

int kafka_in_fd(const struct kafka_in *in)
{
    return in->fd;
}

// Errors that arrive in place of a record. librdkafka goes on trying by itself in every case.
static void on_error(const rd_kafka_message_t *message)
{
    const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
    log_warn("kafka: consumer error", log_str("topic", topic), log_int("partition", message->partition),
        log_str("error", rd_kafka_message_errstr(message)));
}

bool kafka_in_run(struct kafka_in *in, int max)
{
    kafka_wake_clear(in->fd);
    for (int i = 0; i < max; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(in->client, 0);
        if (message == NULL)
            return false;
        if (message->err) {
            on_error(message);
        } else {
            struct kafka_header headers[KAFKA_HEADERS_MAX];
            struct kafka_record record = kafka_record_of(message, headers);
            in->handler.record(in->handler.context, &record);
        }
        rd_kafka_message_destroy(message);
    }
    return true;
}

static void pause_or_resume(struct kafka_in *in, const char *topic, int32_t partition, bool pause)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(list, topic, partition);
    rd_kafka_resp_err_t code =
        pause ? rd_kafka_pause_partitions(in->client, list) : rd_kafka_resume_partitions(in->client, list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = list->elems[0].err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_error("kafka: pause or resume refused", log_str("topic", topic), log_int("partition", partition),
            log_str("error", rd_kafka_err2str(code)));
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_in_pause(struct kafka_in *in, const char *topic, int32_t partition)
{
    pause_or_resume(in, topic, partition, true);
}

void kafka_in_resume(struct kafka_in *in, const char *topic, int32_t partition)
{
    pause_or_resume(in, topic, partition, false);
}

void kafka_in_close(struct kafka_in *in)
{
    in->closing = true;
    kafka_in_let_go(in);
    rd_kafka_error_t *refused = rd_kafka_consumer_close_queue(in->client, in->queue);
    log_refusal("close", refused);
}

bool kafka_in_closed(const struct kafka_in *in)
{
    return rd_kafka_consumer_closed(in->client) != 0;
}
