/* Reading libvirt's XML into a guest. The text may come from anybody: libxml2 may load nothing, and
 * a document type, which only a text with tricks has, is refused. */
#include <libxml/parser.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "base/text.h"
#include "vm/guest.h"
#include "vm/qemu_reader.h"
#include "vm/xml_read.h"
#include "vm/xml_text.h"

/* ---- values ---- */

static const char *keep(struct guest *guest, char *text)
{
	const char *kept = guest_string(guest, text);

	g_free(text);
	return kept;
}

static const char *attribute(struct guest *guest, const xmlNode *node, const char *name)
{
	return keep(guest, node_attribute(node, name));
}

/* A number, decimal or with 0x; -1: none. */
static int number(const xmlNode *node, const char *name)
{
	g_autofree char *text = node_attribute(node, name);
	uint32_t value;

	if (!text)
		return -1;
	if (g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X"))
		return text_to_u32(text, 16, INT32_MAX, &value) ? (int)value : -1;
	return text_to_u32(text, 10, INT32_MAX, &value) ? (int)value : -1;
}

static uint64_t scale(const char *text, const char *unit)
{
	uint64_t bytes = 0;

	size_parse(text, unit, &bytes);
	return bytes;
}

static uint64_t size_of(const xmlNode *node)
{
	g_autofree char *text = node_text(node);
	g_autofree char *unit = node_attribute(node, "unit");

	return scale(text, unit);
}

static enum tri yes_no(const xmlNode *node, const char *name)
{
	if (node_says(node, name, "on") || node_says(node, name, "yes"))
		return TRI_YES;
	return node_says(node, name, "off") || node_says(node, name, "no") ? TRI_NO : TRI_UNKNOWN;
}

/* ---- devices ---- */

static struct guest_device *add(struct guest *guest, enum guest_device_kind kind, xmlNode *node)
{
	const char *shown = keep(guest, node_show(node));
	struct guest_device *device = guest_add(guest, kind, shown);
	xmlNode *address = node_child(node, "address");

	device->node = node;
	if (address && node_says(address, "type", "pci")) {
		int bus = number(address, "bus");
		device->slot = number(address, "slot");
		device->function = MAX(number(address, "function"), 0);
		device->bus = device->slot >= 0 ? guest_format(guest, "%d", MAX(bus, 0)) : NULL;
		device->multifunction = yes_no(address, "multifunction");
	}
	return device;
}

static bool read_source(const xmlNode *address, struct pci_addr *ret)
{
	int domain = number(address, "domain"), bus = number(address, "bus");
	int slot = number(address, "slot"), function = number(address, "function");

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

	device->usb_vendor = number(node_child(source, "vendor"), "id");
	device->usb_product = number(node_child(source, "product"), "id");
	const xmlNode *address = node_child(source, "address");
	g_autofree char *port = node_attribute(address, "port");
	device->usb_by_address = address != NULL;
	if (address)
		device->which = guest_usb_place(guest, number(address, "bus"),
						number(address, "device"), port);
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
	device->rom = attribute(guest, node_child(node, "rom"), "file");
	device->driver = attribute(guest, driver, "name");
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
	device->model = attribute(guest, node_child(node, "model"), "type");
	device->mac = attribute(guest, node_child(node, "mac"), "address");
	device->type = attribute(guest, node, "type");
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

	device->type = attribute(guest, node, "device");
	if (!device->type)
		device->type = "disk";
	device->bus_type = attribute(guest, target, "bus");
	device->target = attribute(guest, target, "dev");
	device->iothread = number(driver, "iothread");
	device->io = attribute(guest, driver, "io");
	device->cache = attribute(guest, driver, "cache");
	device->path = attribute(guest, source, "file");
	if (!device->path)
		device->path = attribute(guest, source, "dev");
	read_nvme(guest, node);
}

static void read_controller(struct guest *guest, xmlNode *node)
{
	struct guest_device *device = add(guest, GUEST_CONTROLLER, node);

	device->type = attribute(guest, node, "type");
	device->model = attribute(guest, node, "model");
	device->index = number(node, "index");
	device->iothread = number(node_child(node, "driver"), "iothread");
}

static void read_balloon(struct guest *guest, xmlNode *node)
{
	guest->balloon = node_says(node, "model", "none") ? TRI_NO : TRI_YES;
	add(guest, GUEST_OTHER, node);
}

static void read_shmem(struct guest *guest, xmlNode *node)
{
	struct guest_device *device = add(guest, GUEST_SHMEM, node);

	device->size = size_of(node_child(node, "size"));
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
};

static void read_device(struct guest *guest, xmlNode *node)
{
	for (size_t i = 0; i < G_N_ELEMENTS(device_readers); i++)
		if (node_is(node, device_readers[i].name)) {
			device_readers[i].read(guest, node);
			return;
		}
	read_other(guest, node);
}

/* ---- the domain ---- */

static void read_feature(struct guest *guest, const xmlNode *feature)
{
	bool on = node_says(feature, "policy", "require") || node_says(feature, "policy", "force");

	if (node_says(feature, "name", "topoext"))
		guest->topoext = on ? TRI_YES : TRI_NO;
	else if (node_says(feature, "name", "hypervisor"))
		guest->hypervisor_off = node_says(feature, "policy", "disable");
}

static void read_cpu(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *cpu = node_child(domain, "cpu"), *topology = node_child(cpu, "topology");
	const xmlNode *vcpu = node_child(domain, "vcpu");
	g_autofree char *vcpus = node_text(vcpu), *placed = node_attribute(vcpu, "cpuset");
	uint32_t n;

	guest->vcpus = vcpus && text_to_u32(vcpus, 10, 65535, &n) ? n : vcpus ? 0 : 1;
	guest->vcpus_now = (unsigned)MAX(number(vcpu, "current"), 0);
	guest->vcpus_placed = placed != NULL;
	guest->cpu = attribute(guest, cpu, "mode");
	if (cpu && !guest->cpu)
		guest->cpu = keep(guest, node_text(node_child(cpu, "model")));
	guest->sockets = number(topology, "sockets");
	guest->dies = number(topology, "dies");
	guest->clusters = number(topology, "clusters");
	guest->cores = number(topology, "cores");
	guest->threads = number(topology, "threads");
	for (xmlNode *feature = node_child(cpu, "feature"); feature;
	     feature = node_next(feature->next, "feature"))
		read_feature(guest, feature);
}

static void add_pin(struct guest *guest, GArray *pins, const xmlNode *node)
{
	const struct guest_pin pin = {
		.vcpu = number(node, "vcpu"),
		.iothread = number(node, "iothread"),
		.cpus = attribute(guest, node, "cpuset"),
	};

	if (pin.cpus)
		g_array_append_val(pins, pin);
}

static void read_pins(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *tune = node_child(domain, "cputune");

	for (xmlNode *node = node_child(tune, NULL); node; node = node_next(node->next, NULL)) {
		if (node_is(node, "vcpupin"))
			add_pin(guest, guest->pins, node);
		else if (node_is(node, "emulatorpin") || node_is(node, "iothreadpin"))
			add_pin(guest, guest->helpers, node);
	}
	guest->nodeset = attribute(guest, node_find(domain, "numatune/memory"), "nodeset");
}

static void read_hugepages(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *pages = node_find(domain, "memoryBacking/hugepages");
	const xmlNode *page = node_child(pages, "page");
	g_autofree char *size = node_attribute(page, "size");
	g_autofree char *unit = node_attribute(page, "unit");

	guest->hugepages = pages != NULL;
	guest->hugepage_size = scale(size, unit);
}

static void read_memory(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *current = node_child(domain, "currentMemory");

	guest->memory = size_of(node_child(domain, "memory"));
	guest->current = current ? size_of(current) : 0;
	guest->hard_limit = size_of(node_find(domain, "memtune/hard_limit"));
	read_hugepages(guest, domain);
}

static bool path_is_firmware(const char *path)
{
	return path && (strcasestr(path, "OVMF") || strcasestr(path, "edk2") ||
			strcasestr(path, "AAVMF") || strcasestr(path, "qemu-efi"));
}

static void read_os(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *os = node_child(domain, "os"), *type = node_child(os, "type");
	const xmlNode *loader = node_child(os, "loader"), *nvram = node_child(os, "nvram");
	const char *path = keep(guest, node_text(loader)), *vars = keep(guest, node_text(nvram));

	guest->machine = attribute(guest, type, "machine");
	guest->arch = attribute(guest, type, "arch");
	guest->efi = node_says(os, "firmware", "efi");
	if (path && *path && node_says(loader, "type", "pflash"))
		guest->code = path;
	else if (path_is_firmware(path))
		guest->bios = path;
	guest->code_readonly = yes_no(loader, "readonly");
	guest->vars = vars && *vars ? vars : NULL;
	guest->vars_template = attribute(guest, nvram, "template");
}

static void read_hyperv(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *hyperv = node_find(domain, "features/hyperv");

	for (xmlNode *node = node_child(hyperv, NULL); node; node = node_next(node->next, NULL)) {
		const char *name = guest_string(guest, (const char *)node->name);
		if (node_says(node, "state", "on"))
			g_array_append_val(guest->hyperv, name);
		if (node_is(node, "vendor_id") && node_says(node, "state", "on"))
			guest->vendor_id = guest_vendor(guest, attribute(guest, node, "value"));
	}
	for (xmlNode *timer = node_child(node_child(domain, "clock"), "timer"); timer;
	     timer = node_next(timer->next, "timer")) {
		const char *name = "time";
		if (node_says(timer, "name", "hypervclock") && !node_says(timer, "present", "no"))
			g_array_append_val(guest->hyperv, name);
	}
	guest->hidden = node_says(node_find(domain, "features/kvm/hidden"), "state", "on");
}

/* Arguments that libvirt hands through to QEMU without knowing what they mean. */
static void read_passed(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *line = node_child(domain, "commandline");
	const char *before = NULL;

	for (xmlNode *node = node_child(line, "arg"); node; node = node_next(node->next, "arg")) {
		const char *value = attribute(guest, node, "value");
		if (!value)
			continue;
		g_array_append_val(guest->passed, value);
		if (g_strcmp0(before, "-cpu") == 0)
			guest_pass_cpu(guest, value);
		before = value;
	}
}

static void read_type(struct guest *guest, const char *type)
{
	static const char *const by_qemu[] = { "qemu", "hvf", "kqemu", NULL };

	if (!type)
		return;
	if (strcmp(type, "kvm") == 0)
		guest->kvm = TRI_YES;
	else if (g_strv_contains(by_qemu, type))
		guest->kvm = TRI_NO;
	else
		guest->other = type;
}

static void read_domain(struct guest *guest, const xmlNode *domain)
{
	g_autofree char *iothreads = node_text(node_child(domain, "iothreads"));
	uint32_t n;

	guest->name = keep(guest, node_text(node_child(domain, "name")));
	guest->uuid = keep(guest, node_text(node_child(domain, "uuid")));
	read_type(guest, attribute(guest, domain, "type"));
	guest->iothreads = iothreads && text_to_u32(iothreads, 10, 65535, &n) ? n : 0;
	for (xmlNode *thread = node_find(domain, "iothreadids/iothread"); thread;
	     thread = node_next(thread->next, "iothread"))
		guest->iothreads = MAX(guest->iothreads, (unsigned)MAX(number(thread, "id"), 0));
	read_cpu(guest, domain);
	read_pins(guest, domain);
	read_memory(guest, domain);
	read_os(guest, domain);
	read_hyperv(guest, domain);
	read_passed(guest, domain);
	for (xmlNode *node = node_child(node_child(domain, "devices"), NULL); node;
	     node = node_next(node->next, NULL))
		read_device(guest, node);
}

/* ---- parsing ---- */

static xmlDoc *parse(const char *text, size_t length, char **message)
{
	xmlParserCtxt *context = xmlNewParserCtxt();
	xmlDoc *doc = NULL;

	if (context && length < G_MAXINT)
		doc = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL,
					XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
						XML_PARSE_BIG_LINES);
	const xmlError *error = context ? xmlCtxtGetLastError(context) : NULL;
	if (!doc && error && error->message) {
		g_autofree char *line = g_strdup(error->message);
		*message = g_strdup_printf("line %d: %s", error->line, g_strchomp(line));
	} else if (!doc) {
		*message = g_strdup("no XML");
	}
	xmlFreeParserCtxt(context);
	return doc;
}

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

struct guest *guest_read_xml(const char *text, size_t length, char **malformed, GError **error)
{
	*malformed = NULL;
	xmlDoc *doc = parse(text, length, malformed);
	const xmlNode *domain = doc ? xmlDocGetRootElement(doc) : NULL;

	if (doc && doc->intSubset) {
		*malformed = g_strdup("it has a document type, as no definition of a guest has");
		xmlFreeDoc(doc);
		doc = NULL;
	}
	if (!doc) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no well-formed XML: %s",
			    *malformed);
		return NULL;
	}
	if (!domain || !node_is(domain, "domain")) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "the definition of no guest: it starts with <%s>, not <domain>",
			    domain ? (const char *)domain->name : "?");
		xmlFreeDoc(doc);
		return NULL;
	}
	struct guest *guest = guest_new(GUEST_XML);
	guest->doc = doc;
	guest->xml_text = xml_text_new(text, length, doc);
	guest->single_quotes = count(text, "='") >= count(text, "=\"");
	read_domain(guest, domain);
	return guest;
}

char *guest_xml(const struct guest *guest)
{
	xmlChar *dumped = NULL;

	if (guest->xml_text)
		return xml_text_write(guest->xml_text, guest->doc, guest->single_quotes);
	xmlDocDumpMemory(guest->doc, &dumped, NULL);
	char *text = g_strdup((const char *)dumped);
	xmlFree(dumped);
	return text;
}

void guest_free_xml(struct guest *guest)
{
	xml_text_free(guest->xml_text);
	xmlFreeDoc(guest->doc);
}
