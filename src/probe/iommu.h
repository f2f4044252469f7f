/* The IOMMU from sysfs: units, groups, firmware tables, interrupt remapping. */
#pragma once

struct host;
struct root;

/* Fills host->iommu and adds the groups. To be called between pci_probe() and host_link(); what:
 * PROBE_REGIONS reads the groups' reserved regions, PROBE_PLATFORM the units' registers. */
void iommu_probe(struct root *root, struct host *host, unsigned what);

/* Reads all of one group (index in host.groups) that PROBE_FEW has left out, with its reserved
 * regions. To be called after host_link(). */
void iommu_probe_group(struct root *root, struct host *host, int group);
