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
