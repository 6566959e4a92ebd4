// SPDX-License-Identifier: MIT
#include "deploy/sandbox/control.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "deploy/sandbox/api_calls.h"
#include "deploy/sandbox/faults.h"
#include "deploy/sandbox/journal.h"
#include "deploy/sandbox/webhook.h"

enum { LIMIT_DEFAULT = 1000, LIMIT_MAX = 100000, HELP_MAX = 64 * 1024 };

struct control {
    struct server *server;
    struct sandbox *sandbox;
    struct http_request *request;
    json_t *values; // of query and body
    struct reply reply;
};

// ---- answers ----

static void reply_plain(struct control *control, json_t *body_steal)
{
    control->reply = (struct reply){.status = 200, .body = body_steal};
}

static void reply_done(struct control *control)
{
    reply_plain(control, json_pack("{s:s}", "status", "done"));
}

// ---- journal and deliveries ----

static const struct param list_params[] = {
    {"app", PARAM_TEXT},
    {"call", PARAM_TEXT},
    {"room", PARAM_TEXT},
    {"after", PARAM_COUNT},
    {"limit", PARAM_INTEGER},
    {0},
};

static size_t limit_of(const struct control *control)
{
    int64_t limit = params_integer(control->values, "limit");
    return limit == 0 ? LIMIT_DEFAULT : limit > LIMIT_MAX ? LIMIT_MAX : (size_t)limit;
}

static uint64_t after_of(const struct control *control)
{
    return (uint64_t)params_integer(control->values, "after");
}

static void get_journal(struct control *control)
{
    struct journal_query query = {
        .app = params_text(control->values, "app"),
        .call = params_text(control->values, "call"),
        .room = params_text(control->values, "room"),
        .after = after_of(control),
        .limit = limit_of(control),
    };
    reply_plain(control, journal_list(control->sandbox->journal, &query));
}

static void delete_journal(struct control *control)
{
    journal_clear(control->sandbox->journal);
    reply_done(control);
}

static void get_deliveries(struct control *control)
{
    reply_plain(control, webhooks_log(control->sandbox->webhooks, params_text(control->values, "app"),
                             after_of(control), limit_of(control)));
}

// ---- faults ----

static void get_faults(struct control *control)
{
    reply_plain(control, faults_list(control->sandbox->faults));
}

static void put_faults(struct control *control)
{
    struct error wrong;
    if (faults_replace(control->sandbox->faults, control->values, &wrong) != 0) {
        reply_error(&control->reply, 400, "%s", wrong.text);
        return;
    }
    exchanges_release(&control->server->exchanges, false);
    get_faults(control);
}

static void delete_faults(struct control *control)
{
    faults_clear(control->sandbox->faults);
    exchanges_release(&control->server->exchanges, false);
    reply_done(control);
}

// ---- what the sender of webhooks does wrong ----

static void get_webhooks(struct control *control)
{
    const struct webhook_chances *chances = webhooks_chances(control->sandbox->webhooks);
    reply_plain(control,
        json_pack("{s:f, s:f, s:f}", "repeat", chances->repeat, "disorder", chances->disorder, "drop", chances->drop));
}

// 0, or -1 with the reply set.
static int read_chance(struct control *control, struct webhook_chances *chances, const char *name, const json_t *value)
{
    double *field = strcmp(name, "repeat") == 0     ? &chances->repeat
                    : strcmp(name, "disorder") == 0 ? &chances->disorder
                    : strcmp(name, "drop") == 0     ? &chances->drop
                                                    : NULL;
    if (field == NULL) {
        reply_error(&control->reply, 400, "%.100s is not known here; repeat, disorder and drop are", name);
        return -1;
    }
    *field = json_number_value(value);
    if (json_is_number(value) && *field >= 0 && *field <= 1)
        return 0;
    reply_error(&control->reply, 400, "%s has to be a number from 0 to 1", name);
    return -1;
}

// What is not named becomes 0.
static void put_webhooks(struct control *control)
{
    struct webhook_chances chances = {0};
    const char *name;
    json_t *value;
    json_object_foreach(control->values, name, value) {
        if (read_chance(control, &chances, name, value) != 0)
            return;
    }
    webhooks_set_chances(control->sandbox->webhooks, &chances);
    get_webhooks(control);
}

// ---- a person's client ----

static const struct api_route client_route = {
    "POST", "client/comments", "client_comment", api_comment_post_params, api_comment_post};

// Answers as post_comment does; which app it is stands in `app`, which may be absent when there is only one.
static void post_client_comment(struct control *control)
{
    const char *name = json_string_value(json_object_get(control->values, "app"));
    struct api_call call = {
        .sandbox = control->sandbox,
        .route = &client_route,
        .values = control->values,
        .by_client = true,
    };
    call.app = name                               ? sandbox_app(control->sandbox, name)
               : control->sandbox->app_count == 1 ? &control->sandbox->apps[0]
                                                  : NULL;
    if (call.app == NULL) {
        reply_error(&control->reply, 400, "app has to name one of the sandbox's apps");
        return;
    }
    api_run(&call);
    control->reply = call.reply;
}

// ---- stats ----

static void get_stats(struct control *control)
{
    const struct server *server = control->server;
    const struct webhooks *webhooks = control->sandbox->webhooks;
    size_t users = 0;
    size_t rooms = 0;
    size_t comments = 0;
    for (size_t i = 0; i < control->sandbox->app_count; i++) {
        const struct app *app = &control->sandbox->apps[i];
        users += app->user_count - 1; // without the one that sends system events
        rooms += app->room_count;
        comments += app->comment_count;
    }
    json_t *stats = json_object();
    must(stats != NULL);
    reply_put_int(stats, "connections_open", http_server_connections(server->http));
    reply_put_int(stats, "connections_total", (json_int_t)server->connections);
    reply_put_int(stats, "requests", (json_int_t)server->requests);
    reply_put_int(stats, "requests_hanging", (json_int_t)server->exchanges.hanging_count);
    reply_put_int(stats, "journal_total", (json_int_t)journal_total(control->sandbox->journal));
    reply_put_int(stats, "users", (json_int_t)users);
    reply_put_int(stats, "rooms", (json_int_t)rooms);
    reply_put_int(stats, "comments", (json_int_t)comments);
    reply_put_int(stats, "webhooks_pending", (json_int_t)webhooks_pending(webhooks));
    reply_put_int(stats, "webhooks_delivered", (json_int_t)webhooks_delivered(webhooks));
    reply_put_int(stats, "webhooks_given_up", (json_int_t)webhooks_given_up(webhooks));
    reply_put_int(stats, "webhooks_dropped", (json_int_t)webhooks_dropped(webhooks));
    reply_plain(control, stats);
}

// ---- the table ----

static const struct action {
    const char *method;
    const char *path; // behind the prefix
    void (*run)(struct control *control);
    const struct param *params; // NULL: looked at by the action itself
    const char *help;
} actions[] = {
    {"GET", "journal", get_journal, list_params,
        "?app=&call=&room=&after=SEQ&limit=N: every API request received, in order of arrival"},
    {"DELETE", "journal", delete_journal, NULL, "empties it"},
    {"GET", "faults", get_faults, NULL, "the rules of faults, and how often each matched and hit"},
    {"PUT", "faults", put_faults, NULL,
        "{\"faults\":[RULE...]}: replaces the rules. Matching: call, app, room, contains, skip, times, rate. Action: "
        "latency_ms, status (retry_after, body, content_type), reset or close (\"before\", \"after\"), truncate, hang, "
        "requests_per_second; effect: done all the same"},
    {"DELETE", "faults", delete_faults, NULL, "clears them"},
    {"POST", "client/comments", post_client_comment, NULL,
        "{\"app\",\"sender_email\",\"room_id\",\"message\",...}: posts as a person's client does"},
    {"GET", "deliveries", get_deliveries, list_params, "?app=&after=SEQ&limit=N: every try to deliver a webhook"},
    {"GET", "webhooks", get_webhooks, NULL, "how often webhooks are repeated, delayed or dropped"},
    {"PUT", "webhooks", put_webhooks, NULL, "{\"repeat\":0.1,\"disorder\":0.1,\"drop\":0.05}: sets that"},
    {"GET", "stats", get_stats, NULL, "numbers"},
};

enum { ACTIONS = sizeof actions / sizeof actions[0] };

static void send_help(struct http_request *request)
{
    struct buf text;
    buf_init(&text, HELP_MAX);
    must(buf_add_text(&text, "chat-sandbox: the control API. No secret is needed here.\n\n") == 0);
    for (size_t i = 0; i < ACTIONS; i++)
        must(buf_printf(&text, "%-6s %s%s\n       %s\n", actions[i].method, CONTROL_PREFIX, actions[i].path,
                 actions[i].help) == 0);
    http_request_reply(request,
        &(struct http_response){
            .status = 200, .content_type = "text/plain; charset=utf-8", .body = text.data, .body_len = text.len});
    buf_clear(&text);
}

static const struct action *find(struct control *control, const char *path)
{
    char allow[REPLY_ALLOW] = "";
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].path, path) != 0)
            continue;
        if (strcmp(actions[i].method, http_request_method(control->request)) == 0)
            return &actions[i];
        reply_allow(allow, actions[i].method);
    }
    if (allow[0] == '\0')
        reply_error(&control->reply, 404, "there is no such path; GET " CONTROL_PREFIX " tells those that there are");
    else
        reply_not_allowed(&control->reply, allow);
    return NULL;
}

static void run(struct control *control, const struct action *action)
{
    enum params_encoding encoding;
    bool mixed;
    struct error unusable;
    if (params_read(control->request, &control->values, &encoding, &mixed, &unusable) != 0) {
        reply_error(&control->reply, 400, "%s", unusable.text);
        return;
    }
    json_t *wrong = action->params ? params_check(control->values, action->params) : NULL;
    if (wrong != NULL)
        reply_errors(&control->reply, 400, "the parameters are wrong", wrong);
    else
        action->run(control);
}

void control_serve(struct server *server, struct http_request *request)
{
    const char *path = http_request_path(request) + strlen(CONTROL_PREFIX);
    if (*path == '\0') {
        send_help(request);
        return;
    }
    struct control control = {.server = server, .sandbox = server->sandbox, .request = request};
    const struct action *action = find(&control, path);
    if (action != NULL)
        run(&control, action);
    exchange_reply(request, &control.reply);
    reply_clear(&control.reply);
    json_decref(control.values);
}
