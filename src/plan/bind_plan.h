/* What has to be done to hand functions to vfio-pci, and to take them back: the steps, in the safe
 * order, and what forbids them. Pure: from a host and a request to a plan. */
#pragma once

#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

/* How a function was before it was bound: unbind gives it back. */
struct bind_memory {
	struct pci_addr addr;
	bool driver_known;           /* else: whatever the kernel chooses */
	const char *driver;          /* NULL: none */
	const char *driver_override; /* NULL: none */
	const char *power_control;   /* NULL: leave it */
	int d3cold_allowed;          /* -1: leave it */
};

/* What was asked for. Nothing in it is owned. */
struct bind_request {
	const int *functions; /* indexes in host.pci, each once */
	unsigned n;
	bool group; /* all members of their groups that can be given away, too (--group) */
	const struct bind_memory *before; /* unbind: what is remembered; NULL: nothing */
	unsigned n_before;
};

/* The functions that a request means: those named, and their groups if it wants them; no bridges
 * (indexes in host.pci, of int). The caller's. */
GArray *bind_choose(const struct host *host, const struct bind_request *request);

/* The driver that hands this function to guests: "vfio-pci", or the variant made for it. */
const char *bind_driver(const struct pci_dev *dev);

/* The host must have been probed with PROBE_BASE | PROBE_DETAIL | PROBE_REGIONS | PROBE_USB |
 * PROBE_USAGE | PROBE_HOLDERS | PROBE_MACHINE; all but the first and the last for what changes
 * hands alone, or more. Steps, refusals (by the rules of refusal.h) and warnings are added to plan;
 * a function that is as it should be gets no steps, and nothing is said of it.
 *
 * Warnings have the id of the rule that could not be judged, or "no-reset", "slot-incomplete". */
void bind_plan(const struct host *host, const struct bind_request *request, struct plan *plan);
void unbind_plan(const struct host *host, const struct bind_request *request, struct plan *plan);
