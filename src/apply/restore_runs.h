/* The programs of a change that is taken back; part of restore.h. */
#pragma once

#include "apply/restore.h"

/* Adds what takes back the programs that others take back, and, where files of the change become
 * what they were, what is built of files once more. Returns whether anything is. To be called when
 * the steps for files are in the plan. */
bool restore_runs_plan(const struct change *change, enum restore_past past, struct plan *plan);

/* Adds what is to be built when the way back is gone, too; only where the former says true. */
void restore_runs_last(const struct change *change, struct plan *plan);
