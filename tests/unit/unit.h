// SPDX-License-Identifier: MIT
//
// unit.h: what each unit test needs of cmocka, and a clock that stands still until it is moved.
#ifndef CHATBRIDGE_UNIT_H
#define CHATBRIDGE_UNIT_H

// cmocka needs the others before it:
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
