// SPDX-License-Identifier: MIT
//
// mock_kafka.h: librdkafka's mock cluster for the tests of the Kafka adapters, and a configuration that names it.
#ifndef CHATBRIDGE_UNIT_MOCK_KAFKA_H
#define CHATBRIDGE_UNIT_MOCK_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>

#include "bridge/clock.h"
#include "tests/unit/config_file.h"

enum { MOCK_DEADLINE_MS = 20000 };

static struct {
    rd_kafka_t *owner; // a client that the cluster belongs to
    rd_kafka_mock_cluster_t *cluster;
} mock;

// One broker; `more` is further lines behind [kafka].
static inline void mock_begin(const char *more)
{
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    must(rd_kafka_conf_set(conf, "log_level", "0", NULL, 0) == RD_KAFKA_CONF_OK);
    mock.owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    must(mock.owner != NULL);
    mock.cluster = rd_kafka_mock_cluster_new(mock.owner, 1);
    must(mock.cluster != NULL);
    must(rd_kafka_mock_topic_create(mock.cluster, "t", 1, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    (void)snprintf(text, sizeof text, CONFIG_APP "[kafka]\nbootstrap.servers = %s\n%s",
        rd_kafka_mock_cluster_bootstraps(mock.cluster), more);
    load(text);
    assert_string_equal(faults, "");
}

static inline void mock_end(void)
{
    rd_kafka_mock_cluster_destroy(mock.cluster);
    rd_kafka_destroy(mock.owner);
    (void)forget_config(NULL);
}

// Waits a little for the descriptor.
static inline void mock_wait(int fd)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}};
    (void)poll(fds, 1, 100);
}

#endif
