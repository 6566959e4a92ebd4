// SPDX-License-Identifier: MIT
//
// text.h: UTF-8 text that has to fit: cut between characters, never within one. Any thread.
#ifndef CHATBRIDGE_TEXT_H
#define CHATBRIDGE_TEXT_H

#include <stddef.h>

enum { TEXT_SHORT_MAX = 100 };

// `text` cut to at most `max` bytes, into `out` (max + 1 bytes).
void text_cut(char *out, size_t max, const char *text);

// Takes away what a cut left of a character at the end.
void text_trim(char *text);

// The beginning of what somebody else wrote, for an error that quotes it: text_short(name).text.
struct text_short {
    char text[TEXT_SHORT_MAX + 1];
};

struct text_short text_short(const char *text);

#endif
