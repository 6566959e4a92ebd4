// SPDX-License-Identifier: MIT
//
// fault_rule.h: one rule of faults.h, from its JSON. A new key is a row of the table in fault_rule.c.
#ifndef SANDBOX_FAULT_RULE_H
#define SANDBOX_FAULT_RULE_H

#include "deploy/sandbox/faults.h"

enum rule_when { WHEN_NEVER, WHEN_BEFORE, WHEN_AFTER };

struct fault_rule {
    json_t *wish; // as it was given; the texts below are in it
    // Which requests.
    const char *call;
    const char *app;
    const char *room;
    const char *contains;
    json_int_t skip;
    json_int_t times; // 0: no limit
    double rate;      // 1: always
    // What happens.
    json_int_t latency_ms;
    json_int_t status;
    const char *retry_after;
    const char *body;
    const char *content_type;
    enum rule_when reset;
    enum rule_when close;
    bool truncate;
    bool hang;
    bool effect; // with status or hang: the call is done all the same
    json_int_t requests_per_second;
    // What it did.
    uint64_t matched;
    uint64_t hits;
    int64_t second_began_ms;
    json_int_t in_second;
};

int fault_rule_read(struct fault_rule *rule, const json_t *wish, struct error *error) MUST_USE;
void fault_rule_clear(struct fault_rule *rule);
enum fault_action fault_rule_action(const struct fault_rule *rule);

#endif
