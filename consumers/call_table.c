// SPDX-License-Identifier: MIT
//
// All fifteen calls of the chat API's document, in one table. The limits that it does not name are of the vendor's
// later documentation, or keep what stands in a URL within bounds.
#include "consumers/call_table.h"

#include "consumers/call_param.h"
#include "consumers/call_rules.h"

enum {
    MESSAGE_MAX = 4000,
    URL_TEXT_MAX = 2000,      // of a text that goes into a query
    SEGMENT_MAX = 255,        // of one that goes into a path
    FILE_BYTES_MAX = 4000000, // "4 MB each import"
};

// ---- comments ----

static const char *const comment_types[] = {"text", "reply", "file_attachment", "account_linking", "buttons",
    "button_postback_response", "card", "carousel", "custom", "contact_person", "location", NULL};

static const struct call_param post_comment_params[] = {
    {"sender_email", PARAM_TEXT, .required = true},
    {"room_id", PARAM_ID, .required = true},
    {"message", PARAM_TEXT, .max = MESSAGE_MAX},
    {"type", PARAM_TEXT, .choices = comment_types},
    {"payload", PARAM_OBJECT},
    {"extras", PARAM_OBJECT},
    {"unique_temp_id", PARAM_TEXT},
    {"disable_link_preview", PARAM_FLAG},
    {0},
};

static const struct call_param load_comments_params[] = {
    {"room_id", PARAM_ID, .required = true},
    {"page", PARAM_INTEGER},
    {"limit", PARAM_INTEGER},
    {0},
};

// The document has POST, its later correction GET.
static bool load_comments_by_get(const struct app_config *app)
{
    return app->load_comments_method == METHOD_GET;
}

static const char *const system_event_types[] = {"create_room", "add_member", "join_room", "remove_member", "left_room",
    "change_room_name", "change_room_avatar", NULL};

static const struct call_param system_event_params[] = {
    {"system_event_type", PARAM_TEXT, .required = true, .choices = system_event_types},
    {"room_id", PARAM_ID, .required = true},
    {"subject_email", PARAM_TEXT, .required = true},
    {"object_email", PARAM_TEXTS},
    {"updated_room_name", PARAM_TEXT},
    {0},
};

// ---- rooms ----

static const struct call_param create_room_params[] = {
    {"name", PARAM_TEXT, .required = true},
    {"participants", PARAM_TEXTS, .required = true},
    {"creator", PARAM_TEXT, .required = true},
    {0},
};

static const struct call_param target_params[] = {
    {"emails", PARAM_TEXTS, .required = true, .max = URL_TEXT_MAX, .count = 2},
    {"avatar_url", PARAM_TEXT, .max = URL_TEXT_MAX},
    {0},
};

static const struct call_param rooms_info_params[] = {
    {"room_id", PARAM_IDS, .required = true},
    {"user_email", PARAM_TEXT, .required = true},
    {0},
};

static const struct call_param participants_params[] = {
    {"room_id", PARAM_ID, .required = true},
    {"emails", PARAM_TEXTS, .required = true},
    {0},
};

// ---- users ----

static const char *const platforms[] = {"ios", "android", NULL};

// `password` sets a new one if the user is there already: it is a secret, and this no read.
static const struct call_param login_params[] = {
    {"email", PARAM_TEXT, .required = true},
    {"password", PARAM_TEXT},
    {"username", PARAM_TEXT, .required = true},
    {"avatar_url", PARAM_TEXT},
    {"device_token", PARAM_TEXT},
    {"device_platform", PARAM_TEXT, .choices = platforms},
    {0},
};

// ---- exports and imports ----

static const char *const resources[] = {"users", "rooms", "comments", NULL};

static const struct call_param create_export_params[] = {
    {"type", PARAM_TEXT, .required = true, .choices = resources},
    {"start_date", PARAM_DATE, .required = true},
    {"end_date", PARAM_DATE, .required = true},
    {0},
};

static const struct call_param page_params[] = {
    {"page", PARAM_INTEGER},
    {0},
};

static const struct call_param export_params[] = {
    {"backup_unique_id", PARAM_SEGMENT, .required = true, .max = SEGMENT_MAX},
    {0},
};

static const struct call_param create_import_params[] = {
    {"type", PARAM_TEXT, .required = true, .choices = resources},
    {"rows", PARAM_ROWS, .max = FILE_BYTES_MAX},
    {"file", PARAM_FILE, .max = FILE_BYTES_MAX},
    {0},
};

// ---- the table ----

#define REST(name) "/api/v2/rest/" name

const struct call call_table[] = {
    {"post_comment", "POST", REST("post_comment"), CALL_FORM, REPEAT_KEYED, "room_id", post_comment_params,
        call_rules_comment},
    {"post_system_event_message", "POST", REST("post_system_event_message"), CALL_FORM, REPEAT_UNSAFE, "room_id",
        system_event_params, call_rules_system_event},
    {"load_comments", "POST", REST("load_comments"), CALL_FORM, REPEAT_SAFE, "room_id", load_comments_params,
        .by_get = load_comments_by_get},

    {"create_room", "POST", REST("create_room"), CALL_FORM, REPEAT_UNSAFE, NULL, create_room_params},
    {"get_or_create_room_with_target", "GET", REST("get_or_create_room_with_target"), CALL_QUERY, REPEAT_SAFE, NULL,
        target_params},
    {"get_rooms_info", "POST", REST("get_rooms_info"), CALL_FORM, REPEAT_SAFE, NULL, rooms_info_params},
    {"add_room_participants", "POST", REST("add_room_participants"), CALL_FORM, REPEAT_UNSAFE, "room_id",
        participants_params},
    {"remove_room_participants", "POST", REST("remove_room_participants"), CALL_FORM, REPEAT_UNSAFE, "room_id",
        participants_params},

    {"login_or_register", "POST", REST("login_or_register"), CALL_FORM, REPEAT_UNSAFE, NULL, login_params},

    {"create_export", "POST", REST("exports"), CALL_FORM, REPEAT_UNSAFE, NULL, create_export_params, call_rules_dates},
    {"list_exports", "GET", REST("exports"), CALL_QUERY, REPEAT_SAFE, NULL, page_params},
    {"get_export", "GET", REST("exports/:backup_unique_id"), CALL_QUERY, REPEAT_SAFE, NULL, export_params},
    {"delete_export", "DELETE", REST("exports/:backup_unique_id"), CALL_QUERY, REPEAT_UNSAFE, NULL, export_params},

    {"create_import", "POST", REST("imports"), CALL_MULTIPART, REPEAT_UNSAFE, NULL, create_import_params,
        call_rules_import},
    {"list_imports", "GET", REST("imports"), CALL_QUERY, REPEAT_SAFE, NULL, page_params},
    {NULL},
};
