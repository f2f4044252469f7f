/* Rules about the host's devices: are they there, can they be given away? */
#include <stddef.h>

#include "model/loss.h"
#include "vm/lint_parts.h"

static const char *address_of(const struct guest_device *device, char buf[PCI_ADDR_SIZE])
{
	return pci_addr_format(device->source, buf);
}

/* The next function of the host that is given away, whatever the guest sees of it. */
static const struct guest_device *next_given(struct lint *lint, guint *index)
{
	const GArray *devices = lint->guest->devices;

	while (*index < devices->len) {
		const struct guest_device *device =
			&g_array_index(devices, struct guest_device, (*index)++);
		if ((device->kind != GUEST_HOSTDEV || device->mediated) &&
		    device->kind != GUEST_NVME)
			continue;
		lint_ask(lint);
		return device;
	}
	return NULL;
}

static const struct guest_device *next_known(struct lint *lint, guint *index,
					     const struct pci_dev **dev)
{
	const struct guest_device *device;

	while ((device = next_given(lint, index)))
		if ((*dev = lint_find(lint, device)))
			return device;
	return NULL;
}

/* One finding for what cannot be judged without the host. */
static bool unknown_host(struct lint *lint, const char *what)
{
	guint index = 0;
	bool unknown = !lint_knows_pci(lint) && next_given(lint, &index);

	if (unknown)
		lint_add(lint, FINDING_UNKNOWN, NULL,
			 "the devices of the host are not known, so not either whether %s", what);
	return unknown;
}

void lint_hostdev_missing(struct lint *lint)
{
	const struct guest_device *device;
	char address[PCI_ADDR_SIZE];

	if (unknown_host(lint, "they are there"))
		return;
	for (guint i = 0; (device = next_given(lint, &i));) {
		if (lint_find(lint, device))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown, "this machine has no device %s",
				 address_of(device, address));
		finding_cause(finding, "the definition was made for another machine, or the card "
				       "has moved: adding or removing one changes addresses");
		finding_fix(finding, "vfiokit check");
	}
}

void lint_hostdev_bridge(struct lint *lint)
{
	const struct guest_device *device;
	const struct pci_dev *dev;
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; (device = next_known(lint, &i, &dev));)
		if (pci_dev_is_bridge(dev))
			lint_add(lint, FINDING_FAIL, device->shown,
				 "%s is a bridge: only what is behind it can be given to a guest",
				 address_of(device, address));
}

void lint_no_iommu(struct lint *lint)
{
	const struct guest_device *device;
	const struct pci_dev *dev;
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; (device = next_known(lint, &i, &dev));) {
		if (dev->group >= 0 || pci_dev_is_bridge(dev))
			continue;
		if (!lint->host->iommu.groups_known) {
			lint_add(lint, FINDING_UNKNOWN, device->shown,
				 "the IOMMU group of %s is not known", address_of(device, address));
			continue;
		}
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown,
				 "%s is in no IOMMU group, so no guest can have it",
				 address_of(device, address));
		finding_cause(finding, "the IOMMU is off, or the device is not behind one");
		finding_fix(finding, "vfiokit check");
	}
}

static bool is_passed(struct lint *lint, struct pci_addr addr)
{
	const struct guest_device *device;

	for (guint i = 0; (device = next_given(lint, &i));)
		if (pci_addr_equal(device->source, addr))
			return true;
	return false;
}

/* Members of the group that the host would go on using. */
void lint_not_viable(struct lint *lint)
{
	const struct guest_device *device;
	const struct pci_dev *dev;
	char address[PCI_ADDR_SIZE], other_address[PCI_ADDR_SIZE];

	for (guint i = 0; (device = next_known(lint, &i, &dev));) {
		const struct iommu_group *group =
			dev->group >= 0 ? &lint->host->groups[dev->group] : NULL;
		for (unsigned j = 0; group && j < group->n_members; j++) {
			const struct pci_dev *other = &lint->host->pci[group->members[j]];
			if (other == dev || pci_dev_is_bridge(other) || !other->driver ||
			    pci_driver_is_harmless(other->driver) || is_passed(lint, other->addr))
				continue;
			struct finding *finding = lint_add(
				lint, FINDING_FAIL, device->shown,
				"%s cannot be given away: %s is in the same IOMMU group, and the "
				"host uses it (driver %s)",
				address_of(device, address),
				pci_addr_format(other->addr, other_address), other->driver);
			finding_fix(finding, "vfiokit show %s", address);
		}
	}
}

/* What the host would lose, and how that is said. */
static const struct {
	size_t offset; /* in struct loss */
	const char *text;
} needs[] = {
	{ offsetof(struct loss, root_disk), "its own root file system is on it" },
	{ offsetof(struct loss, mounted_disk), "a file system or swap of its own is on it" },
	{ offsetof(struct loss, last_keyboard), "its only keyboard is on it" },
	{ offsetof(struct loss, network_in_use), "its network goes over it" },
};

void lint_host_needs(struct lint *lint)
{
	const struct guest_device *device;
	const struct pci_dev *dev;
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; (device = next_known(lint, &i, &dev));) {
		int index = (int)(dev - lint->host->pci);
		struct loss loss LOSS_AUTO;
		loss_of(lint->host, &index, 1, &loss);
		for (size_t j = 0; j < G_N_ELEMENTS(needs); j++) {
			const void *kind = (const char *)&loss + needs[j].offset;
			if (*(const enum tri *)kind != TRI_YES)
				continue;
			struct finding *finding =
				lint_add(lint, FINDING_FAIL, device->shown,
					 "the host needs %s itself: %s",
					 address_of(device, address), needs[j].text);
			finding_fix(finding, "vfiokit show %s", address);
		}
	}
}

/* Would 'bind' refuse it alone, for drivers of the host on others of its group? */
static bool needs_group(const struct host *host, const struct pci_dev *dev)
{
	const struct iommu_group *group = dev->group >= 0 ? &host->groups[dev->group] : NULL;

	for (unsigned i = 0; group && i < group->n_members; i++) {
		const struct pci_dev *other = &host->pci[group->members[i]];
		if (other != dev && !pci_dev_is_bridge(other) && other->driver &&
		    !pci_driver_is_harmless(other->driver))
			return true;
	}
	return false;
}

void lint_unmanaged(struct lint *lint)
{
	const struct guest_device *device;
	const struct pci_dev *dev;
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; (device = next_known(lint, &i, &dev));) {
		if (!device->unmanaged || !dev->driver || pci_driver_is_harmless(dev->driver))
			continue;
		struct finding *finding = lint_add(
			lint, FINDING_FAIL, device->shown,
			"%s is on driver %s, and nothing hands it over when the guest starts",
			address_of(device, address), dev->driver);
		if (lint->guest->form == GUEST_XML)
			finding_fix(finding, "# in the definition: <%s … managed='yes'>",
				    device->kind == GUEST_NVME ? "source" : "hostdev");
		finding_fix(finding, "vfiokit bind %s%s",
			    needs_group(lint->host, dev) ? "--group " : "", address);
	}
}

static bool is_listed(const struct lint *lint, const struct guest_device *first,
		      struct pci_addr slot)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i)) && device != first;)
		if (!device->mediated && pci_addr_same_slot(device->source, slot))
			return true;
	return false;
}

/* A card's other functions (sound, USB): drivers of the guest look for them, and a reset of the
 * card needs them all. */
void lint_functions_missing(struct lint *lint)
{
	const struct guest_device *device;
	const struct pci_dev *dev;
	char address[PCI_ADDR_SIZE], other_address[PCI_ADDR_SIZE];

	for (guint i = 0; (device = next_known(lint, &i, &dev));) {
		bool is_gpu = dev->kind == KIND_GPU;
		if (!is_gpu || is_listed(lint, device, device->source))
			continue;
		for (unsigned j = 0; j < lint->host->n_pci; j++) {
			const struct pci_dev *other = &lint->host->pci[j];
			if (!pci_addr_same_slot(other->addr, dev->addr) ||
			    is_passed(lint, other->addr) || pci_dev_is_bridge(other))
				continue;
			struct finding *finding = lint_add(
				lint, FINDING_WARN, device->shown,
				"%s is passed without %s, another function of the same card",
				address_of(device, address),
				pci_addr_format(other->addr, other_address));
			finding_cause(finding, "the card can only be reset as a whole, and the "
					       "guest's driver expects all of it");
		}
	}
}

/* Are both the same of the host? Two ids may mean two devices of one kind: to QEMU they do, but
 * libvirt takes them for one. */
static bool is_same(const struct guest_device *a, const struct guest_device *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == GUEST_HOSTDEV && !a->mediated && !b->mediated)
		return pci_addr_equal(a->source, b->source);
	return (a->kind == GUEST_HOSTDEV || a->kind == GUEST_USB) && a->which &&
	       g_strcmp0(a->which, b->which) == 0;
}

void lint_duplicate_hostdev(struct lint *lint)
{
	const GArray *devices = lint->guest->devices;
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; i < devices->len; i++) {
		const struct guest_device *first = &g_array_index(devices, struct guest_device, i);
		if (first->kind != GUEST_HOSTDEV && first->kind != GUEST_USB)
			continue;
		lint_ask(lint);
		for (guint j = i + 1; j < devices->len; j++) {
			const struct guest_device *other =
				&g_array_index(devices, struct guest_device, j);
			if (is_same(first, other))
				lint_add(lint, FINDING_FAIL, other->shown, "%s is passed twice",
					 first->which ? first->which : address_of(first, address));
		}
	}
}

void lint_legacy_assignment(struct lint *lint)
{
	if (!lint_has_hostdev(lint))
		return;
	lint_ask(lint);
	if (!lint->guest->assign_legacy)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL,
			 "it asks for KVM's own device assignment, which is no more");
	finding_cause(finding, "Linux 4.12 and QEMU 3.0 took it out; VFIO is what is left");
	lint_fix(lint, finding, "# in <hostdev>: remove <driver name='kvm'/>",
		 "# -device vfio-pci,… in place of pci-assign");
}

/* ---- the guest's own IOMMU ---- */

/* QEMU: vtd_iommu_notify_flag_changed(); libvirt: qemuValidateDomainDeviceDefIOMMU(). */
void lint_iommu(struct lint *lint)
{
	const struct guest_iommu *iommu = &lint->guest->iommu;

	if (g_strcmp0(iommu->model, "intel") != 0 || !lint_has_hostdev(lint))
		return;
	lint_ask(lint);
	if (iommu->caching != TRI_YES) {
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, iommu->shown,
				 "the guest's IOMMU has no caching mode, without which devices of "
				 "the host cannot be behind it");
		lint_fix(lint, finding, "# in <iommu>: <driver caching_mode='on'/>",
			 "# -device intel-iommu,caching-mode=on");
	}
	if (iommu->remapping == TRI_YES && !lint->guest->split_ioapic) {
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, iommu->shown,
				 "the guest's IOMMU remaps interrupts, for which QEMU must have "
				 "the I/O APIC");
		lint_fix(lint, finding, "# in <features>: <ioapic driver='qemu'/>",
			 "# -machine kernel-irqchip=split");
	}
}
