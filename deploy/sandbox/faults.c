// SPDX-License-Identifier: MIT
#include "deploy/sandbox/faults.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/clock.h"
#include "bridge/random.h"
#include "deploy/sandbox/fault_rule.h"
#include "deploy/sandbox/reply.h"

enum { RULES_MAX = 64 };

struct faults {
    struct fault_rule rules[RULES_MAX];
    size_t count;
};

struct faults *faults_new(void)
{
    return must_calloc(1, sizeof(struct faults));
}

void faults_clear(struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        fault_rule_clear(&faults->rules[i]);
    faults->count = 0;
}

void faults_free(struct faults *faults)
{
    faults_clear(faults);
    free(faults);
}

bool faults_any(const struct faults *faults)
{
    return faults->count > 0;
}

int faults_replace(struct faults *faults, const json_t *wish, struct error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)wish, name, value) {
        if (strcmp(name, "faults") != 0)
            return error_set(error, ERROR_INPUT, "%.100s is not known here; faults is", name);
    }
    const json_t *list = json_object_get(wish, "faults");
    if (!json_is_array(list) || json_array_size(list) > RULES_MAX)
        return error_set(error, ERROR_INPUT, "faults has to be an array of at most %d rules", RULES_MAX);
    struct faults *wanted = faults_new();
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct error wrong;
        if (fault_rule_read(&wanted->rules[i], json_array_get(list, i), &wrong) != 0) {
            faults_free(wanted);
            return error_set(error, ERROR_INPUT, "faults[%zu]: %s", i, wrong.text);
        }
        wanted->count++;
    }
    faults_clear(faults);
    *faults = *wanted;
    free(wanted); // its rules live on
    return 0;
}

json_t *faults_list(const struct faults *faults)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault_rule *rule = &faults->rules[i];
        json_t *view = json_copy(rule->wish);
        must(view != NULL);
        reply_put_int(view, "matched", (json_int_t)rule->matched);
        reply_put_int(view, "hits", (json_int_t)rule->hits);
        must(json_array_append_new(list, view) == 0);
    }
    json_t *all = json_object();
    reply_put(all, "faults", list);
    return all;
}

// ---- judging ----

static bool is_same(const char *wanted, const char *actual)
{
    return wanted == NULL || (actual != NULL && strcmp(wanted, actual) == 0);
}

static bool matches(const struct fault_rule *rule, const struct fault_subject *subject)
{
    return is_same(rule->call, subject->call) && is_same(rule->app, subject->app) &&
           is_same(rule->room, subject->room) &&
           (rule->contains == NULL || (subject->message != NULL && strstr(subject->message, rule->contains) != NULL));
}

// A window of a second begins with the first request that comes after the last one ended.
static bool is_over_rate(struct fault_rule *rule)
{
    int64_t now_ms = clock_ms();
    if (rule->second_began_ms == 0 || now_ms - rule->second_began_ms >= 1000) {
        rule->second_began_ms = now_ms;
        rule->in_second = 0;
    }
    return ++rule->in_second > rule->requests_per_second;
}

static bool is_due(struct fault_rule *rule)
{
    enum { STEPS = 1 << 30 };
    if (rule->matched++ < (uint64_t)rule->skip)
        return false;
    if (rule->times > 0 && rule->hits >= (uint64_t)rule->times)
        return false;
    if (rule->requests_per_second > 0 && !is_over_rate(rule))
        return false;
    if (rule->rate < 1 && (double)random_below(STEPS) >= rule->rate * STEPS)
        return false;
    rule->hits++;
    return true;
}

static const char *name_of(const struct fault_rule *rule)
{
    switch (fault_rule_action(rule)) {
    case FAULT_NONE:
        return "latency";
    case FAULT_STATUS:
        return rule->requests_per_second > 0 ? "limited" : "status";
    case FAULT_RESET:
        return rule->reset == WHEN_BEFORE ? "reset_before" : "reset_after";
    case FAULT_CLOSE:
        return rule->close == WHEN_BEFORE ? "close_before" : "close_after";
    case FAULT_TRUNCATE:
        return "truncate";
    case FAULT_HANG:
        return "hang";
    }
    return NULL;
}

static void decide(const struct fault_rule *rule, struct fault *fault)
{
    fault->action = fault_rule_action(rule);
    fault->carry_out = rule->reset == WHEN_AFTER || rule->close == WHEN_AFTER || rule->truncate || rule->effect;
    fault->status = (int)rule->status;
    fault->retry_after = rule->retry_after;
    fault->body = rule->body;
    fault->content_type = rule->content_type;
}

void faults_judge(struct faults *faults, const struct fault_subject *subject, struct fault *fault)
{
    *fault = (struct fault){.carry_out = true};
    for (size_t i = 0; i < faults->count; i++) {
        struct fault_rule *rule = &faults->rules[i];
        if (!matches(rule, subject) || !is_due(rule))
            continue;
        fault->latency_ms += rule->latency_ms;
        fault->name = name_of(rule);
        if (fault_rule_action(rule) == FAULT_NONE)
            continue;
        decide(rule, fault);
        return;
    }
}
