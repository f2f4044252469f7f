/* Drivers: who has the device now, who uses it, and what keeps it from changing hands. */
#include <string.h>

#include "rules/exam.h"
#include "rules/modprobe.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- the module ---- */

static void judge_module(struct exam *exam)
{
	const struct kernel *kernel = &exam->host->platform.kernel;
	g_autoptr(GArray) blacklist = modprobe_lines(exam->host, "blacklist");
	const struct modprobe_line *line = modprobe_find(blacklist, "vfio_pci");

	if (kernel->vfio_pci_loaded == TRI_YES || kernel->vfio_pci_builtin == TRI_YES) {
		exam_settle(exam);
		return;
	}
	if (kernel->vfio_pci_loaded == TRI_UNKNOWN) {
		exam_unknown(exam, NULL, "/sys/module", "Whether vfio-pci is loaded is not known.");
		return;
	}
	struct finding *finding = exam_warn(exam, NULL,
					    "Devices are meant for guests, and vfio-pci is not "
					    "loaded.");
	finding_evidence(finding, "/sys/module/vfio_pci: not there");
	if (line) {
		finding_evidence(finding, "%s: blacklist vfio-pci", line->path);
		finding_cause(finding, "A configuration file forbids loading it by itself.");
		finding_fix(finding, "# Take that line out of %s.", line->path);
	} else {
		finding_cause(finding, "It is loaded when a device is bound; at boot it must come "
				       "before the drivers of the host.");
	}
	finding_fix(finding, "modprobe vfio-pci");
}

/* ---- the driver ---- */

/* Something says that it shall be on vfio-pci already, and it is not. */
static void judge_driver(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];
	bool expected = exam->chosen[pci] & (CHOSEN_IDS | CHOSEN_OVERRIDE);

	if (!dev->driver_known || !expected || pci_driver_is_harmless(dev->driver))
		return;
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "The host still has the device: its driver is %s, "
					    "and it is meant to be on vfio-pci.",
					    dev->driver);
	evidence_driver(finding, host, pci);
	if (exam->chosen[pci] & CHOSEN_OVERRIDE) {
		evidence_attribute(finding, host, pci, "driver_override", dev->driver_override);
		finding_cause(finding, "driver_override decides at the next binding only, "
				       "and takes nothing from a driver.");
	} else {
		finding_cause(finding,
			      "%s came first: at boot, vfio-pci was not there "
			      "yet, or its options were not in the initramfs.",
			      dev->driver);
	}
	remedy_bind(exam, finding, pci);
	if (exam->chosen[pci] & CHOSEN_IDS) {
		finding_fix(finding, "# So that it is so at boot:");
		remedy_initramfs(exam, finding);
		finding_fix(finding,
			    "# Should the host's driver still be first then: vfiokit bind "
			    "--persist %s",
			    ADDRESS(host, pci));
	}
}

static void judge_override(struct exam *exam)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		if (!dev->driver_known || dev->driver || !dev->driver_override ||
		    pci_dev_is_bridge(dev))
			continue;
		bool vfio = pci_driver_is_vfio(dev->driver_override);
		struct finding *finding =
			exam_warn(exam, ADDRESS(host, i),
				  "The device has no driver, and may be taken by %s "
				  "only.",
				  dev->driver_override);
		evidence_attribute(finding, host, (int)i, "driver_override", dev->driver_override);
		evidence_driver(finding, host, (int)i);
		finding_cause(finding, "Someone has set driver_override, and that driver was not "
				       "there or did not take it.");
		if (vfio)
			remedy_bind(exam, finding, (int)i);
		else
			finding_fix(finding, "modprobe %s", dev->driver_override);
		finding_fix(finding, "# Or give it back to the host:");
		finding_fix(finding, "vfiokit unbind %s", ADDRESS(host, i));
	}
}

/* What driverctl is told of a function that is there. */
struct driverctl {
	const struct setting *setting;
	int pci;
	const char *driver; /* in line */
	char line[SETTING_LINE];
};

/* The next one from *index on, which is moved behind it. */
static bool next_driverctl(const struct host *host, unsigned *index, struct driverctl *ret)
{
	while ((ret->setting = setting_next(host, "/etc/driverctl.d/pci-*", index))) {
		struct pci_addr addr;
		const char *name = strrchr(ret->setting->path, '/') + 1 + strlen("pci-");
		ret->driver = setting_line(host, ret->setting->path, ret->line);
		ret->pci = pci_addr_parse(name, &addr) ? host_find_pci(host, addr) : -1;
		if (ret->pci >= 0 && ret->driver)
			return true;
	}
	return false;
}

static void judge_driverctl(struct exam *exam)
{
	const struct host *host = exam->host;
	struct driverctl told;
	unsigned index = 0;

	while (next_driverctl(host, &index, &told)) {
		if (!exam->chosen[told.pci] || pci_driver_is_vfio(told.driver))
			continue;
		struct finding *finding =
			exam_warn(exam, ADDRESS(host, told.pci),
				  "driverctl gives this device to %s at every boot, "
				  "and it is meant for a guest.",
				  told.driver);
		evidence_setting(finding, host, told.setting->path);
		finding_fix(finding, "driverctl unset-override %s", ADDRESS(host, told.pci));
	}
}

/* driverctl writes the ids of the device to vfio-pci's new_id, so equal ones follow. */
static void judge_driverctl_twins(struct exam *exam)
{
	const struct host *host = exam->host;
	struct driverctl told;
	unsigned index = 0;

	while (next_driverctl(host, &index, &told)) {
		const struct pci_dev *dev = &host->pci[told.pci];
		for (unsigned i = 0; i < host->n_pci && pci_driver_is_vfio(told.driver); i++) {
			const struct pci_dev *other = &host->pci[i];
			if (other == dev || other->vendor != dev->vendor ||
			    other->device != dev->device ||
			    pci_addr_same_slot(other->addr, dev->addr) ||
			    exam->chosen[i] & CHOSEN_DOMAIN)
				continue;
			struct finding *finding =
				exam_warn(exam, ADDRESS(host, i),
					  "driverctl gives %s to vfio-pci by its ids, "
					  "which are those of this device, too.",
					  ADDRESS(host, told.pci));
			evidence_setting(finding, host, told.setting->path);
			finding_fix(finding, "driverctl unset-override %s",
				    ADDRESS(host, told.pci));
			finding_fix(finding, "vfiokit bind --persist %s", ADDRESS(host, told.pci));
			break;
		}
	}
}

/* ---- ids that vfio-pci has been given ---- */

/* Is the id among those that options name? Those are known, and other rules judge them. */
static bool is_optional(const GArray *options, const struct pci_dev *dev)
{
	for (guint i = 0; i < options->len; i++)
		if (vfio_id_matches(&g_array_index(options, struct vfio_id, i), dev))
			return true;
	return false;
}

/* The line in which the kernel says that vfio-pci takes these ids (kernel: vfio_pci_fill_ids());
 * it says so of the option ids= only, when it reads that. NULL: none. */
static const char *find_added(const struct host *host, const struct pci_dev *dev)
{
	g_autofree char *text = g_strdup_printf("vfio_pci: add [%04x:%04x[", (unsigned)dev->vendor,
						(unsigned)dev->device);

	return dev->vendor >= 0 && dev->device >= 0 ? log_line(host, text) : NULL;
}

/* Another function with the same ids that is on vfio-pci, and nothing but new_id can have brought
 * it there: neither an override nor an option. -1: none. */
static int find_newcomer(const struct host *host, const GArray *options, const struct pci_dev *dev)
{
	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *other = &host->pci[i];
		if (other != dev && other->vendor == dev->vendor && other->device == dev->device &&
		    dev->vendor >= 0 && g_strcmp0(other->driver, "vfio-pci") == 0 &&
		    other->driver_override_known && !other->driver_override &&
		    !is_optional(options, other))
			return (int)i;
	}
	return -1;
}

static void tell_left_over(struct exam *exam, unsigned pci, int newcomer, const char *added)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];
	struct finding *finding =
		exam_warn(exam, ADDRESS(host, pci),
			  "vfio-pci still takes every device with the ids %04x:%04x, and this one, "
			  "which is the host's, has them.",
			  (unsigned)dev->vendor, (unsigned)dev->device);

	if (newcomer >= 0) {
		evidence_driver(finding, host, newcomer);
		evidence_attribute(finding, host, newcomer, "driver_override", NULL);
	} else {
		finding_evidence(finding, "kernel log: %s", added);
	}
	finding_evidence(finding, "/etc/modprobe.d, /proc/cmdline: no ids= that names them");
	finding_cause(finding, "Ids that were written to new_id, or given as an option once, stay "
			       "until the module is unloaded; nothing shows them. The device would "
			       "go to vfio-pci when it is next without a driver.");
	finding_fix(finding, "echo '%04x %04x' > /sys/bus/pci/drivers/vfio-pci/remove_id",
		    (unsigned)dev->vendor, (unsigned)dev->device);
	if (newcomer >= 0)
		remedy_bind(exam, finding, newcomer);
}

static void judge_left_over(struct exam *exam)
{
	const struct host *host = exam->host;
	g_autoptr(GArray) options = vfio_ids_read(host);

	if (host->platform.kernel.vfio_pci_loaded == TRI_NO) {
		exam_settle(exam);
		return;
	}
	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		if (exam->chosen[i] || pci_dev_is_bridge(dev) || !dev->driver_known ||
		    dev->driver_override || is_optional(options, dev))
			continue;
		const char *added = find_added(host, dev);
		int newcomer = added ? -1 : find_newcomer(host, options, dev);
		if (added || newcomer >= 0)
			tell_left_over(exam, i, newcomer, added);
	}
}

/* ---- users ---- */

static const struct {
	const char *program;
	const char *command;
} stoppers[] = {
	{ "nvidia-persiste", "systemctl stop nvidia-persistenced" },
	{ "nvidia-powerd", "systemctl stop nvidia-powerd" },
	{ "nv-hostengine", "systemctl stop nvidia-dcgm" },
	{ "ollama", "systemctl stop ollama" },
	{ "Xorg", "systemctl stop display-manager" },
	{ "gnome-shell", "systemctl stop display-manager" },
	{ "kwin_wayland", "systemctl stop display-manager" },
};

static const char *stopper_of(const struct usage *usage)
{
	for (size_t i = 0; usage->detail && i < G_N_ELEMENTS(stoppers); i++)
		if (g_str_has_prefix(usage->detail, stoppers[i].program))
			return stoppers[i].command;
	return NULL;
}

static bool is_persistence(const struct usage *usage)
{
	return usage->detail && g_str_has_prefix(usage->detail, "nvidia-persiste");
}

/* Sound servers keep the controls of all cards open, and let go by themselves. */
static bool is_loose(const struct usage *usage)
{
	return g_str_has_prefix(usage->name, "control");
}

static void tell_user(struct exam *exam, const struct usage *usage)
{
	const struct host *host = exam->host;
	const char *stopper = stopper_of(usage);
	struct finding *finding =
		exam_fail(exam, ADDRESS(host, usage->pci),
			  "%s has %s open: the device cannot be "
			  "taken from the host.",
			  usage->detail ? usage->detail : "A program", usage->name);

	finding_evidence(finding, "/proc/%d/fd: %s", usage->pid, usage->name);
	finding_cause(
		finding, "%s",
		g_strcmp0(host->pci[usage->pci].driver, "nvidia") == 0
			? "The nvidia driver would wait for it inside the kernel for ever, and "
			  "only a restart would help."
			: "It would be pulled out from under the program.");
	if (stopper)
		finding_fix(finding, "%s", stopper);
	else
		finding_fix(finding, "kill %d", usage->pid);
}

/* The users that one of the two rules is about. */
static void judge_users_of(struct exam *exam, bool persistence)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_direct_hash, g_direct_equal);

	for (unsigned i = 0; i < exam->loss->n; i++) {
		const struct usage *usage = exam->loss->list[i];
		if (usage->kind != USAGE_HOLDER || usage->pci < 0 || is_loose(usage) ||
		    is_persistence(usage) != persistence)
			continue;
		if (g_hash_table_add(told, GINT_TO_POINTER(usage->pid)))
			tell_user(exam, usage);
	}
}

/* Or may be, where its driver is not known. */
static bool is_any_owned(const struct exam *exam)
{
	const struct host *host = exam->host;
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen(exam, &index)) >= 0)
		if (!host->pci[pci].driver_known || !pci_driver_is_harmless(host->pci[pci].driver))
			return true;
	return false;
}

static void judge_users(struct exam *exam)
{
	guint before = exam->findings->len;

	judge_users_of(exam, false);
	if (!is_any_owned(exam))
		exam_settle(exam);
	if (exam->findings->len == before && is_any_owned(exam) &&
	    !exam->host->usages.holders_known)
		exam_unknown(exam, NULL, "/proc/*/fd",
			     "Which programs have the devices open is not known.");
}

static void judge_persistence(struct exam *exam)
{
	judge_users_of(exam, true);
	if (!is_any_owned(exam))
		exam_settle(exam);
}

static void judge_hang(struct exam *exam)
{
	const char *line = log_line(exam->host, "non-zero usage count");

	if (!exam->host->platform.kernel.log) {
		exam_unknown(exam, NULL, "kernel log",
			     "Whether the nvidia driver waits for a program is not known.");
		return;
	}
	if (!line)
		return;
	struct finding *finding =
		exam_fail(exam, NULL,
			  "The nvidia driver was taken off a card that a program had "
			  "open, and waits for it inside the kernel.");
	finding_evidence(finding, "kernel log: %s", line);
	finding_cause(finding, "It goes on when the last program has let go; nothing else ends it, "
			       "and no other device can be bound meanwhile.");
	finding_fix(finding, "fuser -v /dev/nvidia*");
	finding_fix(finding, "# End what is listed; if nothing is, restart the machine.");
}

/* ---- virtual GPUs ---- */

static void judge_vgpu(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_detail *detail = host->pci[pci].detail;

	if (!host->pci[pci].is_virtfn || !detail || !detail->vgpu_type ||
	    !(exam->chosen[pci] & (CHOSEN_IDS | CHOSEN_OVERRIDE | CHOSEN_BOUND)))
		return;
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "This is a virtual GPU of NVIDIA's driver, which "
					    "must stay on that driver.");
	evidence_attribute(finding, host, pci, "nvidia/current_vgpu_type", detail->vgpu_type);
	finding_cause(finding, "The driver itself serves it to VFIO; taken off it, it is "
			       "an empty shell.");
	finding_fix(finding, "vfiokit unbind %s", ADDRESS(host, pci));
	finding_fix(finding, "# In the definition: <hostdev … managed='no'>.");
}

const struct rule rules_binding[] = {
	{
		.id = "vfio-modules",
		.title = "Is vfio-pci loaded?",
		.reads = "/sys/module/vfio_pci, modules.builtin, /etc/modprobe.d",
		.explain = "vfio-pci is the driver that hands devices to guests. It may be a "
			   "module or a part of the kernel. vfio_virqfd, which older guides load, "
			   "is a part of vfio since Linux 6.2.",
		.good = "vfio-pci is loaded or built in.",
		.see = SEE_GPU_USED,
		.after = "iommu-enabled devices-chosen",
		.needs = PROBE_MACHINE | PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_module,
	},
	{
		.id = "driver-bound",
		.title = "Is the device on vfio-pci, as was asked for?",
		.reads = "driver, driver_override, /etc/modprobe.d, /proc/cmdline",
		.explain = "Options of vfio-pci and driver_override say what shall be; the link "
			   "driver says what is. Where they differ, another driver was faster at "
			   "boot, the initramfs does not hold the options, or nobody has asked the "
			   "kernel to bind again.",
		.good = "What is to be on vfio-pci is there.",
		.see = SEE_GPU_USED,
		.after = "devices-chosen",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge_each = judge_driver,
	},
	{
		.id = "driver-override-stale",
		.title = "Does every driver_override have its driver?",
		.reads = "driver, driver_override",
		.all_functions = true,
		.explain = "A device with driver_override belongs to that driver only, also when "
			   "it is not loaded or does not take it: then nobody has the device.",
		.good = "No device waits for a driver that does not come.",
		.see = SEE_GPU_USED,
		.sets = RULE_DOCTOR,
		.judge = judge_override,
	},
	{
		.id = "driverctl-conflict",
		.title = "Does driverctl want something else?",
		.reads = "/etc/driverctl.d",
		.explain = "driverctl keeps overrides of its own and sets them at every boot.",
		.good = "driverctl does not contradict.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.after = "devices-chosen",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_driverctl,
	},
	{
		.id = "driverctl-twins",
		.title = "Does driverctl take an equal device, too?",
		.reads = "/etc/driverctl.d, vendor, device",
		.explain = "For vfio-pci driverctl also writes the ids of the device to new_id: a "
			   "second device of that kind is then taken when it is next without a "
			   "driver.",
		.good = "Nothing equal to what driverctl gives away stays with the host.",
		.see = SEE_ISOLATE,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_driverctl_twins,
	},
	{
		.id = "dynid-stale",
		.title = "Does vfio-pci take ids that nobody asks for any more?",
		.reads = "driver, driver_override, /etc/modprobe.d, the kernel's log",
		.explain =
			"Ids that are written to vfio-pci's new_id, as older guides and some "
			"programs do, mean every device that has them, now and later, and stay "
			"when the device that they were written for has gone back to the host. "
			"The kernel shows them nowhere, so this sees only what they have done: "
			"a device that came to vfio-pci by nothing else, and ids that the kernel "
			"has logged.",
		.good = "vfio-pci takes no device of the host by ids that were left behind.",
		.see = SEE_ISOLATE,
		.needs = PROBE_SETTINGS | PROBE_PLATFORM | PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_left_over,
	},
	{
		.id = "users-of-device",
		.title = "Does a program use the device?",
		.reads = "/proc/PID/fd, /proc/PID/fdinfo, /proc/PID/maps",
		.explain = "A device that a program has open cannot be taken from its driver "
			   "safely. With the nvidia driver the attempt never ends.",
		.good = "No program has what is meant for guests open.",
		.see = SEE_GPU_USED,
		.after = "devices-chosen",
		.needs = PROBE_USAGE | PROBE_HOLDERS,
		.sets = RULE_DOCTOR,
		.judge = judge_users,
	},
	{
		.id = "nvidia-persistence",
		.title = "Does nvidia-persistenced hold the card?",
		.reads = "/proc/PID/fd",
		.explain = "The persistence daemon keeps all cards of the driver open, so that "
			   "they stay initialised. It must be stopped before a card is given away, "
			   "or kept off that card.",
		.good = "nvidia-persistenced does not hold what is meant for guests.",
		.see = SEE_GPU_USED,
		.after = "devices-chosen",
		.needs = PROBE_USAGE | PROBE_HOLDERS,
		.sets = RULE_DOCTOR,
		.judge = judge_persistence,
	},
	{
		.id = "nvidia-hang-in-progress",
		.title = "Does the nvidia driver wait for a program?",
		.reads = "the kernel's log",
		.explain = "When the nvidia driver is taken off a card that is in use, it says so "
			   "once and then waits without end.",
		.good = "The nvidia driver does not wait for a program.",
		.see = SEE_GPU_USED,
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_hang,
	},
	{
		.id = "vgpu-vf",
		.title = "Are virtual GPUs left with their driver?",
		.reads = "physfn, nvidia/current_vgpu_type",
		.explain = "Virtual GPUs of NVIDIA look like devices of their own, but work only "
			   "while the nvidia driver has them.",
		.good = "No virtual GPU was taken off its driver.",
		.see = SEE_ISOLATE,
		.after = "devices-chosen",
		.needs = PROBE_DETAIL | PROBE_CONFIG,
		.sets = RULE_DOCTOR,
		.judge_each = judge_vgpu,
	},
	{ 0 },
};
