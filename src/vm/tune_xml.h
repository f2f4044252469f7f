/* Putting a pinning into a definition. Pure: from libvirt's XML to libvirt's XML. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/pinning.h"
#include "vm/guest.h"

struct tune {
	const struct pinning *pinning;
	bool bind_memory;       /* to the pinning's NUMA nodes */
	uint64_t hugepage_size; /* bytes; 0: as it is */
};

/* Does the definition say all of it already? */
bool tune_is_done(const struct guest *guest, const struct tune *tune);

/* Changes guest.doc: number and topology of its CPUs, pins of CPUs, emulator and I/O threads,
 * memory. All else stays. The guest's other members are not read again. */
void tune_apply(struct guest *guest, const struct tune *tune);
