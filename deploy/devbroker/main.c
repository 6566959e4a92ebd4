// SPDX-License-Identifier: MIT
//
// chat-devbroker: librdkafka's mock cluster as a program of its own, for trying chatbridge and for its tests. It keeps
// everything in memory, 5 MiB a partition, and knows no authentication: never for anything that matters.
//
// The mock listens at ports that the kernel chooses, and has no way to ask for others. A bind() of our own stands
// before libc's in this executable and puts the wished port in. That is why this is not a part of chatbridge itself.
//
// Threads: main waits for signals; the mock cluster has one of its own, which never calls back into here.
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bridge/commands.h"
#include "bridge/must.h"
#include "bridge/net.h"
#include "bridge/options.h"

enum { BROKERS_MAX = 9, PARTITIONS_MAX = 1000, TOPIC_NAME_BYTES = 250 };

static int next_port; // of the next broker; 0: any

// The mock's own answer to a bind() that fails is an assertion, so the failure is told here.
static int bind_wished(int fd, struct sockaddr_in *wished)
{
    int on = 1;
    wished->sin_port = htons((uint16_t)next_port);
    // So that a restart does not wait for the old connections' TIME_WAIT.
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    if (syscall(SYS_bind, fd, wished, sizeof *wished) == 0) {
        next_port++;
        return 0;
    }
    fprintf(stderr, "chat-devbroker: cannot listen at 127.0.0.1:%d: %s\n", next_port, strerror(errno));
    exit(EXIT_FAILED);
}

int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    struct sockaddr_in wished;
    if (len == sizeof wished && next_port != 0) {
        memcpy(&wished, address.__sockaddr__, sizeof wished);
        if (wished.sin_family == AF_INET && wished.sin_port == 0)
            return bind_wished(fd, &wished);
    }
    return (int)syscall(SYS_bind, fd, address.__sockaddr__, len);
}

// ---- the command line ----

struct wishes {
    const char *listen;
    const char *partitions;
    const char *brokers;
    struct options_list topics;
};

static const char *const chat_topics[] = {
    "chat.events", "chat.events.rejected", "chat.commands", "chat.results", "chat.commands.dlq"};

static int read_listen(const struct options *options, const char *listen)
{
    char host[64];
    char port[8];
    int64_t number;
    if (net_split(listen, host, sizeof host, port, sizeof port) != 0 || options_number(port, 0, 65535, &number) != 0 ||
        (strcmp(host, "127.0.0.1") != 0 && strcmp(host, "localhost") != 0))
        return options_wrong(options, "--listen %s: 127.0.0.1:PORT is wanted, the mock listens nowhere else", listen);
    next_port = (int)number;
    return OPTIONS_GO_ON;
}

// NAME:PARTITIONS
static int create_topic(const struct options *options, rd_kafka_mock_cluster_t *cluster, const char *wish)
{
    char name[TOPIC_NAME_BYTES];
    const char *colon = strrchr(wish, ':');
    int64_t partitions;
    if (colon == NULL || colon == wish || (size_t)(colon - wish) >= sizeof name ||
        options_number(colon + 1, 1, PARTITIONS_MAX, &partitions) != 0)
        return options_wrong(options, "--topic %s: NAME:PARTITIONS is wanted, 1 to %d", wish, PARTITIONS_MAX);
    (void)snprintf(name, sizeof name, "%.*s", (int)(colon - wish), wish);
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster, name, (int)partitions, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return options_wrong(options, "--topic %s: %s", wish, rd_kafka_err2str(code));
    return OPTIONS_GO_ON;
}

static int create_topics(const struct options *options, rd_kafka_mock_cluster_t *cluster, const struct wishes *wishes)
{
    int64_t partitions;
    if (options_number(wishes->partitions, 1, PARTITIONS_MAX, &partitions) != 0)
        return options_wrong(options, "--partitions %s: 1 to %d", wishes->partitions, PARTITIONS_MAX);
    for (size_t i = 0; i < wishes->topics.count; i++) {
        int status = create_topic(options, cluster, wishes->topics.items[i]);
        if (status != OPTIONS_GO_ON)
            return status;
    }
    // One that was wished for by --topic is there already, with its own number.
    for (size_t i = 0; i < sizeof chat_topics / sizeof chat_topics[0]; i++) {
        rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster, chat_topics[i], (int)partitions, 1);
        must(code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
    }
    return OPTIONS_GO_ON;
}

// ---- serving ----

static void wait_for_stop(void)
{
    sigset_t stop;
    int got;
    must(sigemptyset(&stop) == 0 && sigaddset(&stop, SIGTERM) == 0 && sigaddset(&stop, SIGINT) == 0);
    must(sigwait(&stop, &got) == 0);
}

static int serve(const struct options *options, const struct wishes *wishes, rd_kafka_t *client)
{
    int64_t brokers;
    if (options_number(wishes->brokers, 1, BROKERS_MAX, &brokers) != 0)
        return options_wrong(options, "--brokers %s: 1 to %d", wishes->brokers, BROKERS_MAX);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, (int)brokers);
    must(cluster != NULL);
    int status = create_topics(options, cluster, wishes);
    if (status == OPTIONS_GO_ON) {
        printf("chat-devbroker: bootstrap.servers=%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
        (void)fflush(stdout);
        wait_for_stop();
        status = EXIT_WELL;
    }
    rd_kafka_mock_cluster_destroy(cluster);
    return status;
}

int main(int argc, char **argv)
{
    struct wishes wishes = {.listen = "127.0.0.1:9092", .partitions = "4", .brokers = "1"};
    const struct options_row rows[] = {
        {0, "listen", "ADDRESS", "127.0.0.1:PORT of the first broker (default 127.0.0.1:9092; port 0: any)",
            .value = &wishes.listen},
        {0, "brokers", "N", "brokers, at ports one after the other (default 1)", .value = &wishes.brokers},
        {0, "partitions", "N", "partitions of the chat.* topics (default 4; other new topics: always 4)",
            .value = &wishes.partitions},
        {0, "topic", "NAME:N", "makes a topic with N partitions; may stand more than once", .list = &wishes.topics},
        {0},
    };
    const struct options options = {
        .program = "chat-devbroker",
        .about = "A Kafka in memory for trying things: librdkafka's mock cluster. What it holds is gone when it ends,\n"
                 "and of each partition only the newest 5 MiB are kept.",
        .more = "Prints 'chat-devbroker: bootstrap.servers=HOST:PORT' once it accepts connections, and runs until\n"
                "SIGTERM or SIGINT.",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status == OPTIONS_GO_ON)
        status = read_listen(&options, wishes.listen);
    if (status != OPTIONS_GO_ON)
        return status;
    sigset_t stop; // blocked before the mock's thread begins, so that only main hears of them
    must(sigemptyset(&stop) == 0 && sigaddset(&stop, SIGTERM) == 0 && sigaddset(&stop, SIGINT) == 0);
    must(pthread_sigmask(SIG_BLOCK, &stop, NULL) == 0);
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    must(rd_kafka_conf_set(conf, "log_level", "3", reason, sizeof reason) == RD_KAFKA_CONF_OK); // errors
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    must(client != NULL);
    status = serve(&options, &wishes, client);
    rd_kafka_destroy(client);
    return status;
}
