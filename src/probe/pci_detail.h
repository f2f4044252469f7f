/* More about one PCI function: config space, BARs, links, power, SR-IOV. */
#pragma once

struct host;
struct pci_dev;
struct root;
struct root_dir;

/* Reads config space (64 bytes for anybody, all of it as root) and decodes it into dev->caps; with
 * it the physical function of a virtual one. */
void pci_config_probe(struct host *host, const struct root_dir *dir, struct pci_dev *dev);

/* Fills dev->detail; with PROBE_FEW in what its BARs, virtual functions and d3cold_allowed only. */
void pci_detail_probe(struct host *host, const struct root_dir *dir, struct pci_dev *dev,
		      unsigned what);

/* Fills detail.slot_name by the names of the machine's slots; after host_sort(). */
void pci_slots_probe(struct root *root, struct host *host);
