// SPDX-License-Identifier: MIT
//
// capture.h: what the code under test writes to stdout or stderr, and how it dies. For tests with one thread.
#ifndef CHATBRIDGE_UNIT_CAPTURE_H
#define CHATBRIDGE_UNIT_CAPTURE_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/must.h"
#include "tests/unit/unit.h"

struct capture {
    int fd;    // what is captured: STDOUT_FILENO or STDERR_FILENO
    int saved; // where it led before
    int file;  // where it leads meanwhile
};

static inline void capture_begin(struct capture *capture, int fd)
{
    capture->fd = fd;
    (void)fflush(NULL);
    capture->saved = dup(fd);
    capture->file = memfd_create("capture", MFD_CLOEXEC);
    must(capture->saved >= 0 && capture->file >= 0 && dup2(capture->file, fd) == fd);
}

// All of the file as text. Owner: the caller, free().
static inline char *capture_read(int file)
{
    off_t size = lseek(file, 0, SEEK_END);
    must(size >= 0);
    char *text = must_calloc((size_t)size + 1, 1);
    must(pread(file, text, (size_t)size, 0) == size);
    return text;
}

// What was written since capture_begin(). Owner: the caller, free().
static inline char *capture_end(struct capture *capture)
{
    (void)fflush(NULL);
    must(dup2(capture->saved, capture->fd) == capture->fd);
    char *text = capture_read(capture->file);
    (void)close(capture->saved);
    (void)close(capture->file);
    return text;
}

// Calls `deadly` in a child, which has to end by abort(). Its stderr; owner: the caller, free().
static inline char *capture_death(void (*deadly)(void))
{
    int file = memfd_create("death", MFD_CLOEXEC);
    must(file >= 0);
    (void)fflush(NULL);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)dup2(file, STDERR_FILENO);
        deadly();
        _exit(EXIT_SUCCESS);
    }
    int status;
    must(waitpid(child, &status, 0) == child);
    char *text = capture_read(file);
    (void)close(file);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        fail_msg("it did not abort: wait status %#x, stderr '%s'", (unsigned)status, text);
    return text;
}

#endif
