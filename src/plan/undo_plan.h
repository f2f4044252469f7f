/* What forbids taking a change back: the steps that do it may take a device from whoever uses it by
 * now. Pure. */
#pragma once

#include "model/host.h"
#include "plan/plan.h"

/* The functions that the steps of plan take a driver off: indexes in host.pci, of int, each once.
 * The caller's. */
GArray *undo_list_moving(const struct host *host, const struct plan *plan);

/* Judges them by the rules of refusal.h: those that the host has now by what it would lose, those
 * that VFIO has by who else uses them. Adds refusals and warnings to plan. The host must have been
 * probed as bind_plan.h says, for these functions. */
void undo_judge(const struct host *host, struct plan *plan);
