// SPDX-License-Identifier: MIT
//
// faults.h: rules by which the API misbehaves. The rules are looked at in order for every request: each that matches
// and is due adds its latency, and the first of them that has another action decides. One thread.
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/error.h"

enum fault_action { FAULT_NONE, FAULT_STATUS, FAULT_RESET, FAULT_CLOSE, FAULT_TRUNCATE, FAULT_HANG };

// What is to happen to one request.
struct fault {
    enum fault_action action;
    bool carry_out; // the call is done all the same
    int64_t latency_ms;
    int status;
    const char *retry_after;  // or NULL; borrowed until the rules change
    const char *body;         // or NULL: an error body of the API
    const char *content_type; // of the body
    const char *name;         // for the journal, lasting; NULL: there is no fault
};

// What the rules look at.
struct fault_subject {
    const char *call; // NULL: none of the API's
    const char *app;  // NULL: not known
    const char *room; // "" if none
    const char *message;
};

struct faults;

struct faults *faults_new(void) MUST_USE;
void faults_free(struct faults *faults);

// Replaces the rules by {"faults":[RULE...]}. -1 with an ERROR_INPUT that names the key; the old rules stay then.
int faults_replace(struct faults *faults, const json_t *wish, struct error *error) MUST_USE;
void faults_clear(struct faults *faults);
json_t *faults_list(const struct faults *faults) MUST_USE;
bool faults_any(const struct faults *faults);

void faults_judge(struct faults *faults, const struct fault_subject *subject, struct fault *fault);

#endif
