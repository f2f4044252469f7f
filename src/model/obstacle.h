/* What is in the way of giving a function, with its group, to a guest: in a few words, for people
 * who choose a device. Rules and refusals judge the same facts for good. */
#pragma once

#include "model/iommu.h"

struct host;

enum obstacle_weight {
	OBSTACLE_NONE,
	OBSTACLE_WARN, /* think first */
	OBSTACLE_STOP, /* not as things are */
};

struct obstacle {
	enum obstacle_weight weight;
	const char *what; /* static */
};

#define MAX_OBSTACLES 12

struct obstacles {
	struct obstacle list[MAX_OBSTACLES];
	unsigned n;
};

/* Those of the function with that index in host.pci. state: of the IOMMU, as iommu_judge() has it.
 * The host must have been probed with PROBE_USAGE and PROBE_USB. */
void obstacles_find(const struct host *host, enum iommu_state state, int index,
		    struct obstacles *ret);

/* OBSTACLE_NONE where there is none. */
enum obstacle_weight obstacles_weight(const struct obstacles *obstacles);
