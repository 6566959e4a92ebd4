// SPDX-License-Identifier: MIT
#include "producers/publish.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/contract.h"

const char *publish_topic(const struct publish *publish, bool usable)
{
    return usable ? publish->events_topic : publish->rejected_topic;
}

int publish_event(struct publish *publish, const struct event *event, const struct cloudevent *cloudevent, bool usable,
    const char *body, size_t len, kafka_delivered delivered, void *context, struct error *error)
{
    size_t key_len = strlen(event->room);
    struct kafka_record record = {
        .topic = publish_topic(publish, usable),
        .partition = -1,
        .key = key_len > 0 ? event->room : NULL,
        .key_len = key_len,
        .value = body,
        .value_len = len,
        .headers = cloudevent->headers,
        .header_count = cloudevent->count,
    };
    if (!usable || publish->format == EVENT_BINARY)
        return kafka_out_send(publish->out, &record, delivered, context, error);
    // The trace stands in a header too, where Kafka's instrumentations look for it.
    const struct kafka_header headers[] = {
        kafka_text_header(HEADER_CONTENT_TYPE, CLOUDEVENT_JSON),
        kafka_text_header(HEADER_TRACEPARENT, cloudevent->traceparent),
    };
    char *value = cloudevent_json(cloudevent, body, len, &record.value_len);
    record.value = value;
    record.headers = headers;
    record.header_count = sizeof headers / sizeof headers[0];
    int result = kafka_out_send(publish->out, &record, delivered, context, error);
    free(value);
    return result;
}
