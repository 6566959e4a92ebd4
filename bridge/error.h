// SPDX-License-Identifier: MIT
//
// error.h: one small error value. Its kind alone decides what follows (an HTTP status, a retry, a dead letter);
// its text is for people. Adapters fill it, only the flow logs it, once.
#ifndef CHATBRIDGE_ERROR_H
#define CHATBRIDGE_ERROR_H

#include "bridge/must.h"

enum error_kind {
    ERROR_NONE,
    ERROR_INPUT,  // what we were given is wrong: doing it again will not help
    ERROR_BUSY,   // a limit of ours or of a peer is reached: later it will work
    ERROR_REMOTE, // a peer failed or cannot be reached
    ERROR_FATAL,  // we cannot go on
};

struct error {
    enum error_kind kind;
    char text[512]; // UTF-8, cut if longer
};

// Fills `error` (which may be NULL) and answers -1, so that `return error_set(...)` reads well.
int error_set(struct error *error, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

// "input", "busy", "remote", "fatal", "none".
const char *error_kind_name(enum error_kind kind);

#endif
