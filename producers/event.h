// SPDX-License-Identifier: MIT
//
// event.h: what a webhook's body says of itself: its type, room, message and sender, found in all the forms in which
// they arrive. Plain functions over bytes; any thread.
#ifndef CHATBRIDGE_EVENT_H
#define CHATBRIDGE_EVENT_H

#include <stddef.h>

#include "bridge/error.h"
#include "bridge/json.h"
#include "bridge/random.h"

enum { EVENT_TYPE_MAX = 64, EVENT_ID_MAX = 3 * JSON_ID_MAX, EVENT_SENDER_MAX = 512 };

enum event_origin { ORIGIN_UNKNOWN, ORIGIN_CLIENT, ORIGIN_REST };

// Where an event's id comes from; one of ours is another at each repeat.
enum event_id_kind { EVENT_ID_OURS, EVENT_ID_MESSAGE, EVENT_ID_TEMPORARY };

struct event {
    char type[EVENT_TYPE_MAX + 1];     // as in ce_type behind its prefix; "event" if the body names none
    char room[JSON_ID_MAX];            // "": none
    char id[EVENT_ID_MAX];             // ce_id
    char sender[EVENT_SENDER_MAX + 1]; // "": none
    enum event_id_kind id_kind;
    enum event_origin origin;
};

// Reads a body. 0, or -1 with an ERROR_INPUT that says why it is not usable: not JSON, not an object, not UTF-8. Even
// then `event` has an id, a type and what else is known.
int event_decode(struct event *event, const char *app, const char *body, size_t len, struct error *error) MUST_USE;

const char *event_origin_name(enum event_origin origin); // "client", "rest", "unknown"

#endif
