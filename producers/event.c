// SPDX-License-Identifier: MIT
#include "producers/event.h"

#include <stdio.h>
#include <string.h>

#include "bridge/text.h"

// A webhook type and who wrote what it tells of. Types that are not here are events like any other.
static const struct webhook_type {
    const char *type;
    enum event_origin origin;
} webhook_types[] = {
    {"post_comment", ORIGIN_UNKNOWN},       // the specification's only one: it does not say who wrote
    {"post_comment_mobile", ORIGIN_CLIENT}, // a person's client wrote
    {"post_comment_rest", ORIGIN_REST},     // the REST API wrote: perhaps we ourselves
};

const char *event_origin_name(enum event_origin origin)
{
    switch (origin) {
    case ORIGIN_UNKNOWN:
        return "unknown";
    case ORIGIN_CLIENT:
        return "client";
    case ORIGIN_REST:
        return "rest";
    }
    return "unknown";
}

// The type as CloudEvents' readers and metrics can take it: a small alphabet and a limited length.
static void read_type(struct event *event, const json_t *root)
{
    const char *type = json_text_at(root, "type");
    if (type == NULL || *type == '\0')
        return;
    for (size_t i = 0; i < sizeof webhook_types / sizeof webhook_types[0]; i++)
        if (strcmp(type, webhook_types[i].type) == 0)
            event->origin = webhook_types[i].origin;
    size_t len = 0;
    for (; len < EVENT_TYPE_MAX && type[len] != '\0'; len++) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
        event->type[len] = strchr(allowed, type[len]) != NULL ? type[len] : '_';
    }
    event->type[len] = '\0';
}

// The first of the paths that holds an id that is neither empty nor 0; else "".
static void read_id(char out[JSON_ID_MAX], const json_t *base, const char *first, const char *second)
{
    const char *const paths[] = {first, second};
    for (int i = 0; i < 2; i++)
        if (json_id_at(base, paths[i], out) && strcmp(out, "0") != 0)
            return;
    out[0] = '\0';
}

// Stable across the sender's repeats where the body allows it: by the message's id, else by the id its author gave it.
static void make_id(struct event *event, const char *app, const json_t *base)
{
    char message[JSON_ID_MAX];
    char temporary[JSON_ID_MAX];
    char uuid[RANDOM_UUID_TEXT];
    int len;
    read_id(message, base, "message.id", "message.id_str");
    read_id(temporary, base, "message.unique_temp_id", "message.unique_temp_id");
    if (message[0] != '\0') {
        event->id_kind = EVENT_ID_MESSAGE;
        len = snprintf(event->id, sizeof event->id, "%s:%s", app, message);
    } else if (temporary[0] != '\0' && event->room[0] != '\0') {
        event->id_kind = EVENT_ID_TEMPORARY;
        len = snprintf(event->id, sizeof event->id, "%s:%s:%s", app, event->room, temporary);
    } else {
        len = snprintf(event->id, sizeof event->id, "%s", random_uuid7(uuid));
    }
    must(len > 0 && (size_t)len < sizeof event->id);
}

int event_decode(struct event *event, const char *app, const char *body, size_t len, struct error *error)
{
    *event = (struct event){.type = "event", .id_kind = EVENT_ID_OURS, .origin = ORIGIN_UNKNOWN};
    char uuid[RANDOM_UUID_TEXT];
    json_auto_t *root = json_read_object(body, len, error);
    if (root == NULL) {
        text_cut(event->id, sizeof event->id - 1, random_uuid7(uuid));
        return -1;
    }
    // Flat bodies carry their fields without an envelope.
    const json_t *payload = json_at(root, "payload");
    const json_t *base = json_is_object(payload) ? payload : root;
    read_type(event, root);
    read_id(event->room, base, "room.id_str", "room.id");
    if (event->room[0] == '\0')
        read_id(event->room, root, "room_id", "room_id");
    const char *sender = json_text_at(base, "from.email");
    text_cut(event->sender, EVENT_SENDER_MAX, sender ? sender : "");
    make_id(event, app, base);
    return 0;
}
