// SPDX-License-Identifier: MIT
//
// import.h: what an import's file says comes into being, all of it or, if a row is wrong, nothing.
#ifndef SANDBOX_IMPORT_H
#define SANDBOX_IMPORT_H

#include "deploy/sandbox/job.h"

// Does the import; fills the job's rows, or its errors: {"Message":…,"Data":[{"row":1,"message":…}]}, rows from 1.
void import_do(struct job *job);

#endif
