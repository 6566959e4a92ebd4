// SPDX-License-Identifier: MIT
//
// recent.h: the last events that were taken, so that a sender's repeat is known. A window of so many, in memory, whose
// whole size is fixed when it is made: 24 to 32 bytes an event. What was forgotten, or taken by another process, is
// taken once more. One owner, one thread.
#ifndef CHATBRIDGE_RECENT_H
#define CHATBRIDGE_RECENT_H

#include <stdbool.h>
#include <stddef.h>

#include "producers/event.h"

// An event's identity: the beginning of a SHA-256, so that nobody can make two of them alike.
struct recent_key {
    unsigned char bytes[16];
};

struct recent;

// Owner: the caller, recent_free().
struct recent *recent_new(size_t window) MUST_USE;
void recent_free(struct recent *recent);

// The event's id, with all that tells two events of one id apart: several webhooks may tell of the same message.
struct recent_key recent_key_of(const struct event *event);

bool recent_holds(const struct recent *recent, const struct recent_key *key);

// Remembers it in the place of the oldest; one that is there stays where it is.
void recent_add(struct recent *recent, const struct recent_key *key);

#endif
