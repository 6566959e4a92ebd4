// SPDX-License-Identifier: MIT
//
// loop.h: what the two loops share: sleeping in one place, and being asked to stop by another thread.
#ifndef CHATBRIDGE_LOOP_H
#define CHATBRIDGE_LOOP_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// The one hand-over between the main thread and a loop.
struct loop_stop {
    int fd;
    _Atomic int64_t deadline_ms; // 0: not asked
};

void loop_stop_init(struct loop_stop *stop);
void loop_stop_clear(struct loop_stop *stop);

// Any thread: asks the loop to end, at the latest at `deadline_ms` (monotonic).
void loop_stop_ask(struct loop_stop *stop, int64_t deadline_ms);

// The loop's thread.
int loop_stop_fd(const struct loop_stop *stop); // readable from the asking on, for one sleep
bool loop_stop_asked(struct loop_stop *stop);
int64_t loop_stop_deadline_ms(struct loop_stop *stop);

// Sleeps until one of the descriptors is ready or the timeout (ms; -1: none) is over.
void loop_sleep(struct pollfd *fds, nfds_t count, int timeout_ms);

// The nearer of two timeouts, of which -1 is never.
int loop_nearest(int a, int b);

#endif
