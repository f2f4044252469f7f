/* Where a device is, among the machine's NUMA nodes. */
#pragma once

#include "model/host.h"

/* The NUMA node whose CPUs are near a device: as the kernel says, or where its own node has none
 * the one of the CPUs that the kernel calls local. -1: not known, or the machine has one only. */
int host_node_of(const struct host *host, const struct pci_dev *dev);
