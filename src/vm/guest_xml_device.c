/* Reading devices of libvirt's XML into a guest. */
#include "vm/guest_xml_parts.h"
#include "vm/xml_read.h"

static struct guest_device *add(struct guest *guest, enum guest_device_kind kind, xmlNode *node)
{
	const char *shown = xml_keep(guest, node_show(node));
	struct guest_device *device = guest_add(guest, kind, shown);
	xmlNode *address = node_child(node, "address");

	device->node = node;
	if (address && node_says(address, "type", "pci")) {
		int bus = xml_number(address, "bus");
		device->slot = xml_number(address, "slot");
		device->function = MAX(xml_number(address, "function"), 0);
		device->bus = device->slot >= 0 ? guest_format(guest, "%d", MAX(bus, 0)) : NULL;
		device->multifunction = xml_yes_no(address, "multifunction");
	}
	return device;
}

static bool read_source(const xmlNode *address, struct pci_addr *ret)
{
	int domain = xml_number(address, "domain"), bus = xml_number(address, "bus");
	int slot = xml_number(address, "slot"), function = xml_number(address, "function");

	if (bus < 0 || bus > 255 || slot < 0 || slot > 31 || function > 7)
		return false;
	*ret = (struct pci_addr){
		.domain = domain > 0 ? (uint32_t)domain : 0,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)MAX(function, 0),
	};
	return true;
}

static void read_usb(struct guest *guest, xmlNode *node)
{
	struct guest_device *device = add(guest, GUEST_USB, node);
	const xmlNode *source = node_child(node, "source");

	device->usb_vendor = xml_number(node_child(source, "vendor"), "id");
	device->usb_product = xml_number(node_child(source, "product"), "id");
	const xmlNode *address = node_child(source, "address");
	g_autofree char *port = node_attribute(address, "port");
	device->usb_by_address = address != NULL;
	if (address)
		device->which = guest_usb_place(guest, xml_number(address, "bus"),
						xml_number(address, "device"), port);
	else if (device->usb_vendor >= 0 && device->usb_product >= 0)
		device->which =
			guest_format(guest, "USB device %04x:%04x", (unsigned)device->usb_vendor,
				     (unsigned)device->usb_product);
}

/* Other models than vfio-pci are no PCI functions to the guest. */
static void read_mediated(struct guest *guest, xmlNode *node)
{
	bool pci = node_says(node, "model", "vfio-pci");
	struct guest_device *device = add(guest, pci ? GUEST_HOSTDEV : GUEST_OTHER, node);
	g_autofree char *uuid = node_attribute(node_find(node, "source/address"), "uuid");

	device->mediated = true;
	if (uuid)
		device->which = guest_format(guest, "mediated device %s", uuid);
}

static void read_hostdev(struct guest *guest, xmlNode *node)
{
	struct pci_addr source;
	const xmlNode *driver = node_child(node, "driver");

	if (node_says(node, "type", "usb")) {
		read_usb(guest, node);
		return;
	}
	if (node_says(node, "type", "mdev")) {
		read_mediated(guest, node);
		return;
	}
	if (!node_says(node, "type", "pci") ||
	    !read_source(node_find(node, "source/address"), &source)) {
		add(guest, GUEST_OTHER, node);
		return;
	}
	struct guest_device *device = add(guest, GUEST_HOSTDEV, node);
	device->source = source;
	device->unmanaged = !node_says(node, "managed", "yes");
	device->rom = xml_string(guest, node_child(node, "rom"), "file");
	device->driver = xml_string(guest, driver, "name");
	if (g_strcmp0(device->driver, "kvm") == 0)
		guest->assign_legacy = true;
}

/* <interface type='hostdev'>: a network function of the host. */
static void read_interface(struct guest *guest, xmlNode *node)
{
	struct pci_addr source;
	bool hostdev = node_says(node, "type", "hostdev") &&
		       read_source(node_find(node, "source/address"), &source);
	struct guest_device *device = add(guest, hostdev ? GUEST_HOSTDEV : GUEST_NIC, node);

	if (hostdev) {
		device->source = source;
		device->unmanaged = !node_says(node, "managed", "yes");
	}
	device->model = xml_string(guest, node_child(node, "model"), "type");
	device->mac = xml_string(guest, node_child(node, "mac"), "address");
	device->teaming = node_child(node, "teaming") != NULL;
	device->type = xml_string(guest, node, "type");
}

static bool has_nvme(const struct guest *guest, struct pci_addr addr)
{
	for (guint i = 0; i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		if (device->kind == GUEST_NVME && pci_addr_equal(device->source, addr))
			return true;
	}
	return false;
}

/* <disk type='nvme'>: several name spaces of one function are one thing of the host. */
static void read_nvme(struct guest *guest, xmlNode *node)
{
	const xmlNode *source = node_child(node, "source");
	struct pci_addr addr;

	if (!node_says(node, "type", "nvme") ||
	    !read_source(node_child(source, "address"), &addr) || has_nvme(guest, addr))
		return;
	struct guest_device *device = add(guest, GUEST_NVME, node);
	device->source = addr;
	device->unmanaged = !node_says(source, "managed", "yes");
	device->slot = -1; /* the place in the guest is the disk's */
	device->bus = NULL;
}

static void read_disk(struct guest *guest, xmlNode *node)
{
	struct guest_device *device = add(guest, GUEST_DISK, node);
	const xmlNode *driver = node_child(node, "driver"), *target = node_child(node, "target");
	const xmlNode *source = node_child(node, "source");

	device->type = xml_string(guest, node, "device");
	if (!device->type)
		device->type = "disk";
	device->bus_type = xml_string(guest, target, "bus");
	device->target = xml_string(guest, target, "dev");
	device->iothread = xml_number(driver, "iothread");
	device->io = xml_string(guest, driver, "io");
	device->cache = xml_string(guest, driver, "cache");
	device->path = xml_string(guest, source, "file");
	if (!device->path)
		device->path = xml_string(guest, source, "dev");
	read_nvme(guest, node);
}

static void read_controller(struct guest *guest, xmlNode *node)
{
	struct guest_device *device = add(guest, GUEST_CONTROLLER, node);

	device->type = xml_string(guest, node, "type");
	device->model = xml_string(guest, node, "model");
	device->index = xml_number(node, "index");
	device->is_port = device->model && (g_str_has_suffix(device->model, "-root-port") ||
					    g_str_has_suffix(device->model, "-downstream-port"));
	device->iothread = xml_number(node_child(node, "driver"), "iothread");
}

static void read_balloon(struct guest *guest, xmlNode *node)
{
	guest->balloon = node_says(node, "model", "none") ? TRI_NO : TRI_YES;
	add(guest, GUEST_OTHER, node);
}

static void read_shmem(struct guest *guest, xmlNode *node)
{
	struct guest_device *device = add(guest, GUEST_SHMEM, node);

	device->size = xml_size(node_child(node, "size"));
}

static void read_iommu(struct guest *guest, xmlNode *node)
{
	const xmlNode *driver = node_child(node, "driver");

	guest->iommu = (struct guest_iommu){
		.model = xml_string(guest, node, "model"),
		.caching = xml_yes_no(driver, "caching_mode"),
		.remapping = xml_yes_no(driver, "intremap"),
		.shown = add(guest, GUEST_OTHER, node)->shown,
		.word = -1,
	};
}

static void read_tpm(struct guest *guest, xmlNode *node)
{
	guest->tpm = true;
	add(guest, GUEST_OTHER, node);
}

/* The first console is the first serial port over again, address and all. */
static void read_console(struct guest *guest, xmlNode *node)
{
	add(guest, GUEST_OTHER, node)->slot = -1;
}

static void read_other(struct guest *guest, xmlNode *node)
{
	add(guest, GUEST_OTHER, node);
}

static const struct {
	const char *name;
	void (*read)(struct guest *guest, xmlNode *node);
} device_readers[] = {
	{ "hostdev", read_hostdev },
	{ "interface", read_interface },
	{ "disk", read_disk },
	{ "shmem", read_shmem },
	{ "controller", read_controller },
	{ "memballoon", read_balloon },
	{ "console", read_console },
	{ "iommu", read_iommu },
	{ "tpm", read_tpm },
};

void guest_xml_device(struct guest *guest, xmlNode *node)
{
	for (size_t i = 0; i < G_N_ELEMENTS(device_readers); i++)
		if (node_is(node, device_readers[i].name)) {
			device_readers[i].read(guest, node);
			return;
		}
	read_other(guest, node);
}
