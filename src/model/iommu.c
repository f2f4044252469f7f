/* Pure questions about units and groups; the verdict is in verdict.c. */
#include "model/iommu.h"

#include "model/host.h"

static const char *const state_names[] = {
	[IOMMU_STATE_UNKNOWN] = "unknown",           [IOMMU_ENABLED] = "enabled",
	[IOMMU_OFF_IN_FIRMWARE] = "off-in-firmware", [IOMMU_OFF_IN_KERNEL] = "off-in-kernel",
	[IOMMU_UNSUPPORTED] = "unsupported",
};

const char *iommu_state_name(enum iommu_state state)
{
	return state_names[state];
}

static const char *const vendor_names[] = {
	[IOMMU_VENDOR_UNKNOWN] = NULL, [IOMMU_INTEL] = "intel",   [IOMMU_AMD] = "amd",
	[IOMMU_ARM] = "arm",           [IOMMU_VIRTIO] = "virtio", [IOMMU_OTHER] = "other",
};

const char *iommu_vendor_name(enum iommu_vendor vendor)
{
	return vendor_names[vendor];
}

enum tri iommu_group_viable(const struct host *host, const struct iommu_group *group)
{
	enum tri answer = TRI_YES;

	if (group->others_bound)
		return TRI_NO;
	for (unsigned i = 0; i < group->n_members; i++) {
		const struct pci_dev *dev = &host->pci[group->members[i]];
		if (pci_dev_is_bridge(dev))
			continue;
		if (!dev->driver_known)
			answer = TRI_UNKNOWN;
		else if (!pci_driver_is_harmless(dev->driver))
			return TRI_NO;
	}
	return answer;
}

enum tri iommu_group_isolated(const struct host *host, const struct iommu_group *group)
{
	const struct pci_dev *endpoint = NULL, *unknown = NULL;
	enum tri answer = group->n_others == 0 ? TRI_YES : TRI_NO;

	for (unsigned i = 0; i < group->n_members; i++) {
		const struct pci_dev *dev = &host->pci[group->members[i]];
		if (pci_dev_is_bridge(dev))
			continue;
		const struct pci_dev **first = dev->kind == KIND_UNKNOWN ? &unknown : &endpoint;
		if (endpoint && dev->kind != KIND_UNKNOWN &&
		    !pci_addr_same_slot(endpoint->addr, dev->addr))
			return TRI_NO;
		if ((unknown && !pci_addr_same_slot(unknown->addr, dev->addr)) ||
		    (endpoint && !pci_addr_same_slot(endpoint->addr, dev->addr)))
			answer = answer == TRI_NO ? TRI_NO : TRI_UNKNOWN;
		*first = *first ? *first : dev;
	}
	return answer;
}
