// SPDX-License-Identifier: MIT
#include "bridge/config_settings.h"

#include <string.h>

#define AT(field)     offsetof(struct config, field)
#define AT_APP(field) offsetof(struct app_config, field)

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, KIB = 1024, MIB = 1024 * KIB };

static const struct setting_choice roles[] = {{"inbound", ROLE_INBOUND}, {"outbound", ROLE_OUTBOUND}, {NULL, 0}};
static const struct setting_choice log_levels[] = {
    {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}, {NULL, 0}};
static const struct setting_choice log_formats[] = {{"logfmt", LOG_LOGFMT}, {"json", LOG_JSON}, {NULL, 0}};
static const struct setting_choice on_dead[] = {{"skip", ON_DEAD_SKIP}, {"fail", ON_DEAD_FAIL}, {NULL, 0}};
static const struct setting_choice rejected[] = {{"keep", REJECTED_KEEP}, {"refuse", REJECTED_REFUSE}, {NULL, 0}};
static const struct setting_choice methods[] = {{"POST", METHOD_POST}, {"GET", METHOD_GET}, {NULL, 0}};
static const struct setting_choice formats[] = {{"binary", EVENT_BINARY}, {"structured", EVENT_STRUCTURED}, {NULL, 0}};
static const struct setting_choice signatures[] = {
    {"off", SIGNATURE_OFF}, {"optional", SIGNATURE_OPTIONAL}, {"required", SIGNATURE_REQUIRED}, {NULL, 0}};
static const struct setting_choice encodings[] = {{"hex", ENCODING_HEX}, {"base64", ENCODING_BASE64}, {NULL, 0}};

const struct setting_section config_sections[] = {
    {"bridge", "The process as a whole."},
    {"kafka", "Handed to librdkafka as it is, for producers and consumers alike: any of its settings."},
    {"kafka.producer", "As [kafka], for producers only; it wins over [kafka]."},
    {"kafka.consumer", "As [kafka], for consumers only; it wins over [kafka]."},
    {"topics", "The topics. Each needs a name of its own."},
    {"inbound", "Webhooks to Kafka."},
    {"outbound", "Commands from Kafka to the chat API."},
    {"retry", "What becomes of a command whose call failed."},
    {"rate", "How fast the chat API is called."},
    {"breaker", "When an app's chat API cannot be reached or refuses our credentials, its calls pause."},
    {"app", "An app of the chat platform, one section each. Its webhook URL is http://THIS-HOST:8080/webhooks/NAME,\n"
            "with /TOKEN behind it when there is a webhook.token. A name has a-z, 0-9, '.', '_' and '-'."},
    {NULL, NULL},
};

const struct setting config_settings[] = {
    {"bridge", "roles", SETTING_SET, AT(bridge.roles), "inbound, outbound", .choices = roles,
        .help = "What this process does: inbound takes webhooks, outbound carries out commands."},
    {"bridge", "log.level", SETTING_CHOICE, AT(bridge.log_level), "info", .choices = log_levels,
        .help = "The least important lines that are logged."},
    {"bridge", "log.format", SETTING_CHOICE, AT(bridge.log_format), "logfmt", .choices = log_formats,
        .help = "How a line of the log is written."},
    {"bridge", "shutdown.timeout", SETTING_DURATION, AT(bridge.shutdown_timeout_ms), "25s", 1 * SECOND, 1 * HOUR,
        .help = "How long a stop may take. What is not done by then is given up; nothing acknowledged is lost."},

    {"topics", "events", SETTING_TOPIC, AT(topics.events), "chat.events", .help = "Gets each webhook."},
    {"topics", "rejected", SETTING_TOPIC, AT(topics.rejected), "chat.events.rejected",
        .help = "Gets what an authentic sender sent but nobody could use."},
    {"topics", "commands", SETTING_TOPIC, AT(topics.commands), "chat.commands", .help = "Commands are read from it."},
    {"topics", "results", SETTING_TOPIC, AT(topics.results), "chat.results", .help = "Gets each command's outcome."},
    {"topics", "dlq", SETTING_TOPIC, AT(topics.dlq), "chat.commands.dlq",
        .help = "Gets each command that did not succeed, with the reason."},

    {"inbound", "listen", SETTING_ADDRESS, AT(inbound.listen), "0.0.0.0:8080",
        .help = "Where webhooks arrive. An IPv6 address stands in brackets: [::]:8080."},
    {"inbound", "body.max", SETTING_SIZE, AT(inbound.body_max), "1MiB", 1 * KIB, 64 * MIB,
        .help = "The largest webhook; a larger one is answered 413. Kafka must take records of this size."},
    {"inbound", "ack.timeout", SETTING_DURATION, AT(inbound.ack_timeout_ms), "8s", 100, 5 * MINUTE,
        .help = "How long a webhook waits for Kafka before it is answered 503."},
    {"inbound", "request.timeout", SETTING_DURATION, AT(inbound.request_timeout_ms), "10s", 100, 5 * MINUTE,
        .help = "How long a client may take to send its headers, and again its body."},
    {"inbound", "connections.max", SETTING_COUNT, AT(inbound.connections_max), "4096", 1, 65536,
        .help = "Connections at once; more wait in the kernel's queue."},
    {"inbound", "rejected", SETTING_CHOICE, AT(inbound.rejected), "keep", .choices = rejected,
        .help = "What is not usable: keep it in the topic `rejected` and answer 200, or refuse it with 400."},
    {"inbound", "event.format", SETTING_CHOICE, AT(inbound.event_format), "binary", .choices = formats,
        .help = "CloudEvents as headers around the webhook's body (binary), or as one JSON object (structured)."},
    {"inbound", "dedupe.window", SETTING_COUNT, AT(inbound.dedupe_window), "0", 0, 1000000,
        .help =
            "So many events are remembered, in memory, at up to 32 bytes each: a repeat of one of them is answered\n"
            "200 and not published. 0: off."},
    {"inbound", "allow", SETTING_BLOCKS, AT(inbound.allow), NULL,
        .help = "Who may send webhooks; others are answered 403. Empty: everybody."},
    {"inbound", "trusted.proxies", SETTING_BLOCKS, AT(inbound.trusted_proxies), NULL,
        .help = "Proxies whose X-Forwarded-For is believed; without them the sender is whoever connects."},

    {"outbound", "group", SETTING_TEXT, AT(outbound.group), "chatbridge", 1, 249,
        .help = "The consumer group. Instances of one group share the work."},
    {"outbound", "instance", SETTING_TEXT, AT(outbound.instance), NULL, 1, 200,
        .help = "A name of this instance that stays through restarts, and that no other has: its partitions wait for "
                "it as\n"
                "long as session.timeout.ms of [kafka.consumer] (static membership). Empty: none."},
    {"outbound", "on.dead", SETTING_CHOICE, AT(outbound.on_dead), "skip", .choices = on_dead,
        .help =
            "When a command fails for good, the commands that wait behind it in its room: skip it and go on, or fail\n"
            "them too (they end as skipped). What comes later is carried out in both cases."},
    {"outbound", "in.flight.max", SETTING_COUNT, AT(outbound.in_flight_max), "64", 1, 1024,
        .help = "Calls at once, over all apps; never more than one a room."},
    {"outbound", "request.timeout", SETTING_DURATION, AT(outbound.request_timeout_ms), "60s", 100, 10 * MINUTE,
        .help = "How long a call may take."},
    {"outbound", "connect.timeout", SETTING_DURATION, AT(outbound.connect_timeout_ms), "10s", 100, 5 * MINUTE,
        .help = "How much of that a connection may take: name, TCP and TLS."},

    {"retry", "attempts.max", SETTING_COUNT, AT(retry.attempts_max), "8", 0, 1000,
        .help = "Calls of one command before it is given up as exhausted; 0: no limit."},
    {"retry", "window", SETTING_DURATION, AT(retry.window_ms), "15m", 0, 7 * 24 * HOUR,
        .help = "How long a command is tried before it is given up as exhausted; 0: no limit."},
    {"retry", "backoff.initial", SETTING_DURATION, AT(retry.backoff_initial_ms), "500ms", 1, 10 * MINUTE,
        .help = "The first wait before a repeat is drawn below this; each further one below twice as much."},
    {"retry", "backoff.max", SETTING_DURATION, AT(retry.backoff_max_ms), "60s", 1, 1 * HOUR,
        .help = "The waits grow up to this."},

    {"rate", "app", SETTING_RATE, AT(rate.app), "30/s", 0, 100000, .help = "Calls of one app; 0: no limit."},

    {"breaker", "failures", SETTING_COUNT, AT(breaker.failures), "10", 1, 10000,
        .help = "So many failures one after the other open it."},
    {"breaker", "open", SETTING_DURATION, AT(breaker.open_ms), "5s", 100, 1 * HOUR,
        .help = "How long it stays open before one call probes; twice as long after each probe that fails."},
    {"breaker", "open.max", SETTING_DURATION, AT(breaker.open_max_ms), "2m", 100, 24 * HOUR,
        .help = "The waits grow up to this."},

    {"app", "base.url", SETTING_URL, AT_APP(base_url), NULL, 1, 512, .required_for = ROLE_OUTBOUND,
        .help = "The chat API, for instance https://my-app.qiscus.com."},
    {"app", "secret", SETTING_SECRET, AT_APP(secret), NULL, 1, 4096, .required_for = ROLE_OUTBOUND,
        .help = "The app's secret at the chat API."},
    {"app", "secret.header", SETTING_HEADER, AT_APP(secret_header), "QISCUS_SDK_SECRET",
        .help = "The HTTP header that carries the secret."},
    {"app", "load_comments.method", SETTING_CHOICE, AT_APP(load_comments_method), "POST", .choices = methods,
        .help = "How load_comments is called: POST as first documented, or GET as it was corrected later."},
    {"app", "webhook.token", SETTING_TOKEN, AT_APP(webhook_token), NULL, 1, 200,
        .help = "The webhook's URL ends in this, so that nobody else can call it. Empty: no token is asked for."},
    {"app", "signature", SETTING_CHOICE, AT_APP(signature), "optional", .choices = signatures,
        .help =
            "Whether webhooks are signed. required: one that is not, or wrongly, is refused. optional: one without\n"
            "a signature is taken; with a secret, one whose signature is wrong is refused. off: not looked at."},
    {"app", "signature.secret", SETTING_SECRET, AT_APP(signature_secret), NULL, 1, 4096,
        .help = "What the platform signs webhooks with: HMAC-SHA256 over the body's bytes."},
    {"app", "signature.secret.next", SETTING_SECRET, AT_APP(signature_next), NULL, 1, 4096,
        .help = "Another one that is taken as well, for the time in which the platform's is changed."},
    {"app", "signature.header", SETTING_HEADER, AT_APP(signature_header), "QISCUS-SDK-SIGNATURE",
        .help = "The HTTP header that carries the signature."},
    {"app", "signature.encoding", SETTING_CHOICE, AT_APP(signature_encoding), "hex", .choices = encodings,
        .help = "How it is written there."},
    {NULL},
};

bool config_settings_secret(const struct setting *setting)
{
    return setting->type == SETTING_SECRET || setting->type == SETTING_TOKEN;
}

const char *config_settings_section(const char *name)
{
    return strncmp(name, "app:", 4) == 0 ? "app" : name;
}

const struct setting *config_settings_find(const char *section, const char *key, bool *as_file)
{
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++) {
        size_t len = strlen(setting->key);
        if (strcmp(setting->section, section) != 0 || strncmp(setting->key, key, len) != 0)
            continue;
        *as_file = config_settings_secret(setting) && strcmp(key + len, ".file") == 0;
        if (key[len] == '\0' || *as_file)
            return setting;
    }
    return NULL;
}

unsigned config_settings_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    unsigned row[LONGEST + 1]; // row[j]: from the first i characters of a to the first j of b
    size_t a_len = strnlen(a, LONGEST);
    size_t b_len = strnlen(b, LONGEST);
    for (unsigned j = 0; j <= b_len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

// Keeps the better of two candidates; what differs in more than a third is no help to anybody.
static void consider(const char *written, const char *candidate, const char **best, unsigned *best_distance)
{
    unsigned distance = config_settings_distance(written, candidate);
    size_t len = strlen(written) > strlen(candidate) ? strlen(written) : strlen(candidate);
    if (distance < *best_distance && distance * 3 <= len) {
        *best = candidate;
        *best_distance = distance;
    }
}

const char *config_settings_like_key(const char *section, const char *key)
{
    const char *best = NULL;
    unsigned distance = ~0U;
    for (const struct setting *setting = config_settings; setting->section != NULL; setting++)
        if (strcmp(setting->section, section) == 0)
            consider(key, setting->key, &best, &distance);
    return best;
}

const char *config_settings_like_section(const char *name)
{
    const char *best = NULL;
    unsigned distance = ~0U;
    for (const struct setting_section *section = config_sections; section->name != NULL; section++)
        consider(name, section->name, &best, &distance);
    return best;
}
