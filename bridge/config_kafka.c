// SPDX-License-Identifier: MIT
//
// [kafka], [kafka.producer] and [kafka.consumer] are librdkafka's own settings, handed on untouched; kafka_check()
// has librdkafka judge them. Here are only those that no configuration may change, and the `.file` form of those
// that are secrets.
#include "bridge/config_source.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key;
    const char *why;
} pinned[] = {
    {"enable.auto.commit", "offsets are committed when the commands before them are done, never by themselves"},
    {"auto.commit.enable", "offsets are committed when the commands before them are done, never by themselves"},
    {"enable.auto.offset.store", "offsets are committed when the commands before them are done, never by themselves"},
    {"group.id", "the group is set by [outbound] group"},
    {"group.instance.id", "the instance is set by [outbound] instance"},
    {"partition.assignment.strategy", "rebalancing relies on cooperative-sticky"},
    {"acks", "a webhook is acknowledged only when all in-sync replicas have it"},
    {"request.required.acks", "a webhook is acknowledged only when all in-sync replicas have it"},
    {"enable.idempotence", "without it repeats inside the producer break the order and duplicate"},
    {"transactional.id", "no transactions are used"},
    {"delivery.report.only.error", "a webhook is answered on its delivery report"},
};

static const char *const secrets[] = {
    "sasl.password", "sasl.oauthbearer.client.secret", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password"};

// Takes ".file" off a secret's key: "sasl.password.file" gives "sasl.password", others NULL.
static const char *secret_of(const char *key)
{
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        size_t len = strlen(secrets[i]);
        if (strncmp(key, secrets[i], len) == 0 && strcmp(key + len, ".file") == 0)
            return secrets[i];
    }
    return NULL;
}

static void add(struct config *config, const char *section, const char *key, const char *value, const char *origin)
{
    config->kafka = must_realloc(config->kafka, (config->kafka_count + 1) * sizeof *config->kafka);
    config->kafka[config->kafka_count++] =
        (struct kafka_setting){must_strdup(section), must_strdup(key), must_strdup(value), must_strdup(origin)};
}

// The environment's secret, in either form, wins over the file's.
static bool is_overridden(const struct config_source *source, const struct config_entry *entry, const char *secret)
{
    char as_file[64];
    (void)snprintf(as_file, sizeof as_file, "%s.file", secret);
    return !entry->from_environment && (config_source_find_in(source, entry->section, secret, true) != NULL ||
                                           config_source_find_in(source, entry->section, as_file, true) != NULL);
}

void config_kafka_add(struct config *config, const struct config_source *source, const struct config_entry *entry)
{
    for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++)
        if (strcmp(entry->key, pinned[i].key) == 0) {
            config_fault(config, entry->origin, "[%s] %s cannot be set: %s", entry->section, entry->key, pinned[i].why);
            return;
        }
    const char *secret = secret_of(entry->key);
    if (is_overridden(source, entry, secret ? secret : entry->key))
        return;
    if (secret == NULL) {
        add(config, entry->section, entry->key, entry->value, entry->origin);
        return;
    }
    if (*entry->value == '\0')
        return;
    if (config_source_find_in(source, entry->section, secret, entry->from_environment) != NULL) {
        config_fault(config, entry->origin, "[%s] %s and %s.file are both given", entry->section, secret, secret);
        return;
    }
    struct error error;
    char *value = config_secret_read(entry->value, &error);
    if (value == NULL)
        config_fault(config, entry->origin, "[%s] %s: %s", entry->section, entry->key, error.text);
    else
        add(config, entry->section, secret, value, entry->origin);
    free(value);
}

void config_kafka_defaults(struct config *config)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].key, "bootstrap.servers") == 0 ||
            strcmp(config->kafka[i].key, "metadata.broker.list") == 0) // its other name
            return;
    add(config, "kafka", "bootstrap.servers", "localhost:9092", "built in");
}
