/* From a root to the model: what to read is asked for in parts, so that each command stays fast. */
#pragma once

#include <glib.h>

struct host;
struct root;

enum probe_part {
	PROBE_BASE = 0,         /* always: functions, groups, what the verdict needs */
	PROBE_CONFIG = 1 << 0,  /* config space of all functions: prediction, explanation, tree */
	PROBE_DETAIL = 1 << 1,  /* struct pci_detail of all functions */
	PROBE_REGIONS = 1 << 2, /* reserved regions of the groups */
	PROBE_USB = 1 << 3,
	PROBE_USAGE = 1 << 4,    /* what the host does with its devices */
	PROBE_HOLDERS = 1 << 5,  /* which processes hold them: walks /proc */
	PROBE_PLATFORM = 1 << 6, /* all of struct platform but: */
	PROBE_TOPOLOGY = 1 << 7, /* packages, cores, caches, nodes (hwloc) */
	PROBE_MACHINE = 1 << 8,  /* of the platform: modules, memory, framebuffers, firmware */
	PROBE_BOOT = 1 << 9,     /* what boots it, and the files that configure that */
	PROBE_ALL = (1 << 10) - 1,
};

/* Probes the parts asked for (an OR of them). Never fails for what a machine lacks: that is
 * unknown, or in host.gaps. NULL and *error only when root is no machine at all: neither /sys nor
 * /proc. */
struct host *host_probe(struct root *root, unsigned what, GError **error);

/* Adds PROBE_DETAIL of n functions (indices of host.pci) to a host that was probed without it: for
 * those who know by then which few they need. Slots' names are left out. */
void host_probe_detail(struct root *root, struct host *host, const int *functions, unsigned n);
