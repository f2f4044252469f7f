/* What has to be done so that a guest runs on the CPUs that were chosen: its definition, huge pages
 * where it will be, and on request the host kept off its CPUs. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/host.h"
#include "model/pinning.h"
#include "plan/interrupts_plan.h"
#include "plan/plan.h"

/* A file and what is in it now. */
struct tune_setting {
	const char *path;
	const char *name; /* of the unit; NULL: none */
	const char *now;  /* "" : nothing */
};

/* Nothing in it is owned. */
struct tune_request {
	const struct pinning *pinning;
	const char *guest;   /* "URI#NAME" */
	const char *old_xml; /* its definition */
	const char *new_xml; /* as it should be; NULL: it is so */
	uint64_t memory;     /* of the guest, bytes; 0: not known */
	uint64_t page_size;  /* of its huge pages, bytes; 0: it has none */

	const struct tune_setting *governors; /* of the guest's CPUs, to be "performance" */
	unsigned n_governors;
	const struct tune_setting *units; /* of systemd, to be kept on the host's CPUs: their
					   * cpuset.cpus */
	unsigned n_units;
	const struct interrupts_request *interrupts; /* NULL: they stay where they are */
};

/* The host must have been probed with PROBE_MACHINE and PROBE_TOPOLOGY. What is as it should be
 * gets no step. Warnings: "hugepages-unknown" (the pools could not be read), "no-host-cpus" (there
 * is nothing to keep units on). */
void tune_plan(const struct host *host, const struct tune_request *request, struct plan *plan);
