/* The lines under a function: one row per property. What hangs under "Capabilities:" is in
 * posted_caps.c, and what is said there again (Flags:, Status:, Region 0:) means something else.
 */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/text.h"

struct pci_detail *posted_fn_detail(struct posted_fn *fn)
{
	if (!fn->dev.detail) {
		fn->detail = (struct pci_detail){
			.link_width = -1,
			.max_link_width = -1,
			.sriov_numvfs = -1,
			.aer_correctable = -1,
			.aer_nonfatal = -1,
			.aer_fatal = -1,
			.sriov_totalvfs = -1,
			.d3cold_allowed = -1,
			.irq = -1,
			.msi_bus = -1,
		};
		fn->dev.detail = &fn->detail;
	}
	return fn->dev.detail;
}

struct pci_caps *posted_fn_caps(struct posted_fn *fn)
{
	if (!fn->dev.caps) {
		pci_caps_init(&fn->caps);
		fn->dev.caps = &fn->caps;
	}
	return fn->dev.caps;
}

/* ---- values ---- */

/* The decimal number at text, -1: there is none, or it is too large to be meant. */
static int number_at(const char *text)
{
	int value = 0;
	unsigned digits = 0;

	while (digits < 7 && g_ascii_isdigit(text[digits]))
		value = value * 10 + (text[digits++] - '0');
	return digits > 0 && digits < 7 ? value : -1;
}

/* The number behind word, wherever that is in text; -1. */
static int number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? number_at(at + strlen(word)) : -1;
}

static int hex_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	uint32_t value;

	return at && text_hex(at + strlen(word), 2, &value) ? (int)value : -1;
}

/* "[size=16M]"; 0: not said. */
static uint64_t size_of(const char *text)
{
	const char *at = strstr(text, "[size=");
	const char *units = "KMGT";
	int value = at ? number_at(at + 6) : -1;

	if (value < 0)
		return 0;
	at += 6;
	while (g_ascii_isdigit(*at))
		at++;
	const char *unit = *at ? strchr(units, *at) : NULL;
	return (uint64_t)value << (unit ? 10 * (unsigned)(unit - units + 1) : 0);
}

/* ---- properties ---- */

static void set_group(struct posted_fn *fn, int group)
{
	if (group < 0 || fn->dev.group_id >= 0)
		return;
	fn->dev.group_id = group;
	fn->dev.group_known = true;
	fn->group_line = true;
}

/* "ASUSTeK Computer Inc. Device [1043:8694]", or "1043:8694" with -n */
static void take_subsystem(struct host *host, struct posted_fn *fn, const char *value)
{
	uint32_t vendor, device;
	const char *at = strrchr(value, '[');

	if (fn->dev.subsystem_vendor >= 0)
		return;
	if (at && posted_ids_scan(at, &fn->dev.subsystem_vendor, &fn->dev.subsystem_device))
		return;
	at = text_after(value, "Device ");
	at = at ? at : value;
	if (text_hex(at, 4, &vendor) && at[4] == ':' && text_hex(at + 5, 4, &device)) {
		fn->dev.subsystem_vendor = (int32_t)vendor;
		fn->dev.subsystem_device = (int32_t)device;
		return;
	}
	if (!fn->subsystem_name)
		fn->subsystem_name = host_string(host, value);
}

static void take_driver(struct host *host, struct posted_fn *fn, const char *value)
{
	size_t n = strcspn(value, " ");

	fn->has_driver_line = true;
	if (n > 0 && !fn->dev.driver && strcmp(value, "(none)") != 0)
		fn->dev.driver = host_string_n(host, value, n);
}

static void take_modules(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->has_driver_line = true;
	if (*value && !fn->dev.text_modules)
		fn->dev.text_modules = host_string(host, value);
}

static void take_numa(struct host *host, struct posted_fn *fn, const char *value)
{
	int node = number_at(value);

	if (node >= 0)
		fn->dev.numa_node = (int16_t)MIN(node, INT16_MAX);
}

static void take_group(struct host *host, struct posted_fn *fn, const char *value)
{
	set_group(fn, number_at(value));
}

/* -v: "bus master, fast devsel, latency 0, IRQ 154, NUMA node 0, IOMMU group 7" */
static void take_flags(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->verbose = true;
	const char *node = strstr(value, "NUMA node ");
	if (node)
		take_numa(host, fn, node + strlen("NUMA node "));
	set_group(fn, number_after(value, "IOMMU group "));
	posted_fn_detail(fn)->irq = number_after(value, "IRQ ");
}

static void take_control(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->verbose = true;
}

static void take_status(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->verbose = true;
	if (text_after(value, "Cap+"))
		fn->cap_bit = TRI_YES;
	else if (text_after(value, "Cap-"))
		fn->cap_bit = TRI_NO;
}

static void take_interrupt(struct host *host, struct posted_fn *fn, const char *value)
{
	int irq = number_after(value, "IRQ ");

	if (irq >= 0)
		posted_fn_detail(fn)->irq = irq;
}

/* "primary=00, secondary=01, subordinate=03". 0 is "not set up". */
static void take_bus(struct host *host, struct posted_fn *fn, const char *value)
{
	struct pci_caps *caps = posted_fn_caps(fn);
	int secondary = hex_after(value, "secondary=");
	int subordinate = hex_after(value, "subordinate=");

	fn->has_bus_line = true;
	if (secondary > 0)
		caps->secondary_bus = secondary;
	if (subordinate > 0)
		caps->subordinate_bus = subordinate;
}

static void take_slot(struct host *host, struct posted_fn *fn, const char *value)
{
	if (*value)
		posted_fn_detail(fn)->slot_name = host_string(host, value);
}

/* "Region 0: Memory at f6000000 (32-bit, non-prefetchable) [size=16M]" */
static void take_region(struct host *host, struct posted_fn *fn, const char *value)
{
	struct pci_detail *detail = posted_fn_detail(fn);
	int index = number_at(value);
	const char *at = strstr(value, " at ");

	if (index < 0 || index >= PCI_N_BARS || !at)
		return;
	detail->bars[index] = (struct pci_bar){
		.start = g_ascii_strtoull(at + 4, NULL, 16), /* <unassigned> is 0 */
		.size = size_of(value),
		.io = strstr(value, "I/O ports") != NULL,
		.prefetchable = strstr(value, " prefetchable") != NULL,
		.is_64bit = strstr(value, "64-bit") != NULL,
	};
	detail->bars_known = true;
}

static void take_rom(struct host *host, struct posted_fn *fn, const char *value)
{
	posted_fn_detail(fn)->rom_size = size_of(value);
}

static void take_warning(struct host *host, struct posted_fn *fn, const char *value)
{
	if (strstr(value, "Unknown header type"))
		fn->broken = fn->verbose = true;
}

/* ---- -vmm ---- */

/* "Intel Corporation [8086]": number and name */
static int32_t split_id(const char *value, size_t *length)
{
	uint32_t id;

	*length = strlen(value);
	if (*length == 4 && text_hex(value, 4, &id)) {
		*length = 0;
		return (int32_t)id;
	}
	if (*length < 6 || value[*length - 6] != '[' || value[*length - 1] != ']' ||
	    !text_hex(value + *length - 5, 4, &id))
		return -1;
	*length -= 6;
	while (*length > 0 && value[*length - 1] == ' ')
		(*length)--;
	return (int32_t)id;
}

static void take_class(struct host *host, struct posted_fn *fn, const char *value)
{
	size_t n;
	int32_t code = split_id(value, &n);

	if (code >= 0)
		fn->dev.class_code = code << 8;
	if (n > 0)
		fn->dev.text_class = host_string_n(host, value, n);
}

static void take_vendor(struct host *host, struct posted_fn *fn, const char *value)
{
	size_t n;

	fn->dev.vendor = split_id(value, &n);
	if (n > 0)
		fn->dev.text_name = host_string_n(host, value, n);
}

static void take_device(struct host *host, struct posted_fn *fn, const char *value)
{
	size_t n;

	fn->dev.device = split_id(value, &n);
	if (n == 0)
		return;
	g_autofree char *name =
		g_strdup_printf("%s%s%.*s", fn->dev.text_name ? fn->dev.text_name : "",
				fn->dev.text_name ? " " : "", (int)n, value);
	fn->dev.text_name = host_string(host, name);
}

static void take_subsystem_vendor(struct host *host, struct posted_fn *fn, const char *value)
{
	size_t n;

	fn->dev.subsystem_vendor = split_id(value, &n);
}

static void take_subsystem_device(struct host *host, struct posted_fn *fn, const char *value)
{
	size_t n;

	fn->dev.subsystem_device = split_id(value, &n);
}

static void take_revision(struct host *host, struct posted_fn *fn, const char *value)
{
	uint32_t revision;

	if (text_hex(value, 2, &revision))
		fn->dev.revision = (int16_t)revision;
}

static void take_prog_if(struct host *host, struct posted_fn *fn, const char *value)
{
	uint32_t prog_if;

	if (text_hex(value, 2, &prog_if))
		fn->prog_if = (int)prog_if;
}

/* "8086:191f", as a script prints it under a -vmm block */
static void take_ids(struct host *host, struct posted_fn *fn, const char *value)
{
	uint32_t vendor, device;

	if (fn->dev.vendor >= 0 || !text_hex(value, 4, &vendor) || value[4] != ':' ||
	    !text_hex(value + 5, 4, &device))
		return;
	fn->dev.vendor = (int32_t)vendor;
	fn->dev.device = (int32_t)device;
}

/* ---- the table ---- */

enum where {
	ANYWHERE,
	HEAD, /* not under a capability */
	VMM,  /* in a "Slot:" block */
};

static const struct {
	const char *key;
	void (*take)(struct host *host, struct posted_fn *fn, const char *value);
	enum where where;
	bool deep; /* goes on in the next line */
} rows[] = {
	{ .key = "Kernel driver in use:", .take = take_driver },
	{ .key = "Kernel modules:", .take = take_modules },
	{ .key = "Subsystem:", .take = take_subsystem, .where = HEAD },
	{ .key = "Flags:", .take = take_flags, .where = HEAD, .deep = true },
	{ .key = "Control:", .take = take_control, .where = HEAD, .deep = true },
	{ .key = "Status:", .take = take_status, .where = HEAD, .deep = true },
	{ .key = "NUMA node:", .take = take_numa, .where = HEAD },
	{ .key = "IOMMU group:", .take = take_group, .where = HEAD },
	{ .key = "Physical Slot:", .take = take_slot, .where = HEAD },
	{ .key = "Interrupt:", .take = take_interrupt, .where = HEAD, .deep = true },
	{ .key = "Bus:", .take = take_bus, .where = HEAD, .deep = true },
	{ .key = "Region ", .take = take_region, .where = HEAD, .deep = true },
	{ .key = "Expansion ROM at", .take = take_rom, .where = HEAD, .deep = true },
	{ .key = "[virtual] Expansion ROM at", .take = take_rom, .where = HEAD, .deep = true },
	{ .key = "Memory at", .where = HEAD, .deep = true },
	{ .key = "I/O ports at", .where = HEAD, .deep = true },
	{ .key = "DeviceName:" },
	{ .key = "Latency:", .deep = true },
	{ .key = "!!!", .take = take_warning },
	{ .key = "Class:", .take = take_class, .where = VMM },
	{ .key = "Vendor:", .take = take_vendor, .where = VMM },
	{ .key = "Device:", .take = take_device, .where = VMM },
	{ .key = "SVendor:", .take = take_subsystem_vendor, .where = VMM },
	{ .key = "SDevice:", .take = take_subsystem_device, .where = VMM },
	{ .key = "Rev:", .take = take_revision, .where = VMM },
	{ .key = "ProgIf:", .take = take_prog_if, .where = VMM },
	{ .key = "Driver:", .take = take_driver, .where = VMM },
	{ .key = "Module:", .take = take_modules, .where = VMM },
	{ .key = "NUMANode:", .take = take_numa, .where = VMM },
	{ .key = "IOMMUGroup:", .take = take_group, .where = VMM },
	{ .key = "IDs:", .take = take_ids, .where = VMM },
};

/* The row whose key text begins with, -1: none. */
static int find_row(const char *text, const char **value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *rest = text_after(text, rows[i].key);
		if (!rest)
			continue;
		*value = rest + strspn(rest, " ");
		return (int)i;
	}
	return -1;
}

bool posted_property_known(const char *text, bool *deep)
{
	const char *value;
	int row = find_row(text, &value);

	*deep = row < 0 || rows[row].deep;
	return row >= 0 || posted_caps_known(text);
}

void posted_property_take(struct host *host, struct posted_fn *fn, const char *text)
{
	const char *value;

	if (posted_caps_take(host, fn, text))
		return;
	int row = find_row(text, &value);
	if (row < 0 || !rows[row].take)
		return;
	if (rows[row].where == HEAD && fn->context != IN_HEAD)
		return;
	if ((rows[row].where == VMM) != fn->vmm && rows[row].where != ANYWHERE)
		return;
	rows[row].take(host, fn, value);
}
