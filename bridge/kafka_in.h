// SPDX-License-Identifier: MIT
//
// kafka_in.h: a member of a consumer group inside the caller's own event loop. Nothing is committed by itself.
// Every function and callback belongs to the loop's thread.
//
// A rebalance takes partitions away in two steps: revoking() tells that they will go, and they go when the caller
// has finished with them and says kafka_in_let_go(). Until then the group waits.
#ifndef CHATBRIDGE_KAFKA_IN_H
#define CHATBRIDGE_KAFKA_IN_H

#include <stdbool.h>

#include "bridge/kafka.h"

enum { KAFKA_METADATA_MAX = 4096 }; // what a broker keeps of a commit's metadata by default, in bytes

struct kafka_in;

struct kafka_in_handler {
    void *context;
    // A record came; it is valid during the call.
    void (*record)(void *context, const struct kafka_record *record);
    // The partition is ours now. `offset` is what was committed (-1: nothing yet) and `metadata` what came with it
    // ("" if none).
    void (*assigned)(void *context, const char *topic, int32_t partition, int64_t offset, const char *metadata);
    // The partition has to be given up; `lost`: it is another's already, nothing can be committed any more.
    void (*revoking)(void *context, const char *topic, int32_t partition, bool lost);
    // A rebalance is through; `count` partitions are ours.
    void (*settled)(void *context, int count);
    // What became of a commit.
    void (*committed)(void *context, const char *topic, int32_t partition, int64_t offset, const struct error *error);
};

// Joins the group for these topics (NULL-ended). Owner: the caller, kafka_in_free().
struct kafka_in *kafka_in_new(const struct config *config, const char *group, const char *const *topics,
    const struct kafka_in_handler *handler, struct error *error) MUST_USE;

// Leaves the group at once if kafka_in_close() did not end before, without waiting for anybody.
void kafka_in_free(struct kafka_in *in);

// For the loop. Run takes at most `max` records and answers true if there may be more: then the descriptor will not
// become readable for them, so run again before sleeping.
int kafka_in_fd(const struct kafka_in *in);
bool kafka_in_run(struct kafka_in *in, int max);

// Fetching of a partition stops and goes on.
void kafka_in_pause(struct kafka_in *in, const char *topic, int32_t partition);
void kafka_in_resume(struct kafka_in *in, const char *topic, int32_t partition);

// Commits `offset` (the next to read) with `metadata`; committed() is called later unless -1 is answered.
int kafka_in_commit(struct kafka_in *in, const char *topic, int32_t partition, int64_t offset, const char *metadata,
    struct error *error) MUST_USE;

// The revoked partitions go. Nothing if none are being revoked.
void kafka_in_let_go(struct kafka_in *in);

// Begins to leave the group, giving up all partitions at once; run goes on until kafka_in_closed().
void kafka_in_close(struct kafka_in *in);
bool kafka_in_closed(const struct kafka_in *in);

#endif
