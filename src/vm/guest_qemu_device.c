/* Reading what stands behind -device into a guest. */
#include <string.h>

#include "base/text.h"
#include "vm/qemu_reader.h"

static void place(struct guest *guest, struct guest_device *device, const GArray *pairs)
{
	const char *addr = pairs_get(pairs, "addr"), *multi = pairs_get(pairs, "multifunction");

	device->bus = guest_string(guest, pairs_get(pairs, "bus"));
	device->id = guest_string(guest, pairs_get(pairs, "id"));
	if (multi)
		device->multifunction = pairs_is_on(multi) ? TRI_YES : TRI_NO;
	if (!addr)
		return;
	g_auto(GStrv) parts = g_strsplit(addr, ".", 2);
	uint32_t slot, function = 0;
	if (!parts[0] || !text_to_u32(parts[0], 16, 255, &slot) ||
	    (parts[1] && !text_to_u32(parts[1], 16, 7, &function)))
		return;
	device->slot = (int)slot;
	device->function = (int)function;
}

static void read_vfio(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	const char *host = pairs_get(pairs, "host"), *sysfs = pairs_get(pairs, "sysfsdev");
	const char *slash = sysfs ? strrchr(sysfs, '/') : NULL;

	device->kind = GUEST_HOSTDEV;
	device->mediated = !(host && pci_addr_parse(host, &device->source)) &&
			   !(slash && pci_addr_parse(slash + 1, &device->source));
	if (device->mediated && sysfs)
		device->which = guest_format(reader->guest, "mediated device %s",
					     slash && slash[1] ? slash + 1 : sysfs);
	device->rom = guest_string(reader->guest, pairs_get(pairs, "romfile"));
	if (device->rom && !*device->rom)
		device->rom = NULL;
	device->other_x_vga = pairs_is_on(pairs_get(pairs, "x-vga"));
	device->unmanaged = true;
}

static int to_id(const char *text)
{
	uint32_t value;

	return text && text_to_u32(text, 16, 0xffff, &value) ? (int)value : -1;
}

static void read_usb_host(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	device->kind = GUEST_USB;
	device->usb_vendor = to_id(pairs_get(pairs, "vendorid"));
	device->usb_product = to_id(pairs_get(pairs, "productid"));
	device->usb_by_address = pairs_get(pairs, "hostaddr") || pairs_get(pairs, "hostport");
	device->which = guest_usb_place(reader->guest, pairs_int(pairs_get(pairs, "hostbus")),
					pairs_int(pairs_get(pairs, "hostaddr")),
					pairs_get(pairs, "hostport"));
}

static void read_disk(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	static const struct {
		const char *prefix, *bus;
	} buses[] = { { "virtio-blk", "virtio" },
		      { "ide-", "ide" },
		      { "scsi-", "scsi" },
		      { "usb-", "usb" },
		      { "nvme", "nvme" } };
	const char *driver = device->model;
	struct node *node = reader_node(reader, pairs_get(pairs, "drive"));

	device->kind = GUEST_DISK;
	device->type = g_str_has_suffix(driver, "cd") ? "cdrom" : "disk";
	for (size_t i = 0; i < G_N_ELEMENTS(buses); i++)
		if (g_str_has_prefix(driver, buses[i].prefix))
			device->bus_type = buses[i].bus;
	device->iothread = pairs_get(pairs, "iothread") ? 1 : -1;
	if (!node)
		return;
	device->path = node->path;
	device->io = node->io;
	device->cache = node->cache;
	if (node->placed < 0)
		return;
	/* One disk with two places: what QEMU would make of -drive is not counted as another. */
	device->placed_twice = true;
	g_array_index(reader->guest->devices, struct guest_device, node->placed).kind = GUEST_OTHER;
}

static void read_nic_device(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	device->kind = GUEST_NIC;
	device->mac = guest_string(reader->guest, pairs_get(pairs, "mac"));
	device->teaming = pairs_is_on(pairs_get(pairs, "failover"));
}

static void read_controller(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	(void)reader;
	(void)pairs;
	device->kind = GUEST_CONTROLLER;
}

/* A number as QEMU reads it; -1: it is none, or not known. */
static int to_number(const char *text)
{
	return !text ? 0 : g_str_has_prefix(text, "0x") ? to_id(text + 2) : pairs_int(text);
}

/* What is not said is 0 (QEMU: hw/pci-bridge/pcie_root_port.c, gen_pcie_root_port.c). */
static void read_port(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	read_controller(reader, device, pairs);
	device->is_port = true;
	device->chassis = to_number(pairs_get(pairs, "chassis"));
	device->port = to_number(pairs_get(pairs, "slot"));
}

static void read_shmem(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	const char *memory = pairs_get(pairs, "memdev");
	const uint64_t *size = memory ? g_hash_table_lookup(reader->memory, memory) : NULL;

	device->kind = GUEST_SHMEM;
	device->size = size ? *size : 0;
}

static void read_balloon_device(struct reader *reader, struct guest_device *device,
				const GArray *pairs)
{
	(void)device;
	(void)pairs;
	reader->guest->balloon = TRI_YES;
}

static void read_iommu(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	const char *caching = pairs_get(pairs, "caching-mode");

	reader->guest->iommu = (struct guest_iommu){
		.model = "intel",
		.caching = pairs_is_on(caching) ? TRI_YES
			   : caching            ? TRI_NO
						: TRI_UNKNOWN,
		.remapping = TRI_UNKNOWN,
		.shown = device->shown,
		.word = device->word,
	};
}

static void read_assign(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	reader->guest->assign_legacy = true;
	read_vfio(reader, device, pairs);
}

static const struct {
	const char *prefix;
	void (*read)(struct reader *reader, struct guest_device *device, const GArray *pairs);
} drivers[] = {
	{ "vfio-pci", read_vfio },
	{ "pci-assign", read_assign },
	{ "kvm-pci-assign", read_assign },
	{ "usb-host", read_usb_host },
	{ "virtio-blk", read_disk },
	{ "ide-", read_disk },
	{ "scsi-hd", read_disk },
	{ "scsi-cd", read_disk },
	{ "usb-storage", read_disk },
	{ "nvme", read_disk },
	{ "virtio-net", read_nic_device },
	{ "e1000", read_nic_device },
	{ "rtl8139", read_nic_device },
	{ "virtio-balloon", read_balloon_device },
	{ "pcie-root-port", read_port },
	{ "ioh3420", read_port },
	{ "pcie-pci-bridge", read_controller },
	{ "i82801b11-bridge", read_controller },
	{ "pci-bridge", read_controller },
	{ "x3130-upstream", read_controller },
	{ "xio3130-downstream", read_port },
	{ "pxb", read_controller },
	{ "ivshmem-plain", read_shmem },
	{ "intel-iommu", read_iommu },
};

void reader_device(struct reader *reader, const GArray *pairs)
{
	const char *driver = pairs_get_implied(pairs, "driver");
	struct guest *guest = reader->guest;

	if (!driver)
		return;
	struct guest_device *device = guest_add(guest, GUEST_OTHER, reader->shown);
	device->word = reader->value;
	device->model = guest_string(guest, driver);
	place(guest, device, pairs);
	for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
		if (g_str_has_prefix(driver, drivers[i].prefix)) {
			drivers[i].read(reader, device, pairs);
			return;
		}
}

/* One that is not told may stand in a file (-readconfig), and is a port there more often than not.
 */
static bool is_port(const struct guest *guest, const char *id)
{
	bool told = strcmp(id, "pcie.0") == 0 || strcmp(id, "pci.0") == 0;

	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		if (device->is_port && g_strcmp0(device->id, id) == 0)
			return true;
		told |= g_strcmp0(device->id, id) == 0;
	}
	return guest->open && !told;
}

void reader_finish_ports(struct reader *reader)
{
	for (guint i = 0; i < reader->guest->devices->len; i++) {
		struct guest_device *device =
			&g_array_index(reader->guest->devices, struct guest_device, i);
		if (device->slot < 0 && device->bus && is_port(reader->guest, device->bus))
			device->slot = device->function = 0;
	}
}
