// SPDX-License-Identifier: MIT
#include "bridge/kafka_admin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/kafka_conf.h"

enum { AGAIN_MS = 50 };

struct kafka_admin {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue; // of answers
};

struct kafka_admin *kafka_admin_new(const struct config *config, struct error *error)
{
    static const struct kafka_default none[] = {{NULL, NULL}};
    rd_kafka_conf_t *conf = kafka_conf(config, "kafka.producer", none, error);
    rd_kafka_t *client = conf ? kafka_client(RD_KAFKA_PRODUCER, conf, error) : NULL;
    if (client == NULL)
        return NULL;
    struct kafka_admin *admin = must_calloc(1, sizeof *admin);
    admin->client = client;
    admin->queue = rd_kafka_queue_new(client);
    return admin;
}

void kafka_admin_free(struct kafka_admin *admin)
{
    if (admin == NULL)
        return;
    rd_kafka_queue_destroy(admin->queue);
    rd_kafka_destroy(admin->client);
    free(admin);
}

int kafka_admin_brokers(struct kafka_admin *admin, struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 0, NULL, &metadata, KAFKA_ADMIN_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, ERROR_REMOTE, "Kafka does not answer: %s", rd_kafka_err2str(code));
    int count = metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

// ---- an administrative call ----

// The options of a call. Owner: the caller.
static rd_kafka_AdminOptions_t *options_for(struct kafka_admin *admin, rd_kafka_admin_op_t call)
{
    char reason[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, call);
    must(options != NULL);
    must(rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_ADMIN_MS, reason, sizeof reason) ==
         RD_KAFKA_RESP_ERR_NO_ERROR);
    return options;
}

// The answer, or NULL with `error` set. Owner: the caller.
static rd_kafka_event_t *await(struct kafka_admin *admin, struct error *error)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, 2 * KAFKA_ADMIN_MS);
    if (event == NULL) {
        (void)error_set(error, ERROR_REMOTE, "Kafka does not answer");
        return NULL;
    }
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
        return event;
    (void)error_set(error, ERROR_REMOTE, "%s", rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);
    return NULL;
}

// ---- describing ----

static void take_settings(struct kafka_topic *topic, const rd_kafka_ConfigResource_t *resource)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    topic->settings = must_calloc(count, sizeof *topic->settings);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        topic->settings[topic->setting_count++] = (struct kafka_topic_setting){
            must_strdup(rd_kafka_ConfigEntry_name(entries[i])), must_strdup(value ? value : "")};
    }
}

static void read_settings(struct kafka_admin *admin, const char *name, struct kafka_topic *topic)
{
    rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    must(wanted != NULL);
    rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(admin->client, &wanted, 1, options, admin->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(wanted);
    rd_kafka_event_t *event = await(admin, &topic->unread);
    if (event == NULL)
        return;
    size_t count;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
    must(count == 1);
    if (rd_kafka_ConfigResource_error(resources[0]) == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_settings(topic, resources[0]);
    else
        (void)error_set(
            &topic->unread, ERROR_REMOTE, "%s", rd_kafka_err2str(rd_kafka_ConfigResource_error(resources[0])));
    rd_kafka_event_destroy(event);
}

int kafka_admin_describe(struct kafka_admin *admin, const char *name, struct kafka_topic *topic, struct error *error)
{
    *topic = (struct kafka_topic){.unread = {.kind = ERROR_NONE}};
    // The topic's handle alone would have a producer's metadata request make it, where brokers allow that.
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 1, NULL, &metadata, KAFKA_ADMIN_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, ERROR_REMOTE, "Kafka does not answer: %s", rd_kafka_err2str(code));
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[i];
        if (strcmp(found->topic, name) != 0)
            continue;
        topic->exists = true;
        topic->partitions = found->partition_cnt;
        for (int p = 0; p < found->partition_cnt; p++)
            if (p == 0 || found->partitions[p].replica_cnt < topic->replicas)
                topic->replicas = found->partitions[p].replica_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    if (topic->exists)
        read_settings(admin, name, topic);
    return 0;
}

void kafka_topic_clear(struct kafka_topic *topic)
{
    for (size_t i = 0; i < topic->setting_count; i++) {
        free((char *)(uintptr_t)topic->settings[i].name);
        free((char *)(uintptr_t)topic->settings[i].value);
    }
    free(topic->settings);
    *topic = (struct kafka_topic){.unread = {.kind = ERROR_NONE}};
}

const char *kafka_topic_setting(const struct kafka_topic *topic, const char *name)
{
    for (size_t i = 0; i < topic->setting_count; i++)
        if (strcmp(topic->settings[i].name, name) == 0)
            return topic->settings[i].value;
    return NULL;
}

// ---- creating ----

static int await_topic(struct kafka_admin *admin, const char *name, struct error *error)
{
    int64_t deadline_ms = clock_ms() + KAFKA_ADMIN_MS;
    while (clock_ms() < deadline_ms) {
        struct kafka_topic topic;
        if (kafka_admin_describe(admin, name, &topic, error) != 0)
            return -1;
        bool there = topic.exists && topic.unread.kind == ERROR_NONE;
        kafka_topic_clear(&topic);
        if (there)
            return 0;
        (void)usleep(AGAIN_MS * 1000);
    }
    return error_set(error, ERROR_REMOTE, "it was made, but the brokers do not tell of it");
}

int kafka_admin_create(struct kafka_admin *admin, const char *name, int partitions, int replicas,
    const struct kafka_topic_setting *settings, size_t count, struct error *error)
{
    char reason[256];
    rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(name, partitions, replicas, reason, sizeof reason);
    if (wanted == NULL)
        return error_set(error, ERROR_INPUT, "%s", reason);
    for (size_t i = 0; i < count; i++)
        must(rd_kafka_NewTopic_set_config(wanted, settings[i].name, settings[i].value) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->client, &wanted, 1, options, admin->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(wanted);
    rd_kafka_event_t *event = await(admin, error);
    if (event == NULL)
        return -1;
    size_t made;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &made);
    must(made == 1);
    int result = 0;
    if (rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char *text = rd_kafka_topic_result_error_string(results[0]);
        result = error_set(
            error, ERROR_REMOTE, "%s", text ? text : rd_kafka_err2str(rd_kafka_topic_result_error(results[0])));
    }
    rd_kafka_event_destroy(event);
    return result == 0 ? await_topic(admin, name, error) : result;
}
