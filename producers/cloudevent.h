// SPDX-License-Identifier: MIT
//
// cloudevent.h: an event's metadata as CloudEvents 1.0, Kafka protocol binding. In binary mode they are the record's
// headers and the value stays the webhook's body, byte for byte; in structured mode the value is one JSON object of
// both, in which the body's bytes are the same.
#ifndef CHATBRIDGE_CLOUDEVENT_H
#define CHATBRIDGE_CLOUDEVENT_H

#include "bridge/clock.h"
#include "bridge/kafka.h"
#include "producers/event.h"

#define CLOUDEVENT_JSON "application/cloudevents+json" // the content-type that tells structured mode

enum { CLOUDEVENT_HEADERS_MAX = 12, CLOUDEVENT_VALUE_MAX = 512 };

// The headers and the memory of their values; `headers` points into it.
struct cloudevent {
    struct kafka_header headers[CLOUDEVENT_HEADERS_MAX];
    size_t count;
    char id[CLOUDEVENT_VALUE_MAX + 1];
    char source[CLOUDEVENT_VALUE_MAX + 1];
    char type[EVENT_TYPE_MAX + 32];
    char subject[CLOUDEVENT_VALUE_MAX + 1];
    char time[CLOCK_TEXT];
    char content_type[CLOUDEVENT_VALUE_MAX + 1];
    char traceparent[RANDOM_TRACEPARENT_TEXT];
    char reason[CLOUDEVENT_VALUE_MAX + 1];
};

// `content_type` and `traceparent` are the request's headers or NULL. `received_ms`: wall clock. `rejected_reason`:
// NULL for an event that is usable. `event` must outlive `cloudevent`.
void cloudevent_make(struct cloudevent *cloudevent, const struct event *event, const char *app, int64_t received_ms,
    const char *content_type, const char *traceparent, const char *rejected_reason);

// The value in structured mode: the attributes, and as `data` the `len` bytes of `body`, which is JSON. Its length in
// `json_len`. Owner: the caller, free().
char *cloudevent_json(const struct cloudevent *cloudevent, const char *body, size_t len, size_t *json_len) MUST_USE;

#endif
