// SPDX-License-Identifier: MIT
//
// chat-sandbox: the chat API as a local server, for developing against it without an account and for tests. State is
// in memory. One thread: this one; it runs the loop of server.c and nothing else.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bridge/commands.h"
#include "bridge/log.h"
#include "deploy/sandbox/faults.h"
#include "deploy/sandbox/journal.h"
#include "deploy/sandbox/sandbox.h"
#include "deploy/sandbox/server.h"
#include "deploy/sandbox/webhook.h"
#include "deploy/sandbox/wishes.h"

enum { JOURNAL_BYTES_MAX = 256 * 1024 * 1024 };

static int open_stop(void)
{
    sigset_t stop;
    must(sigemptyset(&stop) == 0 && sigaddset(&stop, SIGTERM) == 0 && sigaddset(&stop, SIGINT) == 0);
    must(sigprocmask(SIG_BLOCK, &stop, NULL) == 0);
    int fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    must(fd >= 0);
    return fd;
}

static int serve(struct sandbox *sandbox, const char *listen, struct error *error)
{
    struct server server;
    char base_url[128];
    int stop_fd = open_stop();
    sandbox->webhooks = webhooks_new(&sandbox->settings, error);
    if (sandbox->webhooks == NULL || server_init(&server, sandbox, listen, error) != 0)
        return -1;
    sandbox->journal = journal_new(sandbox->settings.journal_max, JOURNAL_BYTES_MAX);
    sandbox->faults = faults_new();
    jobs_init(&sandbox->jobs, sandbox->settings.job_duration_ms);
    (void)snprintf(base_url, sizeof base_url, "http://%s", http_server_address(server.http));
    if (sandbox->base_url == NULL)
        sandbox->base_url = base_url;
    printf("chat-sandbox: listening at %s\n", base_url);
    (void)fflush(stdout);
    server_run(&server, stop_fd);
    jobs_clear(&sandbox->jobs);
    webhooks_free(sandbox->webhooks);
    faults_free(sandbox->faults);
    journal_free(sandbox->journal);
    for (size_t i = 0; i < sandbox->app_count; i++)
        app_clear(&sandbox->apps[i]);
    (void)close(stop_fd);
    return 0;
}

int main(int argc, char **argv)
{
    static struct sandbox sandbox;
    struct wishes wishes;
    struct error error;
    int status = wishes_read(&wishes, &sandbox, argc, argv);
    if (status != OPTIONS_GO_ON)
        return status;
    log_open(wishes.verbose ? LOG_DEBUG : LOG_INFO, LOG_LOGFMT, "chat-sandbox");
    status = EXIT_WELL;
    if (serve(&sandbox, wishes.listen, &error) != 0) {
        fprintf(stderr, "chat-sandbox: %s\n", error.text);
        status = EXIT_FAILED;
    }
    log_close();
    return status;
}
