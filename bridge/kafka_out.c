// SPDX-License-Identifier: MIT
//
// Delivery reports arrive on librdkafka's main queue and are served by kafka_out_run() on the loop's thread. The
// queue wakes the loop through an eventfd once when it stops being empty, so a run drains it whole.
#include "bridge/kafka_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/kafka_conf.h"
#include "bridge/log.h"

enum { PURGE_MS = 5000 };

// A broker that hangs, its connection open, is given up as one that is gone: when the senders' patience ends, but not
// sooner than a slow broker may take, nor later than this.
static int64_t hanging_ms(int64_t timeout_ms)
{
    static const int64_t least = 1000;
    static const int64_t most = 10000;
    return timeout_ms == 0 || timeout_ms > most ? most : timeout_ms < least ? least : timeout_ms;
}

struct kafka_out {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    int fd;
    unsigned pending;
};

// One record on its way: whom to tell.
struct sent {
    kafka_delivered delivered;
    void *context;
};

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    struct kafka_out *out = opaque;
    struct sent *sent = message->_private;
    struct kafka_delivery delivery = {
        .delivered = message->err == RD_KAFKA_RESP_ERR_NO_ERROR,
        .partition = message->partition,
        .offset = message->offset,
    };
    if (!delivery.delivered) // rd_kafka_message_errstr() would answer the record's value here
        (void)error_set(&delivery.error, kafka_error_kind(message->err), "%s", rd_kafka_err2str(message->err));
    out->pending--;
    sent->delivered(sent->context, &delivery);
    free(sent);
}

struct kafka_out *kafka_out_new(const struct config *config, int64_t timeout_ms, struct error *error)
{
    char timeout[24];
    char hanging[24];
    char largest[24];
    (void)snprintf(timeout, sizeof timeout, "%" PRId64, timeout_ms);
    (void)snprintf(hanging, sizeof hanging, "%" PRId64, hanging_ms(timeout_ms));
    (void)snprintf(largest, sizeof largest, "%zu", config->inbound.body_max + KAFKA_OUT_ENVELOPE);
    const struct kafka_default defaults[] = {
        {"acks", "all"},
        {"enable.idempotence", "true"},
        {"partitioner", "murmur2_random"}, // where a Java client would put the same key
        {"linger.ms", "0"},
        {"reconnect.backoff.max.ms", "500"}, // else a broker that is back is found up to 10 s late
        {"message.timeout.ms", timeout},
        {"socket.timeout.ms", hanging},
        {"message.max.bytes", largest}, // the brokers decide what is too large, not the client
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = kafka_conf(config, "kafka.producer", defaults, error);
    if (conf == NULL)
        return NULL;
    struct kafka_out *out = must_calloc(1, sizeof *out);
    rd_kafka_conf_set_opaque(conf, out);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    out->client = kafka_client(RD_KAFKA_PRODUCER, conf, error);
    if (out->client == NULL) {
        free(out);
        return NULL;
    }
    out->queue = rd_kafka_queue_get_main(out->client);
    out->fd = kafka_wake_fd(out->queue);
    return out;
}

void kafka_out_free(struct kafka_out *out)
{
    if (out == NULL)
        return;
    (void)rd_kafka_purge(out->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    int64_t deadline = clock_ms() + PURGE_MS;
    while (out->pending > 0 && clock_ms() < deadline)
        (void)rd_kafka_poll(out->client, 10);
    rd_kafka_queue_io_event_enable(out->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(out->queue);
    rd_kafka_destroy(out->client);
    (void)close(out->fd);
    free(out);
}

static rd_kafka_resp_err_t ask_about(struct kafka_out *out, const char *topic, int timeout_ms)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(out->client, topic, NULL);
    must(handle != NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(out->client, 0, handle, &metadata, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return code;
}

void kafka_out_prepare(struct kafka_out *out, const char *const *topics, int timeout_ms)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    for (; *topics != NULL; topics++) {
        int64_t left = deadline_ms - clock_ms();
        rd_kafka_resp_err_t code = ask_about(out, *topics, left > 1 ? (int)left : 1);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        log_warn("kafka: topic is not ready", log_str("topic", *topics), log_str("error", rd_kafka_err2str(code)));
        if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT)
            return; // the others will not answer either
    }
}

static rd_kafka_headers_t *headers_of(const struct kafka_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    must(headers != NULL);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct kafka_header *header = &record->headers[i];
        must(rd_kafka_header_add(headers, header->name, -1, header->value, (ssize_t)header->len) ==
             RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return headers;
}

int kafka_out_send(struct kafka_out *out, const struct kafka_record *record, kafka_delivered delivered, void *context,
    struct error *error)
{
    struct sent *sent = must_calloc(1, sizeof *sent);
    *sent = (struct sent){delivered, context};
    rd_kafka_headers_t *headers = headers_of(record);
    // librdkafka copies key and value (F_COPY); its structure lacks the const.
    const rd_kafka_vu_t fields[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)record->key, record->key_len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)record->value, record->value_len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = sent},
    };
    rd_kafka_error_t *refused = rd_kafka_produceva(out->client, fields, sizeof fields / sizeof fields[0]);
    if (refused == NULL) {
        out->pending++;
        return 0;
    }
    (void)error_set(error, kafka_error_kind(rd_kafka_error_code(refused)), "%s", rd_kafka_error_string(refused));
    rd_kafka_error_destroy(refused);
    rd_kafka_headers_destroy(headers); // librdkafka takes them only with the record
    free(sent);
    return -1;
}

int kafka_out_fd(const struct kafka_out *out)
{
    return out->fd;
}

void kafka_out_run(struct kafka_out *out)
{
    kafka_wake_clear(out->fd);
    while (rd_kafka_poll(out->client, 0) > 0)
        continue;
}

unsigned kafka_out_pending(const struct kafka_out *out)
{
    return out->pending;
}

bool kafka_out_failed(const struct kafka_out *out, struct error *error)
{
    char reason[256];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(out->client, reason, sizeof reason);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    (void)error_set(error, ERROR_FATAL, "%s: %s", rd_kafka_err2name(code), reason);
    return true;
}
