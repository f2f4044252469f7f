/* See probe.h: the order of the probes, since each stands on what is before it. */
#include "probe/probe.h"

#include "base/error.h"
#include "base/root.h"
#include "model/host.h"
#include "probe/boot.h"
#include "probe/domains.h"
#include "probe/guests.h"
#include "probe/images.h"
#include "probe/iommu.h"
#include "probe/modules.h"
#include "probe/pci.h"
#include "probe/pci_detail.h"
#include "probe/platform.h"
#include "probe/settings.h"
#include "probe/usage.h"
#include "probe/usb.h"

/* What a live machine alone can tell: recorded, so that a recording tells the same. */
static char *ask_privileged(struct root *root)
{
	return g_strconcat(root_is_live(root) && root_is_privileged() ? "root" : "user",
			   root_is_part(root) ? " part\n" : "\n", NULL);
}

static bool is_recording(struct root *root)
{
	return !root_is_live(root) && root_exists(root, "/vfiokit");
}

/* The tree of an image that no kernel has run has neither, but a distribution. */
static bool is_machine(struct root *root, unsigned what)
{
	return root_exists(root, "/sys") || root_exists(root, "/proc") ||
	       (what & PROBE_BOOT && what != PROBE_ALL &&
		(root_exists(root, "/etc/os-release") || root_exists(root, "/usr/lib/os-release")));
}

/* Without privilege the kernel shows 64 bytes of config space: capabilities are then not known. */
static void note_short_config(struct host *host)
{
	unsigned short_ones = 0;

	for (unsigned i = 0; i < host->n_pci; i++)
		short_ones += host->pci[i].caps && host->pci[i].caps->depth == CONFIG_HEADER;
	if (short_ones == 0)
		return;
	g_autofree char *reason = g_strdup_printf(
		"only the first 64 bytes of %u functions could be read (run as root)", short_ones);
	host_gap_text(host, "/sys/bus/pci/devices/*/config", reason);
}

/* Groups and remapped interrupts prove the IOMMU: only without them it is asked why. */
static unsigned verdict_parts(const struct host *host, unsigned what)
{
	const struct iommu *iommu = &host->iommu;
	bool proved = host->n_groups > 0 && !iommu->noiommu && iommu->irq_remapped == TRI_YES;

	return what & PROBE_FEW && proved ? 0 : PLATFORM_VERDICT;
}

static unsigned platform_parts(const struct host *host, unsigned what)
{
	unsigned parts = verdict_parts(host, what);

	/* Why there are no groups is in the kernel's configuration and log. */
	if (host->n_groups == 0)
		parts |= PLATFORM_CONFIG | PLATFORM_LOG;
	if (what & PROBE_PLATFORM)
		parts |= PLATFORM_FULL;
	if (what & (PROBE_MACHINE | PROBE_BOOT))
		parts |= PLATFORM_MACHINE | PLATFORM_MEMORY;
	if (what & PROBE_FEW)
		parts |= PLATFORM_LOADED | PLATFORM_DISPLAY;
	if (what & PROBE_TOPOLOGY)
		parts |= PLATFORM_TOPOLOGY;
	return parts;
}

#define RECORD_MAX ((size_t)64 * 1024)

static void probe_bindings(struct root *root, struct host *host)
{
	int error = 0;
	g_autofree char *text = root_read_all(root, BINDINGS_PATH, RECORD_MAX, NULL, &error);

	if (!text)
		host_gap(host, BINDINGS_PATH, error);
	bindings_parse(host, text);
}

static void probe_usage(struct root *root, struct host *host, bool holders, const bool *wanted)
{
	const struct usage_request request = { .holders = holders, .wanted = wanted };

	usage_probe(root, host, &request);
	if (host->part) { /* a container has processes, mounts and networks of its own */
		host->usages.known = 0;
		host->usages.holders_known = false;
	}
}

struct host *host_probe(struct root *root, unsigned what, GError **error)
{
	if (!is_machine(root, what)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "this is no machine: it has neither /sys nor /proc");
		error_hint(error, "give the folder that another system's root is in, as that of a "
				  "mounted disk");
		return NULL;
	}

	struct host *host = host_new(root_is_live(root)   ? HOST_LIVE
				     : is_recording(root) ? HOST_RECORDING
							  : HOST_TREE);
	g_autofree char *who = root_fact(root, "reader", ask_privileged);
	host->privileged = who && g_str_has_prefix(who, "root");
	host->part = root_is_part(root);

	pci_probe(root, host, what);
	if (what & PROBE_CONFIG)
		note_short_config(host);
	iommu_probe(root, host, what);
	host_link(host);
	platform_probe(root, host, platform_parts(host, what));
	/* What is built in need not be loaded; only then it is asked. */
	if (what & PROBE_FEW && host->platform.kernel.vfio_pci_loaded != TRI_YES)
		platform_probe(root, host, PLATFORM_BUILTIN | PLATFORM_CONFIG);
	if (what & PROBE_BINDINGS)
		probe_bindings(root, host);
	if (what & PROBE_BOOT)
		boot_probe(root, host);
	if (what & (PROBE_IMAGES | PROBE_IMAGES_ALL))
		images_probe(root, host, what & PROBE_IMAGES_ALL);
	if (what & PROBE_DETAIL) {
		pci_slots_probe(root, host);
		modules_probe(root, host, what);
	}
	if (what & PROBE_USB)
		usb_probe(root, host);
	if (what & (PROBE_USAGE | PROBE_HOLDERS))
		probe_usage(root, host, what & PROBE_HOLDERS, NULL);
	if (what & PROBE_SETTINGS)
		settings_probe(root, host);
	if (what & PROBE_DOMAINS)
		domains_probe(root, host);
	if (what & PROBE_GUESTS)
		guests_probe(root, host);
	return host;
}

void host_probe_detail(struct root *root, struct host *host, const int *functions, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		pci_probe_detail(root, host, &host->pci[functions[i]]);
	modules_probe(root, host, PROBE_DETAIL);
}

static void want(GArray *list, bool *wanted, int pci)
{
	if (!wanted[pci])
		g_array_append_val(list, pci);
	wanted[pci] = true;
}

/* The functions and what is in their groups, each once: nothing else changes hands. */
static GArray *list_wanted(const struct host *host, const int *functions, unsigned n, bool *wanted)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < n; i++) {
		int group = host->pci[functions[i]].group;
		want(list, wanted, functions[i]);
		for (unsigned j = 0; group >= 0 && j < host->groups[group].n_members; j++)
			want(list, wanted, host->groups[group].members[j]);
	}
	return list;
}

void host_probe_handover(struct root *root, struct host *host, const int *functions, unsigned n)
{
	g_autofree bool *wanted = g_new0(bool, host->n_pci + 1);

	iommu_probe_groups_of(root, host, functions, n);
	g_autoptr(GArray) list = list_wanted(host, functions, n, wanted);
	pci_probe_rest(root, host, (const int *)(const void *)list->data, list->len);
	modules_probe(root, host, PROBE_FEW);
	if (usb_is_at(root, host, wanted))
		usb_probe(root, host);
	probe_usage(root, host, true, wanted);
}
