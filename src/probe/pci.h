/* PCI functions from sysfs (kernel: Documentation/ABI/testing/sysfs-bus-pci). */
#pragma once

struct host;
struct pci_dev;
struct root;
struct root_dir;

/* Adds every function of sys/bus/pci/devices to host; what: PROBE_CONFIG and PROBE_DETAIL read
 * more of each, PROBE_FEW less. Ends with host_sort(). */
void pci_probe(struct root *root, struct host *host, unsigned what);

/* Reads of n functions (indices of host.pci) what counts once they change hands: the override, how
 * they are reset, and what PROBE_FEW leaves of their detail. */
void pci_probe_rest(struct root *root, struct host *host, const int *functions, unsigned n);

/* Fills detail of one function that was probed before; one that is gone by now has none. */
void pci_probe_detail(struct root *root, struct host *host, struct pci_dev *dev);

/* Sets the group that the function's own link names, if there is one. Where the groups are listed,
 * PROBE_BASE leaves that out in pci_probe(): iommu_probe() asks for those that no group names. */
void pci_group_probe(const struct root_dir *dir, struct pci_dev *dev);
