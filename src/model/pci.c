/* Addresses, classes and drivers: the pure questions of pci.h. */
#include "model/pci.h"

#include <string.h>

#include <glib.h>

#include "base/text.h"

/* ---- address ---- */

static size_t scan_bus_slot_function(const char *text, struct pci_addr *addr)
{
	uint32_t bus, slot;

	if (!text_hex(text, 2, &bus) || text[2] != ':' || !text_hex(text + 3, 2, &slot) ||
	    text[5] != '.' || text[6] < '0' || text[6] > '7' || slot > 31)
		return 0;
	if (text_hex_digit(text[7]) >= 0)
		return 0;
	addr->bus = (uint8_t)bus;
	addr->slot = (uint8_t)slot;
	addr->function = (uint8_t)(text[6] - '0');
	return 7;
}

size_t pci_addr_scan(const char *text, struct pci_addr *ret)
{
	struct pci_addr addr = { 0 };
	size_t n = scan_bus_slot_function(text, &addr);

	if (n > 0) {
		*ret = addr;
		return n;
	}

	unsigned digits = 0;
	while (digits < 9 && text_hex_digit(text[digits]) >= 0)
		digits++;
	if (digits < 4 || digits > 8 || text[digits] != ':')
		return 0;
	text_hex(text, digits, &addr.domain);
	n = scan_bus_slot_function(text + digits + 1, &addr);
	if (n == 0)
		return 0;
	*ret = addr;
	return digits + 1 + n;
}

bool pci_addr_parse(const char *text, struct pci_addr *ret)
{
	struct pci_addr addr;
	size_t n = pci_addr_scan(text, &addr);

	if (n == 0 || text[n] != '\0')
		return false;
	*ret = addr;
	return true;
}

static char *put_hex(char *at, uint32_t value, unsigned digits)
{
	static const char alphabet[] = "0123456789abcdef";

	while (digits-- > 0)
		*at++ = alphabet[value >> 4 * digits & 0xf];
	return at;
}

/* By hand: printf takes longer than everything else that is done with an address. */
char *pci_addr_format(struct pci_addr addr, char buf[PCI_ADDR_SIZE])
{
	unsigned digits = 4;

	while (digits < 8 && addr.domain >> 4 * digits != 0)
		digits++;
	char *at = put_hex(buf, addr.domain, digits);
	*at++ = ':';
	at = put_hex(at, addr.bus, 2);
	*at++ = ':';
	at = put_hex(at, addr.slot, 2);
	*at++ = '.';
	*at++ = (char)('0' + addr.function);
	*at = '\0';
	return buf;
}

/* ---- kinds ---- */

static const char *const kind_names[] = {
	[KIND_OTHER] = "other",     [KIND_GPU] = "gpu",
	[KIND_AUDIO] = "audio",     [KIND_USB_CONTROLLER] = "usb-controller",
	[KIND_NVME] = "nvme",       [KIND_SATA] = "sata",
	[KIND_NETWORK] = "network", [KIND_BRIDGE] = "bridge",
	[KIND_UNKNOWN] = "other",   [KIND_HOST_BRIDGE] = "host-bridge",
};

const char *pci_kind_name(enum pci_kind kind)
{
	return kind_names[kind];
}

/* Class codes (PCI Code and ID Assignment Specification); subclass -1: every one. First match. */
static const struct {
	int class;
	int subclass;
	enum pci_kind kind;
} class_kinds[] = {
	{ .class = 0x00, .subclass = 0x01, .kind = KIND_GPU }, /* VGA before classes existed */
	{ .class = 0x03, .subclass = -1, .kind = KIND_GPU },
	{ .class = 0x04, .subclass = 0x01, .kind = KIND_AUDIO },
	{ .class = 0x04, .subclass = 0x03, .kind = KIND_AUDIO },
	{ .class = 0x0c, .subclass = 0x03, .kind = KIND_USB_CONTROLLER },
	{ .class = 0x01, .subclass = 0x08, .kind = KIND_NVME },
	{ .class = 0x01, .subclass = 0x06, .kind = KIND_SATA },
	{ .class = 0x02, .subclass = -1, .kind = KIND_NETWORK },
	{ .class = 0x06, .subclass = 0x00, .kind = KIND_HOST_BRIDGE },
	{ .class = 0x06, .subclass = -1, .kind = KIND_BRIDGE },
};

enum pci_kind pci_class_kind(int32_t class_code)
{
	if (class_code < 0)
		return KIND_UNKNOWN;
	for (size_t i = 0; i < sizeof(class_kinds) / sizeof(class_kinds[0]); i++) {
		if (class_kinds[i].class == class_code >> 16 &&
		    (class_kinds[i].subclass == -1 ||
		     class_kinds[i].subclass == (class_code >> 8 & 0xff)))
			return class_kinds[i].kind;
	}
	return KIND_OTHER;
}

struct pci_dev pci_dev_unknown(struct pci_addr addr)
{
	return (struct pci_dev){
		.addr = addr,
		.vendor = -1,
		.device = -1,
		.subsystem_vendor = -1,
		.subsystem_device = -1,
		.class_code = -1,
		.revision = -1,
		.numa_node = -1,
		.boot_vga = TRI_UNKNOWN,
		.kind = KIND_UNKNOWN,
		.parent = -1,
		.group = -1,
		.group_id = -1,
	};
}

/* NVSwitch has class 0680 and a plain header: an endpoint that guests are given. */
bool pci_dev_is_bridge(const struct pci_dev *dev)
{
	if (dev->kind != KIND_BRIDGE && dev->kind != KIND_HOST_BRIDGE)
		return false;
	return !(dev->class_code >> 8 == 0x0680 && pci_dev_is_nvidia(dev));
}

/* ---- drivers ---- */

bool pci_driver_is_vfio(const char *driver)
{
	return driver &&
	       (strcmp(driver, "vfio-pci") == 0 || g_str_has_suffix(driver, "-vfio-pci") ||
		g_str_has_suffix(driver, "_vfio_pci"));
}

/* Kernel: drivers with .driver_managed_dma set, and no driver at all. */
bool pci_driver_is_harmless(const char *driver)
{
	return !driver || pci_driver_is_vfio(driver) || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}
