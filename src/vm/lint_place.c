/* Rules about where devices sit in the guest: do they arrive as the drivers there expect them? */
#include <string.h>

#include "vm/lint_parts.h"

static bool same_place(const struct guest_device *a, const struct guest_device *b)
{
	return a->slot >= 0 && b->slot >= 0 && a->slot == b->slot && g_strcmp0(a->bus, b->bus) == 0;
}

/* Is it function 0 of a card, not of the chipset, whose functions have nothing to do with each
 * other? Where the host is known, only graphics cards count; where not, only slot 0, since behind a
 * PCIe port others are virtual functions. */
static bool starts_card(const struct lint *lint, const struct guest_device *device)
{
	const struct pci_dev *dev = lint_find(lint, device);

	if (device->source.function != 0 || device->source.bus == 0)
		return false;
	return dev ? dev->kind == KIND_GPU : device->source.slot == 0;
}

/* QEMU: vfio_pci_enable_rp_atomics(), from 8.1 on. */
static bool is_of_amd(const struct lint *lint, const struct guest_device *device)
{
	const struct pci_dev *dev = lint_find(lint, device);

	return dev && dev->vendor == 0x1002;
}

static void add_split(struct lint *lint, const struct guest_device *first,
		      const struct guest_device *other)
{
	char address[PCI_ADDR_SIZE], other_address[PCI_ADDR_SIZE];
	struct finding *finding = lint_add(
		lint, FINDING_WARN, other->shown,
		"%s and %s are functions of one card, but get different slots in the guest",
		pci_addr_format(first->source, address),
		pci_addr_format(other->source, other_address));

	finding_cause(finding,
		      "%sdrivers look for a card's sound beside its graphics, and some do "
		      "not start without%s",
		      lint_find(lint, first) ? "" : "if it is a graphics card: ",
		      is_of_amd(lint, first) ? "; for computing with ROCm it is right: only a card "
					       "alone in its slot gets PCIe AtomicOps from QEMU"
					     : "");
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

	for (guint i = 0; (first = lint_next_hostdev(lint, &i));) {
		bool said = !starts_card(lint, first);
		for (guint j = 0; !said && (other = lint_next_hostdev(lint, &j));) {
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
		finding_fix(finding,
			    strchr(zero->shown, '{') ? "# in %s: \"multifunction\":true"
						     : "# %s,multifunction=on",
			    zero->shown);
	}
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
			lint_fix(lint, finding, "# remove one <address>: libvirt gives it another",
				 "# another bus= for one of them, or of functions of one card "
				 "another addr=00.N");
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
	return is_builtin_bus(bus) || lint->guest->open;
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

/* ---- ports of the guest ---- */

/* Does that port make this bus? */
static bool port_makes(const struct lint *lint, const struct guest_device *port, const char *bus)
{
	g_autofree char *own = g_strdup_printf("%d", port->index);

	return port->is_port &&
	       (lint->guest->form == GUEST_XML ? strcmp(own, bus) == 0 : makes_bus(port, bus));
}

/* A link of PCIe has one device at its end (libvirt: "slot must be <= 0"; QEMU from 8.1 on: "parent
 * device only allows plugging into slot 0"). */
void lint_port_slot(struct lint *lint)
{
	const struct guest_device *port;

	for (guint i = 0; (port = lint_next(lint, GUEST_CONTROLLER, &i));)
		for (guint j = 0; port->is_port && j < lint->guest->devices->len; j++) {
			const struct guest_device *device =
				&g_array_index(lint->guest->devices, struct guest_device, j);
			if (!device->bus || !port_makes(lint, port, device->bus))
				continue;
			lint_ask(lint);
			if (device->slot <= 0)
				continue;
			struct finding *finding =
				lint_add(lint, FINDING_FAIL, device->shown,
					 "it is in slot %d of a root port, which has slot 0 only",
					 device->slot);
			finding_evidence(finding, "%s", port->shown);
			lint_fix(lint, finding, "# in its <address>: slot='0x00'", "# addr=00.0");
		}
}

/* QEMU: pcie_chassis_add_slot(), "Can't add chassis slot". libvirt numbers them itself. */
void lint_chassis(struct lint *lint)
{
	const struct guest_device *first, *other;

	if (lint->guest->form != GUEST_QEMU)
		return;
	for (guint i = 0; (first = lint_next(lint, GUEST_CONTROLLER, &i));)
		for (guint j = i; (other = lint_next(lint, GUEST_CONTROLLER, &j));) {
			if (first->chassis < 0 || first->port < 0 || other->chassis < 0)
				continue;
			lint_ask(lint);
			if (first->chassis != other->chassis || first->port != other->port)
				continue;
			struct finding *finding =
				lint_add(lint, FINDING_FAIL, other->shown,
					 "two root ports have the chassis %d and the slot %d: the "
					 "guest does not start",
					 first->chassis, first->port);
			finding_evidence(finding, "%s", first->shown);
			finding_cause(finding, "what is not said is 0");
			finding_fix(finding, "# chassis=N, another one for each port");
		}
}

/* x-vga hands the card the old VGA addresses; firmware by UEFI does not use them. */
void lint_x_vga(struct lint *lint)
{
	const struct guest_device *device;
	bool uefi =
		lint->guest->code != NULL || lint->guest->efi || lint_is_uefi(lint->guest->bios);

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		if (!uefi)
			continue;
		lint_ask(lint);
		if (!device->other_x_vga)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, device->shown,
				 "x-vga=on is for guests with an old BIOS; with UEFI it only takes "
				 "the VGA addresses from the host's card");
		lint_fix(lint, finding, "# remove the property x-vga", "# remove x-vga=on");
	}
}

/* Bridges behind which nothing is PCIe, as libvirt and QEMU call them. */
static bool makes_conventional(const char *model)
{
	static const char *const models[] = { "pci-bridge",       "dmi-to-pci-bridge",
					      "i82801b11-bridge", "pcie-to-pci-bridge",
					      "pcie-pci-bridge",  NULL };

	return model && g_strv_contains(models, model);
}

static bool is_conventional(const struct lint *lint, const char *bus)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_CONTROLLER, &i));) {
		g_autofree char *own = g_strdup_printf("%d", device->index);
		bool makes = lint->guest->form == GUEST_QEMU ? makes_bus(device, bus)
							     : strcmp(own, bus) == 0;
		if (makes && makes_conventional(device->model))
			return true;
	}
	return false;
}

/* i440fx has nothing else, and a rule of its own. */
void lint_conventional(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		if (!device->bus || guest_is_q35(lint->guest) != TRI_YES)
			continue;
		lint_ask(lint);
		if (!is_conventional(lint, device->bus))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, device->shown,
				 "in the guest it is behind a bridge of conventional PCI");
		finding_cause(finding, "there it is no PCIe device: drivers see no link, nor the "
				       "part of its config space beyond 256 bytes");
		lint_fix(lint, finding,
			 "# in its <address>: the bus of a <controller type='pci' "
			 "model='pcie-root-port'/>",
			 "# -device pcie-root-port,id=BUS,chassis=N, and bus=BUS");
	}
}
