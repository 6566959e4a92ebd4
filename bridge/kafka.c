// SPDX-License-Identifier: MIT
#include "bridge/kafka.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bridge/kafka_conf.h"
#include "bridge/log.h"

const char *kafka_header_of(const struct kafka_record *record, const char *name, size_t *len)
{
    for (size_t i = record->header_count; i > 0; i--) {
        const struct kafka_header *header = &record->headers[i - 1];
        if (strcmp(header->name, name) != 0)
            continue;
        if (len != NULL)
            *len = header->len;
        return header->value;
    }
    return NULL;
}

struct kafka_header kafka_text_header(const char *name, const char *value)
{
    return (struct kafka_header){name, value, strlen(value)};
}

const char *kafka_library_version(void)
{
    return rd_kafka_version_str();
}

// librdkafka counts severity as syslog does. It runs on its own threads.
static void on_log(const rd_kafka_t *client, int severity, const char *facility, const char *text)
{
    const char *name = rd_kafka_name(client);
    if (severity <= 3)
        log_error(
            "kafka: library error", log_str("client", name), log_str("facility", facility), log_str("text", text));
    else if (severity == 4)
        log_warn(
            "kafka: library warning", log_str("client", name), log_str("facility", facility), log_str("text", text));
    else
        log_debug("kafka: library", log_str("client", name), log_str("facility", facility), log_str("text", text));
}

static int set(rd_kafka_conf_t *conf, const char *key, const char *value, const char *origin, struct error *error)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, key, value, reason, sizeof reason) == RD_KAFKA_CONF_OK)
        return 0;
    return error_set(error, ERROR_INPUT, "%s: %s: %s", origin, key, reason);
}

rd_kafka_conf_t *kafka_conf(
    const struct config *config, const char *section, const struct kafka_default *defaults, struct error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    must(conf != NULL);
    int result = set(conf, "client.id", "chatbridge", "built in", error);
    for (; result == 0 && defaults->key != NULL; defaults++)
        result = set(conf, defaults->key, defaults->value, "built in", error);
    const char *const sections[] = {"kafka", section};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; result == 0 && i < config->kafka_count; i++) {
            const struct kafka_setting *setting = &config->kafka[i];
            if (strcmp(setting->section, sections[pass]) == 0)
                result = set(conf, setting->key, setting->value, setting->origin, error);
        }
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (result == 0)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf_steal, struct error *error)
{
    char reason[256];
    rd_kafka_t *client = rd_kafka_new(type, conf_steal, reason, sizeof reason);
    if (client != NULL)
        return client;
    rd_kafka_conf_destroy(conf_steal);
    (void)error_set(error, ERROR_INPUT, "[kafka]: %s", reason);
    return NULL;
}

void kafka_check(struct config *config)
{
    for (size_t i = 0; i < config->kafka_count; i++) {
        const struct kafka_setting *setting = &config->kafka[i];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        must(conf != NULL);
        char reason[256];
        if (rd_kafka_conf_set(conf, setting->key, setting->value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
            config_fault(config, setting->origin, "[%s] %s: %s", setting->section, setting->key, reason);
        rd_kafka_conf_destroy(conf);
    }
}

// Refused for the record's size: it will be refused again. All the rest is our side's trouble and may pass, a record
// without key in a compacted topic too (INVALID_RECORD): the operator has to mend that.
enum error_kind kafka_error_kind(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        return ERROR_INPUT;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return ERROR_BUSY;
    case RD_KAFKA_RESP_ERR__FATAL:
        return ERROR_FATAL;
    default:
        return ERROR_REMOTE;
    }
}

int kafka_wake_fd(rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    must(fd >= 0);
    rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
    return fd;
}

void kafka_wake_clear(int fd)
{
    uint64_t count;
    must(read(fd, &count, sizeof count) > 0 || errno == EAGAIN || errno == EINTR);
}

struct kafka_record kafka_record_of(const rd_kafka_message_t *message, struct kafka_header headers[KAFKA_HEADERS_MAX])
{
    struct kafka_record record = {
        .topic = rd_kafka_topic_name(message->rkt),
        .partition = message->partition,
        .offset = message->offset,
        .key = message->key,
        .key_len = message->key_len,
        .value = message->payload,
        .value_len = message->len,
        .headers = headers,
    };
    rd_kafka_timestamp_type_t type;
    record.timestamp_ms = rd_kafka_message_timestamp(message, &type);
    rd_kafka_headers_t *list;
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return record;
    while (record.header_count < KAFKA_HEADERS_MAX) {
        struct kafka_header *header = &headers[record.header_count];
        const void *value;
        if (rd_kafka_header_get_all(list, record.header_count, &header->name, &value, &header->len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        header->value = value;
        record.header_count++;
    }
    return record;
}
