/* Packages, cores, caches and nodes of the machine, as hwloc tells them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A processor that is online, by its place. The numbers of core, package and l3 are our own, from 0
 * on; two processors with equal ones share it. */
struct topo_cpu {
	int os;          /* the kernel's number */
	int core;        /* never unknown: a processor of which nothing is known is its own core */
	int package;     /* -1: not known */
	int l3;          /* -1: it shares no third cache with others, or that is not known */
	int node;        /* the kernel's number of the NUMA node; -1: not known */
	int64_t l3_size; /* bytes; -1: not known */
	bool efficient;  /* a core that is clearly weaker than the machine's best */
};

/* A NUMA node, with or without processors. */
struct topo_node {
	int os;         /* the kernel's number */
	int64_t memory; /* bytes; -1: not known */
};

/* Counts by hwloc; -1: not known. */
struct topology {
	int packages;
	int cores;
	int threads;
	int nodes;
	int l3;               /* groups of cores with one L3 cache */
	int efficiency_kinds; /* 2: performance and efficiency cores */
	const char *xml;      /* hwloc's export; NULL: not known */

	const struct topo_cpu *cpus; /* by their numbers; NULL: not known */
	unsigned n_cpus;
	const struct topo_node *numa; /* by their numbers */
	unsigned n_numa;
};

/* Finds a processor by the kernel's number; NULL: there is none that is online. */
const struct topo_cpu *topology_cpu(const struct topology *topology, int os);

/* Finds a node by the kernel's number; NULL: there is none. */
const struct topo_node *topology_node(const struct topology *topology, int os);
