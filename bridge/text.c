// SPDX-License-Identifier: MIT
#include "bridge/text.h"

#include <stdbool.h>
#include <string.h>

static size_t length_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

void text_trim(char *text)
{
    size_t len = strlen(text);
    size_t last = len; // where the last character begins
    while (last > 0 && ((unsigned char)text[--last] & 0xc0) == 0x80)
        continue;
    if (len > 0 && len - last < length_of((unsigned char)text[last]))
        text[last] = '\0';
}

void text_cut(char *out, size_t max, const char *text)
{
    size_t len = strnlen(text, max + 1);
    bool cut = len > max;
    memcpy(out, text, cut ? max : len);
    out[cut ? max : len] = '\0';
    if (cut)
        text_trim(out);
}

struct text_short text_short(const char *text)
{
    struct text_short cut = {.text = ""};
    text_cut(cut.text, TEXT_SHORT_MAX, text);
    return cut;
}
