// SPDX-License-Identifier: MIT
//
// delivery.h: a command's life, from intake to its durable outcome, and the scheduler that decides whose turn it is:
// of the lanes that are ready, app by app in turn, as far as the app's gate and in.flight.max allow. Loop's thread.
//
//     QUEUED --its turn--> CALLING --answer--> REPORTING --outcome durable--> done
//       ^                    |
//       '---- WAITING <------'  again later; its lane waits with it
#ifndef CHATBRIDGE_DELIVERY_H
#define CHATBRIDGE_DELIVERY_H

#include "bridge/heap.h"
#include "bridge/http_client.h"
#include "consumers/command.h"
#include "consumers/gate.h"
#include "consumers/lane.h"
#include "consumers/outcome.h"

enum delivery_state { DELIVERY_QUEUED, DELIVERY_CALLING, DELIVERY_WAITING, DELIVERY_REPORTING, DELIVERY_STATES };

struct deliveries;
struct app;

struct delivery {
    TAILQ_ENTRY(delivery) live_link; // in deliveries->live
    TAILQ_ENTRY(delivery) lane_link;
    TAILQ_ENTRY(delivery) owner_link; // for whoever begun it (intake)
    void *owner;                      // likewise
    struct deliveries *deliveries;
    struct command *command; // owned
    struct app *app;         // NULL: rejected before it came that far
    struct lane *lane;       // NULL once it has left it
    enum delivery_state state;
    struct heap_item timer;     // while WAITING
    unsigned charged;           // attempts that count
    unsigned postponed;         // attempts in a row that do not
    bool ambiguous;             // an earlier attempt may have had its effect
    bool probe;                 // the call in flight is the breaker's probe
    bool abandoned;             // its partition is another's: its outcome is not ours to write
    uint64_t successes_seen;    // the app's, when the last attempt ended
    int64_t first_ms;           // monotonic; the first attempt; 0: none yet
    int64_t paused_at_first_ms; // the gate's account then
    int64_t received_ms;        // wall clock
    int64_t started_ms;         // wall clock; the first attempt; 0: none yet
};

// An app and its lanes that are ready.
struct app {
    const struct app_config *config;
    struct gate gate;
    struct lane_list ready;
    char *secret_line; // "QISCUS_SDK_SECRET: …"
};

struct deliveries {
    const struct config *config;
    struct http_client *client;
    struct outcomes *outcomes;
    void (*finished)(void *context, struct delivery *delivery); // its outcome is durable; freed afterwards
    void *context;
    struct lanes lanes;
    struct heap timers;
    struct app *apps; // as many as the configuration has
    size_t next_app;  // whose turn it is
    bool stopping;    // nothing new is called
    struct delivery_list live;
    size_t count; // of them
};

void deliveries_init(struct deliveries *deliveries, const struct config *config, struct http_client *client,
    struct outcomes *outcomes, void (*finished)(void *, struct delivery *), void *context);

// Frees all that are left, whatever they are doing. Only when client and producer are gone, so that nothing calls back.
void deliveries_clear(struct deliveries *deliveries);

// Takes a command over. With `refusal` (why it is not usable) its outcome is written at once.
struct delivery *delivery_begin(
    struct deliveries *deliveries, struct command *command_steal, const struct error *refusal, void *owner) MUST_USE;

// Gives up a command that is not being called or reported and frees it. false: it is, and stays.
bool delivery_drop(struct delivery *delivery) MUST_USE;

// What delivery_drop() left is not ours any more: what becomes of it is not reported; freed when that ends.
void delivery_abandon(struct delivery *delivery);

// Calls whose turn it is. Then: milliseconds until there may be more to do; -1: only answers can bring it.
void deliveries_run(struct deliveries *deliveries);
int deliveries_timeout_ms(struct deliveries *deliveries);

#endif
