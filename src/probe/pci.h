/* PCI functions from sysfs (kernel: Documentation/ABI/testing/sysfs-bus-pci). */
#pragma once

struct host;
struct root;

/* Adds every function of sys/bus/pci/devices to host; what: PROBE_CONFIG and PROBE_DETAIL read
 * more of each. Ends with host_sort(). */
void pci_probe(struct root *root, struct host *host, unsigned what);
