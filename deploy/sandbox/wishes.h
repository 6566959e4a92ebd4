// SPDX-License-Identifier: MIT
//
// wishes.h: the command line of chat-sandbox.
#ifndef SANDBOX_WISHES_H
#define SANDBOX_WISHES_H

#include <stdbool.h>

#include "bridge/options.h"
#include "deploy/sandbox/sandbox.h"

struct wishes {
    const char *listen;
    bool verbose;
};

// Reads the command line into the settings and the apps of `sandbox`. OPTIONS_GO_ON, or the exit status.
int wishes_read(struct wishes *wishes, struct sandbox *sandbox, int argc, char **argv) MUST_USE;

#endif
