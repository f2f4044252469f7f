/* Opens a function through VFIO, step by step as a virtual machine monitor does, and says of each
 * step what was seen and what that means for a guest.
 *
 * Nothing stays: mappings, descriptors and the group are given back whatever fails. Opening a
 * function lets the kernel wake it and reset it, where it can be reset alone, as the start of a
 * guest does; beyond that nothing is written to it, but for the reset that is asked for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vfio/info.h"

struct host;
struct root;

enum probe_verdict {
	PROBE_PASS,
	PROBE_WARN,    /* a guest starts, but look at this */
	PROBE_FAIL,    /* a guest would not start, or not work */
	PROBE_UNKNOWN, /* it could not be found out */
	PROBE_SKIPPED, /* not tried: a step before failed, or it was not asked for */
};

/* "pass", "warn", … as in JSON. */
const char *probe_verdict_name(enum probe_verdict verdict);

/* In the order in which they are made. */
enum probe_step_id {
	PROBE_DRIVER,
	PROBE_GROUP_NODE,
	PROBE_GROUP_OPEN,
	PROBE_GROUP_VIABLE,
	PROBE_CONTAINER,
	PROBE_IOMMU_TYPE,
	PROBE_SET_CONTAINER,
	PROBE_SET_IOMMU,
	PROBE_IOMMU_INFO,
	PROBE_MEMLOCK,
	PROBE_DMA_SMALL,
	PROBE_DMA_HUGE,
	PROBE_DEVICE_OPEN,
	PROBE_POWER_STATE,
	PROBE_DEVICE_INFO,
	PROBE_STEP_REGIONS,
	PROBE_CONFIG_SPACE,
	PROBE_MMAP,
	PROBE_ROM,
	PROBE_INTERRUPTS,
	PROBE_HOT_RESET,
	PROBE_RESET,
	PROBE_AFTER_RESET,
	PROBE_LINK,
	PROBE_N_STEPS,
};

/* How a step went. */
struct probe_result {
	const char *id;    /* "group-viable", …: stable */
	const char *title; /* for people: "Group viable" */
	enum probe_verdict verdict;
	char *what;    /* what was seen */
	char *meaning; /* what it means for a guest; NULL: nothing to add */
};

#define PROBE_MAX_REGIONS 16

struct probe_report {
	int index;                                  /* of the function, in host.pci */
	struct probe_result results[PROBE_N_STEPS]; /* by enum probe_step_id */
	struct vfio_region regions[PROBE_MAX_REGIONS];
	unsigned n_regions; /* those of size 0 are left out */
};

struct probe_options {
	bool reset;          /* reset the function, too */
	bool for_other_user; /* the limits of this process are those of a user who is not root */
};

/* Makes the steps for the function host.pci[index]; its detail, regions of groups and usages must
 * have been probed. tell is called after each (may be NULL). The report is the caller's to free. */
struct probe_report *probe_device(struct root *root, const struct host *host, int index,
				  const struct probe_options *options,
				  void (*tell)(const struct probe_result *result, void *data),
				  void *data);

void probe_report_free(struct probe_report *report);

/* Did a step fail? */
bool probe_report_failed(const struct probe_report *report);
