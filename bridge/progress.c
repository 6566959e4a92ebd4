// SPDX-License-Identifier: MIT
#include "bridge/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bridge/clock.h"

enum { PROGRESS_AFTER_MS = 2000, PROGRESS_EVERY_MS = 200 };

struct progress progress_of(const char *what, int64_t total)
{
    return (struct progress){
        .what = what, .total = total, .next_ms = isatty(STDERR_FILENO) ? clock_ms() + PROGRESS_AFTER_MS : INT64_MAX};
}

void progress_step(struct progress *progress)
{
    progress->done++;
    if (progress->next_ms == INT64_MAX || clock_ms() < progress->next_ms)
        return;
    fprintf(stderr, "\r%s: %" PRId64 " of %" PRId64 " ", progress->what, progress->done, progress->total);
    progress->next_ms = clock_ms() + PROGRESS_EVERY_MS;
    progress->shown = true;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r%60s\r", "");
}
