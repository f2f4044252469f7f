/* What of VFIO is in the initramfs of each installed kernel. */
#pragma once

#include <stdbool.h>

struct host;
struct root;

/* Fills vfio_names of host->boot.kernels, where something shall be bound at every boot: else nobody
 * needs it, and unpacking an image takes a good part of a second. all: also those that would take
 * longer; else image_seconds says so. The kernels and bindings must have been probed. */
void images_probe(struct root *root, struct host *host, bool all);
