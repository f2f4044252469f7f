/* The IOMMU from sysfs: units, groups, firmware tables, interrupt remapping. */
#pragma once

struct host;
struct root;

/* Fills host->iommu and adds the groups. To be called between pci_probe() and host_link(); what:
 * PROBE_REGIONS reads the groups' reserved regions, PROBE_PLATFORM the units' registers. */
void iommu_probe(struct root *root, struct host *host, unsigned what);

/* Adds what PROBE_FEW has left out of the groups that n functions (indices of host.pci) are in: who
 * else is in them, and their reserved regions. To be called after host_link(). */
void iommu_probe_groups_of(struct root *root, struct host *host, const int *functions, unsigned n);
