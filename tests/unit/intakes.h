// SPDX-License-Identifier: MIT
//
// intakes.h: an intake between a Kafka of the test's own (fake_kafka_in.h) and real lanes, calls and outcomes
// (deliveries.h).
#ifndef CHATBRIDGE_UNIT_INTAKES_H
#define CHATBRIDGE_UNIT_INTAKES_H

#include "consumers/intake.h"
#include "tests/unit/deliveries.h"
#include "tests/unit/fake_kafka_in.h"

static struct intake intake;

static inline int start_intake(void **state)
{
    static char group[] = "group";
    static char commands[] = "commands";
    struct error error;
    (void)state;
    configure();
    config.outbound.group = group;
    config.topics.commands = commands;
    begin_all();
    deliveries.finished = intake_finished;
    deliveries.context = &intake;
    return intake_init(&intake, &config, &deliveries, &error);
}

static inline int end_intake(void **state)
{
    chat_end();
    outcomes_close(&outcomes);
    fake_out_report_all(ERROR_REMOTE);
    outcomes_clear(&outcomes);
    intake_clear(&intake);
    assert_int_equal(intake.held_bytes, 0);
    deliveries_clear(&deliveries);
    fake_out_clear();
    fake_in_clear();
    (void)state;
    return 0;
}

// A command of that room, whose message is its offset.
static inline void add_padded(int32_t partition, int64_t offset, const char *room, size_t padding)
{
    char value[300];
    (void)snprintf(value, sizeof value,
        "{\"app\":\"shop\",\"command\":\"post_comment\",\"params\":{\"sender_email\":\"a\",\"room_id\":\"%s\","
        "\"message\":\"%lld\"}}",
        room, (long long)offset);
    fake_in_add_padded(partition, offset, value, padding);
}

static inline void add(int32_t partition, int64_t offset, const char *room)
{
    add_padded(partition, offset, room, 0);
}

// One turn of the outbound loop.
static inline bool turn(void)
{
    kafka_out_run(&fake_out);
    http_client_run(chat.client);
    outcomes_run(&outcomes);
    bool more = intake_run(&intake);
    deliveries_run(&deliveries);
    return more;
}

// Goes on until nothing more happens at this time of the clock.
static inline void run(void)
{
    int64_t deadline = real_ms() + CHAT_DEADLINE_MS;
    for (int quiet = 0; quiet < 3;) {
        size_t before = fake_out.count + fake_in.commit_count + fake_in.queued;
        bool more = turn();
        bool still = !more && http_client_in_flight(chat.client) == calls_held() &&
                     before == fake_out.count + fake_in.commit_count + fake_in.queued;
        quiet = still ? quiet + 1 : 0;
        if (real_ms() > deadline)
            fail_msg("%u calls in flight, %u at the API", http_client_in_flight(chat.client), calls_held());
        if (!still)
            chat_turn();
    }
}

static inline void reply(size_t i, int status)
{
    chat_answer(i, status);
    run();
}

static inline const struct fake_commit *last_commit(void)
{
    must(fake_in.commit_count > 0);
    return &fake_in.commits[fake_in.commit_count - 1];
}

// The last commit has come through; time for the next one passes.
static inline void commit_well(void)
{
    fake_in_committed(fake_in.commit_count - 1, ERROR_NONE);
    pass_ms(500);
    run();
}

#endif
