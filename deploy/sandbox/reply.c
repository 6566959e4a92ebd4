// SPDX-License-Identifier: MIT
#include "deploy/sandbox/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 512 };

void reply_put(json_t *object, const char *key, json_t *value_steal)
{
    must(value_steal != NULL && json_object_set_new_nocheck(object, key, value_steal) == 0);
}

void reply_put_text(json_t *object, const char *key, const char *text)
{
    reply_put(object, key, json_string_nocheck(text));
}

void reply_put_int(json_t *object, const char *key, json_int_t number)
{
    reply_put(object, key, json_integer(number));
}

char *reply_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    must(text != NULL); // what is put together here is UTF-8
    return text;
}

json_t *reply_string(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *plain = must_strdup(text);
    for (char *c = plain; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    string = json_string(plain);
    must(string != NULL);
    free(plain);
    return string;
}

static void begin(struct reply *reply, int status, const char *key, json_t *value_steal)
{
    reply_clear(reply);
    reply->status = status;
    reply->body = json_object();
    must(reply->body != NULL);
    reply_put(reply->body, key, value_steal);
    reply_put_int(reply->body, "status", status);
}

void reply_results(struct reply *reply, json_t *results_steal)
{
    begin(reply, 200, "results", results_steal);
}

void reply_errors(struct reply *reply, int status, const char *message, json_t *details_steal)
{
    json_t *error = json_object();
    must(error != NULL);
    reply_put(error, "message", reply_string(message));
    reply_put(error, "detailed_messages", details_steal);
    begin(reply, status, "error", error);
}

void reply_error(struct reply *reply, int status, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    json_t *details = json_array();
    must(details != NULL && json_array_append_new(details, reply_string(message)) == 0);
    reply_errors(reply, status, message, details);
}

void reply_allow(char allow[REPLY_ALLOW], const char *method)
{
    size_t len = strlen(allow);
    (void)snprintf(allow + len, REPLY_ALLOW - len, "%s%s", len > 0 ? ", " : "", method);
}

void reply_not_allowed(struct reply *reply, const char *allow)
{
    reply_error(reply, 405, "this path takes %s", allow);
    (void)snprintf(reply->allow, REPLY_ALLOW, "%s", allow);
}

void reply_clear(struct reply *reply)
{
    json_decref(reply->body);
    *reply = (struct reply){0};
}
