/* Rules about the host's devices: are they there, can they be given away, do they arrive in the
 * guest as the drivers there expect them. */
#include <stddef.h>
#include <string.h>

#include "model/loss.h"
#include "vm/lint_parts.h"

/* ---- the host's side ---- */

static const char *address_of(const struct guest_device *device, char buf[PCI_ADDR_SIZE])
{
	return pci_addr_format(device->source, buf);
}

/* The devices with an address of the host, one after the other. */
static const struct guest_device *next_hostdev(struct lint *lint, guint *index)
{
	const struct guest_device *device;

	while ((device = lint_next(lint, GUEST_HOSTDEV, index)) && device->mediated)
		;
	if (device)
		lint_ask(lint);
	return device;
}

static const struct guest_device *next_known(struct lint *lint, guint *index,
					     const struct pci_dev **dev)
{
	const struct guest_device *device;

	while ((device = next_hostdev(lint, index)))
		if ((*dev = lint_find(lint, device)))
			return device;
	return NULL;
}

/* One finding for what cannot be judged without the host. */
static bool unknown_host(struct lint *lint, const char *what)
{
	guint index = 0;
	bool unknown = !lint_knows_pci(lint) && next_hostdev(lint, &index);

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
	for (guint i = 0; (device = next_hostdev(lint, &i));) {
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

static bool is_passed(const struct lint *lint, struct pci_addr addr)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));)
		if (!device->mediated && pci_addr_equal(device->source, addr))
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
			finding_fix(finding, "# in the definition: <hostdev … managed='yes'>");
		finding_fix(finding, "vfiokit bind %s", address);
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

/* ---- the guest's side ---- */

static bool same_place(const struct guest_device *a, const struct guest_device *b)
{
	return a->slot >= 0 && b->slot >= 0 && a->slot == b->slot && g_strcmp0(a->bus, b->bus) == 0;
}

/* Is it function 0 of a card, not of the chipset, whose functions have nothing to do with each
 * other? Where the host is known, only graphics cards count. */
static bool starts_card(const struct lint *lint, const struct guest_device *device)
{
	const struct pci_dev *dev = lint_find(lint, device);

	if (device->source.function != 0 || device->source.bus == 0)
		return false;
	return !dev || dev->kind == KIND_GPU;
}

static void add_split(struct lint *lint, const struct guest_device *first,
		      const struct guest_device *other)
{
	char address[PCI_ADDR_SIZE], other_address[PCI_ADDR_SIZE];
	struct finding *finding = lint_add(
		lint, FINDING_WARN, other->shown,
		"%s and %s are functions of one card, but get different slots in the guest",
		address_of(first, address), address_of(other, other_address));

	finding_cause(finding,
		      "drivers look for a card's sound beside its graphics, and some do not "
		      "start without");
	if (lint->guest->form == GUEST_XML)
		finding_fix(
			finding,
			"# in the definition: one <address type='pci' bus='…' slot='0x00'/> for "
			"both, functions 0 and %u, the first with multifunction='on'",
			other->source.function);
	else
		finding_fix(finding, "# -device vfio-pci,host=%s,bus=BUS,addr=00.%u", other_address,
			    other->source.function);
}

/* Functions of one card that are not functions of one slot of the guest: said once for each card.
 */
void lint_functions_split(struct lint *lint)
{
	const struct guest_device *first, *other;

	for (guint i = 0; (first = next_hostdev(lint, &i));) {
		bool said = !starts_card(lint, first);
		for (guint j = 0; !said && (other = next_hostdev(lint, &j));) {
			if (!pci_addr_same_slot(first->source, other->source) ||
			    pci_addr_equal(first->source, other->source) ||
			    same_place(first, other))
				continue;
			add_split(lint, first, other);
			said = true;
		}
	}
}

/* Is there a device at function 0 of that slot? */
static const struct guest_device *function_zero(const struct lint *lint,
						const struct guest_device *of)
{
	for (guint i = 0; i < lint->guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(lint->guest->devices, struct guest_device, i);
		if (device->function == 0 && same_place(device, of))
			return device;
	}
	return NULL;
}

void lint_function_zero(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		if (device->slot < 0)
			continue;
		lint_ask(lint);
		if (device->function == 0 || function_zero(lint, device))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown,
				 "in the guest it is function %d of a slot without function 0",
				 device->function);
		finding_cause(finding, "a system looks at the others of a slot only where there is "
				       "a function 0, so the guest never sees it");
	}
}

/* libvirt sets this by itself; QEMU refuses to start. */
void lint_multifunction(struct lint *lint)
{
	const struct guest_device *device;

	if (lint->guest->form != GUEST_QEMU)
		return;
	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		const struct guest_device *zero = device->slot >= 0 && device->function > 0
							  ? function_zero(lint, device)
							  : NULL;
		if (!zero)
			continue;
		lint_ask(lint);
		if (zero->multifunction == TRI_YES)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, zero->shown,
				 "function 0 of a slot with more functions lacks multifunction=on");
		finding_evidence(finding, "%s", device->shown);
		finding_fix(finding, "# %s,multifunction=on", zero->shown);
	}
}

void lint_duplicate_hostdev(struct lint *lint)
{
	const struct guest_device *first, *other;
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; (first = next_hostdev(lint, &i));)
		for (guint j = i; (other = next_hostdev(lint, &j));)
			if (pci_addr_equal(first->source, other->source))
				lint_add(lint, FINDING_FAIL, other->shown, "%s is passed twice",
					 address_of(first, address));
}

void lint_address_conflict(struct lint *lint)
{
	const GArray *devices = lint->guest->devices;

	for (guint i = 0; i < devices->len; i++) {
		const struct guest_device *first = &g_array_index(devices, struct guest_device, i);
		for (guint j = i + 1; first->slot >= 0 && j < devices->len; j++) {
			const struct guest_device *other =
				&g_array_index(devices, struct guest_device, j);
			lint_ask(lint);
			if (!same_place(first, other) || first->function != other->function)
				continue;
			struct finding *finding =
				lint_add(lint, FINDING_FAIL, other->shown,
					 "two devices have the same address in the guest");
			finding_evidence(finding, "%s", first->shown);
		}
	}
}

/* ---- buses of the guest ---- */

/* Buses that are there without being told. */
static bool is_builtin_bus(const char *bus)
{
	return strcmp(bus, "pcie.0") == 0 || strcmp(bus, "pci.0") == 0 || strcmp(bus, "0") == 0;
}

/* A device's bus has its id, or that and ".0" where it has several. */
static bool makes_bus(const struct guest_device *device, const char *bus)
{
	const char *rest = device->id && *device->id && g_str_has_prefix(bus, device->id)
				   ? bus + strlen(device->id)
				   : NULL;

	return rest && (*rest == '\0' || strcmp(rest, ".0") == 0);
}

static bool has_qemu_bus(const struct lint *lint, const char *bus)
{
	for (guint i = 0; i < lint->guest->devices->len; i++)
		if (makes_bus(&g_array_index(lint->guest->devices, struct guest_device, i), bus))
			return true;
	return is_builtin_bus(bus);
}

/* Without any controller, or with one that libvirt numbers itself, it is libvirt's choice. */
static bool has_xml_bus(const struct lint *lint, const char *bus)
{
	const struct guest_device *device;
	bool any = false;

	for (guint i = 0; (device = lint_next(lint, GUEST_CONTROLLER, &i));) {
		if (g_strcmp0(device->type, "pci") != 0)
			continue;
		g_autofree char *own = g_strdup_printf("%d", device->index);
		if (device->index < 0 || strcmp(own, bus) == 0)
			return true;
		any |= device->index > 0;
	}
	return !any || is_builtin_bus(bus);
}

/* For QEMU a bus is the id of a device that stands before. libvirt adds root ports for buses that
 * are not told, on q35 only; on i440fx it adds bridges, behind which nothing is PCIe. */
void lint_guest_bus(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		if (!device->bus)
			continue;
		lint_ask(lint);
		if (lint->guest->form == GUEST_QEMU && !has_qemu_bus(lint, device->bus))
			lint_add(lint, FINDING_FAIL, device->shown,
				 "no device has the id '%s', so there is no such bus", device->bus);
		else if (lint->guest->form == GUEST_XML && !has_xml_bus(lint, device->bus))
			lint_add(
				lint, FINDING_WARN, device->shown,
				"no <controller type='pci' index='%s'> makes its bus; libvirt adds "
				"one of its choice",
				device->bus);
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
	finding_fix(finding, lint->guest->form == GUEST_XML
				     ? "# in <hostdev>: remove <driver name='kvm'/>"
				     : "# -device vfio-pci,… in place of pci-assign");
}

/* x-vga hands the card the old VGA addresses; firmware by UEFI does not use them. */
void lint_x_vga(struct lint *lint)
{
	const struct guest_device *device;
	bool uefi = lint->guest->code != NULL || lint->guest->bios != NULL;

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		if (!uefi)
			continue;
		lint_ask(lint);
		if (device->other_x_vga)
			lint_add(lint, FINDING_WARN, device->shown,
				 "x-vga=on is for guests with an old BIOS; with UEFI it only takes "
				 "the VGA addresses from the host's card");
	}
}

/* ---- USB ---- */

static unsigned count_usb(const struct lint *lint, const struct guest_device *device)
{
	unsigned n = 0;

	for (unsigned i = 0; i < lint->host->usb.n_devs; i++)
		n += lint->host->usb.devs[i].vendor == device->usb_vendor &&
		     lint->host->usb.devs[i].product == device->usb_product;
	return n;
}

static const struct guest_device *next_usb(struct lint *lint, guint *index, bool *known)
{
	const struct guest_device *device;

	*known = lint->host && lint->host->usb.probed && lint->host->usb.n_devs > 0;
	while ((device = lint_next(lint, GUEST_USB, index)))
		if (device->usb_vendor >= 0 && device->usb_product >= 0) {
			lint_ask(lint);
			return device;
		}
	return NULL;
}

void lint_usb_duplicate(struct lint *lint)
{
	const struct guest_device *device;
	bool known;

	for (guint i = 0; (device = next_usb(lint, &i, &known));) {
		if (device->usb_by_address)
			continue;
		if (!known) {
			lint_add(lint, FINDING_UNKNOWN, device->shown,
				 "the USB devices of the host are not known, so not either whether "
				 "%04x:%04x is one device only",
				 (unsigned)device->usb_vendor, (unsigned)device->usb_product);
			continue;
		}
		unsigned n = count_usb(lint, device);
		if (n < 2)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown,
				 "the host has %u USB devices %04x:%04x: which one is meant is not "
				 "said",
				 n, (unsigned)device->usb_vendor, (unsigned)device->usb_product);
		finding_fix(finding, "vfiokit usb");
	}
}

void lint_usb_missing(struct lint *lint)
{
	const struct guest_device *device;
	bool known;

	for (guint i = 0; (device = next_usb(lint, &i, &known));)
		if (known && count_usb(lint, device) == 0)
			lint_add(lint, FINDING_WARN, device->shown,
				 "the host has no USB device %04x:%04x now, so the guest does not "
				 "start",
				 (unsigned)device->usb_vendor, (unsigned)device->usb_product);
}
