// SPDX-License-Identifier: MIT
#include "producers/cloudevent.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bridge/contract.h"
#include "bridge/text.h"

// W3C Trace Context: version 00, lower-case hex, neither id all zero.
static bool is_traceparent(const char *text)
{
    static const char shape[] = "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    if (text == NULL || strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++) {
        bool fits = shape[i] == 'x' ? strchr("0123456789abcdef", text[i]) != NULL : text[i] == shape[i];
        if (!fits)
            return false;
    }
    return strspn(text + 3, "0") < 32 && strspn(text + 36, "0") < 16;
}

static void add(struct cloudevent *cloudevent, const char *name, const char *value)
{
    must(cloudevent->count < CLOUDEVENT_HEADERS_MAX);
    cloudevent->headers[cloudevent->count++] = kafka_text_header(name, value);
}

void cloudevent_make(struct cloudevent *cloudevent, const struct event *event, const char *app, int64_t received_ms,
    const char *content_type, const char *traceparent, const char *rejected_reason)
{
    cloudevent->count = 0;
    text_cut(cloudevent->id, CLOUDEVENT_VALUE_MAX, event->id);
    (void)snprintf(cloudevent->source, sizeof cloudevent->source, "/apps/%s", app);
    (void)snprintf(cloudevent->type, sizeof cloudevent->type, CE_EVENT_TYPE_PREFIX "%s", event->type);
    text_cut(cloudevent->content_type, CLOUDEVENT_VALUE_MAX, content_type ? content_type : "application/json");
    add(cloudevent, HEADER_CE_SPECVERSION, CE_SPECVERSION);
    add(cloudevent, HEADER_CE_ID, cloudevent->id);
    add(cloudevent, HEADER_CE_SOURCE, cloudevent->source);
    add(cloudevent, HEADER_CE_TYPE, cloudevent->type);
    add(cloudevent, HEADER_CE_TIME, clock_format(received_ms, cloudevent->time));
    add(cloudevent, HEADER_CONTENT_TYPE, cloudevent->content_type);
    if (event->room[0] != '\0') {
        (void)snprintf(cloudevent->subject, sizeof cloudevent->subject, "rooms/%s", event->room);
        add(cloudevent, HEADER_CE_SUBJECT, cloudevent->subject);
        add(cloudevent, HEADER_CE_PARTITIONKEY, event->room);
    }
    add(cloudevent, HEADER_CE_ORIGIN, event_origin_name(event->origin));
    if (event->sender[0] != '\0')
        add(cloudevent, HEADER_CE_SENDER, event->sender);
    if (is_traceparent(traceparent))
        text_cut(cloudevent->traceparent, sizeof cloudevent->traceparent - 1, traceparent);
    else
        (void)random_traceparent(cloudevent->traceparent);
    add(cloudevent, HEADER_TRACEPARENT, cloudevent->traceparent);
    if (rejected_reason != NULL) {
        text_cut(cloudevent->reason, CLOUDEVENT_VALUE_MAX, rejected_reason);
        add(cloudevent, HEADER_REJECTED_REASON, cloudevent->reason);
    }
}
