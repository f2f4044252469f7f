/* Rules about disks and network cards. */
#include <string.h>

#include "base/text.h"
#include "vm/lint_parts.h"

static const char *bus_of(const struct guest_device *device)
{
	if (device->bus_type)
		return device->bus_type;
	if (device->target && g_str_has_prefix(device->target, "vd"))
		return "virtio";
	if (device->target && g_str_has_prefix(device->target, "hd"))
		return "ide";
	return NULL;
}

void lint_iothread_bus(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));) {
		const char *bus = bus_of(device);
		if (device->iothread < 0 || !bus)
			continue;
		lint_ask(lint);
		if (strcmp(bus, "virtio") == 0)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown,
				 "the disk is given an I/O thread, but its bus '%s' cannot use one",
				 bus);
		finding_cause(finding, "only virtio disks can; of SCSI disks it is the controller "
				       "that is given one");
		lint_fix(lint, finding, "# <target … bus='virtio'/>, or remove iothread=",
			 "# -device virtio-blk-pci, or iothread= at its virtio-scsi-pci");
	}
}

static void check_number(struct lint *lint, const struct guest_device *device)
{
	if (device->iothread < 0)
		return;
	lint_ask(lint);
	if (device->iothread >= 1 && (unsigned)device->iothread <= lint->guest->iothreads)
		return;
	struct finding *finding = lint_add(lint, FINDING_FAIL, device->shown,
					   "there is no I/O thread %d: the guest has %u",
					   device->iothread, lint->guest->iothreads);
	finding_fix(finding, "# in <domain>: <iothreads>%d</iothreads>", MAX(device->iothread, 1));
}

void lint_iothread_number(struct lint *lint)
{
	const struct guest_device *device;

	if (lint->guest->form != GUEST_XML)
		return;
	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));)
		check_number(lint, device);
	for (guint i = 0; (device = lint_next(lint, GUEST_CONTROLLER, &i));)
		check_number(lint, device);
}

void lint_slow_disk(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));) {
		const char *bus = bus_of(device);
		if (strcmp(device->type, "disk") != 0 || !bus)
			continue;
		lint_ask(lint);
		if (strcmp(bus, "ide") != 0 && strcmp(bus, "sata") != 0)
			continue;
		struct finding *finding = lint_add(lint, FINDING_WARN, device->shown,
						   "the disk is emulated (%s), which is slow", bus);
		lint_fix(lint, finding, "# <target … bus='virtio'/>, once the guest has the driver",
			 "# -device virtio-blk-pci, once the guest has the driver");
	}
}

bool lint_is_slow_nic(const char *model)
{
	static const char *const slow[] = { "e1000e", "rtl8139", "pcnet", "ne2k_pci", NULL };

	/* e1000-82545em, …: each is a model of its own */
	return g_strv_contains(slow, model) || strcmp(model, "e1000") == 0 ||
	       g_str_has_prefix(model, "e1000-");
}

void lint_slow_nic(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_NIC, &i));) {
		lint_ask(lint);
		if (!device->model || !lint_is_slow_nic(device->model))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, device->shown,
				 "the network card is emulated (%s), which is slow", device->model);
		lint_fix(lint, finding, "# <model type='virtio'/>", "# -device virtio-net-pci");
	}
}

void lint_native_cache(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));) {
		const char *cache = device->cache;
		if (!device->io || strcmp(device->io, "native") != 0)
			continue;
		lint_ask(lint);
		if (cache && (strcmp(cache, "none") == 0 || strcmp(cache, "directsync") == 0))
			continue;
		struct finding *finding = lint_add(lint, FINDING_FAIL, device->shown,
						   "native I/O does not work through the host's "
						   "cache");
		lint_fix(lint, finding, "# <driver … cache='none' io='native'/>",
			 "# cache.direct=on beside aio=native (of -drive also: cache=none)");
	}
}

/* Flushes of the guest are thrown away. */
void lint_cache_unsafe(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));) {
		if (strcmp(device->type, "disk") != 0 || !device->cache)
			continue;
		lint_ask(lint);
		if (strcmp(device->cache, "unsafe") != 0)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, device->shown,
				 "the disk's cache is 'unsafe': what the guest has written is lost "
				 "when the host stops");
		finding_cause(finding, "the host tells the guest that data is on the disk before "
				       "it is there; file systems break by that");
		lint_fix(lint, finding, "# <driver … cache='none'/>", "# cache=none");
	}
}

void lint_duplicate_target(struct lint *lint)
{
	const struct guest_device *first, *other;

	for (guint i = 0; (first = lint_next(lint, GUEST_DISK, &i));) {
		if (!first->target)
			continue;
		lint_ask(lint);
		for (guint j = i; (other = lint_next(lint, GUEST_DISK, &j));)
			if (g_strcmp0(first->target, other->target) == 0)
				lint_add(lint, FINDING_FAIL, other->shown, "two disks are '%s'",
					 first->target);
	}
}

/* QEMU: "Drive '…' is already in use because it has been automatically connected to another device
 * (did you need 'if=none' in the drive options?)" (hw/core/qdev-properties-system.c). */
void lint_placed_twice(struct lint *lint)
{
	const struct guest_device *device;

	if (lint->guest->form != GUEST_QEMU)
		return;
	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));) {
		lint_ask(lint);
		if (!device->placed_twice)
			continue;
		struct finding *finding = lint_add(
			lint, FINDING_FAIL, device->shown,
			"the disk has two places: QEMU makes one of its -drive, and -device "
			"is another");
		finding_cause(finding, "QEMU does not start then");
		finding_fix(finding, "# if=none in its -drive");
	}
}

/* Six bytes; the first bit that is sent tells a group of cards, which one card cannot be. */
void lint_mac(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_NIC, &i));) {
		const char *mac = device->mac;
		uint32_t first;
		if (!mac || strchr(mac, '$'))
			continue;
		lint_ask(lint);
		bool good = strlen(mac) == 17 && strspn(mac, "0123456789abcdefABCDEF:") == 17;
		for (size_t j = 0; good && j < 17; j++)
			good = (mac[j] == ':') == (j % 3 == 2);
		if (!good)
			lint_add(lint, FINDING_FAIL, device->shown, "'%s' is no address of a card",
				 mac);
		else if (text_hex(mac, 2, &first) && (first & 1))
			lint_add(lint, FINDING_FAIL, device->shown,
				 "'%s' is the address of a group of cards, not of one", mac);
	}
}

/* Where one card takes the other's place (teaming, failover) both have one address on purpose. */
void lint_mac_duplicate(struct lint *lint)
{
	const GArray *devices = lint->guest->devices;

	for (guint i = 0; i < devices->len; i++) {
		const struct guest_device *first = &g_array_index(devices, struct guest_device, i);
		if (!first->mac || strchr(first->mac, '$'))
			continue;
		lint_ask(lint);
		for (guint j = i + 1; j < devices->len; j++) {
			const struct guest_device *other =
				&g_array_index(devices, struct guest_device, j);
			if (!other->mac || g_ascii_strcasecmp(first->mac, other->mac) != 0 ||
			    first->teaming || other->teaming)
				continue;
			struct finding *finding =
				lint_add(lint, FINDING_WARN, other->shown,
					 "two network cards have the address %s", first->mac);
			finding_evidence(finding, "%s", first->shown);
			finding_cause(finding, "in one network what is sent to one of them arrives "
					       "at the other, or at none");
			lint_fix(lint, finding, "# remove one <mac>: libvirt makes another",
				 "# another mac= for one of them");
		}
	}
}
