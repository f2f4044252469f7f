/* What VFIO, or the kernel beneath it, would not accept: said before the host has lost a device for
 * nothing. */
#include <inttypes.h>
#include <string.h>

#include "plan/refusal_parts.h"

/* ---- bridge ---- */

static char *list_behind(const struct host *host, int bridge)
{
	g_autoptr(GArray) behind = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < host->n_pci; i++) {
		int index = (int)i;
		if (host->pci[i].parent == bridge && !pci_dev_is_bridge(&host->pci[i]))
			g_array_append_val(behind, index);
	}
	if (behind->len == 0)
		return NULL;
	return functions_text(host, (const int *)(const void *)behind->data, behind->len);
}

void judge_bridges(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n_asked; i++) {
		int pci = judge->query->asked[i];
		if (!pci_dev_is_bridge(&judge->host->pci[pci]))
			continue;
		g_autofree char *behind = list_behind(judge->host, pci);
		judge_refuse(
			judge, pci,
			"%s is a bridge, and bridges stay with the host: guests are given what "
			"is behind them%s%s.",
			function_text(judge->host, pci).text, behind ? ", here " : "",
			behind ? behind : "");
	}
}

/* ---- sriov-pf ---- */

void judge_virtual_functions(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		const struct pci_detail *detail = judge->host->pci[pci].detail;
		int n = detail ? detail->sriov_numvfs : -1;
		char buf[PCI_ADDR_SIZE];
		if (n <= 0)
			continue;
		judge_refuse(judge, pci,
			     "%s has %d virtual function%s, which would vanish, and whoever uses "
			     "%s would lose %s. Give the guest one of them instead, or switch them "
			     "off first (echo 0 > /sys/bus/pci/devices/%s/sriov_numvfs).",
			     function_text(judge->host, pci).text, n, n == 1 ? "" : "s",
			     n == 1 ? "it" : "them", n == 1 ? "it" : "them",
			     pci_addr_format(judge->host->pci[pci].addr, buf));
	}
}

/* ---- groups ---- */

/* Is the function the first of those that change hands in its group? Groups are told once. */
static bool is_first_of_group(const struct judge *judge, unsigned i)
{
	const struct pci_dev *list = judge->host->pci;
	int group = list[judge->query->functions[i]].group;

	if (group < 0)
		return false;
	for (unsigned j = 0; j < i; j++)
		if (list[judge->query->functions[j]].group == group)
			return false;
	return true;
}

void judge_direct_mapping(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		if (!is_first_of_group(judge, i))
			continue;
		const struct iommu_group *group = &judge->host->groups[judge->host->pci[pci].group];
		for (unsigned j = 0; j < group->n_regions; j++) {
			const struct iommu_region *region = &group->regions[j];
			if (!region->type || strcmp(region->type, "direct") != 0)
				continue;
			judge_refuse(judge, pci,
				     "The firmware keeps the memory from 0x%" PRIx64 " to "
				     "0x%" PRIx64 " for %s (group %d), and the kernel gives such "
				     "devices to nobody. Look in the firmware setup for shared "
				     "memory or legacy support of this device, or take another "
				     "one.",
				     region->start, region->end,
				     function_text(judge->host, pci).text, group->id);
			break;
		}
		if (!group->regions_known)
			judge_warn(judge,
				   "It is not known whether the firmware keeps memory for %s: then "
				   "the kernel would give it to nobody.",
				   function_text(judge->host, pci).text);
	}
}

/* What stays in a group and does DMA for the host: "01:00.1 (snd_hda_intel)". */
struct stayers {
	GPtrArray *known;
	GPtrArray *unknown; /* whether they do is not known */
	bool fixed;         /* some cannot be given away at all: bridges, what is not PCI */
};

static void list_stayers(const struct judge *judge, const struct iommu_group *group,
			 struct stayers *ret)
{
	for (unsigned i = 0; i < group->n_members; i++) {
		int pci = group->members[i];
		const struct pci_dev *dev = &judge->host->pci[pci];
		struct address_text address = function_text(judge->host, pci);
		bool is_bridge = pci_dev_is_bridge(dev);
		if (judge->moving[pci])
			continue;
		if (!dev->driver_known && !is_bridge) {
			g_ptr_array_add(ret->unknown, g_strdup(address.text));
		} else if (dev->driver_known && !pci_driver_is_harmless(dev->driver)) {
			g_ptr_array_add(ret->known,
					g_strdup_printf("%s (%s)", address.text, dev->driver));
			ret->fixed |= is_bridge;
		}
	}
	for (unsigned i = 0; i < group->n_others && group->others_bound; i++) {
		g_ptr_array_add(ret->known, g_strdup(group->others[i]));
		ret->fixed = true;
	}
	for (unsigned i = 0; i < group->n_missing; i++)
		g_ptr_array_add(ret->unknown, g_strdup(group->missing[i]));
}

static void refuse_group(const struct judge *judge, int pci, const struct iommu_group *group,
			 const struct stayers *stayers)
{
	g_autofree char *names = words_join(stayers->known);
	bool whole = !judge->query->group && !stayers->fixed;

	judge_refuse(judge, pci,
		     "%s of group %d would stay with the host, and a group is given away as a "
		     "whole or not at all: the guest would not start. %s",
		     names, group->id,
		     whole ? "Name all of it, or take the whole group with --group."
			   : "That cannot go along: take a device in another group.");
	if (whole)
		plan_refuse_group(judge->plan);
}

static void judge_group(const struct judge *judge, int pci, const struct iommu_group *group)
{
	g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
	struct stayers stayers = { .known = known, .unknown = unknown };

	list_stayers(judge, group, &stayers);
	if (known->len > 0) {
		refuse_group(judge, pci, group, &stayers);
	} else if (unknown->len > 0) {
		g_autofree char *doubtful = words_join(unknown);
		judge_warn(judge,
			   "It is not known whether %s of group %d %s a driver of the host: then "
			   "the guest would not start.",
			   doubtful, group->id, unknown->len == 1 ? "has" : "have");
	}
}

void judge_groups(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		if (is_first_of_group(judge, i))
			judge_group(judge, pci, &judge->host->groups[judge->host->pci[pci].group]);
	}
}

/* ---- the IOMMU ---- */

void judge_iommu(const struct judge *judge)
{
	const struct iommu_verdict *verdict = judge->verdict;
	bool known = verdict->state != IOMMU_STATE_UNKNOWN;

	if (judge->query->n == 0)
		return;
	if (known && verdict->state != IOMMU_ENABLED) {
		judge_refuse(judge, -1, "%s %s", verdict->cause,
			     verdict->remedy ? verdict->remedy : "");
		return;
	}
	for (unsigned i = 0; i < judge->query->n; i++) {
		int pci = judge->query->functions[i];
		const struct pci_dev *dev = &judge->host->pci[pci];
		if (dev->group < 0 && dev->group_known && known)
			judge_refuse(judge, pci,
				     "%s is in no IOMMU group: the IOMMU does not cover it, so it "
				     "cannot be given to a guest. Take another device.",
				     function_text(judge->host, pci).text);
	}
	if (!known)
		judge_warn(judge,
			   "It is not known whether the IOMMU of this machine is on: without it, "
			   "nothing can be given to guests.");
}

static const char *remapping_remedy(const struct judge *judge)
{
	const char *cmdline = judge->host->platform.kernel.cmdline;

	if (cmdline && (cmdline_has(cmdline, "intremap=off") || cmdline_has(cmdline, "nointremap")))
		return "Remove intremap=off from the kernel command line, and boot again.";
	return "Look in the firmware setup for interrupt remapping or x2APIC; only where every "
	       "guest is trusted, set allow_unsafe_interrupts=1 of the module vfio_iommu_type1.";
}

void judge_remapping(const struct judge *judge)
{
	const struct host *host = judge->host;

	if (judge->query->n == 0 || judge->verdict->state != IOMMU_ENABLED)
		return;
	if (host->iommu.unsafe_interrupts == TRI_YES) {
		if (host->iommu.irq_remapped == TRI_NO)
			judge_warn(judge,
				   "Interrupts are not remapped, and allow_unsafe_interrupts is "
				   "set: a guest with a device can disturb the whole machine.");
		return;
	}
	if (host->iommu.irq_remapped == TRI_NO)
		judge_refuse(judge, -1,
			     "The IOMMU does not remap interrupts, so a guest could send any "
			     "interrupt to the host, and VFIO refuses to start it. %s",
			     remapping_remedy(judge));
	else if (host->iommu.irq_remapped == TRI_UNKNOWN && host->platform.cpu.x86)
		judge_warn(judge, "It is not known whether interrupts are remapped: if not, VFIO "
				  "refuses to start the guest.");
}
