/* See known.h. To make a rule see to it that something is known: name it in its `reads`; where it
 * is neither a path nor in the tables yet, with a row here. */
#include "rules/known.h"

#include <string.h>

/* ---- attributes of a function ---- */

/* Attributes that are not there where they mean nothing: on a whole machine that is an answer. */
static bool is_whole(const struct host *host)
{
	return host->settings.whole;
}

static bool knows_driver(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->driver_known;
}

static bool knows_override(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->driver_override_known;
}

static bool knows_ids(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->vendor >= 0 && dev->device >= 0;
}

static bool knows_class(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->class_code >= 0;
}

static bool knows_reset(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->reset_known;
}

static bool knows_config(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->caps && dev->caps->depth != CONFIG_NONE;
}

static bool knows_boot_vga(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->boot_vga != TRI_UNKNOWN;
}

static bool knows_bars(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->detail && dev->detail->bars_known;
}

static bool knows_power(const struct host *host, const struct pci_dev *dev)
{
	return dev->detail && (dev->detail->power_state || is_whole(host));
}

static bool knows_power_control(const struct host *host, const struct pci_dev *dev)
{
	return dev->detail && (dev->detail->power_control || is_whole(host));
}

static bool knows_link(const struct host *host, const struct pci_dev *dev)
{
	return dev->detail && (dev->detail->link_width >= 0 || is_whole(host));
}

static bool knows_vfs(const struct host *host, const struct pci_dev *dev)
{
	return dev->detail && (dev->detail->sriov_numvfs >= 0 || is_whole(host));
}

static bool knows_errors(const struct host *host, const struct pci_dev *dev)
{
	return dev->detail && (dev->detail->aer_fatal >= 0 || is_whole(host));
}

static bool knows_vgpu(const struct host *host, const struct pci_dev *dev)
{
	return !dev->is_virtfn || (dev->detail && (dev->detail->vgpu_type || is_whole(host)));
}

static bool knows_physfn(const struct host *host G_GNUC_UNUSED, const struct pci_dev *dev)
{
	return dev->caps; /* read with them */
}

static const struct {
	const char *name;
	bool (*is_known)(const struct host *host, const struct pci_dev *dev);
} attributes[] = {
	{ "driver", knows_driver },
	{ "driver_override", knows_override },
	{ "vendor", knows_ids },
	{ "device", knows_ids },
	{ "class", knows_class },
	{ "reset_method", knows_reset },
	{ "config", knows_config },
	{ "boot_vga", knows_boot_vga },
	{ "resource", knows_bars },
	{ "power_state", knows_power },
	{ "power/control", knows_power_control },
	{ "current_link_width", knows_link },
	{ "sriov_numvfs", knows_vfs },
	{ "nvidia/current_vgpu_type", knows_vgpu },
	{ "physfn", knows_physfn },
	{ "aer_dev_fatal", knows_errors },
	{ "aer_dev_nonfatal", knows_errors },
};

/* ---- the host ---- */

static bool knows_log(const struct host *host)
{
	return host->platform.kernel.log;
}

static bool knows_cmdline(const struct host *host)
{
	return host->platform.kernel.cmdline;
}

static bool knows_release(const struct host *host)
{
	return host->platform.kernel.release;
}

static bool knows_cpu(const struct host *host)
{
	return host->platform.cpu.arch_known;
}

static bool knows_domains(const struct host *host)
{
	return host->domains.known;
}

static bool knows_functions(const struct host *host)
{
	return host->n_pci > 0;
}

static bool knows_nodes(const struct host *host)
{
	return host->settings.nodes_known;
}

static bool knows_hooks(const struct host *host)
{
	return host->settings.hooks_known && host->settings.nodes_known;
}

static bool knows_holders(const struct host *host)
{
	return host->usages.holders_known;
}

static bool knows_disks(const struct host *host)
{
	return usage_kind_known(&host->usages, USAGE_DISK) &&
	       usage_kind_known(&host->usages, USAGE_ROOT_DISK);
}

/* Items of the host; name as `reads` has it, or its front where it ends in a slash. */
static const struct {
	const char *name;
	bool (*is_known)(const struct host *host);
	const char *path; /* where to look; NULL: the name */
} facts[] = {
	{ "the kernel's log", knows_log, "kernel log" },
	{ "/proc/cmdline", knows_cmdline, NULL },
	{ "/proc/sys/kernel/osrelease", knows_release, NULL },
	{ "/proc/cpuinfo", knows_cpu, NULL },
	{ "/etc/libvirt/qemu", knows_domains, NULL },
	{ "definitions", knows_domains, "/etc/libvirt/qemu" },
	{ "the definition", knows_domains, "/etc/libvirt/qemu" },
	{ "ROM files that definitions name", knows_domains, "/etc/libvirt/qemu" },
	{ "/sys/bus/pci/devices", knows_functions, NULL },
	{ "/dev/", knows_nodes, NULL },
	{ "/etc/libvirt/hooks", knows_hooks, NULL },
	{ "/proc/PID/fd", knows_holders, "/proc/*/fd" },
	{ "mounts", knows_disks, "/proc/self/mountinfo" },
};

/* ---- finding ---- */

static void clear_doubt(void *data)
{
	struct doubt *doubt = data;

	g_free(doubt->what);
	g_free(doubt->path);
}

GArray *doubts_new(void)
{
	GArray *doubts = g_array_new(FALSE, FALSE, sizeof(struct doubt));

	g_array_set_clear_func(doubts, clear_doubt);
	return doubts;
}

static void add_doubt(GArray *doubts, const char *what, const char *path, const char *reason,
		      int pci)
{
	for (guint i = 0; i < doubts->len; i++)
		if (strcmp(g_array_index(doubts, struct doubt, i).path, path) == 0)
			return;
	struct doubt doubt = { g_strdup(what), g_strdup(path), reason, pci };
	g_array_append_val(doubts, doubt);
}

/* "/sys/kernel/iommu_groups/N/type" as a pattern; the caller's. */
static char *make_pattern(const char *item)
{
	static const char *const variable[] = { "RELEASE", "PID", "N" };
	GString *text = g_string_new(NULL);

	while (*item) {
		size_t n = *item == '{' ? strcspn(item, "}") + 1 : 0;
		for (size_t i = 0; n == 0 && i < G_N_ELEMENTS(variable); i++)
			n = g_str_has_prefix(item, variable[i]) ? strlen(variable[i]) : 0;
		if (n > 0)
			g_string_append_c(text, '*');
		else
			g_string_append_c(text, *item);
		item += MIN(MAX(n, 1), strlen(item));
	}
	return g_string_free(text, FALSE);
}

/* What fits the item, or is in the folder that fits, and could not be read. */
static void find_gaps(const struct host *host, const char *item, int pci, GArray *doubts)
{
	g_autofree char *pattern = make_pattern(item);
	g_autofree char *inside = g_strconcat(pattern, "/*", NULL);

	for (guint i = 0; i < host->gaps->len; i++) {
		const struct gap *gap = &g_array_index(host->gaps, struct gap, i);
		if (g_pattern_match_simple(pattern, gap->path) ||
		    g_pattern_match_simple(inside, gap->path))
			add_doubt(doubts, gap->path, gap->path, gap->reason, pci);
	}
}

static void find_fact(const struct host *host, const char *item, GArray *doubts)
{
	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
		bool front = g_str_has_suffix(facts[i].name, "/");
		if (front ? g_str_has_prefix(item, facts[i].name)
			  : strcmp(item, facts[i].name) == 0) {
			const char *path = facts[i].path ? facts[i].path : item;
			if (!facts[i].is_known(host))
				add_doubt(doubts, path, path, NULL, -1);
		}
	}
	if (*item == '/')
		find_gaps(host, item, -1, doubts);
}

static void find_attribute(const struct host *host, const char *item, int pci, GArray *doubts)
{
	const struct pci_dev *dev = &host->pci[pci];

	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		if (strcmp(item, attributes[i].name) != 0)
			continue;
		g_autofree char *path =
			g_strdup_printf("/sys/bus/pci/devices/%s/%s", ADDRESS(host, pci), item);
		find_gaps(host, path, pci, doubts);
		if (!attributes[i].is_known(host, dev))
			add_doubt(doubts, item, path, NULL, pci);
	}
}

static void find_attributes(const struct exam *exam, char *const *items, int pci, GArray *doubts)
{
	for (; *items; items++)
		find_attribute(exam->host, *items, pci, doubts);
}

void doubts_find(const struct exam *exam, int pci, GArray *doubts)
{
	const struct host *host = exam->host;
	g_auto(GStrv) items = g_strsplit(exam->rule->reads, ", ", -1);

	for (char **item = items; *item; item++)
		find_fact(host, *item, doubts);
	if (pci >= 0)
		find_attributes(exam, items, pci, doubts);
	if (pci >= 0 && exam->rule->of_kind != KIND_OTHER)
		find_attribute(host, "class", pci, doubts);
	for (unsigned i = 0; pci < 0 && i < host->n_pci; i++)
		if (exam->rule->all_functions ||
		    (exam->chosen[i] && !pci_dev_is_bridge(&host->pci[i])))
			find_attributes(exam, items, (int)i, doubts);
}

/* ---- telling ---- */

#define SHOWN 4 /* lines of evidence */

static const char *subject_of(const struct exam *exam, const GArray *doubts, char *buf)
{
	int first = g_array_index(doubts, struct doubt, 0).pci;

	for (guint i = 0; i < doubts->len; i++)
		if (g_array_index(doubts, struct doubt, i).pci != first)
			return NULL;
	return first >= 0 ? pci_addr_format(exam->host->pci[first].addr, buf) : NULL;
}

void doubts_tell(struct exam *exam, const GArray *doubts)
{
	char buf[PCI_ADDR_SIZE];
	struct finding *finding = NULL;

	for (guint i = 0; i < doubts->len && i < SHOWN; i++) {
		const struct doubt *doubt = &g_array_index(doubts, struct doubt, i);
		if (!finding)
			finding = exam_add(exam, FINDING_UNKNOWN, subject_of(exam, doubts, buf),
					   doubts->len > 1 ? "This cannot be told: %s and others "
							     "are not known."
							   : "This cannot be told: %s is not "
							     "known.",
					   doubt->what);
		exam_quote_unknown(exam, finding, doubt->path, doubt->reason);
	}
}
