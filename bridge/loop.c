// SPDX-License-Identifier: MIT
#include "bridge/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bridge/must.h"

void loop_stop_init(struct loop_stop *stop)
{
    stop->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    must(stop->fd >= 0);
    atomic_init(&stop->deadline_ms, 0);
}

void loop_stop_clear(struct loop_stop *stop)
{
    (void)close(stop->fd);
}

void loop_stop_ask(struct loop_stop *stop, int64_t deadline_ms)
{
    atomic_store(&stop->deadline_ms, deadline_ms);
    uint64_t one = 1;
    must(write(stop->fd, &one, sizeof one) == sizeof one);
}

int loop_stop_fd(const struct loop_stop *stop)
{
    return stop->fd;
}

bool loop_stop_asked(struct loop_stop *stop)
{
    if (atomic_load(&stop->deadline_ms) == 0)
        return false;
    uint64_t count; // emptied, so that the sleeps of the draining are sleeps
    must(read(stop->fd, &count, sizeof count) > 0 || errno == EAGAIN || errno == EINTR);
    return true;
}

int64_t loop_stop_deadline_ms(struct loop_stop *stop)
{
    return atomic_load(&stop->deadline_ms);
}

void loop_sleep(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    must(poll(fds, count, timeout_ms) >= 0 || errno == EINTR);
}

int loop_nearest(int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}
