// SPDX-License-Identifier: MIT
#include "bridge/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/clock.h"

enum { EXIT_NO_PROGRAM = 127, CHECK_MS = 20 };

// The program of that name beside this one; the name alone if there is none, for the PATH.
static void find_program(const char *name, char *path, size_t size)
{
    char own[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
    own[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash != NULL)
        *slash = '\0';
    if (slash == NULL || (size_t)snprintf(path, size, "%s/%s", own, name) >= size || access(path, X_OK) != 0)
        (void)snprintf(path, size, "%s", name);
}

// In the new process.
static _Noreturn void become(const char *path, const char *const argv[], int out, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(out, STDOUT_FILENO) >= 0)
        (void)execvp(path, (char *const *)(uintptr_t)argv);
    fprintf(stderr, "%s cannot be started: %s\n", path, strerror(errno));
    _exit(EXIT_NO_PROGRAM);
}

int child_start(struct child *child, const char *name, const char *const argv[], struct error *error)
{
    char path[PATH_MAX];
    int ends[2];
    *child = (struct child){.name = name, .out = -1};
    find_program(name, path, sizeof path);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_FATAL, "%s: no pipe: %s", name, strerror(errno));
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0)
        become(path, argv, ends[1], parent);
    (void)close(ends[1]);
    child->out = ends[0];
    if (child->pid > 0)
        return 0;
    child->pid = 0;
    (void)close(ends[0]);
    return error_set(error, ERROR_FATAL, "%s: no process: %s", name, strerror(errno));
}

int child_first_line(struct child *child, char *line, size_t size, int timeout_ms, struct error *error)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    size_t len = 0;
    while (len < size - 1) {
        struct pollfd fd = {.fd = child->out, .events = POLLIN};
        int64_t left = deadline_ms - clock_ms();
        if (left <= 0)
            return error_set(error, ERROR_REMOTE, "%s is not ready after %d s", child->name, timeout_ms / 1000);
        if (poll(&fd, 1, (int)left) <= 0)
            continue;
        if (read(child->out, line + len, 1) != 1)
            return error_set(error, ERROR_REMOTE, "%s ended before it was ready", child->name);
        if (line[len] == '\n')
            break;
        len++;
    }
    line[len] = '\0';
    return 0;
}

bool child_ended(struct child *child)
{
    if (child->pid != 0 && waitpid(child->pid, NULL, WNOHANG) == child->pid) {
        child->pid = 0;
        (void)close(child->out);
    }
    return child->pid == 0;
}

void child_stop(struct child *child, int timeout_ms)
{
    if (child->pid == 0)
        return;
    (void)kill(child->pid, SIGTERM);
    int64_t deadline_ms = clock_ms() + timeout_ms;
    while (!child_ended(child)) {
        if (clock_ms() >= deadline_ms)
            (void)kill(child->pid, SIGKILL);
        (void)poll(NULL, 0, CHECK_MS);
    }
}
