/* See topology.h. */
#include "model/topology.h"

#include <stddef.h>

const struct topo_cpu *topology_cpu(const struct topology *topology, int os)
{
	for (unsigned i = 0; i < topology->n_cpus; i++)
		if (topology->cpus[i].os == os)
			return &topology->cpus[i];
	return NULL;
}

const struct topo_node *topology_node(const struct topology *topology, int os)
{
	for (unsigned i = 0; i < topology->n_numa; i++)
		if (topology->numa[i].os == os)
			return &topology->numa[i];
	return NULL;
}
