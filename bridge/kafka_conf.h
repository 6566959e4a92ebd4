// SPDX-License-Identifier: MIT
//
// kafka_conf.h: what the Kafka adapters share among themselves. Included by bridge/kafka*.c only.
#ifndef CHATBRIDGE_KAFKA_CONF_H
#define CHATBRIDGE_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "bridge/kafka.h"

struct kafka_default {
    const char *key; // NULL ends a list
    const char *value;
};

// librdkafka's configuration: our `defaults`, then [kafka], then [`section`] over them, then logging into ours.
// NULL with `error` set if it refuses one. Owner: the caller, until rd_kafka_new() takes it.
rd_kafka_conf_t *kafka_conf(const struct config *config, const char *section, const struct kafka_default *defaults,
    struct error *error) MUST_USE;

// A client of the configuration, which it takes even on failure.
rd_kafka_t *kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf_steal, struct error *error) MUST_USE;

// librdkafka's verdict on a record as one of our kinds.
enum error_kind kafka_error_kind(rd_kafka_resp_err_t code);

// A non-blocking descriptor that becomes readable when the empty queue gets something (once: edge-triggered).
int kafka_wake_fd(rd_kafka_queue_t *queue) MUST_USE;
void kafka_wake_clear(int fd);

// `message` as a record; `headers` holds its headers and must outlive it. At most KAFKA_HEADERS_MAX are seen.
enum { KAFKA_HEADERS_MAX = 160 }; // those of a command (COMMAND_HEADERS_MAX) and of its dead letter
struct kafka_record kafka_record_of(const rd_kafka_message_t *message, struct kafka_header headers[KAFKA_HEADERS_MAX]);

#endif
