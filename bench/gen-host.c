/* Writes the tree of a made-up machine with N PCI functions, as the kernel would show it:
 *
 *   gen-host DIRECTORY N
 *
 * A machine is made of root buses, four to a domain; a root bus has onboard devices and root ports,
 * and below each port there is a card; what cards there are is the table below. Functions are added
 * in this order until there are N of them. Nothing in it is random: the same N is the same tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT_BUSES_PER_DOMAIN 4
#define BUSES_PER_ROOT        (256 / ROOT_BUSES_PER_DOMAIN)

/* ---- what the machine is made of ---- */

struct function {
	uint8_t slot;
	uint8_t function;
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;
	const char *driver; /* NULL: none */
	int pcie_type;      /* -1: conventional */
	bool same_group;    /* shares the group of the function before it */
	const char *reset;
	bool acs; /* has the ACS capability, all of it switched on */
};

struct card {
	const struct function *functions;
	unsigned n;
};

#define CARD(table)                                                                                \
	{                                                                                          \
		.functions = (table), .n = sizeof(table) / sizeof((table)[0])                      \
	}

static const struct function onboard[] = {
	{ 0x00, 0, 0x8086, 0x3ec2, 0x060000, "skl_uncore", -1, false, "" },
	{ 0x02, 0, 0x8086, 0x3e92, 0x030000, "i915", 9, false, "flr pm" },
	{ 0x14, 0, 0x8086, 0xa36d, 0x0c0330, "xhci_hcd", -1, false, "" },
	{ 0x14, 2, 0x8086, 0xa36f, 0x050000, NULL, -1, true, "" },
	{ 0x17, 0, 0x8086, 0xa352, 0x010601, "ahci", -1, false, "pm" },
	{ 0x1f, 0, 0x8086, 0xa305, 0x060100, NULL, -1, false, "" },
	{ 0x1f, 3, 0x8086, 0xa348, 0x040300, "snd_hda_intel", -1, true, "pm" },
	{ 0x1f, 4, 0x8086, 0xa323, 0x0c0500, "i801_smbus", -1, true, "" },
	{ 0x1f, 5, 0x8086, 0xa324, 0x0c8000, "intel-spi", -1, true, "" },
};

static const struct function gpu[] = {
	{ 0, 0, 0x10de, 0x1e87, 0x030000, "nvidia", 1, true, "bus" },
	{ 0, 1, 0x10de, 0x10f8, 0x040300, "snd_hda_intel", 0, true, "bus" },
	{ 0, 2, 0x10de, 0x1ad8, 0x0c0330, "xhci_hcd", 0, true, "pm" },
	{ 0, 3, 0x10de, 0x1ad9, 0x0c8000, "nvidia-gpu", 0, true, "pm" },
};

static const struct function nvme[] = {
	{ 0, 0, 0x144d, 0xa808, 0x010802, "nvme", 0, false, "flr bus" },
};

/* Known by the kernel to be isolated without saying so. */
static const struct function nic[] = {
	{ 0, 0, 0x8086, 0x1521, 0x020000, "igb", 0, false, "flr bus" },
	{ 0, 1, 0x8086, 0x1521, 0x020000, "igb", 0, false, "flr bus" },
};

static const struct function quad[] = {
	{ 0, 0, 0x14e4, 0x165f, 0x020000, "tg3", 0, false, "flr bus" },
	{ 0, 1, 0x14e4, 0x165f, 0x020000, "tg3", 0, true, "flr bus" },
	{ 0, 2, 0x14e4, 0x165f, 0x020000, NULL, 0, true, "flr bus" },
	{ 0, 3, 0x14e4, 0x165f, 0x020000, NULL, 0, true, "flr bus" },
};

static const struct function usb[] = {
	{ 0, 0, 0x1b73, 0x1100, 0x0c0330, "vfio-pci", 0, false, "flr bus" },
};

static const struct function isolated[] = {
	{ 0, 0, 0x15b3, 0x1017, 0x020000, "mlx5_core", 0, false, "flr bus", true },
	{ 0, 1, 0x15b3, 0x1017, 0x020000, "mlx5_core", 0, false, "flr bus", true },
	{ 0, 2, 0x15b3, 0x1017, 0x020000, "vfio-pci", 0, false, "flr", true },
	{ 0, 3, 0x15b3, 0x1017, 0x020000, NULL, 0, false, "flr", true },
};

/* The cards of eight ports; then again from the start. The functions of real machines make up about
 * five groups for eight functions, and so do these. */
static const struct card cards[] = {
	CARD(gpu), CARD(nvme), CARD(nic),  CARD(isolated),
	CARD(gpu), CARD(usb),  CARD(quad), CARD(nvme),
};

#define N_CARDS (sizeof(cards) / sizeof(cards[0]))

static const struct function root_port = {
	.vendor = 0x8086,
	.device = 0xa338,
	.class_code = 0x060400,
	.driver = "pcieport",
	.pcie_type = 4,
	.reset = "pm",
};

/* ---- writing ---- */

struct machine {
	int sys;           /* directories */
	int bus_devices;   /* sys/bus/pci/devices */
	int groups;        /* sys/kernel/iommu_groups */
	unsigned left;     /* functions still to be made */
	int group;         /* the last group's number */
	int group_devices; /* of it; -1: no group yet */
};

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "gen-host: %s: %s\n", what, strerror(errno));
	exit(1);
}

__attribute__((format(printf, 1, 2))) static char *text_new(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		fail("out of memory");
	va_end(args);
	return text;
}

static int make_dir(int at, const char *name)
{
	if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
		fail(name);
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(name);
	return fd;
}

/* Makes all directories of path. */
static int make_path(int at, const char *path)
{
	char copy[256];
	int fd = dup(at);

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *save, *name = strtok_r(copy, "/", &save); name;
	     name = strtok_r(NULL, "/", &save)) {
		int next = make_dir(fd, name);
		close(fd);
		fd = next;
	}
	return fd;
}

static void put_bytes(int at, const char *name, const void *data, size_t length)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		fail(name);
	close(fd);
}

__attribute__((format(printf, 3, 4))) static void put(int at, const char *name, const char *format,
						      ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_bytes(at, name, text, (size_t)n);
}

static void put_link(int at, const char *name, const char *target)
{
	if (symlinkat(target, at, name) < 0 && errno != EEXIST)
		fail(name);
}

/* Writes text at path, making its directories. */
static void put_path(int at, const char *path, const char *text)
{
	const char *slash = strrchr(path, '/');
	char folder[256];

	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	int fd = make_path(at, folder);
	put(fd, slash + 1, "%s", text);
	close(fd);
}

/* ---- config space ---- */

static void put16(uint8_t *config, size_t at, unsigned value)
{
	config[at] = (uint8_t)value;
	config[at + 1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *config, size_t at, uint32_t value)
{
	put16(config, at, value & 0xffff);
	put16(config, at + 2, value >> 16);
}

/* Power management, MSI and PCIe capabilities; the extended ones: AER and ACS. */
static size_t make_config(const struct function *f, bool multifunction, unsigned secondary,
			  unsigned subordinate, uint8_t config[4096])
{
	bool bridge = f->pcie_type == 4;

	memset(config, 0, 4096);
	put16(config, 0x00, f->vendor);
	put16(config, 0x02, f->device);
	put16(config, 0x04, 0x0407);
	put16(config, 0x06, 0x0010);
	put32(config, 0x08, f->class_code << 8 | 0x10);
	config[0x0e] = (uint8_t)((bridge ? 1 : 0) | (multifunction ? 0x80 : 0));
	config[0x34] = 0x50;
	put32(config, 0x50, 0x00036001); /* power management, next 0x60 */
	put32(config, 0x60, f->pcie_type >= 0 ? 0x00807005 : 0x00800005);
	if (bridge) {
		config[0x18] = 0;
		config[0x19] = (uint8_t)secondary;
		config[0x1a] = (uint8_t)subordinate;
	} else {
		put16(config, 0x2c, f->vendor);
		put16(config, 0x2e, 0x85ac);
	}
	if (f->pcie_type < 0)
		return 256;

	put32(config, 0x70, 0x00020010u | (uint32_t)f->pcie_type << 20 | (bridge ? 1u << 24 : 0));
	put32(config, 0x74, 0x10008001); /* can reset a function */
	put32(config, 0x7c, 0x00477d03); /* link: 8 GT/s, 16 lanes */
	put16(config, 0x82, 0x1103);
	put32(config, 0x100, f->acs ? 0x22010001 : 0x00010001); /* AER, next 0x220 */
	if (f->acs) {
		put32(config, 0x220, 0x0001000d); /* ACS */
		put16(config, 0x224, 0x005f);
		put16(config, 0x226, 0x001d);
	}
	return 4096;
}

/* ---- one function ---- */

struct place {
	unsigned domain;
	unsigned bus;
	int dir;        /* the directory of the bus's bridge or root bus */
	char *path;     /* of it, from sys/ */
	unsigned depth; /* names in path */
};

static void put_uevent(int dir, const struct function *f, const char *address)
{
	char driver[64] = "";

	if (f->driver)
		snprintf(driver, sizeof(driver), "DRIVER=%s\n", f->driver);
	put(dir, "uevent",
	    "%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:85AC\nPCI_SLOT_NAME=%s\n"
	    "MODALIAS=pci:v%08Xd%08Xsv%08Xsd000085ACbc%02Xsc%02Xi%02X\n",
	    driver, f->class_code, f->vendor, f->device, f->vendor, address, f->vendor, f->device,
	    f->vendor, f->class_code >> 16, f->class_code >> 8 & 0xff, f->class_code & 0xff);
}

static void put_attributes(int dir, const struct function *f, const char *address)
{
	put_uevent(dir, f, address);
	put(dir, "vendor", "0x%04x\n", f->vendor);
	put(dir, "device", "0x%04x\n", f->device);
	put(dir, "class", "0x%06x\n", f->class_code);
	put(dir, "revision", "0x10\n");
	put(dir, "subsystem_vendor", "0x%04x\n", f->vendor);
	put(dir, "subsystem_device", "0x85ac\n");
	put(dir, "modalias", "pci:v%08Xd%08X\n", f->vendor, f->device);
	put(dir, "numa_node", "-1\n");
	put(dir, "driver_override", "%s\n",
	    f->driver && strcmp(f->driver, "vfio-pci") == 0 ? "vfio-pci" : "(null)");
	put(dir, "irq", "16\n");
	put(dir, "enable", "1\n");
	put(dir, "local_cpulist", "0-15\n");
	put(dir, "power_state", "D0\n");
	put(dir, "resource",
	    "0x00000000a0000000 0x00000000a0ffffff 0x0000000000040200\n"
	    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
	if (f->reset[0])
		put(dir, "reset_method", "%s\n", f->reset);
	if (f->class_code >> 8 == 0x0300)
		put(dir, "boot_vga", "%d\n", strcmp(address, "0000:00:02.0") == 0);
}

/* Adds the function to its group, or to a new one. */
static void put_group(struct machine *m, const struct function *f, const char *address,
		      const char *path)
{
	char name[16], target[256];

	if (!f->same_group || m->group < 0) {
		snprintf(name, sizeof(name), "%d", ++m->group);
		int group = make_dir(m->groups, name);
		put(group, "type", "DMA-FQ\n");
		put(group, "reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n");
		if (m->group_devices >= 0)
			close(m->group_devices);
		m->group_devices = make_dir(group, "devices");
		close(group);
	}
	snprintf(target, sizeof(target), "../../../../%s/%s", path, address);
	put_link(m->group_devices, address, target);
}

static void put_links(const struct machine *m, int dir, const struct function *f, unsigned depth)
{
	static const char up[] = "../../../../../../../../";
	char target[256];
	int n = (int)(3 * (depth + 1));

	snprintf(target, sizeof(target), "%.*sbus/pci", n, up);
	put_link(dir, "subsystem", target);
	snprintf(target, sizeof(target), "%.*skernel/iommu_groups/%d", n, up, m->group);
	put_link(dir, "iommu_group", target);
	snprintf(target, sizeof(target), "%.*sdevices/virtual/iommu/dmar0", n, up);
	put_link(dir, "iommu", target);
	if (f->driver) {
		snprintf(target, sizeof(target), "%.*sbus/pci/drivers/%s", n, up, f->driver);
		put_link(dir, "driver", target);
	}
}

/* Makes one function at a place. Returns its directory, or -1 when the machine is full. */
static int put_function(struct machine *m, const struct place *at, const struct function *f,
			bool multifunction, unsigned secondary)
{
	char address[32], target[256];
	uint8_t config[4096];

	if (m->left == 0)
		return -1;
	m->left--;
	snprintf(address, sizeof(address), "%04x:%02x:%02x.%x", at->domain, at->bus, f->slot,
		 f->function);
	int dir = make_dir(at->dir, address);
	put_attributes(dir, f, address);
	put_bytes(dir, "config", config,
		  make_config(f, multifunction, secondary, secondary, config));
	put_group(m, f, address, at->path);
	put_links(m, dir, f, at->depth);
	snprintf(target, sizeof(target), "../../../%s/%s", at->path, address);
	put_link(m->bus_devices, address, target);
	return dir;
}

/* ---- the machine ---- */

static void put_card(struct machine *m, const struct place *at, const struct card *card)
{
	for (unsigned i = 0; i < card->n; i++) {
		int dir = put_function(m, at, &card->functions[i], card->n > 1, 0);
		if (dir >= 0)
			close(dir);
	}
}

/* The nth root port of a bus and what is in its slot. */
static void put_port(struct machine *m, const struct place *root, unsigned nth)
{
	struct function port = root_port;
	struct place below = { .domain = root->domain, .bus = root->bus + 1 + nth };

	port.slot = (uint8_t)(3 + nth / 4);
	port.function = (uint8_t)(nth % 4);
	port.acs = cards[nth % N_CARDS].functions != gpu; /* a GPU shares its port's group */
	below.depth = root->depth + 1;
	below.path = text_new("%s/%04x:%02x:%02x.%x", root->path, root->domain, root->bus,
			      port.slot, port.function);
	below.dir = put_function(m, root, &port, true, below.bus);
	if (below.dir >= 0) {
		put_card(m, &below, &cards[nth % N_CARDS]);
		close(below.dir);
	}
	free(below.path);
}

static void put_root_bus(struct machine *m, unsigned nth)
{
	static const struct card board = CARD(onboard);
	struct place root = {
		.domain = nth / ROOT_BUSES_PER_DOMAIN,
		.bus = nth % ROOT_BUSES_PER_DOMAIN * BUSES_PER_ROOT,
		.depth = 2,
	};

	root.path = text_new("devices/pci%04x:%02x", root.domain, root.bus);
	root.dir = make_path(m->sys, root.path);
	put_card(m, &root, &board);
	for (unsigned port = 0; port < BUSES_PER_ROOT - 2 && m->left > 0; port++)
		put_port(m, &root, port);
	close(root.dir);
	free(root.path);
}

/* ---- what a machine has once ---- */

static const char *const drivers[] = {
	"skl_uncore", "i915",      "xhci_hcd", "ahci", "snd_hda_intel",
	"i801_smbus", "intel-spi", "nvidia",   "nvme", "igb",
	"mlx5_core",  "vfio-pci",  "pcieport", "tg3",  "nvidia-gpu",
};

/* path, text */
static const struct {
	const char *path;
	const char *text;
} host_files[] = {
	{ "proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.1.0 root=/dev/sda1 ro intel_iommu=on\n" },
	{ "proc/version", "Linux version 6.1.0 (gcc 12.2.0) #1 SMP\n" },
	{ "proc/sys/kernel/osrelease", "6.1.0\n" },
	{ "proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
			  "model name\t: Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz\n"
			  "flags\t\t: fpu vme de pse tsc msr pae vmx ept vpid\n\n" },
	{ "proc/interrupts",
	  "            CPU0\n   0:         10  IR-IO-APIC    2-edge      timer\n"
	  " 120:          0  DMAR-MSI    0-edge      dmar0\n"
	  " 121:        100  IR-PCI-MSI-0000:00:14.0    0-edge      xhci_hcd\n" },
	{ "proc/meminfo", "MemTotal:       32768000 kB\nHugePages_Total:       0\n" },
	{ "proc/modules", "nvidia 1 0 - Live 0x0\nvfio_pci 1 0 - Live 0x0\n" },
	{ "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n" },
	{ "sys/devices/virtual/iommu/dmar0/intel-iommu/cap", "d2008c40660462\n" },
	{ "sys/devices/virtual/iommu/dmar0/intel-iommu/ecap", "f050da\n" },
	{ "sys/devices/virtual/iommu/dmar0/intel-iommu/version", "1:0\n" },
	{ "sys/devices/virtual/iommu/dmar0/intel-iommu/address", "fed91000\n" },
};

static void put_dmar(int top)
{
	uint8_t table[48] = "DMAR";
	int dir = make_path(top, "sys/firmware/acpi/tables");

	table[4] = sizeof(table);
	table[8] = 1;
	table[36] = 38;
	table[37] = 1; /* interrupt remapping */
	put_bytes(dir, "DMAR", table, sizeof(table));
	close(dir);
}

static void put_host(int top)
{
	for (size_t i = 0; i < sizeof(host_files) / sizeof(host_files[0]); i++)
		put_path(top, host_files[i].path, host_files[i].text);
	put_dmar(top);

	int dir = make_path(top, "sys/bus/pci/drivers");
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		close(make_dir(dir, drivers[i]));
	close(dir);
	dir = make_path(top, "sys/class/iommu");
	put_link(dir, "dmar0", "../../devices/virtual/iommu/dmar0");
	close(dir);
}

int main(int argc, char **argv)
{
	if (argc != 3 || atoi(argv[2]) < 0) {
		fprintf(stderr, "usage: gen-host DIRECTORY N\n");
		return 2;
	}

	int top = make_dir(AT_FDCWD, argv[1]);
	struct machine m = {
		.sys = make_path(top, "sys"),
		.bus_devices = make_path(top, "sys/bus/pci/devices"),
		.groups = make_path(top, "sys/kernel/iommu_groups"),
		.left = (unsigned)atoi(argv[2]),
		.group = -1,
		.group_devices = -1,
	};
	for (unsigned nth = 0; m.left > 0; nth++)
		put_root_bus(&m, nth);
	put_host(top);
	return 0;
}
