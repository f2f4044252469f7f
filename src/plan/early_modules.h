/* Early binding by options of modules: "options vfio-pci ids=…", with softdeps. For those who
 * prefer it to binding by address, and only where the ids mean exactly the functions that were
 * chosen. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

/* Adds the file /etc/modprobe.d/vfiokit.conf, and what brings it and vfio-pci into the initramfs
 * (*rebuild is then true); where vfio-pci is built in, which makes modprobe's options void, also
 * appends "vfio-pci.ids=…" to words (of char *, owned by it). functions: n indexes in host.pci.
 * False with a refusal: "ids-ambiguous" where another function has the same ids, "driver-shared"
 * where blacklist is asked for a driver that others need. */
bool early_modules_plan(const struct host *host, const int *functions, unsigned n, bool blacklist,
			GPtrArray *words, struct plan *plan, bool *rebuild);

/* Builds the initramfs of all kernels, and looks whether it has the file and the module. */
void early_modules_rebuild(const struct host *host, struct plan *plan);
