// SPDX-License-Identifier: MIT
//
// publish.h: an event on its way into Kafka. The one place that knows which topic an event goes to. Loop's thread.
#ifndef CHATBRIDGE_PUBLISH_H
#define CHATBRIDGE_PUBLISH_H

#include "bridge/kafka_out.h"
#include "producers/cloudevent.h"
#include "producers/event.h"

struct publish {
    struct kafka_out *out;
    const char *events_topic;
    const char *rejected_topic;
    enum config_event_format format; // of the events; the rejected ones, which may be anything, are binary
};

// Gives the event to Kafka: `body` as the value or in it, untouched, the room as the key. `usable`: whether it goes
// among the events or the rejected ones. 0: `delivered` is called exactly once. -1: it is not, see kafka_out_send().
int publish_event(struct publish *publish, const struct event *event, const struct cloudevent *cloudevent, bool usable,
    const char *body, size_t len, kafka_delivered delivered, void *context, struct error *error) MUST_USE;

// The topic that such an event goes to.
const char *publish_topic(const struct publish *publish, bool usable);

#endif
