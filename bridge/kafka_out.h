// SPDX-License-Identifier: MIT
//
// kafka_out.h: a producer inside the caller's own event loop: acks=all, idempotent, murmur2 partitioner. Every
// function and callback belongs to the loop's thread. librdkafka's own queue is the only one; it is bounded.
#ifndef CHATBRIDGE_KAFKA_OUT_H
#define CHATBRIDGE_KAFKA_OUT_H

#include <stdbool.h>

#include "bridge/kafka.h"

// Bytes around the largest body: key and headers of a record, or an outcome around an answer.
enum { KAFKA_OUT_ENVELOPE = 256 * 1024 };

struct kafka_out;

// What became of a record.
struct kafka_delivery {
    bool delivered;     // acknowledged by all in-sync replicas
    int32_t partition;  // when delivered
    int64_t offset;     // when delivered
    struct error error; // when not: ERROR_INPUT (Kafka refuses this record: too large, …), ERROR_BUSY or _REMOTE
};

typedef void (*kafka_delivered)(void *context, const struct kafka_delivery *delivery);

// `timeout_ms`: a record that is not acknowledged by then is reported as failed (0: never, as long as we run).
// Owner: the caller, kafka_out_free().
struct kafka_out *kafka_out_new(const struct config *config, int64_t timeout_ms, struct error *error) MUST_USE;

// What is still unacknowledged is given up and reported as failed.
void kafka_out_free(struct kafka_out *out);

// Asks the brokers about the topics (NULL-ended), so that their first record need not wait for that (librdkafka asks
// once a second by itself), and logs what an operator should know now: Kafka cannot be reached, a topic is missing.
// Before the loop runs; waits at most `timeout_ms` in all.
void kafka_out_prepare(struct kafka_out *out, const char *const *topics, int timeout_ms);

// Takes a record. 0: `delivered` is called exactly once, from kafka_out_run(). -1: it is not; ERROR_BUSY when the
// queue is full.
int kafka_out_send(struct kafka_out *out, const struct kafka_record *record, kafka_delivered delivered, void *context,
    struct error *error) MUST_USE;

// For the loop: readable when reports wait. Run never blocks.
int kafka_out_fd(const struct kafka_out *out);
void kafka_out_run(struct kafka_out *out);

unsigned kafka_out_pending(const struct kafka_out *out);
bool kafka_out_failed(
    const struct kafka_out *out, struct error *error); // a fatal error: the producer is of no more use

#endif
