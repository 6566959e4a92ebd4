// SPDX-License-Identifier: MIT
//
// kafka.h: what producers, consumers and tools of librdkafka share here: its settings from ours, its log lines into
// ours, its errors as ours. Only bridge/kafka*.c include librdkafka.
#ifndef CHATBRIDGE_KAFKA_H
#define CHATBRIDGE_KAFKA_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/config.h"
#include "bridge/error.h"

// A header of a record. Values are bytes; those we write are UTF-8 text.
struct kafka_header {
    const char *name;
    const char *value; // NULL: a null value
    size_t len;        // bytes
};

// A record, as produced or consumed. Producing copies all of it; consumed ones are valid as their reader says.
struct kafka_record {
    const char *topic;
    int32_t partition; // -1 when producing: by the key's murmur2 hash, as Java's clients do
    int64_t offset;
    int64_t timestamp_ms; // 0 when producing: now
    const void *key;      // NULL: none
    size_t key_len;
    const void *value; // NULL: none (a tombstone)
    size_t value_len;
    const struct kafka_header *headers;
    size_t header_count;
};

// The value of the last header of that name, or NULL; its length in `len` unless NULL.
const char *kafka_header_of(const struct kafka_record *record, const char *name, size_t *len);

// A header with a text value; `value` must outlive it.
struct kafka_header kafka_text_header(const char *name, const char *value);

// The fault list of `config` gets everything librdkafka says against [kafka], [kafka.producer], [kafka.consumer].
void kafka_check(struct config *config);

// "2.0.2"
const char *kafka_library_version(void);

#endif
