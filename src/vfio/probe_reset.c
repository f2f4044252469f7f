/* The steps of a probe about resets: what brings the function back to a clean state between two
 * guests, and what else that would hit. */
#include <errno.h>

#include "model/reset.h"
#include "vfio/probe_parts.h"

/* Can the guest's monitor reset dependent, too? So it must be on a VFIO driver. */
static bool is_ours(const struct host *host, const struct vfio_dependent *dependent)
{
	int index = host_find_pci(host, dependent->addr);

	return index >= 0 && (pci_driver_is_vfio(host->pci[index].driver) ||
			      pci_dev_is_bridge(&host->pci[index]));
}

static void append_dependent(const struct probe *probe, GString *text,
			     const struct vfio_dependent *dependent)
{
	char address[PCI_ADDR_SIZE];

	g_string_append_printf(text, "%s%s", text->len ? ", " : "",
			       pci_addr_format(dependent->addr, address));
	if (dependent->group != probe->group->id)
		g_string_append_printf(text, " of group %d", dependent->group);
}

static void says_foreign(struct probe *probe, struct probe_result *result, const char *all,
			 const char *foreign)
{
	/* What can be reset alone does not need the bus. */
	probe_says(result, probe->device.can_reset ? PROBE_PASS : PROBE_WARN,
		   "it would hit %s; of these not on vfio-pci: %s", all, foreign);
	if (probe->device.can_reset)
		probe_means(result, "Not possible as it is, and not needed: the function can be "
				    "reset alone.");
	else
		probe_means(result, "QEMU will say: Cannot reset device, depends on a group which "
				    "is not owned. Bind those, too, and give them to the same "
				    "guest.");
}

static void judge_dependents(struct probe *probe, struct probe_result *result)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GString) foreign = g_string_new(NULL);

	for (unsigned i = 0; i < probe->n_dependents; i++) {
		append_dependent(probe, all, &probe->dependents[i]);
		if (!is_ours(probe->host, &probe->dependents[i]))
			append_dependent(probe, foreign, &probe->dependents[i]);
	}
	probe->bus_reset = foreign->len == 0;
	if (!probe->bus_reset) {
		says_foreign(probe, result, all->str, foreign->str);
		return;
	}
	probe_says(result, PROBE_PASS, "possible; it hits %s", all->str);
	if (probe->n_dependents > 1)
		probe_means(result, "All of these must be in the same guest for it: they are reset "
				    "together.");
}

void step_hot_reset(struct probe *probe, struct probe_result *result)
{
	int r = vfio_hot_reset_info(probe->device_fd, &probe->dependents, &probe->n_dependents);

	if (r == 0) {
		judge_dependents(probe, result);
	} else if (r == -ENODEV) {
		probe_says(result, PROBE_PASS, "there is none");
		probe_means(result, "Its bus cannot be reset, as the root bus never can.");
	} else {
		probe_says(result, PROBE_UNKNOWN, "the kernel does not tell: %s", g_strerror(-r));
	}
}

/* Names of the ways that the kernel knows, but for the bus where that is shared. */
static char *reset_way(const struct probe *probe)
{
	struct reset reset;

	reset_judge(probe->host, probe->dev, &reset);
	return g_strdup(reset.kind == RESET_FUNCTION && reset.method ? reset.method : "");
}

static void says_no_reset(const struct probe *probe, struct probe_result *result)
{
	if (probe->bus_reset) {
		probe_says(result, PROBE_PASS, "not alone; by its bus, see 'hot-reset'");
		return;
	}
	probe_says(result, PROBE_WARN, "there is no way to reset it");
	probe_means(result, "QEMU will say: Cannot reset device, no available reset mechanism. The "
			    "guest starts, but finds the device as the last one left it; many do "
			    "not start twice without the machine being switched off.");
}

void step_reset(struct probe *probe, struct probe_result *result)
{
	g_autofree char *way = reset_way(probe);

	if (!probe->device.can_reset) {
		says_no_reset(probe, result);
		return;
	}
	if (!probe->options->reset) {
		probe_says(result, PROBE_PASS, "possible%s%s%s; not tried without --reset",
			   *way ? " (" : "", way, *way ? ")" : "");
		return;
	}
	int r = vfio_device_reset(probe->device_fd);
	if (r < 0) {
		probe_says_error(result, "reset it", r);
		probe_means(result, "A guest starts once; the next one finds the device as the "
				    "first left it.");
		return;
	}
	probe_says(result, PROBE_PASS, "done%s%s%s", *way ? " (" : "", way, *way ? ")" : "");
}
