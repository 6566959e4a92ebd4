// SPDX-License-Identifier: MIT
//
// ledger.h: which offsets of a partition are done. What is committed is the oldest unfinished one, so nothing
// unfinished is ever passed over; what is done beyond it travels along as a bitmap in the commit's metadata, so that a
// restart or another instance repeats only what was truly unfinished. Plain data, no Kafka in it; one thread.
//
//     base            seen            next
//      |  . x . . x x . | . . x . x x .  |        x done, . not
//      oldest unfinished  read so far      end of what is known (after a restart it lies beyond what was read)
//
// Offsets that never come (compacted, expired, transaction markers) count as done once a later one has come.
#ifndef CHATBRIDGE_LEDGER_H
#define CHATBRIDGE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/error.h"

enum {
    LEDGER_WINDOW = 16384,  // offsets from base on; its bitmap fits the broker's 4,096 bytes of metadata
    LEDGER_METADATA = 2800, // room for the metadata as text, NUL included
};

struct ledger {
    int64_t base; // -1: nothing known yet
    int64_t seen;
    int64_t next;
    uint8_t done[LEDGER_WINDOW / 8]; // a ring: bit (offset mod LEDGER_WINDOW)
    uint64_t version;                // grows with every change worth a commit
};

enum ledger_answer {
    LEDGER_NEW,  // it has to be done
    LEDGER_DONE, // it is done already
    LEDGER_FULL, // it does not fit: ask again when older ones are finished
};

// `offset` and `metadata` as committed; -1: nothing was. Metadata of another form is an ERROR_INPUT: the ledger then
// starts at `offset` with nothing done.
int ledger_init(struct ledger *ledger, int64_t offset, const char *metadata, struct error *error) MUST_USE;

// What `known` says is done is done here too. For a partition that was lost and comes back with a commit from before:
// whatever happened meanwhile, what was done then has not become undone.
void ledger_merge(struct ledger *ledger, const struct ledger *known);

// The record at `offset` came; offsets come in rising order.
enum ledger_answer ledger_take(struct ledger *ledger, int64_t offset) MUST_USE;

// What was taken as new is done.
void ledger_finish(struct ledger *ledger, int64_t offset);

// The offset to commit; -1: none yet.
int64_t ledger_commit_offset(const struct ledger *ledger);

// The metadata to commit with it. Answers `out`.
const char *ledger_metadata(const struct ledger *ledger, char out[LEDGER_METADATA]);

// Offsets from the oldest unfinished one to the last read.
int64_t ledger_span(const struct ledger *ledger);

#endif
