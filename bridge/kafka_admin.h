// SPDX-License-Identifier: MIT
//
// kafka_admin.h: what a cluster says of its topics, and making new ones; for the command-line tools. Its functions wait
// for the brokers, each at most KAFKA_ADMIN_MS. One thread.
#ifndef CHATBRIDGE_KAFKA_ADMIN_H
#define CHATBRIDGE_KAFKA_ADMIN_H

#include <stdbool.h>

#include "bridge/kafka.h"

enum { KAFKA_ADMIN_MS = 15000 };

struct kafka_admin;

// One of a topic's settings: `cleanup.policy`, `retention.ms`, ...
struct kafka_topic_setting {
    const char *name;
    const char *value;
};

struct kafka_topic {
    bool exists;
    int partitions;
    int replicas;                         // of the partition that has the fewest
    struct kafka_topic_setting *settings; // owned
    size_t setting_count;
    struct error unread; // why there are no settings: ERROR_NONE if there are
};

// Connects. NULL with `error` set. Owner: the caller, kafka_admin_free().
struct kafka_admin *kafka_admin_new(const struct config *config, struct error *error) MUST_USE;
void kafka_admin_free(struct kafka_admin *admin);

// How many brokers there are, or -1.
int kafka_admin_brokers(struct kafka_admin *admin, struct error *error) MUST_USE;

// Fills `topic`, which kafka_topic_clear() empties. A topic that does not exist is no error.
int kafka_admin_describe(
    struct kafka_admin *admin, const char *name, struct kafka_topic *topic, struct error *error) MUST_USE;
void kafka_topic_clear(struct kafka_topic *topic);

// The setting's value, or NULL.
const char *kafka_topic_setting(const struct kafka_topic *topic, const char *name);

// Makes a topic with these settings (the names and values are only read), and waits until a broker tells of it: they
// hear of a new topic a moment after it was made.
int kafka_admin_create(struct kafka_admin *admin, const char *name, int partitions, int replicas,
    const struct kafka_topic_setting *settings, size_t count, struct error *error) MUST_USE;

#endif
