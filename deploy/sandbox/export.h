// SPDX-License-Identifier: MIT
//
// export.h: the contents of an export: an array of rows in the very form that an import takes.
#ifndef SANDBOX_EXPORT_H
#define SANDBOX_EXPORT_H

#include "deploy/sandbox/job.h"

// Fills the job's content, size and rows, or tells why it failed.
void export_make(struct job *job);

#endif
