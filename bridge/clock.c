// SPDX-License-Identifier: MIT
#include "bridge/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t (*replaced_us)(void);
static int64_t (*replaced_wall_ms)(void);

int64_t clock_us(void)
{
    if (replaced_us != NULL)
        return replaced_us();
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
    return clock_us() / 1000;
}

int64_t clock_wall_ms(void)
{
    if (replaced_wall_ms != NULL)
        return replaced_wall_ms();
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_replace(int64_t (*monotonic_us)(void), int64_t (*wall_ms)(void))
{
    replaced_us = monotonic_us;
    replaced_wall_ms = wall_ms;
}

const char *clock_format(int64_t wall_ms, char out[CLOCK_TEXT])
{
    int64_t ms = wall_ms % 1000;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (ms < 0) {
        ms += 1000;
        seconds -= 1;
    }
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year > 9999 - 1900 || tm.tm_year < -1900) {
        (void)snprintf(out, CLOCK_TEXT, "0001-01-01T00:00:00.000Z");
        return out;
    }
    char year[8]; // strftime() does not pad it
    size_t len = (size_t)snprintf(year, sizeof year, "%04d", tm.tm_year + 1900);
    memcpy(out, year, len);
    len += strftime(out + len, CLOCK_TEXT - len, "-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + len, CLOCK_TEXT - len, ".%03dZ", (int)ms);
    return out;
}

// Exactly `digits` decimal digits at *text, which moves past them. -1 if they are not there.
static int read_digits(const char **text, int digits, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return -1;
        *value = *value * 10 + (c - '0');
    }
    *text += digits;
    return 0;
}

static bool read_char(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static int read_fraction(const char **text, int *ms)
{
    *ms = 0;
    if (!read_char(text, '.'))
        return 0;
    int digits = 0;
    int scale = 100;
    for (; **text >= '0' && **text <= '9'; (*text)++, digits++, scale /= 10)
        *ms += (**text - '0') * scale;
    return digits > 0 ? 0 : -1;
}

// `Z`, `z`, or `+hh:mm`; the offset in minutes east of UTC.
static int read_offset(const char **text, int *minutes)
{
    *minutes = 0;
    if (read_char(text, 'Z') || read_char(text, 'z'))
        return 0;
    int sign = **text == '-' ? -1 : 1;
    if (!read_char(text, '+') && !read_char(text, '-'))
        return -1;
    int hours;
    int rest;
    if (read_digits(text, 2, &hours) != 0 || !read_char(text, ':') || read_digits(text, 2, &rest) != 0)
        return -1;
    if (hours > 23 || rest > 59)
        return -1;
    *minutes = sign * (hours * 60 + rest);
    return 0;
}

// The broken-down UTC time as milliseconds; -1 if a field is out of range (31 April, 25 o'clock). A leap second
// (60) is the second after 59.
static int to_wall_ms(const struct tm *tm, int64_t *wall_ms)
{
    struct tm given = *tm;
    int leap = given.tm_sec == 60 ? 1 : 0;
    given.tm_sec -= leap;
    struct tm normal = given;
    time_t seconds = timegm(&normal);
    if (normal.tm_mon != given.tm_mon || normal.tm_mday != given.tm_mday || normal.tm_hour != given.tm_hour ||
        normal.tm_min != given.tm_min || normal.tm_sec != given.tm_sec)
        return -1;
    *wall_ms = (int64_t)(seconds + leap) * 1000;
    return 0;
}

int clock_parse(const char *text, int64_t *wall_ms)
{
    struct tm tm = {0};
    int ms;
    int offset;
    if (read_digits(&text, 4, &tm.tm_year) != 0 || !read_char(&text, '-') || read_digits(&text, 2, &tm.tm_mon) != 0 ||
        !read_char(&text, '-') || read_digits(&text, 2, &tm.tm_mday) != 0)
        return -1;
    if (!read_char(&text, 'T') && !read_char(&text, 't') && !read_char(&text, ' '))
        return -1;
    if (read_digits(&text, 2, &tm.tm_hour) != 0 || !read_char(&text, ':') || read_digits(&text, 2, &tm.tm_min) != 0 ||
        !read_char(&text, ':') || read_digits(&text, 2, &tm.tm_sec) != 0)
        return -1;
    if (read_fraction(&text, &ms) != 0 || read_offset(&text, &offset) != 0 || *text != '\0')
        return -1;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (to_wall_ms(&tm, wall_ms) != 0)
        return -1;
    *wall_ms += ms - (int64_t)offset * 60000;
    return 0;
}

int clock_parse_http(const char *text, int64_t *wall_ms)
{
    static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *comma = strchr(text, ',');
    if (comma == NULL || comma[1] != ' ')
        return -1;
    text = comma + 2;
    struct tm tm = {0};
    if (read_digits(&text, 2, &tm.tm_mday) != 0 || !read_char(&text, ' ') || strnlen(text, 3) < 3)
        return -1;
    char name[4] = {text[0], text[1], text[2], '\0'};
    const char *month = strstr(months, name);
    if (month == NULL || (month - months) % 3 != 0)
        return -1;
    tm.tm_mon = (int)(month - months) / 3;
    text += 3;
    if (!read_char(&text, ' ') || read_digits(&text, 4, &tm.tm_year) != 0 || !read_char(&text, ' ') ||
        read_digits(&text, 2, &tm.tm_hour) != 0 || !read_char(&text, ':') || read_digits(&text, 2, &tm.tm_min) != 0 ||
        !read_char(&text, ':') || read_digits(&text, 2, &tm.tm_sec) != 0 || strcmp(text, " GMT") != 0)
        return -1;
    tm.tm_year -= 1900;
    return to_wall_ms(&tm, wall_ms);
}
