// SPDX-License-Identifier: MIT
//
// seed.h: what an app starts with, from a JSON file: {"users":[…],"rooms":[…],"comments":[…]}; README.md describes it.
#ifndef SANDBOX_SEED_H
#define SANDBOX_SEED_H

#include <stddef.h>

#include "bridge/error.h"
#include "deploy/sandbox/app.h"

// 0, or -1 with an ERROR_INPUT that names the place in the file.
int seed_read(struct app *app, const char *path, size_t bytes_max, struct error *error) MUST_USE;

#endif
