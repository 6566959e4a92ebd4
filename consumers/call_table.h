// SPDX-License-Identifier: MIT
//
// call_table.h: the table of the chat API's calls; for call.c, which is the way to them.
#ifndef CHATBRIDGE_CALL_TABLE_H
#define CHATBRIDGE_CALL_TABLE_H

#include "consumers/call.h"

extern const struct call call_table[]; // a NULL name ends it

#endif
