/* Groups: a guest gets a group as a whole, so who else is in it matters. */
#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

static bool is_running_domain(const struct exam *exam)
{
	return exam->domain && exam->domain->running == TRI_YES;
}

/* Will libvirt bind the function by itself when a guest starts? */
static bool is_managed(const struct exam *exam, int pci)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->domains.n; i++) {
		const struct domain *domain = &host->domains.list[i];
		for (unsigned j = 0; j < domain->n_pci; j++)
			if (domain->pci[j].managed &&
			    pci_addr_equal(domain->pci[j].addr, host->pci[pci].addr))
				return true;
	}
	return false;
}

/* ---- there is one ---- */

static void judge_exists(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];

	if (dev->group >= 0)
		return;
	/* none at all: that there are none would be said by iommu-enabled */
	if (!dev->group_known || host->n_groups == 0) {
		exam_unknown(exam, ADDRESS(host, pci), "/sys/kernel/iommu_groups",
			     "Whether the device is in a group is not known.");
		return;
	}
	if (dev->vendor == 0x8086 && pci_dev_is_kind(dev, KIND_GPU) && dev->on_root_bus)
		return; /* iommu-igpu-off explains it */
	struct finding *finding =
		exam_fail(exam, ADDRESS(host, pci), "The device is in no IOMMU group.");
	evidence_attribute(finding, host, pci, "iommu_group", NULL);
	finding_cause(finding, "No unit of the IOMMU is responsible for its bus, so VFIO "
			       "cannot use it (error -22 when it is bound).");
	finding_fix(finding, "# Put the card into another slot, or update the firmware.");
}

/* ---- viable ---- */

struct members {
	GPtrArray *bound;   /* of char *: "01:00.1 (snd_hda_intel)" */
	GPtrArray *unknown; /* of char * */
	int first;          /* index in host.pci of the first that is bound; -1 */
};

/* Members that keep the group from a guest. Those that are meant for guests, too, are the business
 * of driver-bound, or libvirt takes them by itself. */
static void list_members(const struct exam *exam, const struct iommu_group *group,
			 struct members *members)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < group->n_members; i++) {
		int pci = group->members[i];
		const struct pci_dev *dev = &host->pci[pci];
		if (exam->chosen[pci] || is_managed(exam, pci))
			continue;
		if (dev->driver_known && !pci_driver_is_harmless(dev->driver)) {
			g_ptr_array_add(members->bound,
					g_strdup_printf("%s (%s)", ADDRESS(host, pci),
							dev->driver));
			members->first = members->first < 0 ? pci : members->first;
		} else if (!dev->driver_known && !pci_dev_is_bridge(dev)) {
			g_ptr_array_add(members->unknown, g_strdup(ADDRESS(host, pci)));
		}
	}
}

static void tell_not_viable(struct exam *exam, int pci, const struct iommu_group *group,
			    const struct members *members)
{
	const struct host *host = exam->host;
	g_autofree char *names = join_words(members->bound);
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "Group %d is not viable: the host still uses "
					    "%s.",
					    group->id, names);

	for (unsigned i = 0; i < group->n_members; i++) {
		int member = group->members[i];
		if (host->pci[member].driver_known &&
		    !pci_driver_is_harmless(host->pci[member].driver))
			evidence_driver(finding, host, member);
	}
	finding_cause(finding, "A group is given to a guest as a whole or not at all: a member "
			       "with the host could reach the guest's memory, and the guest the "
			       "member.");
	if (pci_dev_is_bridge(&host->pci[members->first]))
		return; /* group-bridge-bound has the remedy */
	finding_fix(finding, "vfiokit bind --group %s", ADDRESS(host, pci));
	if (iommu_group_isolated(host, group) == TRI_NO)
		finding_fix(finding,
			    "# Or put the card into a slot with a group of its own: "
			    "vfiokit show %s explains the group.",
			    ADDRESS(host, pci));
}

static void judge_viable(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	g_autoptr(GPtrArray) bound = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
	struct members members = { bound, unknown, -1 };

	if (!is_first_of_group(exam, pci))
		return;
	const struct iommu_group *group = &host->groups[host->pci[pci].group];
	list_members(exam, group, &members);
	if (bound->len > 0)
		tell_not_viable(exam, pci, group, &members);
	else if (unknown->len > 0)
		exam_unknown(exam, ADDRESS(host, pci), "/sys/bus/pci/devices/*/driver",
			     "Which drivers the members of the group have is not known.");
}

/* ---- what the host would lose ---- */

#define CRITICAL                                                                                   \
	(1U << USAGE_ROOT_DISK | 1U << USAGE_DISK | 1U << USAGE_ROUTE | 1U << USAGE_KEYBOARD)

/* Is there something in its group that stays with a driver of the host? */
static bool has_sibling(const struct exam *exam, int pci)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		if (dev->group == host->pci[pci].group && !exam->chosen[i] &&
		    !pci_dev_is_bridge(dev) &&
		    (!dev->driver_known || !pci_driver_is_harmless(dev->driver)))
			return true;
	}
	return false;
}

static void judge_critical(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	LOSS_AUTO struct loss loss = { 0 };

	if (!is_first_of_group(exam, pci) || is_running_domain(exam))
		return;
	loss_of_group(host, host->pci[pci].group, &loss);
	for (unsigned i = 0; i < loss.n; i++) {
		const struct usage *use = loss.list[i];
		bool sibling = use->pci >= 0 && !exam->chosen[use->pci];
		if (!sibling || !(CRITICAL & 1U << use->kind))
			continue;
		struct finding *finding =
			exam_fail(exam, ADDRESS(host, pci),
				  "The host needs %s, which is in the same group: %s%s%s.",
				  ADDRESS(host, use->pci), use->name, use->detail ? ", " : "",
				  use->detail ? use->detail : "");
		finding_evidence(finding, "/sys/kernel/iommu_groups/%d/devices: %s",
				 host->pci[pci].group_id, ADDRESS(host, use->pci));
		finding_cause(finding, "Giving the group away takes that from the host.");
		finding_fix(finding, "# Put the card into a slot with a group of its own, "
				     "or give away another one.");
		return;
	}
	if ((host->usages.known & CRITICAL) != CRITICAL && has_sibling(exam, pci))
		exam_unknown(exam, ADDRESS(host, pci), "/sys/class, /proc/self/mountinfo",
			     "What the host uses in the group is not known.");
	else
		exam_settle(exam);
}

/* ---- bridges ---- */

static void judge_bridges(struct exam *exam)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		bool hotplug = g_strcmp0(dev->driver, "shpchp") == 0;
		bool shared = dev->group >= 0 && host->groups[dev->group].n_members > 1;
		if (pci_dev_is_bridge(dev) && shared && !dev->driver_known) {
			exam_unknown(exam, ADDRESS(host, i), "driver",
				     "Which driver this bridge has is not known.");
			continue;
		}
		if (!pci_dev_is_bridge(dev) ||
		    (!pci_driver_is_vfio(dev->driver_override) && !(hotplug && shared)))
			continue;
		struct finding *finding =
			hotplug ? exam_fail(exam, ADDRESS(host, i),
					    "The hot-plug driver shpchp is on a bridge of group "
					    "%d: the group cannot be given to a guest.",
					    dev->group_id)
				: exam_fail(exam, ADDRESS(host, i),
					    "A bridge is to be given to vfio-pci, which does not "
					    "take bridges.");
		if (hotplug)
			evidence_driver(finding, host, (int)i);
		else
			evidence_attribute(finding, host, (int)i, "driver_override",
					   dev->driver_override);
		finding_cause(finding, "Bridges stay with the host, without a driver or with "
				       "pcieport: a guest gets what is behind them.");
		if (hotplug) {
			finding_fix(finding, "echo %s > /sys/bus/pci/drivers/shpchp/unbind",
				    ADDRESS(host, i));
			finding_fix(
				finding,
				"echo 'blacklist shpchp' > /etc/modprobe.d/vfiokit-shpchp.conf");
		} else {
			finding_fix(finding, "echo > /sys/bus/pci/devices/%s/driver_override",
				    ADDRESS(host, i));
		}
	}
}

/* ---- the slot ---- */

static void tell_missing_function(struct exam *exam, int pci, int other)
{
	const struct host *host = exam->host;
	struct finding *finding =
		exam_warn(exam, ADDRESS(host, pci),
			  "%s is a part of the same card, and is not meant for the guest.",
			  ADDRESS(host, other));

	evidence_driver(finding, host, other);
	finding_cause(finding, "Without all its functions the card cannot be reset as a whole, and "
			       "the sound on its connectors or its USB socket are missing.");
	if (!pci_driver_is_vfio(host->pci[other].driver))
		remedy_bind(exam, finding, other);
	if (exam->domain)
		finding_fix(finding,
			    "# Add it to the definition, as a <hostdev> of its own: "
			    "virsh edit %s",
			    exam->domain->name);
}

static void judge_slot(struct exam *exam, int pci)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *other = &host->pci[i];
		if (exam->chosen[i] || !pci_addr_same_slot(other->addr, host->pci[pci].addr))
			continue;
		if (!other->driver_known)
			exam_unknown(exam, ADDRESS(host, pci), "driver",
				     "Whether the other functions of the card are with VFIO, "
				     "too, is not known.");
		else if (exam->domain || !pci_driver_is_vfio(other->driver))
			tell_missing_function(exam, pci, (int)i);
		else
			continue; /* named or not, it is not the host's */
		break;
	}
}

/* ---- libvirt's own rule ---- */

/* The switch port above the function that libvirt holds against it (libvirt: src/util/virpci.c,
 * "is behind a switch lacking ACS"); -1: none. */
static int find_port_without_acs(const struct host *host, int pci)
{
	for (int at = host->pci[pci].parent; at >= 0; at = host->pci[at].parent) {
		const struct pci_caps *caps = host->pci[at].caps;
		if (caps && caps->pcie_type == PCIE_DOWNSTREAM_PORT && caps->acs == TRI_NO)
			return at;
	}
	return -1;
}

/* Is it known of every bridge above the function what kind it is, and of switch ports whether they
 * control access? */
static bool is_way_known(const struct host *host, int pci)
{
	for (int at = pci; !host->pci[at].on_root_bus; at = host->pci[at].parent) {
		if (host->pci[at].parent < 0)
			return false;
		const struct pci_caps *caps = host->pci[host->pci[at].parent].caps;
		if (!caps || caps->pcie_type == PCIE_TYPE_UNKNOWN ||
		    (caps->pcie_type == PCIE_DOWNSTREAM_PORT && caps->acs == TRI_UNKNOWN))
			return false;
	}
	return true;
}

static void judge_switch(struct exam *exam)
{
	const struct host *host = exam->host;
	const char *conf = setting_text(host, "/etc/libvirt/qemu.conf");
	g_autofree char *relaxed = config_value(conf, "relaxed_acs_check");
	unsigned index = 0;
	int pci;

	if (g_strcmp0(relaxed, "1") == 0) {
		exam_settle(exam);
		return;
	}
	while ((pci = next_chosen(exam, &index)) >= 0) {
		int port = find_port_without_acs(host, pci);
		if (port < 0 && !is_way_known(host, pci))
			exam_unknown(exam, ADDRESS(host, pci), "config of the bridges above",
				     "Whether the device is behind a switch without access "
				     "control is not known.");
		if (port < 0)
			continue;
		struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
						    "libvirt refuses this device: it is behind a "
						    "switch without access control (ACS).");
		finding_evidence(finding,
				 "/sys/bus/pci/devices/%s/config: downstream port without "
				 "ACS",
				 ADDRESS(host, port));
		finding_cause(finding, "Devices behind such a switch can reach each other past the "
				       "IOMMU.");
		finding_fix(finding, "# Use a slot that is not behind a switch.");
	}
}

const struct rule rules_group[] = {
	{
		.id = "group-exists",
		.title = "Is the device in a group?",
		.reads = "iommu_group",
		.explain = "Every device behind the IOMMU has a group. One without is left out by "
			   "the firmware's description, or its bus is not covered.",
		.good = "What is meant for guests is in groups.",
		.see = SEE_IOMMU,
		.after = "iommu-enabled devices-chosen",
		.sets = RULE_DOCTOR,
		.judge_each = judge_exists,
	},
	{
		.id = "group-bridge-bound",
		.title = "Are bridges left alone?",
		.reads = "class, driver_override",
		.explain = "A bridge in the group does no harm, with no driver or with pcieport. "
			   "shpchp, the driver for hot plugging of old buses, does; and vfio-pci "
			   "takes no bridges.",
		.good = "No bridge has a driver that is in the way.",
		.see = SEE_ISOLATE,
		.after = "iommu-enabled",
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_bridges,
	},
	{
		.id = "group-viable",
		.title = "Can the group be given away?",
		.reads = "drivers of all members of the group",
		.explain = "Every member of a group must be on a VFIO driver, on pci-stub or on "
			   "none; bridges on pcieport do not count. Members need not be given to "
			   "the same guest, only be off the host's drivers. What libvirt binds by "
			   "itself (managed='yes') is taken to be.",
		.good = "The groups of what is meant for guests are viable.",
		.see = SEE_GPU_USED,
		.after = "iommu-enabled devices-chosen",
		.needs = PROBE_DOMAINS,
		.sets = RULE_DOCTOR,
		.judge_each = judge_viable,
	},
	{
		.id = "group-shared-critical",
		.title = "Does the host need anything else in the group?",
		.reads = "members of the group, mounts, routes, input devices",
		.explain = "What shares a group with the device goes away from the host with it: "
			   "often a disk, the network or the controller with the keyboard.",
		.good = "Nothing that the host needs shares a group with what is meant for guests.",
		.see = SEE_IDENTIFY,
		.after = "iommu-enabled devices-chosen",
		.needs = PROBE_USB | PROBE_USAGE,
		.sets = RULE_DOCTOR,
		.judge_each = judge_critical,
	},
	{
		.id = "group-incomplete-functions",
		.title = "Is the card meant as a whole?",
		.reads = "functions of the slot",
		.explain = "Graphics cards have a sound function and often a USB controller beside "
			   "the GPU. They share power and reset, so they belong together.",
		.good = "Cards that are meant for guests are meant as a whole.",
		.see = SEE_ISOLATE,
		.after = "devices-chosen",
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_slot,
	},
	{
		.id = "group-non-acs-switch",
		.title = "Will libvirt accept where the device is?",
		.reads = "config of the bridges above, /etc/libvirt/qemu.conf",
		.explain = "libvirt refuses devices behind a switch that does not control access "
			   "between its ports, whatever the kernel's groups say. Its option "
			   "relaxed_acs_check switches the check off, at the price of what it "
			   "checks.",
		.good = "Nothing that is meant for guests is behind a switch without ACS.",
		.see = SEE_IOMMU,
		.after = "devices-chosen",
		.needs = PROBE_CONFIG | PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_switch,
	},
	{ 0 },
};
