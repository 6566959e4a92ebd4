// SPDX-License-Identifier: MIT
//
// outcome.h: what became of a command, written to the results topic and, unless it succeeded, to the dead letters.
// A command is finished only when both are acknowledged. Loop's thread.
#ifndef CHATBRIDGE_OUTCOME_H
#define CHATBRIDGE_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "bridge/kafka_out.h"
#include "consumers/command.h"

enum outcome_status {
    OUTCOME_SUCCEEDED,
    OUTCOME_REJECTED,  // it was wrong, or the API refused it: once more would not help
    OUTCOME_EXPIRED,   // its expires_at passed before it could be called
    OUTCOME_EXHAUSTED, // it was tried as often or as long as it may be
    OUTCOME_UNKNOWN,   // it may have had its effect, and repeating it might have it twice
    OUTCOME_SKIPPED,   // one before it in its lane failed, and [outbound] on.dead says that it fails with it
};

struct outcome {
    enum outcome_status status;
    const char *reason;  // "" for a success; borrowed during outcomes_report() only
    int http_status;     // 0: none
    unsigned attempts;   // charged calls and the last one
    int64_t received_ms; // wall clock, all three; 0: never
    int64_t started_ms;
    int64_t finished_ms;
    json_t *results; // of the API, or NULL; borrowed
    json_t *error;   // of the API, or NULL; borrowed
};

struct report;
TAILQ_HEAD(report_list, report);

struct outcomes {
    struct kafka_out *out;
    const char *results_topic;
    const char *dlq_topic;
    struct report_list unsent; // those that the producer's queue had no room for, or that failed and are sent again
    unsigned pending;
    size_t held_bytes; // of their values
    bool closing;      // what fails now is not sent again
};

typedef void (*outcome_durable)(void *context);

void outcomes_init(struct outcomes *outcomes, const struct config *config, struct kafka_out *out);

// Writes it. `durable` is called exactly once, when Kafka has acknowledged all of it; until then `command` has to stay.
// There is no failure: what Kafka does not take is sent again, and what is too large for it is sent without its body.
void outcomes_report(struct outcomes *outcomes, const struct command *command, const struct outcome *outcome,
    outcome_durable durable, void *context);

// False while Kafka has so much to take that no new call should be made: what it would bring has no place.
bool outcomes_roomy(const struct outcomes *outcomes);

// Sends again what has to be; milliseconds until the next time, -1: nothing to send.
void outcomes_run(struct outcomes *outcomes);
int outcomes_timeout_ms(const struct outcomes *outcomes);

// Before the producer goes: what it gives up is not sent again.
void outcomes_close(struct outcomes *outcomes);

// After the producer went: forgets what was not acknowledged, without durable().
void outcomes_clear(struct outcomes *outcomes);

const char *outcome_status_name(enum outcome_status status);

#endif
