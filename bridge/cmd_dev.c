// SPDX-License-Identifier: MIT
//
// chatbridge dev: everything one needs to try the bridge, on one machine, with nothing set up: an embedded broker
// (chat-devbroker), the chat sandbox (chat-sandbox) and a bridge between them, each a process of its own.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/child.h"
#include "bridge/clock.h"
#include "bridge/commands.h"
#include "bridge/net.h"
#include "bridge/options.h"

#define APP    "demo"
#define SECRET "sandbox-secret" // of a sandbox that everybody on this machine may use
#define TOKEN  "try-me"

enum { READY_MS = 15000, STOP_MS = 30000, CHILD_STOP_MS = 5000, PATH_BYTES = 512 };

struct wishes {
    const char *kafka;
    const char *sandbox;
    const char *listen;
    const char *output;
};

enum { BROKER, SANDBOX, BRIDGE, CHILDREN };

struct dev {
    const struct wishes *wishes;
    struct child children[CHILDREN];
    char config[PATH_BYTES];
    char folder[PATH_BYTES]; // that was made for it; "": none was
    char servers[128];       // of Kafka
    char sandbox_url[160];
};

// ---- the configuration ----

static const char config_text[] =
    "# Made by `chatbridge dev`: an embedded broker and the chat sandbox, for trying only.\n"
    "[bridge]\n"
    "shutdown.timeout = 5s\n"
    "\n"
    "[kafka]\n"
    "bootstrap.servers = %s\n"
    "\n"
    "# What the embedded broker, librdkafka's mock cluster, needs to be swift; a real Kafka does not.\n"
    "[kafka.consumer]\n"
    "fetch.wait.max.ms = 10\n"
    "session.timeout.ms = 4000\n"
    "heartbeat.interval.ms = 500\n"
    "\n"
    "[inbound]\n"
    "listen = %s\n"
    "\n"
    "[app:" APP "]\n"
    "base.url = %s\n"
    "secret = " SECRET "\n"
    "webhook.token = " TOKEN "\n";

static int choose_path(struct dev *dev, struct error *error)
{
    if (dev->wishes->output != NULL) {
        if ((size_t)snprintf(dev->config, PATH_BYTES, "%s", dev->wishes->output) < PATH_BYTES)
            return 0;
        return error_set(error, ERROR_INPUT, "--output: the path is longer than %d bytes", PATH_BYTES - 1);
    }
    const char *temporary = getenv("TMPDIR");
    if ((size_t)snprintf(dev->folder, PATH_BYTES, "%s/chatbridge-XXXXXX", temporary ? temporary : "/tmp") >=
            PATH_BYTES ||
        mkdtemp(dev->folder) == NULL) {
        dev->folder[0] = '\0';
        return error_set(error, ERROR_FATAL, "no folder for the configuration: %s", strerror(errno));
    }
    must((size_t)snprintf(dev->config, PATH_BYTES, "%.480s/dev.ini", dev->folder) < PATH_BYTES);
    return 0;
}

static int write_config(struct dev *dev, struct error *error)
{
    if (choose_path(dev, error) != 0)
        return -1;
    int fd = open(dev->config, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file != NULL) {
        int printed = fprintf(file, config_text, dev->servers, dev->wishes->listen, dev->sandbox_url);
        if (fclose(file) == 0 && printed > 0)
            return 0;
    }
    return error_set(error, ERROR_FATAL, "%s cannot be written: %s", dev->config, strerror(errno));
}

// ---- the children ----

// Starts a program that tells in its first line where it listens; `where` gets what stands behind `mark`.
static int start_and_ask(struct child *child, const char *name, const char *const argv[], const char *mark, char *where,
    size_t size, struct error *error)
{
    char line[256];
    if (child_start(child, name, argv, error) != 0 || child_first_line(child, line, sizeof line, READY_MS, error) != 0)
        return -1;
    const char *found = strstr(line, mark);
    if (found == NULL || (size_t)snprintf(where, size, "%s", found + strlen(mark)) >= size)
        return error_set(error, ERROR_REMOTE, "%s says '%s', which tells no address", name, line);
    return 0;
}

static int start_all(struct dev *dev, struct error *error)
{
    const struct wishes *wishes = dev->wishes;
    char hook[PATH_BYTES];
    (void)snprintf(hook, sizeof hook, "http://%s/webhooks/" APP "/" TOKEN, wishes->listen);
    const char *const broker[] = {"chat-devbroker", "--listen", wishes->kafka, NULL};
    const char *const sandbox[] = {"chat-sandbox", "--listen", wishes->sandbox, "--auto-create", "--app", APP,
        "--secret", SECRET, "--webhook-url", hook, NULL};
    const char *const bridge[] = {"chatbridge", "run", "-c", dev->config, NULL};
    if (start_and_ask(&dev->children[BROKER], broker[0], broker, "bootstrap.servers=", dev->servers,
            sizeof dev->servers, error) != 0 ||
        start_and_ask(&dev->children[SANDBOX], sandbox[0], sandbox, "listening at ", dev->sandbox_url,
            sizeof dev->sandbox_url, error) != 0 ||
        write_config(dev, error) != 0)
        return -1;
    return child_start(&dev->children[BRIDGE], bridge[0], bridge, error);
}

// Waits until the bridge takes connections.
static int await_bridge(struct dev *dev, struct error *error)
{
    int64_t deadline_ms = clock_ms() + READY_MS;
    while (clock_ms() < deadline_ms && !child_ended(&dev->children[BRIDGE])) {
        if (net_answers(dev->wishes->listen))
            return 0;
        (void)usleep(20 * 1000);
    }
    return error_set(error, ERROR_REMOTE, "the bridge does not take webhooks at %s", dev->wishes->listen);
}

static void stop_all(struct dev *dev)
{
    // The bridge first: it has to hand over what it holds to the broker.
    child_stop(&dev->children[BRIDGE], STOP_MS);
    child_stop(&dev->children[SANDBOX], CHILD_STOP_MS);
    child_stop(&dev->children[BROKER], CHILD_STOP_MS);
    if (dev->folder[0] != '\0') {
        (void)unlink(dev->config);
        (void)rmdir(dev->folder);
    }
}

// ---- what to type ----

static void print_guide(const struct dev *dev)
{
    const char *listen = dev->wishes->listen;
    char own[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
    own[len > 0 ? len : 0] = '\0';
    printf("\nEverything runs, until Ctrl-C:\n"
           "  Kafka, in memory   %s\n"
           "  chat sandbox       %s  (app " APP "; %s/sandbox/ tells what it can do)\n"
           "  webhooks           http://%s/webhooks/" APP "/" TOKEN "\n"
           "  configuration      %s\n"
           "\nIn another terminal:\n"
           "  # watch what comes into the topics\n"
           "  %s tail -c %s\n"
           "  # a person writes in room 1: a webhook, an event\n"
           "  curl -s %s/sandbox/client/comments -H 'Content-Type: application/json' \\\n"
           "    -d '{\"app\":\"" APP
           "\",\"room_id\":\"1\",\"sender_email\":\"ann@example.com\",\"message\":\"Hello?\"}'\n"
           "  # answer by a command, and wait for its outcome\n"
           "  %s send -c %s --wait 10s post_comment room_id=1 sender_email=bot@example.com message='Hello Ann'\n"
           "  # what is in the room now\n"
           "  curl -s %s/api/v2/rest/load_comments -H 'QISCUS_SDK_SECRET: " SECRET "' -d room_id=1\n\n",
        dev->servers, dev->sandbox_url, dev->sandbox_url, listen, dev->config, own, dev->config, dev->sandbox_url, own,
        dev->config, dev->sandbox_url);
    (void)fflush(stdout);
}

// ---- the life of it ----

static void wait_for_end(struct dev *dev, const sigset_t *signals, struct error *error)
{
    for (;;) {
        int got;
        must(sigwait(signals, &got) == 0);
        if (got != SIGCHLD)
            return;
        for (int i = 0; i < CHILDREN; i++)
            if (child_ended(&dev->children[i])) {
                (void)error_set(error, ERROR_REMOTE, "%s ended by itself", dev->children[i].name);
                return;
            }
    }
}

static int live(struct dev *dev)
{
    sigset_t signals; // blocked before the first child, so that none is missed
    must(sigemptyset(&signals) == 0 && sigaddset(&signals, SIGINT) == 0 && sigaddset(&signals, SIGTERM) == 0 &&
         sigaddset(&signals, SIGCHLD) == 0 && sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
    struct error error = {.kind = ERROR_NONE};
    if (start_all(dev, &error) == 0 && await_bridge(dev, &error) == 0) {
        print_guide(dev);
        wait_for_end(dev, &signals, &error);
    }
    stop_all(dev);
    if (error.kind == ERROR_NONE)
        return EXIT_WELL;
    fprintf(stderr, "chatbridge dev: %s\n", error.text);
    return error.kind == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILED;
}

int cmd_dev(int argc, char **argv)
{
    struct wishes wishes = {.kafka = "127.0.0.1:9092", .sandbox = "127.0.0.1:9300", .listen = "127.0.0.1:8080"};
    const struct options_row rows[] = {
        {'k', "kafka", "ADDRESS", "where the embedded broker listens (default 127.0.0.1:9092)", .value = &wishes.kafka},
        {'s', "sandbox", "ADDRESS", "where the chat sandbox listens (default 127.0.0.1:9300)",
            .value = &wishes.sandbox},
        {'l', "listen", "ADDRESS", "where the bridge takes webhooks (default 127.0.0.1:8080)", .value = &wishes.listen},
        {'o', "output", "FILE", "where the configuration is written (default: in a new folder, gone at the end)",
            .value = &wishes.output},
        {0},
    };
    const struct options options = {
        .program = "chatbridge dev",
        .about = "Starts an embedded broker, the chat sandbox and a bridge between them, and tells what to type next.\n"
                 "For trying only: all is in memory and gone at the end (SIGINT or SIGTERM).",
        .rows = rows,
    };
    int first;
    int status = options_read(&options, argc, argv, &first);
    if (status != OPTIONS_GO_ON)
        return status;
    char host[256];
    char port[8];
    if (net_split(wishes.listen, host, sizeof host, port, sizeof port) != 0 || strcmp(port, "0") == 0)
        return options_wrong(&options, "--listen %s: HOST:PORT is wanted, the port not 0", wishes.listen);
    struct dev *dev = must_calloc(1, sizeof *dev);
    dev->wishes = &wishes;
    status = live(dev);
    free(dev);
    return status;
}
