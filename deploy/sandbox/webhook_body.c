// SPDX-License-Identifier: MIT
#include "deploy/sandbox/webhook_body.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/must.h"
#include "deploy/sandbox/reply.h"
#include "deploy/sandbox/room.h"
#include "deploy/sandbox/user.h"
#include "deploy/sandbox/view.h"

const char *webhook_body_type(const struct settings *settings, bool by_client)
{
    return settings->legacy_type ? "post_comment" : by_client ? "post_comment_mobile" : "post_comment_rest";
}

// An id, with its twin as text in the later form.
static void put_id(json_t *object, const char *key, int64_t id, bool twin)
{
    char text[32];
    char twin_key[32];
    reply_put_int(object, key, id);
    if (!twin)
        return;
    (void)snprintf(text, sizeof text, "%lld", (long long)id);
    (void)snprintf(twin_key, sizeof twin_key, "%s_str", key);
    reply_put_text(object, twin_key, text);
}

static json_t *view_from(const struct user *user, bool later)
{
    json_t *from = json_object();
    if (later)
        reply_put_text(from, "avatar_url", user->avatar_url);
    reply_put_text(from, "email", user->email);
    put_id(from, "id", user->id, later);
    reply_put_text(from, "name", user->name);
    return from;
}

// How far a participant has read and received are the same here: the last comment they have seen.
static json_t *view_participant(const struct room *room, const struct participant *participant, bool later)
{
    const struct user *user = participant->user;
    json_t *person = json_object();
    if (later)
        reply_put(person, "active", json_true());
    reply_put_text(person, "avatar_url", user->avatar_url);
    reply_put_text(person, "email", user->email);
    if (later)
        reply_put(person, "extras", json_object());
    put_id(person, "id", user->id, later);
    if (later) {
        int64_t read = participant->read > 0 ? room->comments[participant->read - 1]->id : 0;
        reply_put_int(person, "last_comment_read_id", read);
        reply_put_int(person, "last_comment_received_id", read);
    }
    reply_put_text(person, "username", user->name);
    return person;
}

static json_t *view_room_of_webhook(const struct room *room, bool later)
{
    json_t *people = json_array();
    for (size_t i = 0; i < room->participant_count; i++)
        must(json_array_append_new(people, view_participant(room, &room->participants[i], later)) == 0);
    json_t *view = json_object();
    put_id(view, "id", room->id, later);
    if (later)
        reply_put(view, "is_public_channel", json_false());
    reply_put_text(view, "name", room->name);
    if (later)
        reply_put_text(view, "options", room->options[0] ? room->options : "{}");
    reply_put(view, "participants", people);
    if (later)
        reply_put_text(view, "room_avatar", room->avatar_url);
    put_id(view, "topic_id", room->id, later);
    reply_put_text(view, "type", room->single ? "single" : "group");
    return view;
}

// 2022-10-04T03:53:08.089051Z
static const char *time_in_microseconds(int64_t wall_ms, char out[VIEW_TIME])
{
    char text[CLOCK_TEXT];
    (void)clock_format(wall_ms, text);
    text[strcspn(text, "Z")] = '\0';
    (void)snprintf(out, VIEW_TIME, "%s000Z", text);
    return out;
}

static json_t *view_message(const struct comment *comment, bool later)
{
    char time[VIEW_TIME];
    json_t *view = json_object();
    if (later) {
        put_id(view, "comment_before_id", comment->before_id, true);
        reply_put_text(view, "created_at", time_in_microseconds(comment->created_ms, time));
        reply_put(view, "disable_link_preview", json_boolean(comment->disable_link_preview));
        reply_put(view, "extras", view_json(comment_extras(comment), json_object()));
        put_id(view, "id", comment->id, true);
    }
    reply_put(view, "payload", view_json(comment_payload(comment), json_object()));
    reply_put_text(view, "text", comment_message(comment));
    if (later)
        reply_put_text(view, "timestamp", view_time(comment->created_ms, time));
    reply_put_text(view, "type", comment->type);
    if (later) {
        reply_put_text(view, "unique_temp_id", comment_temp_id(comment));
        reply_put_int(view, "unix_nano_timestamp", comment->created_ms * 1000000);
        reply_put_int(view, "unix_timestamp", comment->created_ms / 1000);
    }
    return view;
}

char *webhook_body_make(const struct settings *settings, const struct comment *comment, const char *type)
{
    bool later = !settings->webhooks_of_2017;
    json_t *payload = json_object();
    reply_put(payload, "from", view_from(comment->sender, later));
    reply_put(payload, "message", view_message(comment, later));
    reply_put(payload, "room", view_room_of_webhook(comment->room, later));
    json_auto_t *body = json_object();
    reply_put(body, "payload", payload);
    reply_put_text(body, "type", type);
    char *text = reply_text(body);
    return text;
}

const char *webhook_body_sign(const char *secret, const char *body, char out[WEBHOOK_SIGNATURE_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    must(HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body, strlen(body), digest, &len) !=
         NULL);
    must(2 * len < WEBHOOK_SIGNATURE_TEXT);
    for (unsigned i = 0; i < len; i++)
        (void)snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    return out;
}
