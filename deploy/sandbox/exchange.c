// SPDX-License-Identifier: MIT
//
// A request that hangs is put aside by the HTTP server, which then does not notice that its client has gone: so it is
// closed after HANG_MAX_MS, when the rules of faults change, and at the end.
#include "deploy/sandbox/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/buf.h"
#include "bridge/clock.h"
#include "deploy/sandbox/table.h"

enum { HANG_MAX_MS = 10 * 60 * 1000, RAW_MAX = 64 * 1024 * 1024 };

// What goes out in the end.
struct outgoing {
    enum fault_action action;
    int status;
    char *body;
    size_t len;
    char *content_type;
    char *retry_after; // or NULL
    char allow[REPLY_ALLOW];
};

struct exchange {
    struct heap_item timer;
    TAILQ_ENTRY(exchange) hanging_link;
    struct http_request *request;
    struct outgoing outgoing;
};

// ---- an answer ----

static void outgoing_make(struct outgoing *outgoing, const struct reply *reply, const struct fault *fault)
{
    *outgoing = (struct outgoing){.action = fault->action, .status = reply->status};
    memcpy(outgoing->allow, reply->allow, REPLY_ALLOW);
    if (fault->action == FAULT_RESET || fault->action == FAULT_CLOSE || fault->action == FAULT_HANG)
        return; // nothing is said
    if (fault->action == FAULT_STATUS && fault->body != NULL)
        outgoing->body = must_strdup(fault->body);
    else
        outgoing->body = reply_text(reply->body);
    outgoing->len = strlen(outgoing->body);
    outgoing->content_type = must_strdup(fault->content_type ? fault->content_type : "application/json");
    outgoing->retry_after = must_strdup(fault->retry_after);
}

static void outgoing_clear(struct outgoing *outgoing)
{
    free(outgoing->body);
    free(outgoing->content_type);
    free(outgoing->retry_after);
}

static void reply_whole(struct http_request *request, const struct outgoing *outgoing)
{
    struct http_header headers[3] = {{NULL, NULL}, {NULL, NULL}, {NULL, NULL}};
    size_t count = 0;
    if (outgoing->retry_after != NULL)
        headers[count++] = (struct http_header){"Retry-After", outgoing->retry_after};
    if (outgoing->allow[0] != '\0')
        headers[count++] = (struct http_header){"Allow", outgoing->allow};
    http_request_reply(request, &(struct http_response){.status = outgoing->status,
                                    .content_type = outgoing->content_type,
                                    .body = outgoing->body,
                                    .body_len = outgoing->len,
                                    .headers = headers});
}

// The head promises more than comes.
static void reply_truncated(struct http_request *request, const struct outgoing *outgoing)
{
    struct buf raw;
    buf_init(&raw, RAW_MAX);
    must(buf_printf(&raw, "HTTP/1.1 %d \r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%.*s", outgoing->status,
             outgoing->content_type, outgoing->len, (int)(outgoing->len / 2), outgoing->body) == 0);
    http_request_reply_raw(request, raw.data, raw.len, false);
    buf_clear(&raw);
}

static void send_out(struct http_request *request, const struct outgoing *outgoing)
{
    switch (outgoing->action) {
    case FAULT_NONE:
    case FAULT_STATUS:
        reply_whole(request, outgoing);
        break;
    case FAULT_TRUNCATE:
        reply_truncated(request, outgoing);
        break;
    case FAULT_RESET:
        http_request_reply_raw(request, NULL, 0, true);
        break;
    case FAULT_CLOSE:
    case FAULT_HANG:
        http_request_reply_raw(request, NULL, 0, false);
        break;
    }
}

void exchange_reply(struct http_request *request, const struct reply *reply)
{
    static const struct fault none = {.carry_out = true};
    struct outgoing outgoing;
    outgoing_make(&outgoing, reply, &none);
    send_out(request, &outgoing);
    outgoing_clear(&outgoing);
}

// ---- those that wait ----

void exchanges_init(struct exchanges *exchanges)
{
    *exchanges = (struct exchanges){0};
    TAILQ_INIT(&exchanges->hanging);
}

void exchanges_clear(struct exchanges *exchanges)
{
    must(TAILQ_EMPTY(&exchanges->hanging) && heap_first(&exchanges->delayed) == NULL);
    heap_clear(&exchanges->delayed);
}

static void end(struct exchanges *exchanges, struct exchange *exchange)
{
    heap_remove(&exchanges->delayed, &exchange->timer);
    if (exchange->outgoing.action == FAULT_HANG) {
        TAILQ_REMOVE(&exchanges->hanging, exchange, hanging_link);
        exchanges->hanging_count--;
    }
    send_out(exchange->request, &exchange->outgoing);
    outgoing_clear(&exchange->outgoing);
    free(exchange);
}

void exchange_answer(
    struct exchanges *exchanges, struct http_request *request, const struct reply *reply, const struct fault *fault)
{
    struct outgoing outgoing;
    outgoing_make(&outgoing, reply, fault);
    if (fault->latency_ms == 0 && fault->action != FAULT_HANG) {
        send_out(request, &outgoing);
        outgoing_clear(&outgoing);
        return;
    }
    struct exchange *exchange = must_calloc(1, sizeof *exchange);
    exchange->request = request;
    exchange->outgoing = outgoing;
    if (fault->action == FAULT_HANG) {
        TAILQ_INSERT_TAIL(&exchanges->hanging, exchange, hanging_link);
        exchanges->hanging_count++;
    }
    int64_t wait_ms = fault->action == FAULT_HANG ? HANG_MAX_MS : fault->latency_ms;
    heap_add(&exchanges->delayed, &exchange->timer, clock_ms() + wait_ms + 1); // the clock was cut to whole ms
}

void exchanges_run(struct exchanges *exchanges)
{
    int64_t now_ms = clock_ms();
    struct heap_item *item;
    while ((item = heap_first(&exchanges->delayed)) != NULL && item->at <= now_ms)
        end(exchanges, table_owner(item, struct exchange, timer));
}

int exchanges_timeout_ms(const struct exchanges *exchanges)
{
    const struct heap_item *first = heap_first(&exchanges->delayed);
    if (first == NULL)
        return -1;
    int64_t left = first->at - clock_ms();
    return left < 0 ? 0 : (int)left;
}

void exchanges_release(struct exchanges *exchanges, bool all)
{
    struct exchange *exchange;
    while ((exchange = TAILQ_FIRST(&exchanges->hanging)) != NULL)
        end(exchanges, exchange);
    struct heap_item *item;
    while (all && (item = heap_first(&exchanges->delayed)) != NULL)
        end(exchanges, table_owner(item, struct exchange, timer));
}
