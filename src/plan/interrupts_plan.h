/* Which CPUs interrupts should go to while a guest has some for itself. Pure.
 *
 * Those of the host's devices leave the guest's CPUs: each one that is handled there stops the
 * guest for that long (kernel: Documentation/admin-guide/kernel-per-CPU-kthreads.rst). Those that
 * VFIO handles for the guest go to its own CPUs, on the NUMA node of the device where it has some
 * there: what wakes a CPU of the guest is then on it already. */
#pragma once

#include "model/host.h"
#include "model/interrupts.h"
#include "model/pinning.h"
#include "plan/plan.h"

/* Nothing in it is owned. */
struct interrupts_request {
	const struct interrupts *interrupts; /* NULL: not known */
	const struct pinning *pinning;
	const int *functions; /* of the guest: indexes in host.pci */
	unsigned n_functions;
};

/* Adds a step for each interrupt that may go elsewhere; those of the guest's devices that the host
 * still handles end with its start, and are left. Warnings: "interrupts-unknown",
 * "interrupts-kept" (the kernel says that it lets these not be moved), "irqbalance-runs" (it would
 * move them back). */
void interrupts_plan(const struct host *host, const struct interrupts_request *request,
		     struct plan *plan);

/* After the steps were done: the same of those that the kernel did not let be moved. */
void interrupts_note_kept(struct plan *plan);
