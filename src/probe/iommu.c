/* See iommu.h. */
#include "probe/iommu.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/pci.h"
#include "probe/probe.h"

#define GROUPS "/sys/kernel/iommu_groups"
#define UNITS  "/sys/class/iommu"
#define TABLES "/sys/firmware/acpi/tables"

#define INTERRUPTS "/proc/interrupts"

/* ---- units ---- */

/* Names that the drivers give their units; first match. */
static const struct {
	const char *prefix;
	enum iommu_vendor vendor;
	const char *registers; /* folder of the register files */
} unit_kinds[] = {
	{ .prefix = "dmar", .vendor = IOMMU_INTEL, .registers = "intel-iommu" },
	{ .prefix = "ivhd", .vendor = IOMMU_AMD, .registers = "amd-iommu" },
	{ .prefix = "smmu", .vendor = IOMMU_ARM },
	{ .prefix = "arm-smmu", .vendor = IOMMU_ARM },
	{ .prefix = "virtio", .vendor = IOMMU_VIRTIO },
	{ .prefix = "", .vendor = IOMMU_OTHER },
};

static const char *read_register(struct root *root, struct host *host, const char *unit,
				 const char *folder, const char *name)
{
	g_autofree char *path = g_strdup_printf(UNITS "/%s/%s/%s", unit, folder, name);
	char buf[128];

	if (root_read(root, path, buf, sizeof(buf)) < 0)
		return NULL;
	return host_string(host, text_chomp(buf));
}

/* Virtio's unit has the name of what it sits in ("0000:00:01.0", "a003e00.virtio_mmio": the
 * kernel's drivers/iommu/virtio-iommu.c): only its driver tells what it is. */
static bool is_virtio_unit(struct root *root, const char *name)
{
	g_autofree char *path = g_strdup_printf(UNITS "/%s/device/driver", name);
	char target[256];

	return root_link(root, path, target, sizeof(target)) > 0 &&
	       g_str_has_suffix(target, "/virtio_iommu");
}

static void probe_unit(struct root *root, struct host *host, const char *name, unsigned what,
		       struct iommu_unit *unit)
{
	size_t i = 0;

	while (!g_str_has_prefix(name, unit_kinds[i].prefix))
		i++;
	unit->name = host_string(host, name);
	unit->vendor = unit_kinds[i].vendor;
	if (unit->vendor == IOMMU_OTHER && is_virtio_unit(root, name))
		unit->vendor = IOMMU_VIRTIO;
	const char *folder = unit_kinds[i].registers;
	if (!folder || !(what & PROBE_PLATFORM))
		return;
	unit->cap = read_register(root, host, name, folder, "cap");
	unit->ecap = read_register(root, host, name, folder, "ecap");
	unit->version = read_register(root, host, name, folder, "version");
	unit->features = read_register(root, host, name, folder, "features");
}

static void probe_units(struct root *root, struct host *host, unsigned what)
{
	g_autoptr(GPtrArray) names = NULL;
	int r = root_list(root, UNITS, &names);

	if (r < 0) {
		host_gap(host, UNITS, -r);
		host->iommu.units_known = root_is_whole(root) && r == -ENOENT;
		return;
	}
	host->iommu.units_known = true;
	host->iommu.n_units = names->len;
	host->iommu.units = host_alloc(host, (names->len + 1) * sizeof(struct iommu_unit));
	for (guint i = 0; i < names->len; i++)
		probe_unit(root, host, names->pdata[i], what, &host->iommu.units[i]);
}

/* ---- groups ---- */

/* A line "0x00000000fee00000 0x00000000feefffff msi". */
static bool parse_region(struct host *host, const char *line, size_t length,
			 struct iommu_region *region)
{
	g_autofree char *copy = g_strndup(line, length);
	g_auto(GStrv) words = g_strsplit(copy, " ", 3);

	if (g_strv_length(words) != 3 || !text_to_u64(words[0], 16, &region->start) ||
	    !text_to_u64(words[1], 16, &region->end))
		return false;
	region->type = host_string(host, g_strstrip(words[2]));
	return true;
}

static void gap_in_group(struct host *host, const struct iommu_group *group, const char *name,
			 const char *reason)
{
	g_autofree char *path = g_strdup_printf(GROUPS "/%d/%s", group->id, name);

	host_gap_text(host, path, reason);
}

static void probe_regions(struct host *host, const struct root_dir *groups, const char *name,
			  struct iommu_group *group)
{
	g_autofree char *path = g_strconcat(name, "/reserved_regions", NULL);
	char buf[8192];
	const char *cursor = buf, *line;
	size_t length;

	ssize_t n = root_dir_read(groups, path, buf, sizeof(buf));
	if (n < 0 && n != -ENOENT)
		gap_in_group(host, group, "reserved_regions", g_strerror((int)-n));
	if (n < 0)
		return;
	unsigned lines = 1;
	for (const char *c = buf; *c; c++)
		lines += *c == '\n';
	struct iommu_region *regions = host_alloc(host, lines * sizeof(*regions));
	while ((line = text_next_line(&cursor, &length)))
		group->n_regions +=
			parse_region(host, line, length, &regions[group->n_regions]) ? 1 : 0;
	group->regions = regions;
	group->regions_known = true;
}

/* A member that is no PCI function, as "arm-smmu-test.0": does a driver of the host drive it? */
static void add_other(struct host *host, const struct root_dir *devices, const char *name,
		      struct iommu_group *group)
{
	g_autofree char *driver = g_strconcat(name, "/driver", NULL);
	g_autofree char *shown = text_printable(name, strlen(name));
	char target[256];

	group->others[group->n_others++] = host_string(host, shown);
	if (root_dir_link(devices, driver, target, sizeof(target)) > 0)
		group->others_bound = true;
}

static void add_missing(struct host *host, const char *name, struct iommu_group *group)
{
	g_autofree char *path = g_strconcat("devices/", name, NULL);

	group->missing[group->n_missing++] = host_string(host, name);
	gap_in_group(host, group, path, "names a device that is not on the bus");
}

static void add_function(struct host *host, int index, const char *name, struct iommu_group *group)
{
	struct pci_dev *dev = &host->pci[index];

	if (dev->group_id >= 0 && dev->group_id != group->id) {
		g_autofree char *path = g_strconcat("devices/", name, NULL);
		gap_in_group(host, group, path, "the device itself names another group");
		return;
	}
	dev->group_id = group->id;
	dev->group_known = true;
}

/* Most groups hold PCI functions only: room for other names is made when one turns up. */
static void make_room(struct host *host, struct iommu_group *group, guint n)
{
	if (group->others)
		return;
	group->others = host_alloc(host, n * sizeof(char *));
	group->missing = host_alloc(host, n * sizeof(char *));
}

static void probe_members(struct host *host, const struct root_dir *devices,
			  struct iommu_group *group)
{
	g_autoptr(GPtrArray) names = NULL;
	struct pci_addr addr;

	if (root_dir_list(devices, &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		bool is_pci = pci_addr_parse(name, &addr);
		int index = is_pci ? host_find_pci(host, addr) : -1;
		if (index >= 0) {
			add_function(host, index, name, group);
			continue;
		}
		make_room(host, group, names->len);
		if (is_pci)
			add_missing(host, name, group);
		else
			add_other(host, devices, name, group);
	}
}

/* VFIO without an IOMMU (no unit) makes groups of its own, with a name that says so. */
static bool is_noiommu(const struct root_dir *groups, const char *name)
{
	g_autofree char *path = g_strconcat(name, "/name", NULL);
	char buf[64];

	return root_dir_attribute(groups, path, buf, sizeof(buf)) > 0 &&
	       text_after(buf, "vfio-noiommu");
}

static void read_group(struct host *host, const struct root_dir *groups, const char *name,
		       struct iommu_group *group)
{
	struct root_dir devices ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	char path[64], buf[64];

	g_snprintf(path, sizeof(path), "%s/type", name);
	ssize_t n = root_dir_attribute(groups, path, buf, sizeof(buf));
	if (n > 0)
		group->type = host_string(host, text_chomp(buf));
	else if (n < 0 && n != -ENOENT)
		gap_in_group(host, group, "type", g_strerror((int)-n));
	g_snprintf(path, sizeof(path), "%s/devices", name);
	int r = root_dir_open_at(groups, path, &devices);
	if (r == 0)
		probe_members(host, &devices, group);
	else
		gap_in_group(host, group, "devices", g_strerror(-r));
}

/* The functions of a live machine name their groups: the kernel makes both links together
 * (drivers/iommu/iommu.c: iommu_group_alloc_device()). */
static bool is_named_by_members(const struct root_dir *groups, unsigned what)
{
	return what & PROBE_FEW && root_is_live(groups->root);
}

static void probe_group(struct host *host, const struct root_dir *groups, const char *name, int id,
			unsigned what)
{
	struct iommu_group *group = host_add_group(host, id);

	if (!is_named_by_members(groups, what))
		read_group(host, groups, name, group);
	if (host->iommu.n_units == 0 && is_noiommu(groups, name))
		host->iommu.noiommu = true;
	if (what & PROBE_REGIONS)
		probe_regions(host, groups, name, group);
}

/* A function that no group names may name a group itself. */
static void ask_function(struct root *root, struct pci_dev *dev)
{
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	char addr[PCI_ADDR_SIZE], path[PCI_ADDR_SIZE + 32];

	if (dev->group_id >= 0)
		return;
	g_snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", pci_addr_format(dev->addr, addr));
	if (root_dir_open(root, path, &dir) == 0)
		pci_group_probe(&dir, dev);
}

/* Reads a group that PROBE_FEW has left out, and its reserved regions. */
static void complete_group(struct host *host, const struct root_dir *groups, int id)
{
	int index = host_find_group(host, id);
	char name[16];

	if (index < 0 || host->groups[index].regions_known)
		return;
	g_snprintf(name, sizeof(name), "%d", id);
	if (is_named_by_members(groups, PROBE_FEW))
		read_group(host, groups, name, &host->groups[index]);
	probe_regions(host, groups, name, &host->groups[index]);
}

void iommu_probe_groups_of(struct root *root, struct host *host, const int *functions, unsigned n)
{
	struct root_dir groups ROOT_DIR_AUTO = ROOT_DIR_CLOSED;

	if (root_dir_open(root, GROUPS, &groups) < 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		struct pci_dev *dev = &host->pci[functions[i]];
		ask_function(root, dev);
		dev->group_known = true;
		complete_group(host, &groups, dev->group_id);
	}
	host_link_groups(host);
}

static void probe_groups(struct root *root, struct host *host, unsigned what)
{
	struct root_dir groups ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;
	int r = root_dir_open(root, GROUPS, &groups);
	uint32_t id;

	if (r == 0)
		r = root_dir_list(&groups, &names);
	if (r != 0) {
		host_gap(host, GROUPS, -r);
		host->iommu.groups_known = root_is_whole(root) && r == -ENOENT;
		return;
	}
	host->iommu.groups_known = true;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		if (strlen(name) < 16 && text_to_u32(name, 10, G_MAXINT, &id))
			probe_group(host, &groups, name, (int)id, what);
	}
	for (unsigned i = 0; !is_named_by_members(&groups, what) && i < host->n_pci; i++) {
		ask_function(root, &host->pci[i]);
		host->pci[i].group_known = true;
	}
}

/* ---- firmware tables ---- */

#define DMAR_FLAGS_OFFSET 37 /* ACPI DMA Remapping table: flags */
#define IVRS_INFO_OFFSET  36 /* AMD I/O Virtualization table: IVinfo */
#define IVRS_INFO_VALUE   0x7fffffff

static void read_table_flags(struct root *root, struct host *host)
{
	uint8_t buf[64];

	if (root_read(root, TABLES "/DMAR", buf, sizeof(buf)) > DMAR_FLAGS_OFFSET)
		host->iommu.dmar_flags = buf[DMAR_FLAGS_OFFSET];
	if (root_read(root, TABLES "/IVRS", buf, sizeof(buf)) >= IVRS_INFO_OFFSET + 4) {
		uint32_t info = 0;
		for (int i = 3; i >= 0; i--)
			info = info << 8 | buf[IVRS_INFO_OFFSET + i];
		host->iommu.ivrs_info = (int)(info & IVRS_INFO_VALUE);
	}
}

static enum tri has_name(const GPtrArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++)
		if (strcmp(names->pdata[i], name) == 0)
			return TRI_YES;
	return TRI_NO;
}

static void probe_tables(struct root *root, struct host *host, unsigned what)
{
	g_autoptr(GPtrArray) names = NULL;
	int r = root_list(root, TABLES, &names);

	if (r < 0) {
		host_gap(host, TABLES, -r);
		if (!root_is_whole(root) || r != -ENOENT)
			return;
		names = g_ptr_array_new();
	}
	host->iommu.has_dmar = has_name(names, "DMAR");
	host->iommu.has_ivrs = has_name(names, "IVRS");
	host->iommu.has_iort = has_name(names, "IORT");
	host->iommu.has_viot = has_name(names, "VIOT");
	if (what & PROBE_PLATFORM)
		read_table_flags(root, host);
}

/* ---- interrupts ---- */

/* Chips in /proc/interrupts: "IR-PCI-MSI-0000:01:00.0" goes through the IOMMU, "PCI-MSI" does not.
 * "DMAR-MSI" is the IOMMU's own interrupt and says nothing. */
static enum tri chip_is_remapped(const char *word)
{
	static const char *const plain[] = { "IO-APIC", "PCI-MSI" };
	const char *rest = text_after(word, "IR-");

	for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
		if (rest && text_after(rest, plain[i]))
			return TRI_YES;
		if (text_after(word, plain[i]))
			return TRI_NO;
	}
	return TRI_UNKNOWN;
}

static enum tri interrupts_remapped(const char *text)
{
	enum tri answer = TRI_UNKNOWN;
	const char *word = text;

	while (*word) {
		size_t n = strcspn(word, " \t\n");
		enum tri one = g_ascii_isalpha(*word) ? chip_is_remapped(word) : TRI_UNKNOWN;
		if (one == TRI_YES)
			return TRI_YES;
		if (one == TRI_NO)
			answer = TRI_NO;
		word += n;
		word += strspn(word, " \t\n");
	}
	return answer;
}

#define INTERRUPTS_MAX                                                                             \
	(256 * 1024) /* enough for the I/O APIC lines of 256 CPUs, which come first */

/* The kernel makes each line when it is read, which takes it long, and where interrupts go through
 * the IOMMU the first ones say so: enough for who wants few things only. */
static bool is_soon_remapped(struct root *root)
{
	char buf[1024];

	return root_read(root, INTERRUPTS, buf, sizeof(buf)) > 0 &&
	       interrupts_remapped(buf) == TRI_YES;
}

static void probe_interrupts(struct root *root, struct host *host, unsigned what)
{
	int error = ENOENT;

	if (what & PROBE_FEW && is_soon_remapped(root)) {
		host->iommu.irq_remapped = TRI_YES;
		return;
	}
	g_autofree char *text = root_read_all(root, INTERRUPTS, INTERRUPTS_MAX, NULL, &error);
	if (text)
		host->iommu.irq_remapped = interrupts_remapped(text);
	else
		host_gap(host, INTERRUPTS, error);
}

static void probe_unsafe_interrupts(struct root *root, struct host *host)
{
	static const char *const paths[] = {
		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		"/sys/module/iommufd/parameters/allow_unsafe_interrupts",
	};
	char buf[8];

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (root_read(root, paths[i], buf, sizeof(buf)) <= 0)
			continue;
		bool on = *buf == 'Y' || *buf == '1';
		if (on || host->iommu.unsafe_interrupts == TRI_UNKNOWN)
			host->iommu.unsafe_interrupts = on ? TRI_YES : TRI_NO;
	}
}

void iommu_probe(struct root *root, struct host *host, unsigned what)
{
	probe_units(root, host, what);
	probe_groups(root, host, what);
	/* Groups are proof enough, where VFIO has not made them itself. */
	if (!(what & PROBE_FEW) || host->group_array->len == 0 || host->iommu.noiommu)
		probe_tables(root, host, what);
	probe_interrupts(root, host, what);
	probe_unsafe_interrupts(root, host);
}
