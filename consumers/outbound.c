// SPDX-License-Identifier: MIT
//
// The outbound loop. It sleeps in one place (poll) for four descriptors: the consumer's queue, the producer's delivery
// reports, the calls' sockets, and the wish to stop. Nothing is shared with another thread, and
// nothing here blocks, except that an assignment waits for what was committed (kafka_in.c).
#include "consumers/outbound.h"

#include <pthread.h>
#include <stdlib.h>

#include "bridge/clock.h"
#include "bridge/http_client.h"
#include "bridge/kafka_out.h"
#include "bridge/log.h"
#include "bridge/loop.h"
#include "consumers/delivery.h"
#include "consumers/intake.h"
#include "consumers/outcome.h"

enum { STEP_MS = 1000, RESPONSE_MAX = 8 * 1024 * 1024, LEAVE_MS = 3000, PREPARE_MS = 2000 };

struct outbound {
    pthread_t thread;
    const struct config *config;
    void (*failed)(void);
    struct loop_stop stop;
    struct http_client *client;
    struct kafka_out *out;
    struct outcomes outcomes;
    struct deliveries deliveries;
    struct intake intake;
};

static int timeout_ms(struct outbound *outbound)
{
    int timeout = loop_nearest(STEP_MS, http_client_timeout_ms(outbound->client));
    timeout = loop_nearest(timeout, deliveries_timeout_ms(&outbound->deliveries));
    timeout = loop_nearest(timeout, outcomes_timeout_ms(&outbound->outcomes));
    return loop_nearest(timeout, intake_timeout_ms(&outbound->intake));
}

// Answers whether there may be more to take in, in which case the next sleep must be none.
static bool sleep_and_serve(struct outbound *outbound, bool more)
{
    struct pollfd fds[] = {
        {.fd = intake_fd(&outbound->intake), .events = POLLIN},
        {.fd = kafka_out_fd(outbound->out), .events = POLLIN},
        {.fd = http_client_fd(outbound->client), .events = POLLIN},
        {.fd = loop_stop_fd(&outbound->stop), .events = POLLIN},
    };
    loop_sleep(fds, 4, more ? 0 : timeout_ms(outbound));
    kafka_out_run(outbound->out);
    http_client_run(outbound->client);
    outcomes_run(&outbound->outcomes);
    more = intake_run(&outbound->intake);
    deliveries_run(&outbound->deliveries);
    return more;
}

static void drain(struct outbound *outbound)
{
    log_info("outbound: stopping", log_int("in_flight", http_client_in_flight(outbound->client)));
    outbound->deliveries.stopping = true;
    intake_close(&outbound->intake, loop_stop_deadline_ms(&outbound->stop));
    bool more = true;
    while (!intake_drained(&outbound->intake))
        more = sleep_and_serve(outbound, more);
    int64_t deadline = clock_ms() + LEAVE_MS;
    kafka_in_close(outbound->intake.in);
    while (!kafka_in_closed(outbound->intake.in) && clock_ms() < deadline)
        more = sleep_and_serve(outbound, more);
}

static void clear(struct outbound *outbound)
{
    if (http_client_in_flight(outbound->client) > 0)
        log_warn("outbound: calls given up, their commands will be repeated", //
            log_int("calls", http_client_in_flight(outbound->client)));
    http_client_free(outbound->client);
    outcomes_close(&outbound->outcomes);
    kafka_out_free(outbound->out);
    outcomes_clear(&outbound->outcomes);
    intake_clear(&outbound->intake);
    deliveries_clear(&outbound->deliveries);
}

static void *run(void *context)
{
    struct outbound *outbound = context;
    struct error error;
    bool failed = false;
    bool more = false;
    while (!loop_stop_asked(&outbound->stop)) {
        more = sleep_and_serve(outbound, more);
        if (!failed && kafka_out_failed(outbound->out, &error)) {
            failed = true;
            log_error("outbound: the producer failed for good", log_str("error", error.text));
            outbound->failed();
        }
    }
    drain(outbound);
    clear(outbound);
    return NULL;
}

static int make_parts(struct outbound *outbound, struct error *error)
{
    const struct config *config = outbound->config;
    const struct http_client_options options = {
        .user_agent = "chatbridge/" CHATBRIDGE_VERSION,
        .in_flight_max = config->outbound.in_flight_max,
        .connect_timeout_ms = config->outbound.connect_timeout_ms,
        .response_max = RESPONSE_MAX,
    };
    outbound->client = http_client_new(&options, error);
    if (outbound->client == NULL)
        return -1;
    outbound->out = kafka_out_new(config, 0, error);
    if (outbound->out == NULL) {
        http_client_free(outbound->client);
        return -1;
    }
    kafka_out_prepare(
        outbound->out, (const char *const[]){config->topics.results, config->topics.dlq, NULL}, PREPARE_MS);
    outcomes_init(&outbound->outcomes, config, outbound->out);
    deliveries_init(
        &outbound->deliveries, config, outbound->client, &outbound->outcomes, intake_finished, &outbound->intake);
    if (intake_init(&outbound->intake, config, &outbound->deliveries, error) == 0)
        return 0;
    http_client_free(outbound->client);
    kafka_out_free(outbound->out);
    deliveries_clear(&outbound->deliveries);
    return -1;
}

struct outbound *outbound_start(const struct config *config, void (*failed)(void), struct error *error)
{
    struct outbound *outbound = must_calloc(1, sizeof *outbound);
    outbound->config = config;
    outbound->failed = failed;
    if (make_parts(outbound, error) != 0) {
        free(outbound);
        return NULL;
    }
    loop_stop_init(&outbound->stop);
    log_info("outbound: started", log_str("group", config->outbound.group), log_str("topic", config->topics.commands));
    must(pthread_create(&outbound->thread, NULL, run, outbound) == 0);
    return outbound;
}

void outbound_stop(struct outbound *outbound, int64_t deadline_ms)
{
    loop_stop_ask(&outbound->stop, deadline_ms);
}

void outbound_join(struct outbound *outbound)
{
    must(pthread_join(outbound->thread, NULL) == 0);
    loop_stop_clear(&outbound->stop);
    free(outbound);
}
