// SPDX-License-Identifier: MIT
//
// lane.h: order. A lane holds the commands of one room (or one key) in the order in which they came; only its first is
// worked on, so one call is in flight a lane, and a lane that waits for a retry delays nobody else. Lanes exist only
// while they hold something. One thread.
#ifndef CHATBRIDGE_LANE_H
#define CHATBRIDGE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "bridge/must.h"

struct delivery;
TAILQ_HEAD(delivery_list, delivery);

enum lane_state {
    LANE_NEW,     // holds nothing yet
    LANE_READY,   // its first may be called as soon as the app's gate is open
    LANE_CALLING, // its first is in flight
    LANE_WAITING, // its first waits for its next attempt
};

struct lane {
    char *key; // NULL: a lane of one command only
    struct delivery_list queue;
    enum lane_state state;
    TAILQ_ENTRY(lane) ready_link; // in its app's list while READY
};

TAILQ_HEAD(lane_list, lane);

struct lanes {
    void *tree; // of those with a key (<search.h>)
    size_t count;
};

// The lane of that key, made if there is none; a new one for NULL.
struct lane *lanes_get(struct lanes *lanes, const char *key) MUST_USE;

// An empty lane goes.
void lanes_remove(struct lanes *lanes, struct lane *lane);

#endif
