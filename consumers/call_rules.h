// SPDX-License-Identifier: MIT
//
// call_rules.h: what a call asks of several parameters together. Each is called with parameters that were checked one
// by one; 0, or -1 with an ERROR_INPUT that names the parameter. Plain functions; any thread.
#ifndef CHATBRIDGE_CALL_RULES_H
#define CHATBRIDGE_CALL_RULES_H

#include <jansson.h>

#include "bridge/error.h"

int call_rules_comment(const json_t *params, struct error *error) MUST_USE;
int call_rules_system_event(const json_t *params, struct error *error) MUST_USE;
int call_rules_dates(const json_t *params, struct error *error) MUST_USE;
int call_rules_import(const json_t *params, struct error *error) MUST_USE;

#endif
