/* See pci.h. The kernel's uevent file answers five questions at once, so it is read first; single
 * attributes are read only for what it leaves open (other trees than a live one may lack it). */
#include "probe/pci.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/pci_detail.h"
#include "probe/probe.h"

#define DEVICES "/sys/bus/pci/devices"

/* ---- small readers: absent leaves the value unknown, unreadable is a gap as well ---- */

static ssize_t read_attribute(struct host *host, const struct root_dir *dir, struct pci_addr addr,
			      const char *name, char *buf, size_t size)
{
	ssize_t n = root_dir_attribute(dir, name, buf, size);

	if (n < 0 && n != -ENOENT) {
		char text[PCI_ADDR_SIZE];
		g_autofree char *path =
			g_strdup_printf(DEVICES "/%s/%s", pci_addr_format(addr, text), name);
		host_gap(host, path, (int)-n);
	}
	return n;
}

static int32_t read_hex(struct host *host, const struct root_dir *dir, struct pci_addr addr,
			const char *name, uint32_t max)
{
	char buf[64];
	uint32_t value;

	if (read_attribute(host, dir, addr, name, buf, sizeof(buf)) < 0 ||
	    !text_to_u32(buf, 16, max, &value))
		return -1;
	return (int32_t)value;
}

/* ---- ids and driver ---- */

/* "10DE:1C03" */
static bool parse_pair(const char *text, size_t length, int32_t *first, int32_t *second)
{
	uint32_t left, right;

	if (!text || length != 9 || text[4] != ':' || !text_hex(text, 4, &left) ||
	    !text_hex(text + 5, 4, &right))
		return false;
	*first = (int32_t)left;
	*second = (int32_t)right;
	return true;
}

static int32_t parse_class(const char *text, size_t length)
{
	char buf[16];
	uint32_t value;

	if (!text || length >= sizeof(buf))
		return -1;
	memcpy(buf, text, length);
	buf[length] = '\0';
	return text_to_u32(buf, 16, 0xffffff, &value) ? (int32_t)value : -1;
}

static void parse_uevent(struct host *host, const char *text, struct pci_dev *dev)
{
	size_t n = 0;
	const char *value = text_uevent(text, "DRIVER", &n);

	if (value && n > 0) {
		dev->driver = host_string_n(host, value, n);
		dev->driver_known = true;
	}
	value = text_uevent(text, "PCI_ID", &n);
	parse_pair(value, n, &dev->vendor, &dev->device);
	value = text_uevent(text, "PCI_SUBSYS_ID", &n);
	parse_pair(value, n, &dev->subsystem_vendor, &dev->subsystem_device);
	value = text_uevent(text, "PCI_CLASS", &n);
	dev->class_code = parse_class(value, n);
	value = text_uevent(text, "MODALIAS", &n);
	if (value)
		dev->modalias = host_string_n(host, value, n);
}

static void read_ids(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	struct pci_addr addr = dev->addr;

	if (dev->vendor < 0)
		dev->vendor = read_hex(host, dir, addr, "vendor", 0xffff);
	if (dev->device < 0)
		dev->device = read_hex(host, dir, addr, "device", 0xffff);
	if (dev->subsystem_vendor < 0)
		dev->subsystem_vendor = read_hex(host, dir, addr, "subsystem_vendor", 0xffff);
	if (dev->subsystem_device < 0)
		dev->subsystem_device = read_hex(host, dir, addr, "subsystem_device", 0xffff);
	if (dev->class_code < 0)
		dev->class_code = read_hex(host, dir, addr, "class", 0xffffff);
	dev->prog_if_known = dev->class_code >= 0;
	dev->kind = (int8_t)pci_class_kind(dev->class_code);
}

/* The last name of a link's target, as "../../../bus/pci/drivers/nvidia"; *error is why there is
 * none. */
static const char *link_name(struct host *host, const struct root_dir *dir, const char *name,
			     int *error)
{
	char target[1024];
	ssize_t n = root_dir_link(dir, name, target, sizeof(target));

	*error = n < 0 ? (int)-n : 0;
	if (n < 0)
		return NULL;
	const char *slash = strrchr(target, '/');
	const char *last = slash ? slash + 1 : target;
	return *last ? host_string(host, last) : NULL;
}

/* A uevent file that names ids is the kernel's own: if it names no driver, there is none. */
static void read_driver(struct host *host, const struct root_dir *dir, bool drivers_listed,
			struct pci_dev *dev)
{
	int error = ENOENT;

	if (dev->driver)
		return;
	if (dev->vendor < 0 || !drivers_listed)
		dev->driver = link_name(host, dir, "driver", &error);
	dev->driver_known = dev->driver || (drivers_listed && error == ENOENT);
}

/* ---- the rest of what `check` shows ---- */

static void read_override(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	char buf[256];

	ssize_t n = read_attribute(host, dir, dev->addr, "driver_override", buf, sizeof(buf));
	dev->silent = n == -ETIMEDOUT;
	if (n < 0)
		return;
	text_chomp(buf);
	dev->driver_override_known = true;
	/* Unset reads back as "(null)". */
	if (*buf && strcmp(buf, "(null)") != 0)
		dev->driver_override = host_string(host, buf);
}

static void read_reset(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	char buf[256];

	if (read_attribute(host, dir, dev->addr, "reset_method", buf, sizeof(buf)) < 0)
		return;
	dev->reset_methods = host_string(host, text_chomp(buf));
	dev->reset_known = true;
}

static void read_numa_node(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	char buf[32];
	uint32_t node;

	if (read_attribute(host, dir, dev->addr, "numa_node", buf, sizeof(buf)) >= 0 &&
	    text_to_u32(buf, 10, G_MAXINT16, &node))
		dev->numa_node = (int16_t)node;
}

/* What counts once it changes hands. */
static void read_rest(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	read_override(host, dir, dev);
	read_reset(host, dir, dev);
}

/* Those alone have the file boot_vga (kernel: drivers/pci/pci-sysfs.c). */
static bool is_vga(const struct pci_dev *dev)
{
	return dev->class_code >> 8 == 0x0300 || dev->class_code >> 8 == 0x0001;
}

static void read_boot_vga(struct host *host, const struct root_dir *dir, struct pci_dev *dev)
{
	char buf[16];

	if (!is_vga(dev)) {
		if (dev->class_code >= 0)
			dev->boot_vga = TRI_NO;
		return;
	}
	if (read_attribute(host, dir, dev->addr, "boot_vga", buf, sizeof(buf)) > 0)
		dev->boot_vga = *buf == '1' ? TRI_YES : TRI_NO;
}

void pci_group_probe(const struct root_dir *dir, struct pci_dev *dev)
{
	char target[1024];
	uint32_t id;

	if (root_dir_link(dir, "iommu_group", target, sizeof(target)) < 0)
		return;
	const char *slash = strrchr(target, '/');
	if (slash && text_to_u32(slash + 1, 10, G_MAXINT, &id)) {
		dev->group_id = (int)id;
		dev->group_known = true;
	}
}

/* ---- where it sits ---- */

/* Where the name that ends at end begins. */
static const char *last_name(const char *path, const char *end)
{
	while (end > path && end[-1] != '/')
		end--;
	return end;
}

static bool is_function(const char *name, const char *end, struct pci_addr *ret)
{
	return end > name && pci_addr_scan(name, ret) == (size_t)(end - name);
}

/* Reads the parent off the path ".../0000:00:01.0/0000:01:00.0". Behind Intel VMD there is a root
 * bus between: ".../0000:00:0e.0/pci10000:e0/10000:e0:06.0", whose parent is the VMD function. */
static void parse_path(const char *path, struct pci_dev *dev)
{
	const char *slash = strrchr(path, '/');
	const char *parent = slash ? last_name(path, slash) : path;

	if (parent == slash)
		return;
	if (is_function(parent, slash, &dev->path_parent)) {
		dev->has_path_parent = true;
		return;
	}
	if (!g_str_has_prefix(parent, "pci"))
		return;
	dev->on_root_bus = true;
	if (parent > path)
		dev->has_path_parent =
			is_function(last_name(path, parent - 1), parent - 1, &dev->path_parent);
}

/* ---- one function ---- */

struct pci_probe {
	struct root *root;
	struct host *host;
	const struct root_dir *bus;
	unsigned what;
	bool drivers_listed; /* sys/bus/pci/drivers is there: no driver link means no driver */
};

/* "pci:v00008086d000029C0sv00001AF4sd00001100bc06sc00i00" (kernel: drivers/pci/pci-sysfs.c). */
static bool parse_modalias(const char *text, struct pci_dev *dev)
{
	static const struct {
		const char *before;
		unsigned digits;
	} parts[] = { { "pci:v", 8 }, { "d", 8 },  { "sv", 8 }, { "sd", 8 },
		      { "bc", 2 },    { "sc", 2 }, { "i", 2 } };
	uint32_t values[G_N_ELEMENTS(parts)];

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		text = text_after(text, parts[i].before);
		if (!text || !text_hex(text, parts[i].digits, &values[i]))
			return false;
		text += parts[i].digits;
	}
	dev->vendor = (int32_t)(values[0] & 0xffff);
	dev->device = (int32_t)(values[1] & 0xffff);
	dev->subsystem_vendor = (int32_t)(values[2] & 0xffff);
	dev->subsystem_device = (int32_t)(values[3] & 0xffff);
	dev->class_code = (int32_t)(values[4] << 16 | values[5] << 8 | values[6]);
	return true;
}

/* All that few need of most functions, without opening their folders, and without waiting for a
 * driver as uevent does. Which groups they are in is asked of those alone that matter:
 * iommu_probe_groups_of(). */
static bool probe_in_brief(struct pci_probe *probe, const char *name, struct pci_dev *dev)
{
	g_autofree char *modalias = g_strconcat(name, "/modalias", NULL);
	g_autofree char *driver = g_strconcat(name, "/driver", NULL);
	char buf[128];
	int error;

	if (!(probe->what & PROBE_FEW) || !root_is_live(probe->root) ||
	    root_dir_attribute(probe->bus, modalias, buf, sizeof(buf)) <= 0 ||
	    !parse_modalias(text_chomp(buf), dev))
		return false;
	dev->modalias = host_string(probe->host, buf);
	dev->driver = link_name(probe->host, probe->bus, driver, &error);
	dev->driver_known = dev->driver != NULL;
	return error == 0 || error == ENOENT;
}

static void probe_folder(struct pci_probe *probe, const struct root_dir *dir, struct pci_dev *dev)
{
	struct host *host = probe->host;

	read_driver(host, dir, probe->drivers_listed, dev);
	read_ids(host, dir, dev);
	if (!(probe->what & PROBE_FEW)) {
		dev->revision = (int16_t)read_hex(host, dir, dev->addr, "revision", 0xff);
		read_rest(host, dir, dev);
		read_numa_node(host, dir, dev);
	}
	read_boot_vga(host, dir, dev);
	if (!(probe->what & PROBE_FEW) || !root_is_live(probe->root))
		pci_group_probe(dir, dev);
	if (probe->what & PROBE_CONFIG)
		pci_config_probe(host, dir, dev);
	if (probe->what & PROBE_DETAIL)
		pci_detail_probe(host, dir, dev, probe->what);
}

static void probe_function(struct pci_probe *probe, const char *name, struct pci_addr addr)
{
	char path[sizeof(DEVICES) + PCI_ADDR_SIZE + 16];
	char buf[4096];
	struct host *host = probe->host;
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	struct pci_dev *dev = host_add_pci(host, addr);

	if (probe->what != PROBE_BASE && root_dir_link(probe->bus, name, buf, sizeof(buf)) > 0)
		parse_path(buf, dev);
	bool told = probe_in_brief(probe, name, dev);
	if (told && probe->drivers_listed && !is_vga(dev)) {
		read_driver(host, &dir, probe->drivers_listed, dev);
		read_ids(host, &dir, dev);
		read_boot_vga(host, &dir, dev);
		return;
	}
	g_snprintf(path, sizeof(path), DEVICES "/%s", name);
	int r = root_dir_open(probe->root, path, &dir);
	if (r < 0) {
		host_gap_text(host, path, r == -ENOENT ? "listed, but gone" : g_strerror(-r));
		return;
	}
	if (!told && read_attribute(host, &dir, addr, "uevent", buf, sizeof(buf)) > 0)
		parse_uevent(host, buf, dev);
	probe_folder(probe, &dir, dev);
}

static void settle_reset(struct host *host, struct pci_dev *dev)
{
	if (!dev->reset_known)
		dev->reset_methods = host_string(host, "");
	dev->reset_known = true;
}

/* Facts that are only knowable with all functions in view: an attribute that some have and others
 * lack is known to be absent there (kernel: such files are hidden where they mean nothing). */
static void settle_absent(struct host *host)
{
	bool any_reset = false, any_group = false;

	for (unsigned i = 0; i < host->n_pci; i++) {
		any_reset = any_reset || host->pci[i].reset_known;
		any_group = any_group || host->pci[i].group_known;
	}
	for (unsigned i = 0; i < host->n_pci; i++) {
		struct pci_dev *dev = &host->pci[i];
		if (any_reset)
			settle_reset(host, dev);
		dev->group_known = dev->group_known || any_group;
	}
}

/* What is read of each function by way of a child (base/bounded.h). */
static void read_ahead(struct root *root, const GPtrArray *names)
{
	static const char *const attributes[] = { "uevent", "driver_override" };

	root_read_ahead_each(root, DEVICES, names, attributes, G_N_ELEMENTS(attributes));
}

void pci_probe(struct root *root, struct host *host, unsigned what)
{
	struct root_dir bus ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;
	int r = root_dir_open(root, DEVICES, &bus);

	if (r == 0)
		r = root_dir_list(&bus, &names);
	if (r != 0) {
		host_gap_text(host, DEVICES, g_strerror(-r));
		host_sort(host);
		return;
	}

	struct pci_probe probe = {
		.root = root,
		.host = host,
		.bus = &bus,
		.what = what,
		.drivers_listed = root_is_whole(root) || root_exists(root, "/sys/bus/pci/drivers"),
	};
	if (!(what & PROBE_FEW))
		read_ahead(root, names);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		struct pci_addr addr;
		if (pci_addr_parse(name, &addr)) {
			probe_function(&probe, name, addr);
		} else {
			g_autofree char *shown = text_printable(name, strlen(name));
			g_autofree char *path = g_strconcat(DEVICES "/", shown, NULL);
			host_gap_text(host, path, "not a PCI address");
		}
	}
	root_forget(root);
	host_sort(host);
	if (!(what & PROBE_FEW))
		settle_absent(host);
}

static int open_function(struct root *root, const struct pci_dev *dev, struct root_dir *ret)
{
	char address[PCI_ADDR_SIZE];
	g_autofree char *path = g_strconcat(DEVICES "/", pci_addr_format(dev->addr, address), NULL);

	return root_dir_open(root, path, ret);
}

/* Has any function the file that tells how it can be reset? See settle_absent(). */
static bool is_reset_told(struct root *root, const struct host *host)
{
	char buf[256];

	for (unsigned i = 0; i < host->n_pci; i++) {
		struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
		if (open_function(root, &host->pci[i], &dir) == 0 &&
		    root_dir_attribute(&dir, "reset_method", buf, sizeof(buf)) >= 0)
			return true;
	}
	return false;
}

/* What is read of each of them by way of a child. */
static void read_rest_ahead(struct root *root, const struct host *host, const int *functions,
			    unsigned n)
{
	static const char *const attributes[] = { "driver_override", "sriov_numvfs" };
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	char address[PCI_ADDR_SIZE];

	for (unsigned i = 0; i < n; i++)
		g_ptr_array_add(names,
				g_strdup(pci_addr_format(host->pci[functions[i]].addr, address)));
	root_read_ahead_each(root, DEVICES, names, attributes, G_N_ELEMENTS(attributes));
}

void pci_probe_rest(struct root *root, struct host *host, const int *functions, unsigned n)
{
	bool any = false, all = true;

	read_rest_ahead(root, host, functions, n);
	for (unsigned i = 0; i < n; i++) {
		struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
		struct pci_dev *dev = &host->pci[functions[i]];
		if (open_function(root, dev, &dir) == 0) {
			read_rest(host, &dir, dev);
			pci_detail_probe(host, &dir, dev, PROBE_FEW);
		}
		any = any || dev->reset_known;
		all = all && dev->reset_known;
	}
	root_forget(root);
	if (all || (!any && !is_reset_told(root, host)))
		return;
	for (unsigned i = 0; i < n; i++)
		settle_reset(host, &host->pci[functions[i]]);
}

void pci_probe_detail(struct root *root, struct host *host, struct pci_dev *dev)
{
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;

	if (!dev->detail && open_function(root, dev, &dir) == 0)
		pci_detail_probe(host, &dir, dev, PROBE_DETAIL);
}
