// SPDX-License-Identifier: MIT
#include "consumers/gate.h"

#include "bridge/backoff.h"
#include "bridge/clock.h"
#include "bridge/log.h"

void gate_init(struct gate *gate, const struct config *config, const struct app_config *app)
{
    *gate = (struct gate){.app = app,
        .throttle_backoff = {.initial_ms = config->retry.backoff_initial_ms, .max_ms = config->retry.backoff_max_ms}};
    breaker_init(&gate->breaker, config->breaker.failures, config->breaker.open_ms, config->breaker.open_max_ms);
    limiter_init(&gate->limiter, config->rate.app);
}

void gate_account(struct gate *gate, int64_t now_ms)
{
    bool closed = gate->breaker.state != BREAKER_CLOSED || gate->throttled_until_ms > now_ms;
    if (closed && gate->closed_since_ms == 0)
        gate->closed_since_ms = now_ms;
    if (!closed && gate->closed_since_ms != 0) {
        gate->paused_ms += now_ms - gate->closed_since_ms;
        gate->closed_since_ms = 0;
    }
}

int64_t gate_wait_ms(struct gate *gate, int64_t now_ms)
{
    gate_account(gate, now_ms);
    int64_t wait = breaker_wait_ms(&gate->breaker, now_ms);
    if (wait < 0)
        return wait;
    if (gate->throttled_until_ms - now_ms > wait)
        wait = gate->throttled_until_ms - now_ms;
    int64_t paced = (limiter_wait_us(&gate->limiter, clock_us()) + 999) / 1000;
    return paced > wait ? paced : wait;
}

bool gate_call(struct gate *gate)
{
    limiter_take(&gate->limiter, clock_us());
    return breaker_call(&gate->breaker);
}

static void throttle(struct gate *gate, int64_t now_ms, int64_t retry_after_ms)
{
    int64_t pause = retry_after_ms;
    if (pause <= 0) // at least half of the ceiling: a pause of nothing would be no answer to "slow down"
        pause = backoff_ceiling_ms(&gate->throttle_backoff, gate->throttles) / 2 +
                backoff_ms(&gate->throttle_backoff, gate->throttles) / 2;
    gate->throttles++;
    if (now_ms + pause <= gate->throttled_until_ms)
        return;
    gate->throttled_until_ms = now_ms + pause;
    limiter_ramp(&gate->limiter, clock_us() + pause * 1000);
    log_warn("gate: the chat API says slow down", log_str("app", gate->app->name), log_int("pause_ms", pause));
}

static void close_on(struct gate *gate, int64_t now_ms, bool probe, bool credentials, const char *reason)
{
    bool opened = breaker_failure(&gate->breaker, now_ms, probe, credentials);
    if (opened && credentials)
        log_error("gate: the chat API refuses our credentials; the app is paused. Check its secret (and that no proxy "
                  "drops header names with underscores)",
            log_str("app", gate->app->name), log_str("reason", reason));
    else if (opened)
        log_error("gate: the chat API cannot be reached; the app is paused", log_str("app", gate->app->name),
            log_str("reason", reason));
}

static void open_on(struct gate *gate)
{
    if (breaker_success(&gate->breaker))
        log_info("gate: the chat API answers again", log_str("app", gate->app->name));
}

void gate_answered(struct gate *gate, enum answer_class class, int64_t retry_after_ms, bool probe, const char *reason)
{
    int64_t now_ms = clock_ms();
    switch (class) {
    case ANSWER_SUCCESS:
        gate->successes++;
        gate->throttles = 0;
        open_on(gate);
        break;
    case ANSWER_REFUSED:
    case ANSWER_TRANSIENT:
        open_on(gate); // it was reached and knows us
        break;
    case ANSWER_AMBIGUOUS:
        // Something was reached, perhaps only a proxy in front of it: no reason to close, none to open either.
        if (probe)
            (void)breaker_failure(&gate->breaker, now_ms, true, false);
        break;
    case ANSWER_UNREACHABLE:
        close_on(gate, now_ms, probe, false, reason);
        break;
    case ANSWER_CREDENTIALS:
        close_on(gate, now_ms, probe, true, reason);
        break;
    case ANSWER_THROTTLED:
        open_on(gate);
        throttle(gate, now_ms, retry_after_ms);
        break;
    }
    gate_account(gate, now_ms);
}

void gate_call_gone(struct gate *gate, bool probe)
{
    if (probe)
        breaker_probe_gone(&gate->breaker, clock_ms());
}

int64_t gate_paused_ms(const struct gate *gate, int64_t now_ms)
{
    return gate->paused_ms + (gate->closed_since_ms ? now_ms - gate->closed_since_ms : 0);
}
