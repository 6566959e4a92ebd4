// SPDX-License-Identifier: MIT
//
// config.h: the settings, read once at start from an INI file and the environment, then read-only for every thread.
// config_settings.c holds the one table that declares every setting: type, default, range and help.
#ifndef CHATBRIDGE_CONFIG_H
#define CHATBRIDGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/error.h"
#include "bridge/log.h"

enum config_role { ROLE_INBOUND = 1, ROLE_OUTBOUND = 2 };
enum config_rejected { REJECTED_KEEP, REJECTED_REFUSE };
enum config_on_dead { ON_DEAD_SKIP, ON_DEAD_FAIL };
enum config_method { METHOD_POST, METHOD_GET };
enum config_event_format { EVENT_BINARY, EVENT_STRUCTURED };
enum config_signature { SIGNATURE_OFF, SIGNATURE_OPTIONAL, SIGNATURE_REQUIRED };
enum config_encoding { ENCODING_HEX, ENCODING_BASE64 };

// A line of [kafka], [kafka.producer] or [kafka.consumer]: handed to librdkafka untouched.
struct kafka_setting {
    char *section; // "kafka", "kafka.producer", "kafka.consumer"
    char *key;
    char *value;
    char *origin; // "file:line" or "environment CHATBRIDGE_…", for messages
};

struct app_config {
    char *name;
    char *origin;        // where its section begins
    char *base_url;      // without a slash at its end; NULL only if there is no outbound role
    char *secret;        // never logged; NULL only if there is no outbound role
    char *webhook_token; // NULL: the path has none; never logged
    char *secret_header; // QISCUS_SDK_SECRET
    enum config_method load_comments_method;
    enum config_signature signature;
    char *signature_secret; // NULL: none; never logged
    char *signature_next;   // as good as the one before, while it is changed
    char *signature_header;
    enum config_encoding signature_encoding;
};

struct config_source;
struct net_blocks;

struct config {
    struct {
        unsigned roles; // bits of enum config_role
        enum log_level log_level;
        enum log_format log_format;
        int64_t shutdown_timeout_ms;
    } bridge;
    struct {
        char *events;
        char *rejected;
        char *commands;
        char *results;
        char *dlq;
    } topics;
    struct {
        char *listen; // host:port
        size_t body_max;
        int64_t ack_timeout_ms;
        int64_t request_timeout_ms;
        unsigned connections_max;
        enum config_rejected rejected;
        enum config_event_format event_format;
        unsigned dedupe_window;             // events; 0: repeats are not looked for
        struct net_blocks *allow;           // NULL: everybody
        struct net_blocks *trusted_proxies; // NULL: none
    } inbound;
    struct {
        char *group;
        char *instance; // of static membership; NULL: none
        enum config_on_dead on_dead;
        unsigned in_flight_max;
        int64_t request_timeout_ms;
        int64_t connect_timeout_ms;
    } outbound;
    struct {
        unsigned attempts_max; // 0: no limit
        int64_t window_ms;     // 0: no limit
        int64_t backoff_initial_ms;
        int64_t backoff_max_ms;
    } retry;
    struct {
        double app; // calls a second; 0: no limit
    } rate;
    struct {
        unsigned failures; // consecutive ones that open it
        int64_t open_ms;
        int64_t open_max_ms;
    } breaker;

    struct kafka_setting *kafka;
    size_t kafka_count;
    struct app_config *apps;
    size_t app_count;

    char **faults; // everything that is wrong, one "origin: text" each
    size_t fault_count;

    char *path;                   // of the file, or NULL
    struct config_source *source; // where each value came from; of config*.c alone
};

// Reads `path` (NULL: what CHATBRIDGE_CONFIG names; without it the environment alone) and the environment, which wins.
// Never NULL: what is wrong is in `faults`, all of it at once, so that one run shows the whole list. Before any other
// thread runs. Owner: the caller, config_free().
struct config *config_load(const char *path) MUST_USE;
void config_free(struct config *config);

// Adds a fault that another module found, at `origin` ("file:line").
void config_fault(struct config *config, const char *origin, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Prints every fault to `out`, one a line. The number of them.
size_t config_print_faults(const struct config *config, FILE *out);

// The app of that name, or NULL. With `name` NULL: the only one, or NULL if there are several.
const struct app_config *config_app(const struct config *config, const char *name);

// The sample configuration: every setting with its default and its help as comments.
void config_print_settings(FILE *out);

// The same as tables in Markdown: docs/settings.md.
void config_print_reference(FILE *out);

// What was set, and where; secrets only as "(set)".
void config_print_given(const struct config *config, FILE *out);

#endif
