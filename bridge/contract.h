// SPDX-License-Identifier: MIT
//
// contract.h: the names that stand on the wire and that others rely on: headers of events, outcomes and dead letters.
// docs/contracts.md describes them; nothing here may change without a major version.
#ifndef CHATBRIDGE_CONTRACT_H
#define CHATBRIDGE_CONTRACT_H

// CloudEvents 1.0, Kafka protocol binding, binary mode.
#define HEADER_CE_SPECVERSION  "ce_specversion"
#define HEADER_CE_ID           "ce_id"
#define HEADER_CE_SOURCE       "ce_source"
#define HEADER_CE_TYPE         "ce_type"
#define HEADER_CE_SUBJECT      "ce_subject"
#define HEADER_CE_TIME         "ce_time"
#define HEADER_CE_ORIGIN       "ce_origin"
#define HEADER_CE_SENDER       "ce_sender"
#define HEADER_CE_PARTITIONKEY "ce_partitionkey"
#define HEADER_CONTENT_TYPE    "content-type"
#define HEADER_TRACEPARENT     "traceparent"

#define CE_SPECVERSION         "1.0"
#define CE_EVENT_TYPE_PREFIX   "com.qiscus.chat."
#define CE_OUTCOME_TYPE_PREFIX "chatbridge.command."

// An event that could not be used.
#define HEADER_REJECTED_REASON "rejected_reason"

// A command that was put back keeps its first id, and says how often that happened.
#define HEADER_COMMAND_ID "command_id"

// A dead letter.
#define HEADER_DLQ_COMMAND_ID  "dlq_command_id"
#define HEADER_DLQ_STATUS      "dlq_status"
#define HEADER_DLQ_REASON      "dlq_reason"
#define HEADER_DLQ_HTTP_STATUS "dlq_http_status"
#define HEADER_DLQ_ATTEMPTS    "dlq_attempts"
#define HEADER_DLQ_FIRST_AT    "dlq_first_at"
#define HEADER_DLQ_LAST_AT     "dlq_last_at"
#define HEADER_DLQ_SOURCE      "dlq_source"
#define HEADER_DLQ_REDRIVES    "dlq_redrives"
#define HEADER_DLQ_VALUE       "dlq_value" // "omitted": it was too large

// A mark: a record without value in the topic of the dead letters, which says what was done about one of them.
#define HEADER_DLQ_HANDLED "dlq_handled" // partition:offset of the letter
#define HEADER_DLQ_ACTION  "dlq_action"  // one of the two:
#define HEADER_DLQ_BY      "dlq_by"
#define HEADER_DLQ_AT      "dlq_at"

#define DLQ_REDRIVEN  "redriven"
#define DLQ_DISCARDED "discarded"

#endif
