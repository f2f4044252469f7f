/* A drawing of the machine: its packages, nodes, caches, cores, and who gets them. */
#pragma once

#include "model/pinning.h"
#include "model/topology.h"
#include "view/term.h"

/* Something that hangs on a node: "0000:01:00.0 GP106 …". */
struct machine_note {
	int node; /* -1: not known: on the machine itself */
	const char *text;
};

/* Draws the machine: packages, nodes and L3 caches as a tree, under them the cores with their
 * CPUs, each marked as the guest's, the emulator's, the host's. pinning NULL: nothing is marked. */
void machine_print(const struct term *term, const struct topology *topology,
		   const struct pinning *pinning, const struct machine_note *notes,
		   unsigned n_notes);
