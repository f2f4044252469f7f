/* What runs guests here: QEMU and libvirt by their versions, the firmware of guests by its
 * descriptors. */
#pragma once

struct host;
struct root;

/* Fills host.guests. QEMU and libvirt are asked on the running machine only, and recorded. */
void guests_probe(struct root *root, struct host *host);
