/* See locality.h. */
#include "model/locality.h"

#include <string.h>

#include "base/text.h"
#include "model/topology.h"

#define MAX_CPU 65535

int host_node_of(const struct host *host, const struct pci_dev *dev)
{
	const struct topology *topology = &host->platform.topology;
	const char *local = dev->detail ? dev->detail->local_cpus : NULL;

	for (unsigned i = 0; i < topology->n_cpus; i++)
		if (dev->numa_node >= 0 && topology->cpus[i].node == dev->numa_node)
			return dev->numa_node;
	if (dev->numa_node < 0 || !local)
		return -1;
	g_autofree char *first = g_strndup(local, strspn(local, "0123456789"));
	uint32_t os;
	const struct topo_cpu *cpu =
		text_to_u32(first, 10, MAX_CPU, &os) ? topology_cpu(topology, (int)os) : NULL;
	return cpu ? cpu->node : -1;
}
