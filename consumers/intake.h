// SPDX-License-Identifier: MIT
//
// intake.h: commands out of Kafka: one ledger a partition, back-pressure by pausing, commits, and the manners of a
// rebalance: a partition that has to go first finishes what is in flight, commits, and is then let go. Loop's thread.
#ifndef CHATBRIDGE_INTAKE_H
#define CHATBRIDGE_INTAKE_H

#include "bridge/kafka_in.h"
#include "consumers/delivery.h"
#include "consumers/ledger.h"

struct partition;
TAILQ_HEAD(partition_list, partition);

struct remembered;
TAILQ_HEAD(remembered_list, remembered);

struct intake {
    struct kafka_in *in;
    const struct config *config;
    struct deliveries *deliveries;
    struct partition_list partitions;  // those that are ours
    struct remembered_list remembered; // what was done of those that went
    unsigned remembered_count;
    size_t held_bytes; // by commands taken in and not finished
    bool crowded;      // held_bytes is at its limit: all partitions are paused
    int64_t let_go_ms; // monotonic: when revoked partitions go at the latest; 0: none are revoked
    bool closing;
};

int intake_init(
    struct intake *intake, const struct config *config, struct deliveries *deliveries, struct error *error) MUST_USE;

// For deliveries_init(): a command's outcome is durable.
void intake_finished(void *intake, struct delivery *delivery);

int intake_fd(const struct intake *intake);

// Takes records in, commits, pauses, resumes, lets go. Answers true if there may be more to take in at once.
bool intake_run(struct intake *intake);
int intake_timeout_ms(const struct intake *intake);

// Gives up all that is not in flight. intake_run() goes on until what is in flight has ended and is committed, or
// until `deadline_ms` (monotonic): then it is drained, and the group can be left through intake->in.
void intake_close(struct intake *intake, int64_t deadline_ms);
bool intake_drained(const struct intake *intake);

void intake_clear(struct intake *intake);

#endif
