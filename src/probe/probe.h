/* From a root to the model: what to read is asked for in parts, so that each command stays fast. */
#pragma once

#include <glib.h>

#include "model/parts.h"

struct host;
struct root;

/* Probes the parts asked for (an OR of them). Never fails for what a machine lacks: that is
 * unknown, or in host.gaps. NULL and *error only when root is no machine at all: neither /sys nor
 * /proc. */
struct host *host_probe(struct root *root, unsigned what, GError **error);

/* Adds PROBE_DETAIL of n functions (indices of host.pci) to a host that was probed without it: for
 * those who know by then which few they need. Slots' names are left out. */
void host_probe_detail(struct root *root, struct host *host, const int *functions, unsigned n);

/* Adds what has to be known to hand n functions over, and what is in their groups, to a host that
 * was probed with PROBE_FEW: what counts of what that leaves out (pci_probe_rest()), PROBE_REGIONS
 * of the groups, PROBE_USB where a bus is at them, PROBE_USAGE and PROBE_HOLDERS as far as it is
 * about them (see struct usage_request). To a host that was probed without these parts. */
void host_probe_handover(struct root *root, struct host *host, const int *functions, unsigned n);
