/* Which modules could drive a function, and which VFIO variant driver is made for it: by the
 * aliases that depmod collected (lib/modules/RELEASE/modules.alias, as modprobe reads them). */
#pragma once

struct host;
struct root;

/* Fills detail.modules and detail.variant of every function whose detail was probed; with PROBE_FEW
 * in what the variant only. */
void modules_probe(struct root *root, struct host *host, unsigned what);
