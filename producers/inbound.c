// SPDX-License-Identifier: MIT
//
// The inbound loop. It sleeps in one place (poll) for three descriptors: the server's sockets, the producer's
// delivery reports, and the wish to stop.
#include "producers/inbound.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bridge/clock.h"
#include "bridge/http_server.h"
#include "bridge/kafka_out.h"
#include "bridge/log.h"
#include "bridge/loop.h"
#include "producers/webhook.h"

enum {
    IDLE_TIMEOUT_MS = 75000,
    MEMORY_A_CONNECTION = 16 * 1024,
    STEP_MS = 1000,
    PREPARE_MS = 2000,
    REFUSED_MS = 60000
};

struct inbound {
    pthread_t thread;
    const struct config *config;
    void (*failed)(void);
    struct loop_stop stop;
    struct http_server *server;
    struct kafka_out *out;
    struct webhooks webhooks;
    int64_t next_refused_ms; // when refusals are logged in numbers again
};

static struct http_server *listen_for(struct inbound *inbound, struct error *error)
{
    const struct config *config = inbound->config;
    struct http_server_options options = {
        .listen = config->inbound.listen,
        .body_max = config->inbound.body_max,
        .memory_max = MEMORY_A_CONNECTION,
        .connections_max = config->inbound.connections_max,
        .request_timeout_ms = config->inbound.request_timeout_ms,
        .idle_timeout_ms = IDLE_TIMEOUT_MS,
    };
    struct http_handler handler = webhooks_handler(&inbound->webhooks);
    return http_server_new(&options, &handler, error);
}

static void sleep_and_serve(struct inbound *inbound)
{
    struct pollfd fds[] = {
        {.fd = http_server_fd(inbound->server), .events = POLLIN},
        {.fd = kafka_out_fd(inbound->out), .events = POLLIN},
        {.fd = loop_stop_fd(&inbound->stop), .events = POLLIN},
    };
    int timeout = loop_nearest(http_server_timeout_ms(inbound->server), webhooks_timeout_ms(&inbound->webhooks));
    loop_sleep(fds, 3, loop_nearest(timeout, STEP_MS));
    kafka_out_run(inbound->out);
    webhooks_expire(&inbound->webhooks, false);
    http_server_run(inbound->server);
    if (clock_ms() < inbound->next_refused_ms)
        return;
    inbound->next_refused_ms = clock_ms() + REFUSED_MS;
    webhooks_log_refused(&inbound->webhooks);
}

// Every webhook that came in is answered: by its delivery report or, at the deadline, by 503.
static void drain(struct inbound *inbound)
{
    log_info("inbound: stopping", log_int("waiting", inbound->webhooks.pending));
    inbound->webhooks.stopping = true;
    http_server_quiesce(inbound->server);
    int64_t deadline = loop_stop_deadline_ms(&inbound->stop);
    while (http_server_requests(inbound->server) > 0 && clock_ms() < deadline)
        sleep_and_serve(inbound);
    webhooks_expire(&inbound->webhooks, true);
    http_server_run(inbound->server); // the last answers go out
    http_server_free(inbound->server);
    if (kafka_out_pending(inbound->out) > 0)
        log_warn("inbound: records given up, their senders were told", //
            log_int("records", kafka_out_pending(inbound->out)));
    kafka_out_free(inbound->out);
    webhooks_log_refused(&inbound->webhooks);
    webhooks_clear(&inbound->webhooks);
}

static void *run(void *context)
{
    struct inbound *inbound = context;
    struct error error;
    bool failed = false;
    while (!loop_stop_asked(&inbound->stop)) {
        sleep_and_serve(inbound);
        if (!failed && kafka_out_failed(inbound->out, &error)) {
            failed = true;
            log_error("inbound: the producer failed for good", log_str("error", error.text));
            inbound->failed();
        }
    }
    drain(inbound);
    return NULL;
}

struct inbound *inbound_start(const struct config *config, void (*failed)(void), struct error *error)
{
    struct inbound *inbound = must_calloc(1, sizeof *inbound);
    inbound->config = config;
    inbound->failed = failed;
    inbound->out = kafka_out_new(config, config->inbound.ack_timeout_ms, error);
    if (inbound->out == NULL) {
        free(inbound);
        return NULL;
    }
    webhooks_init(&inbound->webhooks, config, inbound->out);
    inbound->server = listen_for(inbound, error);
    if (inbound->server == NULL) {
        webhooks_clear(&inbound->webhooks);
        kafka_out_free(inbound->out);
        free(inbound);
        return NULL;
    }
    kafka_out_prepare(
        inbound->out, (const char *const[]){config->topics.events, config->topics.rejected, NULL}, PREPARE_MS);
    loop_stop_init(&inbound->stop);
    log_info("inbound: listening", log_str("address", http_server_address(inbound->server)));
    must(pthread_create(&inbound->thread, NULL, run, inbound) == 0);
    return inbound;
}

void inbound_stop(struct inbound *inbound, int64_t deadline_ms)
{
    loop_stop_ask(&inbound->stop, deadline_ms);
}

void inbound_join(struct inbound *inbound)
{
    must(pthread_join(inbound->thread, NULL) == 0);
    loop_stop_clear(&inbound->stop);
    free(inbound);
}
