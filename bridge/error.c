// SPDX-License-Identifier: MIT
#include "bridge/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "bridge/text.h"

int error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    if (error == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    error->kind = kind;
    if (vsnprintf(error->text, sizeof error->text, format, args) >= (int)sizeof error->text)
        text_trim(error->text);
    va_end(args);
    return -1;
}

const char *error_kind_name(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return "none";
    case ERROR_INPUT:
        return "input";
    case ERROR_BUSY:
        return "busy";
    case ERROR_REMOTE:
        return "remote";
    case ERROR_FATAL:
        return "fatal";
    }
    return "none";
}
