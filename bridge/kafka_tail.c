// SPDX-License-Identifier: MIT
//
// Partitions are assigned by hand at offsets that were asked for beforehand. librdkafka's consumer wants a group's
// name even so; nothing is ever committed under it.
#include "bridge/kafka_tail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/kafka_conf.h"
#include "bridge/log.h"

struct kafka_tail {
    rd_kafka_t *client;
    rd_kafka_topic_partition_list_t *partitions;
    int at_end; // partitions whose end was reached
    rd_kafka_message_t *message;
    struct kafka_record record;
    struct kafka_header headers[KAFKA_HEADERS_MAX];
};

static rd_kafka_t *make_client(const struct config *config, enum kafka_tail_start start, struct error *error)
{
    // After a seek librdkafka waits for the answer to its last request for the place before, and drops what it fetched
    // ahead: so requests are short and small.
    const struct kafka_default defaults[] = {
        {"group.id", "chatbridge-tail"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},
        {"enable.partition.eof", "true"},
        {"reconnect.backoff.max.ms", "500"},
        {start == TAIL_FROM_SEEK ? "fetch.wait.max.ms" : NULL, "10"},
        {"fetch.message.max.bytes", "262144"}, // a larger record comes even so
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_conf(config, "kafka.consumer", defaults, error);
    return conf ? kafka_client(RD_KAFKA_CONSUMER, conf, error) : NULL;
}

static int left_ms(int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_ms();
    return left > 1 ? (int)left : 1;
}

int kafka_tail_partitions(struct kafka_tail *tail, const char *topic, int timeout_ms, struct error *error)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(tail->client, topic, NULL);
    must(handle != NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(tail->client, 0, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, ERROR_REMOTE, "Kafka does not answer: %s", rd_kafka_err2str(code));
    must(metadata->topic_cnt == 1);
    code = metadata->topics[0].err;
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return count;
    enum error_kind kind = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? ERROR_INPUT : ERROR_REMOTE;
    return error_set(error, kind, "topic %s: %s", topic, rd_kafka_err2str(code));
}

static int add_topic(struct kafka_tail *tail, const char *topic, int64_t deadline_ms, struct error *error)
{
    int count = kafka_tail_partitions(tail, topic, left_ms(deadline_ms), error);
    for (int i = 0; i < count; i++)
        (void)rd_kafka_topic_partition_list_add(tail->partitions, topic, i);
    return count < 0 ? -1 : 0;
}

int kafka_tail_range(struct kafka_tail *tail, const char *topic, int32_t partition, int64_t *first, int64_t *end,
    int timeout_ms, struct error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(tail->client, topic, partition, first, end, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    return error_set(
        error, ERROR_REMOTE, "topic %s, partition %" PRId32 ": %s", topic, partition, rd_kafka_err2str(code));
}

static int find_time(struct kafka_tail *tail, int64_t wall_ms, int64_t deadline_ms, struct error *error)
{
    for (int i = 0; i < tail->partitions->cnt; i++)
        tail->partitions->elems[i].offset = wall_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(tail->client, tail->partitions, left_ms(deadline_ms));
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < tail->partitions->cnt; i++)
        code = tail->partitions->elems[i].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0; // where nothing is that young, librdkafka has set the end
    return error_set(error, ERROR_REMOTE, "the brokers find no offsets by time: %s", rd_kafka_err2str(code));
}

static int find_offsets(
    struct kafka_tail *tail, const struct kafka_tail_from *from, int64_t deadline_ms, struct error *error)
{
    if (from->start == TAIL_FROM_TIME)
        return find_time(tail, from->number, deadline_ms, error);
    for (int i = 0; i < tail->partitions->cnt; i++) {
        rd_kafka_topic_partition_t *partition = &tail->partitions->elems[i];
        int64_t low;
        int64_t high;
        if (kafka_tail_range(tail, partition->topic, partition->partition, &low, &high, left_ms(deadline_ms), error) !=
            0)
            return -1;
        partition->offset = from->start == TAIL_FROM_BEGINNING ? low
                            : from->start == TAIL_FROM_END     ? high
                            : high - from->number > low        ? high - from->number
                                                               : low;
    }
    return 0;
}

static int assign(struct kafka_tail *tail, struct error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_assign(tail->client, tail->partitions);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : error_set(error, ERROR_REMOTE, "%s", rd_kafka_err2str(code));
}

static int begin(struct kafka_tail *tail, const char *const *topics, size_t count, const struct kafka_tail_from *from,
    int timeout_ms, struct error *error)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    for (size_t i = 0; i < count; i++)
        if (add_topic(tail, topics[i], deadline_ms, error) != 0)
            return -1;
    must(rd_kafka_poll_set_consumer(tail->client) == RD_KAFKA_RESP_ERR_NO_ERROR);
    if (from->start == TAIL_FROM_SEEK)
        return 0;
    return find_offsets(tail, from, deadline_ms, error) == 0 ? assign(tail, error) : -1;
}

int kafka_tail_seek(struct kafka_tail *tail, const char *topic, int32_t partition, int64_t offset, struct error *error)
{
    rd_kafka_topic_partition_list_destroy(tail->partitions);
    tail->partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(tail->partitions, topic, partition)->offset = offset;
    tail->at_end = 0;
    return assign(tail, error);
}

struct kafka_tail *kafka_tail_new(const struct config *config, const char *const *topics, size_t count,
    const struct kafka_tail_from *from, int timeout_ms, struct error *error)
{
    rd_kafka_t *client = make_client(config, from->start, error);
    if (client == NULL)
        return NULL;
    struct kafka_tail *tail = must_calloc(1, sizeof *tail);
    tail->client = client;
    tail->partitions = rd_kafka_topic_partition_list_new(8);
    if (begin(tail, topics, count, from, timeout_ms, error) == 0)
        return tail;
    kafka_tail_free(tail);
    return NULL;
}

void kafka_tail_free(struct kafka_tail *tail)
{
    if (tail == NULL)
        return;
    if (tail->message != NULL)
        rd_kafka_message_destroy(tail->message);
    rd_kafka_topic_partition_list_destroy(tail->partitions);
    rd_kafka_destroy_flags(tail->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(tail);
}

// librdkafka tells a partition's end again after each record; here it counts once, marked by its opaque pointer.
static void on_end(struct kafka_tail *tail, const rd_kafka_message_t *message)
{
    rd_kafka_topic_partition_t *partition =
        rd_kafka_topic_partition_list_find(tail->partitions, rd_kafka_topic_name(message->rkt), message->partition);
    if (partition == NULL || partition->opaque != NULL)
        return;
    partition->opaque = tail;
    tail->at_end++;
}

const struct kafka_record *kafka_tail_next(struct kafka_tail *tail, int timeout_ms)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    do {
        if (tail->message != NULL)
            rd_kafka_message_destroy(tail->message);
        tail->message = rd_kafka_consumer_poll(tail->client, left_ms(deadline_ms));
        if (tail->message == NULL)
            return NULL;
        if (tail->message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            tail->record = kafka_record_of(tail->message, tail->headers);
            return &tail->record;
        }
        if (tail->message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            on_end(tail, tail->message);
        else
            log_warn("kafka: consumer error", log_str("error", rd_kafka_message_errstr(tail->message)));
    } while (clock_ms() < deadline_ms && !kafka_tail_at_end(tail));
    return NULL;
}

bool kafka_tail_at_end(const struct kafka_tail *tail)
{
    return tail->at_end == tail->partitions->cnt;
}
