/* Which host CPU each of a guest's CPUs runs on. Pure: from the host's topology and a request.
 *
 * What is held, the first most:
 * - the guest has whole cores: no core is shared with the host (what one thread of a core does
 *   slows the other, and can be spied on);
 * - the core of CPU 0, where interrupts and timers are, stays with the host, and with it as many
 *   whole cores as asked for;
 * - the guest has performance cores only, on machines with two kinds;
 * - it lies within one NUMA node, the device's if it fits there;
 * - it lies within one L3 cache, else within as few as can be: one that is larger is preferred,
 *   then one that does not hold the core of CPU 0;
 * - siblings are neighbours: with two threads on a core, vCPU 2k and 2k + 1 are on the same one;
 * - emulator and I/O threads run on host cores of the same node.
 *
 * What could not be held is named; it never is where there is a way to hold it. A core that the
 * guest fills only in part (an odd number of vCPUs) is the guest's all the same: its other threads
 * are spare, and nobody's. Reasons and sources: Linux admin-guide/cpu-isolation.rst, and the advice
 * of the Looking Glass manual about host cores. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/pinning.h"

struct topology;

struct pinning_request {
	unsigned n;          /* vCPUs; at least 1 */
	int node;            /* NUMA node of the device; -1: none, or not known */
	unsigned host_cores; /* whole cores to be left to the host; 0 means 1 */
};

/* Makes a pinning, to be freed with pinning_clear(). False and STATUS_USAGE, naming the numbers,
 * when the machine has fewer CPUs than are asked for, or its CPUs are not known. */
bool pinning_make(const struct topology *topology, const struct pinning_request *request,
		  struct pinning *pinning, GError **error);
