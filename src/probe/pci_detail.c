/* See pci_detail.h. One row per attribute where the value is a text or a number. */
#include "probe/pci_detail.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "model/parts.h"

#define CONFIG_MAX 4096

/* Attributes without a meaning for the device are not there, or say EINVAL; another error hides
 * something. */
static void note_gap(struct host *host, const struct pci_dev *dev, const char *name, ssize_t result)
{
	char address[PCI_ADDR_SIZE];

	if (result >= 0 || result == -ENOENT || result == -ENOTDIR || result == -EINVAL)
		return;
	g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/%s",
						pci_addr_format(dev->addr, address), name);
	host_gap(host, path, (int)-result);
}

void pci_config_probe(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	uint8_t config[CONFIG_MAX + 1];
	char target[256];
	ssize_t n = root_dir_read(dir, "config", config, sizeof(config));

	dev->caps = host_alloc(host, sizeof(*dev->caps));
	pci_caps_init(dev->caps);
	note_gap(host, dev, "config", n);
	if (n > 0)
		pci_caps_decode(config, (size_t)n, n == CONFIG_MAX, dev->caps);

	n = root_dir_link(dir, "physfn", target, sizeof(target));
	note_gap(host, dev, "physfn", n);
	if (n > 0) {
		const char *slash = strrchr(target, '/');
		dev->is_virtfn = slash && pci_addr_parse(slash + 1, &dev->physfn);
	}
}

/* ---- resource: a line "start end flags" for each BAR, in hexadecimal ---- */

/* Flags (kernel: include/linux/ioport.h). */
#define RESOURCE_IO       0x00000100
#define RESOURCE_PREFETCH 0x00002000
#define RESOURCE_MEM_64   0x00100000
#define RESOURCE_ROM_LINE 6

static bool parse_resource(const char *line, size_t length, uint64_t *start, uint64_t *end,
			   uint64_t *flags)
{
	g_autofree char *copy = g_strndup(line, length);
	g_auto(GStrv) words = g_strsplit(copy, " ", 4);

	return g_strv_length(words) >= 3 && text_to_u64(words[0], 16, start) &&
	       text_to_u64(words[1], 16, end) && text_to_u64(words[2], 16, flags) && *end >= *start;
}

static void read_bars(const struct root_dir *dir, struct pci_detail *detail)
{
	char buf[4096];
	const char *cursor = buf, *line;
	size_t length;

	if (root_dir_attribute(dir, "resource", buf, sizeof(buf)) < 0)
		return;
	detail->bars_known = true;
	for (int i = 0; i <= RESOURCE_ROM_LINE && (line = text_next_line(&cursor, &length)); i++) {
		uint64_t start, end, flags;
		if (!parse_resource(line, length, &start, &end, &flags) || flags == 0)
			continue;
		if (i == RESOURCE_ROM_LINE) {
			detail->rom_size = end - start + 1;
			continue;
		}
		detail->bars[i] = (struct pci_bar){
			.start = start,
			.size = end - start + 1,
			.io = (flags & RESOURCE_IO) != 0,
			.prefetchable = (flags & RESOURCE_PREFETCH) != 0,
			.is_64bit = (flags & RESOURCE_MEM_64) != 0,
		};
	}
}

/* ---- single attributes ---- */

static const struct {
	const char *name;
	size_t offset;
	bool number;
	bool always; /* with PROBE_FEW, too */
} attributes[] = {
	{ .name = "current_link_speed",
	  .offset = offsetof(struct pci_detail, link_speed),
	  .number = false },
	{ .name = "max_link_speed",
	  .offset = offsetof(struct pci_detail, max_link_speed),
	  .number = false },
	{ .name = "current_link_width",
	  .offset = offsetof(struct pci_detail, link_width),
	  .number = true },
	{ .name = "max_link_width",
	  .offset = offsetof(struct pci_detail, max_link_width),
	  .number = true },
	{ .name = "sriov_numvfs",
	  .offset = offsetof(struct pci_detail, sriov_numvfs),
	  .number = true,
	  .always = true },
	{ .name = "sriov_totalvfs",
	  .offset = offsetof(struct pci_detail, sriov_totalvfs),
	  .number = true },
	{ .name = "power_state",
	  .offset = offsetof(struct pci_detail, power_state),
	  .number = false },
	{ .name = "power/control",
	  .offset = offsetof(struct pci_detail, power_control),
	  .number = false },
	{ .name = "d3cold_allowed",
	  .offset = offsetof(struct pci_detail, d3cold_allowed),
	  .number = true,
	  .always = true },
	{ .name = "irq", .offset = offsetof(struct pci_detail, irq), .number = true },
	{ .name = "msi_bus", .offset = offsetof(struct pci_detail, msi_bus), .number = true },
	{ .name = "local_cpulist",
	  .offset = offsetof(struct pci_detail, local_cpus),
	  .number = false },
	{ .name = "nvidia/current_vgpu_type",
	  .offset = offsetof(struct pci_detail, vgpu_type),
	  .number = false },
	{ .name = "firmware_node/path",
	  .offset = offsetof(struct pci_detail, acpi_path),
	  .number = false },
};

static void set_attribute(struct host *host, struct pci_detail *detail, size_t i, const char *text)
{
	char *field = (char *)detail + attributes[i].offset;
	uint32_t number;

	if (!attributes[i].number)
		*(const char **)(void *)field = host_string(host, text);
	else if (text_to_u32(text, 10, G_MAXINT, &number))
		*(int *)(void *)field = (int)number;
}

/* ---- counters of errors: lines "NAME COUNT", the last one the sum ---- */

static int64_t read_errors(struct host *host, const struct root_dir *dir, const struct pci_dev *dev,
			   const char *name, const char *key)
{
	char buf[1024];
	uint64_t value;
	ssize_t n = root_dir_read(dir, name, buf, sizeof(buf));

	note_gap(host, dev, name, n);
	if (n <= 0)
		return -1;
	const char *at = strstr(buf, key);
	if (!at)
		return -1;
	g_autofree char *number = g_strndup(at + strlen(key), strcspn(at + strlen(key), "\n"));
	return text_to_u64(number, 10, &value) && value <= G_MAXINT64 ? (int64_t)value : -1;
}

#define MAX_LANES 32

/* Of a device that does not answer the kernel tells what the bytes ff would mean: 63 lanes. */
static void forget_nonsense(struct pci_detail *detail)
{
	if (detail->link_width > MAX_LANES)
		detail->link_width = -1;
	if (detail->max_link_width > MAX_LANES)
		detail->max_link_width = -1;
}

static void read_attributes(struct host *host, const struct root_dir *dir,
			    const struct pci_dev *dev, struct pci_detail *detail, bool few)
{
	char buf[1024];

	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		if (few && !attributes[i].always)
			continue;
		ssize_t n = root_dir_attribute(dir, attributes[i].name, buf, sizeof(buf));
		note_gap(host, dev, attributes[i].name, n);
		if (n < 0)
			continue;
		text_chomp(buf);
		g_autofree char *shown = text_printable(buf, strlen(buf));
		set_attribute(host, detail, i, shown);
	}
	forget_nonsense(detail);
}

void pci_detail_probe(struct host *host, const struct root_dir *dir, struct pci_dev *dev,
		      unsigned what)
{
	struct pci_detail *detail = host_alloc(host, sizeof(*detail));
	const bool few = (what & PROBE_FEW) != 0;
	char buf[1024];

	detail->link_width = detail->max_link_width = -1;
	detail->sriov_numvfs = detail->sriov_totalvfs = -1;
	detail->d3cold_allowed = detail->irq = detail->msi_bus = -1;
	detail->aer_correctable = detail->aer_nonfatal = detail->aer_fatal = -1;
	dev->detail = detail;
	read_attributes(host, dir, dev, detail, few);
	read_bars(dir, detail);
	if (few)
		return;
	if (root_dir_link(dir, "iommu", buf, sizeof(buf)) > 0) {
		const char *slash = strrchr(buf, '/');
		detail->iommu_unit = host_string(host, slash ? slash + 1 : buf);
	}
	detail->aer_correctable =
		read_errors(host, dir, dev, "aer_dev_correctable", "TOTAL_ERR_COR");
	detail->aer_nonfatal =
		read_errors(host, dir, dev, "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL");
	detail->aer_fatal = read_errors(host, dir, dev, "aer_dev_fatal", "TOTAL_ERR_FATAL");
}

/* A slot's address has no function: "0000:01:00". It holds all functions of that device. */
static void name_slot(struct host *host, const char *name, const char *address)
{
	g_autofree char *first = g_strconcat(address, ".0", NULL);
	struct pci_addr addr;

	if (!pci_addr_parse(first, &addr))
		return;
	for (unsigned i = 0; i < host->n_pci; i++)
		if (pci_addr_same_slot(host->pci[i].addr, addr) && host->pci[i].detail)
			host->pci[i].detail->slot_name = host_string(host, name);
}

void pci_slots_probe(struct root *root, struct host *host)
{
	g_autoptr(GPtrArray) names = NULL;
	char buf[64];

	if (root_list(root, "/sys/bus/pci/slots", &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *path = g_strdup_printf("/sys/bus/pci/slots/%s/address", name);
		g_autofree char *shown = text_printable(name, strlen(name));
		if (root_read(root, path, buf, sizeof(buf)) > 0)
			name_slot(host, shown, text_chomp(buf));
	}
}
