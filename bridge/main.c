// SPDX-License-Identifier: MIT
//
// chatbridge joins a chat platform to Apache Kafka: webhooks in, REST calls out. This file alone knows both sides.
//
// Threads, and what each owns:
//
//     main      signals, the configuration (read-only from the start on), the log's repeats; starts and stops the rest
//     inbound   producers/inbound.c: HTTP server, its producer, all webhooks
//     outbound  consumers/outbound.c: consumer, ledgers, lanes, HTTP client, its producer, all commands
//     and those of librdkafka, which hand everything over through queues that the loops serve
//
// Hand-over points: loop_stop (main asks a loop to end), on_failed() (a loop tells main that it cannot go on).
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/clock.h"
#include "bridge/commands.h"
#include "bridge/config.h"
#include "bridge/kafka.h"
#include "bridge/log.h"
#include "bridge/options.h"
#include "consumers/outbound.h"
#include "producers/inbound.h"

// ---- run ----

static sigset_t stop_signals;
static volatile sig_atomic_t has_failed;
static atomic_bool all_stopped;

static void block_signals(void)
{
    must(sigemptyset(&stop_signals) == 0);
    must(sigaddset(&stop_signals, SIGTERM) == 0);
    must(sigaddset(&stop_signals, SIGINT) == 0);
    must(pthread_sigmask(SIG_BLOCK, &stop_signals, NULL) == 0); // inherited by every thread
    must(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

// A loop's thread: main is woken as if it were asked to stop.
static void on_failed(void)
{
    has_failed = 1;
    (void)kill(getpid(), SIGTERM);
}

// Sleeps until a stop signal comes, printing held-back log lines meanwhile.
static int wait_for_signal(void)
{
    const struct timespec second = {.tv_sec = 1};
    for (;;) {
        int got = sigtimedwait(&stop_signals, NULL, &second);
        if (got > 0)
            return got;
        log_tick();
    }
}

// Waits for a second signal while the loops drain; it ends the process at once. Nothing acknowledged is lost by that:
// webhooks are acknowledged when they are in Kafka, and commands are committed when their outcomes are.
static void *end_at_once(void *unused)
{
    (void)unused;
    int got;
    must(sigwait(&stop_signals, &got) == 0);
    if (atomic_load(&all_stopped))
        return NULL;
    log_warn("second signal: ending at once");
    log_close();
    _exit(EXIT_FAILED);
}

static void stop_all(struct inbound *inbound, struct outbound *outbound, int64_t timeout_ms)
{
    pthread_t impatient;
    must(pthread_create(&impatient, NULL, end_at_once, NULL) == 0);
    int64_t deadline_ms = clock_ms() + timeout_ms;
    if (inbound != NULL)
        inbound_stop(inbound, deadline_ms);
    if (outbound != NULL)
        outbound_stop(outbound, deadline_ms);
    if (inbound != NULL)
        inbound_join(inbound);
    if (outbound != NULL)
        outbound_join(outbound);
    atomic_store(&all_stopped, true);
    must(pthread_kill(impatient, SIGTERM) == 0); // NOLINT(bugprone-bad-signal-to-kill-thread): it waits for it
    must(pthread_join(impatient, NULL) == 0);
}

static int run(const struct config *config)
{
    struct error error;
    struct inbound *inbound = NULL;
    struct outbound *outbound = NULL;
    block_signals();
    log_info("started", log_str("version", CHATBRIDGE_VERSION), log_str("librdkafka", kafka_library_version()));
    bool started = true;
    if (config->bridge.roles & ROLE_INBOUND)
        started = (inbound = inbound_start(config, on_failed, &error)) != NULL;
    if (started && (config->bridge.roles & ROLE_OUTBOUND))
        started = (outbound = outbound_start(config, on_failed, &error)) != NULL;
    if (!started)
        log_error("cannot start", log_str("error", error.text));
    else
        log_info("stopping", log_str("signal", wait_for_signal() == SIGINT ? "SIGINT" : "SIGTERM"));
    stop_all(inbound, outbound, config->bridge.shutdown_timeout_ms);
    log_info("stopped");
    log_close();
    return started && !has_failed ? EXIT_WELL : EXIT_FAILED;
}

static int cmd_run(int argc, char **argv)
{
    const char *path = NULL;
    const struct options_row rows[] = {OPTIONS_CONFIG(&path), {0}};
    const struct options options = {
        .program = "chatbridge run",
        .about = "Runs the bridge in the foreground until SIGTERM or SIGINT; a second one ends it at once.",
        .more = "Exit status: 0 stopped in time, 1 it failed or a second signal came, 2 usage or configuration.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    struct config *config = options_config(path);
    if (config == NULL)
        return EXIT_USAGE;
    log_open(config->bridge.log_level, config->bridge.log_format, NULL);
    status = run(config);
    config_free(config);
    return status;
}

// ---- the program ----

static const struct program_command {
    const char *name;
    const char *summary;
    int (*function)(int argc, char **argv);
} program_commands[] = {
    {"run", "run the bridge", cmd_run},
    {"check", "check a configuration and print every fault", cmd_check},
    {"settings", "print a sample configuration with every setting", cmd_settings},
    {"topics", "check or create the topics", cmd_topics},
    {"dev", "try it: an embedded broker, the chat sandbox and a bridge", cmd_dev},
    {"send", "produce a command", cmd_send},
    {"tail", "read events, commands, results or dead letters", cmd_tail},
    {"dlq", "look at dead letters, put them back or set them aside", cmd_dlq},
};

enum { COMMANDS = sizeof program_commands / sizeof program_commands[0] };

static int usage(FILE *out, int status)
{
    fprintf(out, "usage: chatbridge COMMAND [OPTIONS]\n\n"
                 "Joins a chat platform to Apache Kafka: webhooks in, REST calls out.\n\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", program_commands[i].name, program_commands[i].summary);
    fprintf(out, "\n'chatbridge COMMAND --help' tells more of each; 'chatbridge --version' the version.\n"
                 "Exit status: 0 well, 1 it failed, 2 usage or configuration.\n");
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr, EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, EXIT_WELL);
    if (strcmp(argv[1], "--version") == 0) {
        printf("chatbridge %s (librdkafka %s)\n", CHATBRIDGE_VERSION, kafka_library_version());
        return EXIT_WELL;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], program_commands[i].name) == 0)
            return program_commands[i].function(argc - 1, argv + 1);
    fprintf(stderr, "chatbridge: no command '%s'\n\n", argv[1]);
    return usage(stderr, EXIT_USAGE);
}
