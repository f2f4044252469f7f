/* Takes facts away at random; see holes.h. */
#include "holes.h"

#include <glib.h>

#include "model/host.h"

static int random_below(int n)
{
	return g_test_rand_int_range(0, n);
}

static void hide_capabilities(struct pci_caps *caps)
{
	caps->acs = TRI_UNKNOWN;
	caps->acs_bits_known = caps->acs_ctrl_spt_known = false;
	if (random_below(2)) {
		caps->pcie_type = PCIE_TYPE_UNKNOWN;
		caps->depth = CONFIG_HEADER;
	}
}

static void hide_something(struct pci_dev *dev)
{
	switch (random_below(8)) {
	case 0:
		hide_capabilities(dev->caps);
		break;
	case 1:
		dev->caps->multifunction = TRI_UNKNOWN;
		break;
	case 2:
		dev->vendor = dev->device = -1;
		break;
	case 3:
		dev->device = -1;
		break;
	case 4:
		dev->caps->acs_bits_known = false;
		break;
	case 5:
		pci_caps_init(dev->caps);
		break;
	case 6:
		dev->group_known = false;
		dev->group_id = -1;
		break;
	default:
		hide_capabilities(dev->caps);
		dev->caps->header_type = -1;
		dev->caps->secondary_bus = dev->caps->subordinate_bus = -1;
		break;
	}
}

struct host *holes_copy(const struct host *host, int holes, int missing)
{
	struct host *copy = host_new(host->source);
	bool kept = false;

	copy->platform = host->platform;
	copy->iommu.has_ivrs = random_below(2) ? TRI_UNKNOWN : host->iommu.has_ivrs;
	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *from = &host->pci[i];
		struct pci_caps *caps;
		struct pci_dev *to;
		if (from->caps && from->caps->header_type == 1 && random_below(100) < missing)
			continue;
		caps = host_alloc(copy, sizeof(*caps));
		if (from->caps)
			*caps = *from->caps;
		else
			pci_caps_init(caps);
		to = host_add_pci(copy, from->addr);
		*to = *from;
		to->caps = caps;
		to->parent = -1;
		to->group = -1;
		to->on_root_bus = from->on_root_bus || from->addr.bus == 0;
		if (random_below(100) < holes)
			hide_something(to);
		if (!kept && from->group_id >= 0) { /* that the IOMMU is on stays known */
			to->group_known = true;
			to->group_id = from->group_id;
			kept = true;
		}
	}
	host_link(copy);
	return copy;
}
