// SPDX-License-Identifier: MIT
#include "producers/cloudevent.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
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

// Anything else is no content-type (RFC 9110 section 8.3), and not always UTF-8.
static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
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
    // CloudEvents' own type would have readers take the record for one in structured mode.
    bool told = content_type != NULL && is_printable(content_type) &&
                strncasecmp(content_type, "application/cloudevents", strlen("application/cloudevents")) != 0;
    text_cut(cloudevent->content_type, CLOUDEVENT_VALUE_MAX, told ? content_type : "application/json");
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

// A header's name as an attribute's: ce_type is type.
static const char *attribute_of(const char *name)
{
    if (strcmp(name, HEADER_CONTENT_TYPE) == 0)
        return "datacontenttype";
    return strncmp(name, "ce_", 3) == 0 ? name + 3 : name;
}

char *cloudevent_json(const struct cloudevent *cloudevent, const char *body, size_t len, size_t *json_len)
{
    static const char begin_data[] = ",\"data\":";
    json_auto_t *attributes = json_object();
    for (size_t i = 0; i < cloudevent->count; i++) {
        const struct kafka_header *header = &cloudevent->headers[i];
        must(json_object_set_new(attributes, attribute_of(header->name), json_string(header->value)) == 0);
    }
    char *text = json_line(attributes);
    size_t head_len = strlen(text) - 1; // without its brace, which closes all in the end
    struct buf json;
    buf_init(&json, head_len + strlen(begin_data) + len + 1);
    must(buf_add(&json, text, head_len) == 0);
    must(buf_add_text(&json, begin_data) == 0);
    must(buf_add(&json, body, len) == 0);
    must(buf_add_text(&json, "}") == 0);
    free(text);
    *json_len = json.len;
    return buf_take(&json);
}
