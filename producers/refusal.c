// SPDX-License-Identifier: MIT
#include "producers/refusal.h"

#define RETRY_AFTER "5" // seconds; about what a broker's restart takes

static const struct http_header allow_post[] = {{"Allow", "POST"}, {NULL, NULL}};
static const struct http_header retry_later[] = {{"Retry-After", RETRY_AFTER}, {NULL, NULL}};
static const struct http_header ask_token[] = {{"WWW-Authenticate", "PathToken realm=\"webhooks\""}, {NULL, NULL}};
static const struct http_header ask_signature[] = {
    {"WWW-Authenticate", "HMAC-SHA256 realm=\"webhooks\""}, {NULL, NULL}};

static const struct {
    int status;
    const char *name;
    const char *detail; // neither quotes nor backslashes: it stands in JSON
    const struct http_header *headers;
} rows[REFUSALS] = {
    [REFUSAL_ADDRESS] = {403, "address", "webhooks are not taken from this address"},
    [REFUSAL_PATH] = {404, "path", "no such path; webhooks go to /webhooks/{app} or /webhooks/{app}/{token}"},
    [REFUSAL_APP] = {404, "app", "no such app"},
    [REFUSAL_NO_TOKEN] = {404, "no_token", "no such path; this app's webhooks have no token"},
    [REFUSAL_TOKEN] = {401, "token", "the path's token is missing or wrong", ask_token},
    [REFUSAL_UNSIGNED] = {401, "unsigned", "the signature is missing", ask_signature},
    [REFUSAL_METHOD] = {405, "method", "webhooks are sent by POST", allow_post},
    [REFUSAL_TYPE] = {415, "type", "the content-type is not JSON"},
    [REFUSAL_STOPPING] = {503, "stopping", "shutting down", retry_later},
    [REFUSAL_BODY_SIZE] = {413, "body_size", "the body is larger than [inbound] body.max"},
    [REFUSAL_SIGNATURE] = {401, "signature", "the signature is wrong", ask_signature},
    [REFUSAL_UNUSABLE] = {400, "unusable", "the body is not usable: it must be one JSON object in UTF-8"},
    [REFUSAL_RECORD_SIZE] = {413, "record_size", "Kafka does not take a record of this size"},
    [REFUSAL_NOT_DELIVERED] = {503, "not_delivered", "Kafka did not take the event; send it again", retry_later},
    [REFUSAL_TIMEOUT] = {503, "timeout", "Kafka did not answer in time; send the event again", retry_later},
};

int refusal_status(enum refusal refusal)
{
    return rows[refusal].status;
}

const char *refusal_name(enum refusal refusal)
{
    return rows[refusal].name;
}

void refusal_answer(struct http_request *request, enum refusal refusal)
{
    must(refusal > REFUSAL_NONE && refusal < REFUSALS);
    http_request_refuse(request, rows[refusal].status, rows[refusal].detail, rows[refusal].headers);
}
