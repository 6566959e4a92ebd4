// SPDX-License-Identifier: MIT
//
// libcurl's multi handle on an epoll descriptor of its own, which the caller's loop watches as one descriptor.
// curl_multi_socket_action() touches only the sockets that are ready, so a wake-up costs the same with 4 or with 400
// calls in flight. Easy handles are kept in a free list: their constant options are set once.
#include "bridge/http_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#include "bridge/buf.h"
#include "bridge/clock.h"

enum { EVENTS_AT_ONCE = 64 };

struct flight {
    SLIST_ENTRY(flight) free_link;
    LIST_ENTRY(flight) live_link;
    CURL *easy;
    struct http_client *client;
    struct curl_slist *headers;
    struct buf body; // of the response
    bool too_large;
    const char *upload; // the request's body, and how far it was read
    size_t upload_len;
    size_t uploaded;
    http_done done;
    void *context;
    int64_t started_us;
    char error[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi;
    int epoll_fd;
    int64_t timer_ms; // monotonic deadline that curl asked for; -1: none
    struct http_client_options options;
    SLIST_HEAD(flight_pool, flight) free;
    LIST_HEAD(flight_list, flight) live;
    unsigned in_flight;
    uint64_t connections;
};

// ---- curl's callbacks ----

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    (void)easy;
    struct http_client *client = context;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(client->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = fd};
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    // A descriptor that curl closed and the kernel gave out again is not in the set any more: add, else modify.
    if (known == NULL || epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0)
        if (epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
            must(epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0);
    curl_multi_assign(client->multi, fd, client); // any value: "known"
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_client *client = context;
    client->timer_ms = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
    return 0;
}

static size_t on_response(char *data, size_t size, size_t count, void *context)
{
    struct flight *flight = context;
    if (buf_add(&flight->body, data, size * count) == 0)
        return size * count;
    flight->too_large = true;
    return 0; // ends the call
}

static size_t on_upload(char *data, size_t size, size_t count, void *context)
{
    struct flight *flight = context;
    size_t len = flight->upload_len - flight->uploaded;
    if (len > size * count)
        len = size * count;
    memcpy(data, flight->upload + flight->uploaded, len);
    flight->uploaded += len;
    return len;
}

// ---- a call ----

#define set_option(easy, option, value) must(curl_easy_setopt(easy, option, value) == CURLE_OK)

static struct flight *flight_new(struct http_client *client)
{
    struct flight *flight = must_calloc(1, sizeof *flight);
    flight->client = client;
    buf_init(&flight->body, client->options.response_max);
    CURL *easy = flight->easy = curl_easy_init();
    must(easy != NULL);
    set_option(easy, CURLOPT_PRIVATE, flight);
    set_option(easy, CURLOPT_ERRORBUFFER, flight->error);
    set_option(easy, CURLOPT_WRITEFUNCTION, on_response);
    set_option(easy, CURLOPT_WRITEDATA, flight);
    set_option(easy, CURLOPT_READFUNCTION, on_upload);
    set_option(easy, CURLOPT_READDATA, flight);
    set_option(easy, CURLOPT_NOSIGNAL, 1L);
    set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set_option(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set_option(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set_option(easy, CURLOPT_USERAGENT, client->options.user_agent);
    set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->options.connect_timeout_ms);
    return flight;
}

static void flight_free(struct flight *flight)
{
    curl_easy_cleanup(flight->easy);
    curl_slist_free_all(flight->headers);
    buf_clear(&flight->body);
    free(flight);
}

static void add_header(struct flight *flight, const char *line)
{
    struct curl_slist *grown = curl_slist_append(flight->headers, line);
    must(grown != NULL);
    flight->headers = grown;
}

// curl sends a call again by itself when a kept connection turns out dead before an answer; then the first try may have
// had its effect without anybody knowing. A body through the read callback cannot be rewound, so the call ends instead
// (CURLE_SEND_FAIL_REWIND) and the repeat is its caller's decision. What has no body to rewind gets a connection of its
// own, unless it only reads.
static void set_body(struct flight *flight, const struct http_call *call)
{
    CURL *easy = flight->easy;
    flight->upload = call->body;
    flight->upload_len = call->body_len;
    flight->uploaded = 0;
    bool reads = strcmp(call->method, "GET") == 0;
    set_option(easy, CURLOPT_FRESH_CONNECT, !reads && call->body_len == 0 ? 1L : 0L);
    if (reads) {
        set_option(easy, CURLOPT_HTTPGET, 1L);
        set_option(easy, CURLOPT_CUSTOMREQUEST, NULL);
        return;
    }
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_CUSTOMREQUEST, strcmp(call->method, "POST") == 0 ? NULL : call->method);
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
}

static void flight_prepare(struct flight *flight, const struct http_call *call)
{
    CURL *easy = flight->easy;
    buf_reset(&flight->body);
    flight->too_large = false;
    flight->error[0] = '\0';
    flight->started_us = clock_us();
    for (const char *const *line = call->headers; line != NULL && *line != NULL; line++)
        add_header(flight, *line);
    add_header(flight, "Expect:"); // a round trip for nothing
    set_option(easy, CURLOPT_HTTPHEADER, flight->headers);
    set_option(easy, CURLOPT_URL, call->url);
    set_option(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    set_body(flight, call);
}

int http_client_send(
    struct http_client *client, const struct http_call *call, http_done done, void *context, struct error *error)
{
    if (client->in_flight >= client->options.in_flight_max)
        return error_set(error, ERROR_BUSY, "%u calls are in flight", client->in_flight);
    struct flight *flight = SLIST_FIRST(&client->free);
    if (flight != NULL)
        SLIST_REMOVE_HEAD(&client->free, free_link);
    else
        flight = flight_new(client);
    flight->done = done;
    flight->context = context;
    flight_prepare(flight, call);
    must(curl_multi_add_handle(client->multi, flight->easy) == CURLM_OK);
    LIST_INSERT_HEAD(&client->live, flight, live_link);
    client->in_flight++;
    return 0;
}

static enum http_outcome outcome_of(const struct flight *flight, CURLcode code)
{
    if (code == CURLE_OK)
        return HTTP_ANSWERED;
    if (flight->too_large)
        return HTTP_TOO_LARGE;
    long sent = 0;
    (void)curl_easy_getinfo(flight->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0 ? HTTP_AMBIGUOUS : HTTP_UNREACHABLE;
}

static const char *response_header(CURL *easy, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

static void flight_finish(struct flight *flight, CURLcode code)
{
    struct http_client *client = flight->client;
    long status = 0;
    long opened = 0;
    (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(flight->easy, CURLINFO_NUM_CONNECTS, &opened);
    client->connections += (uint64_t)opened;
    struct http_result result = {
        .outcome = outcome_of(flight, code),
        .status = (int)status,
        .body = buf_text(&flight->body),
        .body_len = flight->body.len,
        .retry_after = response_header(flight->easy, "Retry-After"),
        .date = response_header(flight->easy, "Date"),
        .error = code == CURLE_OK    ? ""
                 : flight->too_large ? "the response is larger than is taken"
                 : flight->error[0]  ? flight->error
                                     : curl_easy_strerror(code),
        .duration_us = clock_us() - flight->started_us,
    };
    (void)curl_multi_remove_handle(client->multi, flight->easy);
    LIST_REMOVE(flight, live_link);
    client->in_flight--;
    flight->done(flight->context, &result);
    set_option(flight->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(flight->headers);
    flight->headers = NULL;
    if (flight->body.cap > 64 * 1024) // a large response must not stay in a pooled handle
        buf_clear(&flight->body);
    SLIST_INSERT_HEAD(&client->free, flight, free_link);
}

// ---- the client ----

struct http_client *http_client_new(const struct http_client_options *options, struct error *error)
{
    static bool initialised;
    if (!initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        (void)error_set(error, ERROR_FATAL, "libcurl cannot be initialised");
        return NULL;
    }
    initialised = true;
    struct http_client *client = must_calloc(1, sizeof *client);
    client->options = *options;
    client->options.user_agent = must_strdup(options->user_agent);
    client->timer_ms = -1;
    SLIST_INIT(&client->free);
    LIST_INIT(&client->live);
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    must(client->epoll_fd >= 0);
    client->multi = curl_multi_init();
    must(client->multi != NULL);
    must(curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK);
    must(curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK);
    must(curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK);
    must(curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client) == CURLM_OK);
    // At least as many kept connections as calls in flight, or each call would open one of its own.
    must(curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)options->in_flight_max) == CURLM_OK);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    struct flight *flight;
    while ((flight = LIST_FIRST(&client->live)) != NULL) {
        LIST_REMOVE(flight, live_link);
        (void)curl_multi_remove_handle(client->multi, flight->easy);
        flight_free(flight);
    }
    while ((flight = SLIST_FIRST(&client->free)) != NULL) {
        SLIST_REMOVE_HEAD(&client->free, free_link);
        flight_free(flight);
    }
    (void)curl_multi_cleanup(client->multi);
    (void)close(client->epoll_fd);
    free((char *)(uintptr_t)client->options.user_agent);
    free(client);
}

int http_client_fd(const struct http_client *client)
{
    return client->epoll_fd;
}

int http_client_timeout_ms(const struct http_client *client)
{
    if (client->timer_ms < 0)
        return -1;
    int64_t left = client->timer_ms - clock_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static void run_sockets(struct http_client *client)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(client->epoll_fd, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        int what = 0;
        if (events[i].events & EPOLLIN)
            what |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            what |= CURL_CSELECT_OUT;
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            what |= CURL_CSELECT_ERR;
        int running;
        (void)curl_multi_socket_action(client->multi, events[i].data.fd, what, &running);
    }
}

void http_client_run(struct http_client *client)
{
    run_sockets(client);
    int running;
    if (client->timer_ms >= 0 && client->timer_ms <= clock_ms()) {
        client->timer_ms = -1;
        (void)curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; // the message dies with the handle's removal
        struct flight *flight;
        must(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight) == CURLE_OK);
        flight_finish(flight, code);
    }
}

unsigned http_client_in_flight(const struct http_client *client)
{
    return client->in_flight;
}

uint64_t http_client_connections(const struct http_client *client)
{
    return client->connections;
}
