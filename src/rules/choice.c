/* What is meant for guests: is it there, is it the right thing? */
#include <string.h>

#include "rules/exam.h"
#include "rules/modprobe.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

static const struct {
	enum chosen_by flag;
	const char *words;
} reasons[] = {
	{ CHOSEN_ARGUMENT, "named" },         { CHOSEN_DOMAIN, "in the definition of a guest" },
	{ CHOSEN_BOUND, "on a VFIO driver" }, { CHOSEN_OVERRIDE, "driver_override" },
	{ CHOSEN_IDS, "ids of vfio-pci" },
};

static void judge_chosen(struct exam *exam)
{
	const struct host *host = exam->host;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen(exam, &index)) >= 0)
		g_ptr_array_add(names, g_strdup(ADDRESS(host, pci)));
	if (names->len == 0) {
		exam_add(exam, FINDING_SKIPPED, NULL,
			 "No device is meant for a guest yet: none is bound, named in a definition "
			 "or in the options of vfio-pci.");
		return;
	}
	g_autofree char *list = join_words(names);
	struct finding *finding = exam_pass(exam, NULL, "Meant for guests: %s.", list);
	index = 0;
	while ((pci = next_chosen(exam, &index)) >= 0)
		for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
			if (exam->chosen[pci] & reasons[i].flag)
				finding_evidence(finding, "%s: %s", ADDRESS(host, pci),
						 reasons[i].words);
}

/* ---- what definitions name ---- */

static void tell_absent(struct exam *exam, const struct domain *domain,
			const struct domain_pci *device)
{
	char buf[PCI_ADDR_SIZE];
	const char *address = pci_addr_format(device->addr, buf);
	struct finding *finding =
		exam_fail(exam, address,
			  "The guest %s is to get %s, and there is nothing at that "
			  "address.",
			  domain->name, address);

	finding_evidence(finding, "%s: hostdev %s", domain->path, address);
	finding_evidence(finding, "/sys/bus/pci/devices/%s: not there", address);
	finding_cause(finding, "Addresses change when a card is added, taken out or put into "
			       "another slot, and with options of the firmware.");
	finding_fix(finding, "vfiokit check");
	finding_fix(finding, "virsh edit %s", domain->name);
}

static void judge_domain_present(struct exam *exam, const struct domain *domain)
{
	for (unsigned i = 0; i < domain->n_pci; i++)
		if (host_find_pci(exam->host, domain->pci[i].addr) < 0)
			tell_absent(exam, domain, &domain->pci[i]);
}

static void judge_present(struct exam *exam)
{
	const struct host *host = exam->host;

	if (host->n_pci == 0) {
		exam_unknown(exam, NULL, "/sys/bus/pci/devices", "The devices are not known.");
		return;
	}
	if (exam->domain) {
		judge_domain_present(exam, exam->domain);
		return;
	}
	for (unsigned i = 0; i < host->domains.n; i++)
		judge_domain_present(exam, &host->domains.list[i]);
}

static void judge_dead(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];
	const struct pci_detail *detail = dev->detail;
	bool silent = dev->caps && dev->caps->depth != CONFIG_NONE && pci_caps_are_dead(dev->caps);
	bool cold = detail && detail->power_state &&
		    (strcmp(detail->power_state, "error") == 0 ||
		     (strcmp(detail->power_state, "D3cold") == 0 &&
		      g_strcmp0(detail->power_control, "on") == 0));
	const char *line = log_line_of(host, pci,
				       "Unable to change power state from "
				       "D3cold to D0");

	if (!silent && !cold)
		return;
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "The device does not answer: it did "
					    "not come back from sleep or a reset.");
	if (silent)
		finding_evidence(finding, "/sys/bus/pci/devices/%s/config: reads as ff",
				 ADDRESS(host, pci));
	if (cold)
		evidence_attribute(finding, host, pci, "power_state", detail->power_state);
	if (line)
		finding_evidence(finding, "kernel log: %s", line);
	finding_cause(finding, "Some cards do not wake when their slot has been without "
			       "power (D3cold).");
	finding_fix(finding, "echo 0 > /sys/bus/pci/devices/%s/d3cold_allowed", ADDRESS(host, pci));
	finding_fix(finding, "# Switch the machine off and on; a restart may not be enough.");
	remedy_module_option(exam, finding, "vfio_pci", "disable_idle_d3", "1");
}

/* ---- ids that mean too much ---- */

static GArray *list_matching(const struct host *host, const struct vfio_id *id)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < host->n_pci; i++) {
		int index = (int)i;
		if (vfio_id_matches(id, &host->pci[i]))
			g_array_append_val(list, index);
	}
	return list;
}

static bool is_boot_display(const struct host *host, int pci)
{
	return host->pci[pci].boot_vga == TRI_YES;
}

static bool in_one_slot(const struct host *host, const GArray *list)
{
	for (guint i = 1; i < list->len; i++)
		if (!pci_addr_same_slot(host->pci[g_array_index(list, int, 0)].addr,
					host->pci[g_array_index(list, int, i)].addr))
			return false;
	return true;
}

static void tell_identical(struct exam *exam, const struct vfio_id *id, const GArray *list)
{
	const struct host *host = exam->host;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < list->len; i++)
		g_ptr_array_add(names, g_strdup(ADDRESS(host, g_array_index(list, int, i))));
	g_autofree char *text = join_words(names);
	struct finding *finding =
		exam_warn(exam, NULL,
			  "The ids %s are those of %u devices, %s: vfio-pci takes "
			  "them all, also the one that the host is to keep.",
			  id->text, list->len, text);
	finding_evidence(finding, "%s: ids=%s", id->path, id->text);
	finding_cause(finding, "Ids name a kind of device; equal cards are told apart by address "
			       "only.");
	finding_fix(finding, "# Take %s out of the option ids= in %s.", id->text, id->path);
	for (guint i = 0; i < list->len; i++)
		if (!is_boot_display(host, g_array_index(list, int, i)))
			finding_fix(finding,
				    "# For the one that is meant: vfiokit bind --persist %s",
				    ADDRESS(host, g_array_index(list, int, i)));
}

static void judge_identical(struct exam *exam)
{
	g_autoptr(GArray) ids = vfio_ids_read(exam->host);

	for (guint i = 0; i < ids->len; i++) {
		const struct vfio_id *id = &g_array_index(ids, struct vfio_id, i);
		g_autoptr(GArray) list = list_matching(exam->host, id);
		bool all = true;
		for (guint j = 0; j < list->len; j++)
			all = all && exam->chosen[g_array_index(list, int, j)] & CHOSEN_DOMAIN;
		if (list->len > 1 && !all && !in_one_slot(exam->host, list))
			tell_identical(exam, id, list);
	}
}

/* ---- kinds that VFIO refuses ---- */

/* Accelerators of Intel that VFIO leaves alone, since a guest can bring the host down with them
 * (kernel: drivers/vfio/pci/vfio_pci.c, vfio_pci_dev_in_denylist()). */
static const uint16_t denied[] = { 0x0435, 0x0443, 0x37c8, 0x37c9, 0x19e2, 0x19e3, 0x0b25, 0x0cfe };

static void judge_denylist(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	bool found = false;

	for (size_t i = 0; i < G_N_ELEMENTS(denied); i++)
		found = found ||
			(host->pci[pci].vendor == 0x8086 && host->pci[pci].device == denied[i]);
	if (!found && host->pci[pci].vendor >= 0 && host->pci[pci].device >= 0)
		exam_settle(exam);
	if (!found || setting_switch(host, "vfio_pci", "disable_denylist") == TRI_YES)
		return;
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "vfio-pci does not take this device: its kind is "
					    "on the kernel's list of those that a guest could "
					    "harm the host with.");
	finding_evidence(finding, "/sys/bus/pci/devices/%s: ids %04x:%04x", ADDRESS(host, pci),
			 (unsigned)host->pci[pci].vendor, (unsigned)host->pci[pci].device);
	finding_fix(finding, "# Give the guest a virtual function of it, or another "
			     "device.");
}

static void judge_sriov(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_detail *detail = host->pci[pci].detail;

	if (!detail || detail->sriov_numvfs <= 0 || pci_driver_is_vfio(host->pci[pci].driver))
		return;
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "This function has %d virtual functions switched "
					    "on: vfio-pci does not take it so.",
					    detail->sriov_numvfs);
	g_autofree char *count = g_strdup_printf("%d", detail->sriov_numvfs);
	evidence_attribute(finding, host, pci, "sriov_numvfs", count);
	finding_cause(finding, "The virtual functions live by their parent's driver, and "
			       "whoever uses them would lose them.");
	finding_fix(finding, "echo 0 > /sys/bus/pci/devices/%s/sriov_numvfs", ADDRESS(host, pci));
}

static bool is_left_for_host(const struct exam *exam, unsigned pci)
{
	const struct pci_dev *dev = &exam->host->pci[pci];

	return pci_dev_is_kind(dev, KIND_GPU) && !exam->chosen[pci] &&
	       !pci_driver_is_vfio(dev->driver);
}

/* Class 0302 is for cards that drive no screen: those of servers, and second ones in laptops. */
static int find_chosen_display(const struct exam *exam)
{
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen_kind(exam, KIND_GPU, &index)) >= 0)
		if (exam->host->pci[pci].class_code >> 8 != PCI_CLASS_3D)
			return pci;
	return -1;
}

static void judge_multi_gpu(struct exam *exam)
{
	const struct host *host = exam->host;
	int pci = find_chosen_display(exam);

	for (unsigned i = 0; i < host->n_pci; i++)
		if (is_left_for_host(exam, i) && host->pci[i].driver_known)
			exam_settle(exam);
	if (exam->settled || pci < 0)
		return;
	for (unsigned i = 0; i < host->n_pci; i++)
		if (is_left_for_host(exam, i))
			return; /* or not: its driver is not known */
	struct finding *finding =
		exam_warn(exam, ADDRESS(host, pci),
			  "With this card in a guest the host has no display left.");
	for (unsigned i = 0; i < host->n_pci; i++)
		if (pci_dev_is_kind(&host->pci[i], KIND_GPU))
			evidence_driver(finding, host, (int)i);
	finding_cause(finding, "It is the host's only GPU: the screen goes dark while the guest "
			       "runs, and programs on it must be stopped first.");
	finding_fix(finding, "# Be sure that you can log in over the network, or let the host use "
			     "the processor's own GPU.");
}

const struct rule rules_choice[] = {
	{
		.id = "devices-chosen",
		.title = "Which devices are meant for guests?",
		.reads = "drivers, driver_override, /etc/modprobe.d, /proc/cmdline, "
			 "/etc/libvirt/qemu",
		.explain = "Rules about devices are asked of those that something points to: a "
			   "VFIO driver has them, driver_override or the option ids= of vfio-pci "
			   "names them, or the definition of a guest. 'vfiokit doctor DEVICE' asks "
			   "them of another one.",
		.good = "Devices are meant for guests.",
		.see = SEE_IDENTIFY,
		.sets = RULE_DOCTOR,
		.judge = judge_chosen,
	},
	{
		.id = "device-present",
		.title = "Are the devices of the definitions there?",
		.reads = "/etc/libvirt/qemu, /sys/bus/pci/devices",
		.explain = "Definitions name devices by address. An address belongs to a slot and "
			   "what is before it, not to a card.",
		.good = "Every PCI device that a definition names is there.",
		.see = SEE_IDENTIFY,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_present,
	},
	{
		.id = "d3cold-stuck",
		.title = "Does the device answer?",
		.reads = "config, power_state, power/control",
		.explain =
			"A card that has lost its power, or whose reset failed, answers every "
			"question with ones. Nothing but power helps then; keeping it out of the "
			"deepest sleep prevents it.",
		.good = "What is meant for guests answers.",
		.see = SEE_RESET,
		.after = "devices-chosen",
		.needs = PROBE_CONFIG | PROBE_DETAIL | PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge_each = judge_dead,
	},
	{
		.id = "identical-ids",
		.title = "Do the ids mean one device only?",
		.reads = "/etc/modprobe.d, /proc/cmdline, vendor, device",
		.explain = "The option ids= of vfio-pci cannot tell two equal cards apart, and "
			   "takes the host's one, too. 'bind --persist' goes by address and "
			   "identity.",
		.good = "No ids of vfio-pci mean several devices.",
		.see = SEE_ISOLATE,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_identical,
	},
	{
		.id = "vfio-denylist",
		.title = "Does vfio-pci take devices of this kind?",
		.reads = "vendor, device, /sys/module/vfio_pci/parameters/disable_denylist",
		.explain =
			"A few accelerators of Intel (QAT, DSA) are on a list in the kernel, since "
			"their hardware lets a guest disturb the host.",
		.good = "Nothing that is meant for guests is on the kernel's list.",
		.see = SEE_ISOLATE,
		.after = "devices-chosen",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge_each = judge_denylist,
	},
	{
		.id = "sriov-pf",
		.title = "Are virtual functions of the device switched off?",
		.reads = "sriov_numvfs",
		.explain = "A function that has virtual ones cannot be given away itself; give "
			   "guests the virtual ones, which is what they are for.",
		.good = "Nothing that is meant for guests has virtual functions on.",
		.see = SEE_ISOLATE,
		.after = "devices-chosen",
		.needs = PROBE_DETAIL,
		.sets = RULE_DOCTOR,
		.judge_each = judge_sriov,
	},
	{
		.id = "multi-gpu-host",
		.title = "Is a GPU left for the host?",
		.reads = "class, driver",
		.explain = "With one GPU only, the host hands its screen over when the guest "
			   "starts and gets it back when it ends. That works, with hooks, and is "
			   "where most goes wrong.",
		.good = "The host keeps a GPU, or none is given away.",
		.see = SEE_IDENTIFY,
		.after = "devices-chosen",
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_multi_gpu,
	},
	{ 0 },
};
