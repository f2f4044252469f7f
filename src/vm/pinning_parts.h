/* Between pinning.c, which decides what is given up, and pinning_choice.c, which finds the best
 * cores within what is allowed. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct topology;

#define CORE_THREADS 16 /* POWER has 8; more of one core are taken as another core */

struct core {
	int cpus[CORE_THREADS]; /* by their numbers */
	unsigned n;
	int package;
	int node;
	int l3;
	int64_t l3_size;
	bool no_memory; /* its node has none, or is not known */
	bool efficient;
};

struct cores {
	struct core *list; /* by their first CPU, so the first is CPU 0's */
	unsigned n;
	int node; /* of the device; -1 */
};

void cores_init(struct cores *cores, const struct topology *topology, int node);
void cores_clear(struct cores *cores);

/* Of the cores with usable[i], marks those in chosen that are best for need threads. How many
 * threads they have in all must be at least need. Chosen cores are filled in the order of
 * cores_order(). */
void cores_choose(const struct cores *cores, const bool *usable, unsigned need, bool *chosen);

/* How many threads the marked cores have. */
unsigned cores_capacity(const struct cores *cores, const bool *mask);

/* How many different nodes and L3 caches the marked cores have. */
unsigned cores_count_nodes(const struct cores *cores, const bool *mask);
unsigned cores_count_l3(const struct cores *cores, const bool *mask);
