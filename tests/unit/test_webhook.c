// SPDX-License-Identifier: MIT
//
// Webhooks over loopback, through the real server and event code; Kafka alone is a fake, which reports when the test
// says so. The clock stands still until it is moved.
#include "producers/webhook.h"

#include "bridge/clock.h"
#include "bridge/contract.h"
#include "bridge/net.h"
#include "tests/unit/fake_kafka_out.h"
#include "tests/unit/peer.h"

enum { BODY_MAX = 1000, ACK_MS = 8000, PEERS = 4 };

static char shop[] = "shop";
static char desk[] = "desk";
static char token[] = "s3cret-token";
static char events[] = "events";
static char rejected[] = "rejected";
static char bank[] = "bank";
static char key[] = "YOUR_SIGNATURE_TOKEN";
static char signature_header[] = "QISCUS-SDK-SIGNATURE";
static struct app_config apps[] = {{.name = shop, .signature_header = signature_header},
    {.name = desk, .webhook_token = token, .signature_header = signature_header},
    {.name = bank, .signature_header = signature_header, .signature_secret = key}};
static struct config config = {.apps = apps,
    .app_count = 3,
    .topics = {.events = events, .rejected = rejected},
    .inbound = {.ack_timeout_ms = ACK_MS}};
static struct webhooks webhooks;
static struct http_server *server;
static int64_t now_us;

static struct peer peers[PEERS];

static int64_t moved_clock(void)
{
    return now_us;
}

static int64_t fixed_wall(void)
{
    return 1796119200000; // 2026-12-01T10:00:00Z
}

static int start(void **state)
{
    (void)state;
    struct error error;
    const struct http_server_options options = {.listen = "127.0.0.1:0",
        .body_max = BODY_MAX,
        .connections_max = 16,
        .request_timeout_ms = 10000,
        .idle_timeout_ms = 10000};
    now_us = 1000000000;
    clock_replace(moved_clock, fixed_wall);
    config.inbound.rejected = REJECTED_KEEP;
    apps[2].signature = SIGNATURE_OFF;
    webhooks_init(&webhooks, &config, &fake_out);
    struct http_handler handler = webhooks_handler(&webhooks);
    server = http_server_new(&options, &handler, &error);
    assert_non_null(server);
    for (int i = 0; i < PEERS; i++)
        peers[i] = (struct peer){.fd = -1};
    return 0;
}

static int end(void **state)
{
    (void)state;
    webhooks_expire(&webhooks, true);
    http_server_run(server);
    http_server_free(server);
    fake_out_report_all(ERROR_REMOTE); // what is freed meanwhile must not be touched
    assert_int_equal(webhooks.pending, 0);
    webhooks_clear(&webhooks);
    fake_out_clear();
    for (int i = 0; i < PEERS; i++)
        if (peers[i].fd >= 0)
            (void)close(peers[i].fd);
    free(config.inbound.allow);
    free(config.inbound.trusted_proxies);
    config.inbound.allow = config.inbound.trusted_proxies = NULL;
    clock_replace(NULL, NULL);
    return 0;
}

static void turn(struct peer *peer)
{
    peer_turn(peer, server);
}

static void ask(struct peer *peer, const char *method, const char *path, const char *more, const char *body, size_t len)
{
    peer_ask(peer, server, method, path, more, body, len);
}

static void hear(struct peer *peer)
{
    int64_t deadline = real_ms() + 20000;
    while (!peer_is_answered(peer) && real_ms() < deadline)
        turn(peer);
    assert_true(peer_is_answered(peer));
}

// Sends a webhook and runs until Kafka has `count` records in all.
static void post(struct peer *peer, const char *path, const char *body, size_t count)
{
    int64_t deadline = real_ms() + 20000;
    ask(peer, "POST", path, "Content-Type: application/json\r\n", body, strlen(body));
    while (fake_out.count < count && real_ms() < deadline)
        turn(peer);
    assert_int_equal(fake_out.count, count);
}

#define BODY "{\"type\":\"post_comment_mobile\",\"payload\":{\"room\":{\"id\":7},\"message\":{\"id\":5}}}"

// ---- what is well ----

static void a_webhook_is_answered_when_kafka_has_it(void **state)
{
    (void)state;
    post(&peers[0], "/webhooks/shop", BODY, 1);
    const struct kafka_record *record = fake_out_last(events);
    assert_int_equal(record->value_len, strlen(BODY));
    assert_memory_equal(record->value, BODY, strlen(BODY));
    assert_memory_equal(record->key, "7", 1);
    assert_header(record, HEADER_CE_ID, "shop:5");
    assert_header(record, HEADER_CE_SOURCE, "/apps/shop");
    assert_header(record, HEADER_CE_TIME, "2026-12-01T10:00:00.000Z");
    assert_header(record, HEADER_CONTENT_TYPE, "application/json");
    for (int i = 0; i < 5; i++)
        turn(&peers[0]);
    assert_int_equal(peers[0].len, 0); // not before the report
    assert_int_equal(webhooks.pending, 1);
    assert_int_equal(webhooks_timeout_ms(&webhooks), ACK_MS);
    fake_out_report(0, ERROR_NONE);
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 200);
    assert_string_equal(peer_body(&peers[0]),
        "{\"status\":\"accepted\",\"id\":\"shop:5\",\"topic\":\"events\",\"partition\":2,\"offset\":0}");
    assert_non_null(strstr(peers[0].answer, "Content-Type: application/json\r\n"));
    assert_int_equal(webhooks.pending, 0);
    assert_int_equal(webhooks_timeout_ms(&webhooks), -1);
}

static void many_webhooks_go_over_one_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        post(&peers[0], i % 2 ? "/webhooks/shop" : "/webhooks/desk/s3cret-token", BODY, i + 1);
        fake_out_report(i, ERROR_NONE);
        hear(&peers[0]);
        assert_int_equal(peer_status(&peers[0]), 200);
    }
    assert_int_equal(http_server_connections(server), 1);
    assert_header(&fake_out.sent[0].record, HEADER_CE_ID, "desk:5");
    assert_header(&fake_out.sent[1].record, HEADER_CE_ID, "shop:5");
}

static void reports_answer_their_own_webhooks(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        post(&peers[i], "/webhooks/shop", BODY, i + 1);
    fake_out_report(2, ERROR_NONE);
    fake_out_report(0, ERROR_REMOTE);
    hear(&peers[2]);
    hear(&peers[0]);
    assert_non_null(strstr(peer_body(&peers[2]), "\"offset\":2"));
    assert_int_equal(peer_status(&peers[0]), 503);
    assert_int_equal(webhooks.pending, 1);
    fake_out_report(1, ERROR_NONE);
    hear(&peers[1]);
    assert_non_null(strstr(peer_body(&peers[1]), "\"offset\":1"));
}

static void the_senders_headers_are_passed_on(void **state)
{
    (void)state;
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    ask(&peers[0], "POST", "/webhooks/shop",
        "Content-Type: application/vnd.chat+json; charset=utf-8\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        "{}", 2);
    while (fake_out.count == 0)
        turn(&peers[0]);
    assert_header(fake_out_last(events), HEADER_TRACEPARENT, trace);
    assert_header(fake_out_last(events), HEADER_CONTENT_TYPE, "application/vnd.chat+json; charset=utf-8");
}

// ---- who may, and what is taken ----

static void refusals_need_nothing_but_the_headers(void **state)
{
    (void)state;
    static const char json[] = "Content-Type: application/json\r\n";
    static const struct {
        const char *method;
        const char *path;
        const char *more;
        int status;
        const char *says; // in headers or body
    } rows[] = {
        {"POST", "/", json, 404, "no such path"},
        {"POST", "/webhooks", json, 404, "no such path"},
        {"POST", "/webhooks/", json, 404, "no such app"},
        {"POST", "/webhooks/other", json, 404, "no such app"},
        {"POST", "/webhooks/Shop", json, 404, "no such app"},
        {"POST", "/webhooks/shopp", json, 404, "no such app"},
        {"POST", "/webhooks/sho", json, 404, "no such app"},
        {"POST", "/webhooks//shop", json, 404, "no such app"},
        {"POST", "/webhooks/shop/", json, 404, "have no token"},
        {"POST", "/webhooks/shop/x", json, 404, "have no token"},
        {"POST", "/webhooks/desk/s3cret-token/", json, 404, "no such path"},
        {"POST", "/webhooks/desk/s3cret-token/x", json, 404, "no such path"},
        {"POST", "/webhooks/desk", json, 401, "WWW-Authenticate: PathToken"},
        {"POST", "/webhooks/desk/", json, 401, "missing or wrong"},
        {"POST", "/webhooks/desk/s3cret-toke", json, 401, "missing or wrong"},
        {"POST", "/webhooks/desk/s3cret-token2", json, 401, "missing or wrong"},
        {"POST", "/webhooks/desk/S3cret-token", json, 401, "missing or wrong"},
        {"POST", "/webhooks/desk/s3cret-tokem", json, 401, "missing or wrong"},
        {"GET", "/webhooks/desk", "", 401, "missing or wrong"}, // whoever may not learns no more than that
        {"GET", "/webhooks/shop", "", 405, "Allow: POST\r\n"},
        {"PUT", "/webhooks/shop", json, 405, "Allow: POST\r\n"},
        {"DELETE", "/webhooks/desk/s3cret-token", "", 405, "Allow: POST\r\n"},
        {"POST", "/webhooks/shop", "Content-Type: text/plain\r\n", 415, "not JSON"},
        {"POST", "/webhooks/shop", "Content-Type: application/jsonp\r\n", 415, "not JSON"},
        {"POST", "/webhooks/shop", "Content-Type: application/x-www-form-urlencoded\r\n", 415, "not JSON"},
        {"POST", "/webhooks/shop", "Content-Type: text/json\r\n", 415, "not JSON"},
        {"POST", "/webhooks/shop", "Content-Type: +json\r\n", 415, "not JSON"},
        {"POST", "/webhooks/shop", "Content-Type: text/plain; x=+json\r\n", 415, "not JSON"},
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        ask(&peers[0], rows[i].method, rows[i].path, rows[i].more, "{}", 2);
        hear(&peers[0]);
        if (peer_status(&peers[0]) != rows[i].status || strstr(peers[0].answer, rows[i].says) == NULL)
            fail_msg("%s %s: %s", rows[i].method, rows[i].path, peers[0].answer);
        assert_non_null(strstr(peers[0].answer, "Content-Type: application/problem+json\r\n"));
        assert_non_null(strstr(peer_body(&peers[0]), "\"type\":\"about:blank\""));
        assert_null(strstr(peers[0].answer, token));
    }
    assert_int_equal(fake_out.count, 0);
    assert_int_equal(http_server_connections(server), 1);
    assert_int_equal(webhooks.refused[REFUSAL_TOKEN], 7);
    assert_int_equal(webhooks.refused[REFUSAL_METHOD], 3);
    int64_t all = 0;
    for (int i = 0; i < REFUSALS; i++)
        all += webhooks.refused[i];
    assert_int_equal(all, UNIT_COUNT(rows));
    webhooks_log_refused(&webhooks);
    assert_int_equal(webhooks.refused_logged, all);
}

static void json_has_several_names(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "Content-Type: application/json\r\n",
        "Content-Type: application/json; charset=utf-8\r\n", "Content-Type: application/json;charset=utf-8\r\n",
        "content-type:APPLICATION/JSON\r\n", "Content-Type: application/vnd.chat.v1+json\r\n",
        "Content-Type: application/problem+JSON ; x=y\r\n"};
    for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
        ask(&peers[0], "POST", "/webhooks/shop", lines[i], "{}", 2);
        int64_t deadline = real_ms() + 20000;
        while (fake_out.count < i + 1 && real_ms() < deadline)
            turn(&peers[0]);
        assert_int_equal(fake_out.count, i + 1);
        fake_out_report(i, ERROR_NONE);
        hear(&peers[0]);
        assert_int_equal(peer_status(&peers[0]), 200);
    }
}

static void a_body_has_a_limit(void **state)
{
    (void)state;
    static char body[BODY_MAX + 2];
    memset(body, ' ', sizeof body - 1);
    body[0] = '{';
    body[BODY_MAX] = '}';
    ask(&peers[0], "POST", "/webhooks/shop", "", body, BODY_MAX + 1);
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 413);
    assert_non_null(strstr(peer_body(&peers[0]), "body.max"));
    assert_int_equal(fake_out.count, 0);
    body[BODY_MAX - 1] = '}';
    body[BODY_MAX] = '\0';
    post(&peers[0], "/webhooks/shop", body, 1);
    assert_int_equal(fake_out_last(events)->value_len, BODY_MAX);
}

// ---- signatures ----

#define SIGNATURE "QISCUS-SDK-SIGNATURE: f2e754f91458688fb7d8ae5ca8e628013a2fd57532268cd6f94212ad52134cec\r\n"
#define WRONG     "qiscus-sdk-signature: 0000000000000000000000000000000000000000000000000000000000000000\r\n"

static void signatures_are_asked_for_and_checked(void **state)
{
    (void)state;
    static const struct {
        enum config_signature signature;
        const char *more;
        int status;
    } rows[] = {
        {SIGNATURE_OFF, "", 200}, {SIGNATURE_OFF, WRONG, 200}, {SIGNATURE_OPTIONAL, "", 200},
        {SIGNATURE_OPTIONAL, SIGNATURE, 200}, {SIGNATURE_OPTIONAL, WRONG, 401},
        {SIGNATURE_OPTIONAL, "QISCUS-SDK-SIGNATURE:\r\n", 401}, {SIGNATURE_REQUIRED, "", 401},
        {SIGNATURE_REQUIRED, SIGNATURE, 200}, {SIGNATURE_REQUIRED, WRONG, 401},
        {SIGNATURE_REQUIRED, WRONG SIGNATURE, 401}, // the first one counts
    };
    size_t taken = 0;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        apps[2].signature = rows[i].signature;
        ask(&peers[0], "POST", "/webhooks/bank", rows[i].more, BODY, strlen(BODY));
        int64_t deadline = real_ms() + 20000;
        while (!peer_is_answered(&peers[0]) && real_ms() < deadline) {
            turn(&peers[0]);
            fake_out_report_all(ERROR_NONE);
        }
        if (peer_status(&peers[0]) != rows[i].status)
            fail_msg("row %zu: %s", i, peers[0].answer);
        taken += rows[i].status == 200;
        assert_int_equal(fake_out.count, taken);
        assert_int_equal(strstr(peers[0].answer, "WWW-Authenticate: HMAC-SHA256") != NULL, rows[i].status == 401);
        assert_null(strstr(peers[0].answer, key));
    }
}

// Who sends no signature need not send a body, and one that was refused is told so before the method or the type.
static void an_unsigned_webhook_is_refused_by_its_headers(void **state)
{
    (void)state;
    static const char head[] =
        "POST /webhooks/bank HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 900\r\n\r\n";
    apps[2].signature = SIGNATURE_REQUIRED;
    peer_say(&peers[0], server, head, sizeof head - 1);
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 401);
    assert_non_null(strstr(peer_body(&peers[0]), "signature is missing"));
    ask(&peers[1], "GET", "/webhooks/bank", "", "", 0);
    hear(&peers[1]);
    assert_int_equal(peer_status(&peers[1]), 401);
    ask(&peers[1], "POST", "/webhooks/bank", "Content-Type: text/plain\r\n" SIGNATURE, BODY, strlen(BODY));
    hear(&peers[1]);
    assert_int_equal(peer_status(&peers[1]), 415);
}

// ---- addresses ----

static void strangers_are_told_nothing_else(void **state)
{
    (void)state;
    static const char *const paths[] = {"/", "/webhooks/shop", "/webhooks/desk/wrong"};
    config.inbound.allow = net_blocks_read("192.0.2.0/24", NULL);
    webhooks.stopping = true;
    for (size_t i = 0; i < UNIT_COUNT(paths); i++) {
        ask(&peers[0], "POST", paths[i], "X-Forwarded-For: 192.0.2.1\r\n", BODY, strlen(BODY));
        hear(&peers[0]);
        assert_int_equal(peer_status(&peers[0]), 403);
    }
    webhooks.stopping = false;
    config.inbound.trusted_proxies = net_blocks_read("127.0.0.1", NULL);
    ask(&peers[0], "POST", "/webhooks/shop", "X-Forwarded-For: 192.0.2.1, 198.51.100.1\r\n", BODY, strlen(BODY));
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 403);
    ask(&peers[0], "POST", "/webhooks/shop", "X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n", BODY, strlen(BODY));
    int64_t deadline = real_ms() + 20000;
    while (fake_out.count == 0 && real_ms() < deadline)
        turn(&peers[0]);
    assert_int_equal(fake_out.count, 1);
}

// ---- what is not usable ----

static const char *const unusable[] = {"", "not json", "[]", "\"text\"", "{\"a\":\"\xff\"}", "{\"a\":1e999}", "{} {}"};

static void what_is_not_usable_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(unusable); i++) {
        post(&peers[0], "/webhooks/shop", unusable[i], i + 1);
        const struct kafka_record *record = fake_out_last(rejected);
        assert_int_equal(record->value_len, strlen(unusable[i]));
        assert_memory_equal(record->value, unusable[i], record->value_len);
        size_t len = 0;
        assert_non_null(kafka_header_of(record, HEADER_REJECTED_REASON, &len));
        assert_true(len > 0);
        assert_header(record, HEADER_CE_SOURCE, "/apps/shop");
        fake_out_report(i, ERROR_NONE);
        hear(&peers[0]);
        assert_int_equal(peer_status(&peers[0]), 200);
        assert_memory_equal(peer_body(&peers[0]), "{\"status\":\"rejected\",\"id\":\"", 27);
    }
    assert_int_equal(fake_out_count(events), 0);
}

static void what_is_usable_is_structured_where_that_is_wished(void **state)
{
    (void)state;
    webhooks.publish.format = EVENT_STRUCTURED;
    post(&peers[0], "/webhooks/shop", BODY, 1);
    const struct kafka_record *record = fake_out_last(events);
    static const char begin[] = "{\"specversion\":\"1.0\",\"id\":\"shop:5\",";
    static const char end[] = ",\"data\":" BODY "}";
    const char *value = record->value;
    assert_memory_equal(value, begin, sizeof begin - 1);
    assert_memory_equal(value + record->value_len - (sizeof end - 1), end, sizeof end - 1);
    assert_memory_equal(record->key, "7", 1);
    assert_header(record, HEADER_CONTENT_TYPE, "application/cloudevents+json");
    assert_header(record, HEADER_CE_ID, NULL);
    fake_out_report(0, ERROR_NONE);
    hear(&peers[0]);
    assert_non_null(strstr(peer_body(&peers[0]), "\"accepted\""));
    post(&peers[0], "/webhooks/shop", "not json", 2);
    record = fake_out_last(rejected);
    assert_memory_equal(record->value, "not json", record->value_len);
    assert_header(record, HEADER_CE_SPECVERSION, "1.0");
}

// ---- repeats ----

static const char duplicate[] = "{\"status\":\"duplicate\",\"id\":\"shop:5\"}";

// Posts what has to be published, and lets Kafka have it.
static void take(const char *path, const char *body, size_t count)
{
    post(&peers[0], path, body, count);
    fake_out_report(count - 1, ERROR_NONE);
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 200);
}

static void a_repeat_is_answered_and_not_published(void **state)
{
    (void)state;
    webhooks.recent = recent_new(10);
    take("/webhooks/shop", BODY, 1);
    for (int i = 0; i < 3; i++) {
        ask(&peers[0], "POST", "/webhooks/shop", "", BODY, strlen(BODY));
        hear(&peers[0]);
        assert_int_equal(peer_status(&peers[0]), 200);
        assert_string_equal(peer_body(&peers[0]), duplicate);
    }
    assert_int_equal(fake_out.count, 1);
    assert_int_equal(webhooks.pending, 0);
    take("/webhooks/desk/s3cret-token", BODY, 2); // another app's message
    take("/webhooks/shop", "{\"type\":\"deleted\",\"payload\":{\"room\":{\"id\":7},\"message\":{\"id\":5}}}", 3);
    for (size_t i = 4; i < 6; i++)
        take("/webhooks/shop", "{\"type\":\"resolved\"}", i); // nothing tells whether it is a repeat
    for (size_t i = 6; i < 8; i++)
        take("/webhooks/shop", "not json", i);
}

static void only_what_was_answered_well_is_remembered(void **state)
{
    (void)state;
    webhooks.recent = recent_new(10);
    post(&peers[0], "/webhooks/shop", BODY, 1);
    post(&peers[1], "/webhooks/shop", BODY, 2); // while the first is on its way
    fake_out_report(0, ERROR_REMOTE);
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 503);
    now_us += ACK_MS * 1000;
    webhooks_expire(&webhooks, false);
    hear(&peers[1]);
    assert_int_equal(peer_status(&peers[1]), 503);
    fake_out_report(1, ERROR_NONE); // it is there, but its sender was told otherwise
    take("/webhooks/shop", BODY, 3);
    ask(&peers[0], "POST", "/webhooks/shop", "", BODY, strlen(BODY));
    hear(&peers[0]);
    assert_string_equal(peer_body(&peers[0]), duplicate);
    assert_int_equal(fake_out.count, 3);
}

static void a_wrong_signature_learns_nothing_of_repeats(void **state)
{
    (void)state;
    webhooks.recent = recent_new(10);
    apps[2].signature = SIGNATURE_OPTIONAL;
    take("/webhooks/bank", BODY, 1);
    ask(&peers[0], "POST", "/webhooks/bank", WRONG, BODY, strlen(BODY));
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 401);
}

static void or_refused_where_that_is_wished(void **state)
{
    (void)state;
    config.inbound.rejected = REJECTED_REFUSE;
    for (size_t i = 0; i < UNIT_COUNT(unusable); i++) {
        ask(&peers[0], "POST", "/webhooks/shop", "", unusable[i], strlen(unusable[i]));
        hear(&peers[0]);
        assert_int_equal(peer_status(&peers[0]), 400);
    }
    assert_int_equal(fake_out.count, 0);
    assert_int_equal(webhooks.pending, 0);
    post(&peers[0], "/webhooks/shop", "{}", 1); // what is usable is taken as ever
}

// ---- when Kafka does not take it ----

static void a_failed_delivery_is_told_truly(void **state)
{
    (void)state;
    static const struct {
        enum error_kind kind;
        int status;
        bool later; // whether it asks for a repeat
    } rows[] = {
        {ERROR_REMOTE, 503, true}, {ERROR_BUSY, 503, true}, {ERROR_FATAL, 503, true},
        {ERROR_INPUT, 413, false}, // Kafka will not take it next time either
    };
    static const char *const bodies[] = {BODY, "not json"};
    size_t count = 0;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        for (size_t j = 0; j < UNIT_COUNT(bodies); j++) {
            post(&peers[0], "/webhooks/shop", bodies[j], ++count);
            fake_out_report(count - 1, rows[i].kind);
            hear(&peers[0]);
            assert_int_equal(peer_status(&peers[0]), rows[i].status);
            assert_int_equal(strstr(peers[0].answer, "Retry-After: 5\r\n") != NULL, rows[i].later);
            fake_out.refusals = 1; // the same, at once
            fake_out.refusal = rows[i].kind;
            ask(&peers[0], "POST", "/webhooks/shop", "", bodies[j], strlen(bodies[j]));
            hear(&peers[0]);
            assert_int_equal(peer_status(&peers[0]), rows[i].status);
            assert_int_equal(webhooks.pending, 0);
        }
}

static void whoever_waited_too_long_is_told_to_come_again(void **state)
{
    (void)state;
    post(&peers[0], "/webhooks/shop", BODY, 1);
    now_us += 5000000;
    post(&peers[1], "/webhooks/shop", BODY, 2);
    assert_int_equal(webhooks_timeout_ms(&webhooks), ACK_MS - 5000);
    now_us += (ACK_MS - 5000) * 1000 - 1000;
    webhooks_expire(&webhooks, false);
    assert_int_equal(webhooks_timeout_ms(&webhooks), 1);
    turn(&peers[0]);
    assert_int_equal(peers[0].len, 0);
    now_us += 1000;
    assert_int_equal(webhooks_timeout_ms(&webhooks), 0);
    webhooks_expire(&webhooks, false);
    hear(&peers[0]);
    assert_int_equal(peer_status(&peers[0]), 503);
    assert_non_null(strstr(peers[0].answer, "Retry-After: 5\r\n"));
    assert_int_equal(webhooks_timeout_ms(&webhooks), 5000); // the other's
    assert_int_equal(webhooks.pending, 2);
    fake_out_report(0, ERROR_NONE); // too late to be answered, well to be had
    assert_int_equal(webhooks.pending, 1);
    fake_out_report(1, ERROR_NONE);
    hear(&peers[1]);
    assert_int_equal(peer_status(&peers[1]), 200);
    post(&peers[0], "/webhooks/shop", BODY, 3); // the sender's repeat, on the same connection
    assert_header(&fake_out.sent[2].record, HEADER_CE_ID, "shop:5");
}

static void a_stop_refuses_new_ones_and_ends_those_that_wait(void **state)
{
    (void)state;
    static const char head[] = "POST /webhooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";
    post(&peers[0], "/webhooks/shop", BODY, 1);
    post(&peers[1], "/webhooks/shop", BODY, 2);
    peer_say(&peers[2], server, head, sizeof head - 1); // its body is still to come
    int64_t deadline = real_ms() + 20000;
    while (http_server_requests(server) < 3 && real_ms() < deadline)
        turn(&peers[2]);
    webhooks.stopping = true;
    ask(&peers[3], "POST", "/webhooks/shop", "", BODY, strlen(BODY));
    hear(&peers[3]);
    assert_int_equal(peer_status(&peers[3]), 503);
    assert_non_null(strstr(peers[3].answer, "Retry-After: 5\r\n"));
    peer_say(&peers[2], server, "{}", 2); // one that was let in before is taken
    while (fake_out.count < 3 && real_ms() < deadline)
        turn(&peers[2]);
    fake_out_report(0, ERROR_NONE);
    fake_out_report(2, ERROR_NONE);
    hear(&peers[0]);
    hear(&peers[2]);
    assert_int_equal(peer_status(&peers[0]), 200);
    assert_int_equal(peer_status(&peers[2]), 200);
    webhooks_expire(&webhooks, true);
    hear(&peers[1]);
    assert_int_equal(peer_status(&peers[1]), 503);
    assert_int_equal(webhooks_timeout_ms(&webhooks), -1);
    assert_int_equal(webhooks.pending, 1); // until the report comes
}

static void a_sender_that_goes_away_leaves_nothing_behind(void **state)
{
    (void)state;
    post(&peers[0], "/webhooks/shop", BODY, 1);
    (void)close(peers[0].fd);
    peers[0].fd = -1;
    for (int i = 0; i < 3; i++)
        http_server_run(server);
    fake_out_report(0, ERROR_NONE);
    post(&peers[1], "/webhooks/shop", BODY, 2);
    fake_out_report(1, ERROR_NONE);
    hear(&peers[1]);
    assert_int_equal(peer_status(&peers[1]), 200);
    assert_int_equal(webhooks.pending, 0);
    int64_t deadline = real_ms() + 20000;
    while (http_server_requests(server) > 0 && real_ms() < deadline)
        turn(&peers[1]);
    assert_int_equal(http_server_requests(server), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    for (int i = REFUSAL_NONE + 1; i < REFUSALS; i++) // no row of the table is forgotten
        must(refusal_name(i) != NULL && refusal_status(i) >= 400);
    log_open(LOG_ERROR + 1, LOG_LOGFMT, NULL); // its refusals are no news here
    const struct CMUnitTest tests[] = {
        TEST(a_webhook_is_answered_when_kafka_has_it),
        TEST(many_webhooks_go_over_one_connection),
        TEST(reports_answer_their_own_webhooks),
        TEST(the_senders_headers_are_passed_on),
        TEST(refusals_need_nothing_but_the_headers),
        TEST(json_has_several_names),
        TEST(a_body_has_a_limit),
        TEST(signatures_are_asked_for_and_checked),
        TEST(an_unsigned_webhook_is_refused_by_its_headers),
        TEST(strangers_are_told_nothing_else),
        TEST(what_is_not_usable_is_kept),
        TEST(what_is_usable_is_structured_where_that_is_wished),
        TEST(a_repeat_is_answered_and_not_published),
        TEST(only_what_was_answered_well_is_remembered),
        TEST(a_wrong_signature_learns_nothing_of_repeats),
        TEST(or_refused_where_that_is_wished),
        TEST(a_failed_delivery_is_told_truly),
        TEST(whoever_waited_too_long_is_told_to_come_again),
        TEST(a_stop_refuses_new_ones_and_ends_those_that_wait),
        TEST(a_sender_that_goes_away_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
