/* The IOMMU: on or not and why, interrupt remapping, modes, faults, and its security switches. */
#include <inttypes.h>
#include <string.h>

#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

static void quote_verdict(const struct exam *exam, struct finding *finding)
{
	for (unsigned i = 0; i < exam->verdict->n_evidence; i++)
		finding_evidence(finding, "%s", exam->verdict->evidence[i]);
}

static bool has_cmdline(const struct exam *exam, const char *word)
{
	const char *cmdline = exam->host->platform.kernel.cmdline;

	return cmdline && cmdline_has(cmdline, word);
}

/* ---- on or off ---- */

static bool has_table(const struct iommu *iommu)
{
	return iommu->has_dmar == TRI_YES || iommu->has_ivrs == TRI_YES ||
	       iommu->has_iort == TRI_YES || iommu->has_viot == TRI_YES;
}

static void judge_table(struct exam *exam)
{
	const struct iommu_verdict *verdict = exam->verdict;

	if (verdict->state != IOMMU_STATE_UNKNOWN)
		exam_settle(exam);
	if (verdict->state == IOMMU_STATE_UNKNOWN && !has_table(&exam->host->iommu))
		exam_unknown(exam, NULL, "/sys/firmware/acpi/tables",
			     "Whether the firmware offers an IOMMU is not known.");
	if (verdict->state != IOMMU_OFF_IN_FIRMWARE && verdict->state != IOMMU_UNSUPPORTED)
		return;
	struct finding *finding =
		exam_fail(exam, NULL,
			  "The firmware offers no IOMMU, so no device can be given to "
			  "a guest.");
	finding_cause(finding, "%s", verdict->cause);
	quote_verdict(exam, finding);
	finding_fix(finding, "# %s", verdict->remedy);
}

static const char *const off_words[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off" };

static void judge_kernel_off(struct exam *exam)
{
	const struct iommu_verdict *verdict = exam->verdict;

	if (verdict->state != IOMMU_STATE_UNKNOWN)
		exam_settle(exam);
	if (verdict->state != IOMMU_OFF_IN_KERNEL)
		return;
	struct finding *finding = exam_fail(exam, NULL,
					    "The kernel does not use the IOMMU that "
					    "the firmware offers: there are no groups.");
	finding_cause(finding, "%s", verdict->cause);
	quote_verdict(exam, finding);
	if (strcmp(verdict->id, "needs-intel-iommu-on") == 0) {
		remedy_kernel_arg_add(exam, finding, "intel_iommu=on");
	} else if (strcmp(verdict->id, "disabled-by-cmdline") == 0) {
		for (size_t i = 0; i < G_N_ELEMENTS(off_words); i++)
			if (has_cmdline(exam, off_words[i]))
				remedy_kernel_arg_remove(exam, finding, off_words[i]);
	} else {
		finding_fix(finding, "# %s", verdict->remedy);
	}
}

static void judge_enabled(struct exam *exam)
{
	const struct host *host = exam->host;

	if (exam->verdict->state == IOMMU_ENABLED) {
		struct finding *finding =
			exam_pass(exam, NULL, "The IOMMU is on: %u groups.", host->n_groups);
		quote_verdict(exam, finding);
	} else {
		exam_unknown(exam, NULL, "/sys/kernel/iommu_groups",
			     "Whether the IOMMU is on is not known.");
	}
}

/* Words that look as if they would switch something on, and do not. */
static void judge_cmdline(struct exam *exam)
{
	static const struct {
		const char *word;
		const char *what;
	} empty[] = {
		{ "amd_iommu=on", "it is no option of the kernel; AMD's IOMMU needs none" },
		{ "intel_iommu=pt", "passthrough mode is asked for by iommu=pt" },
		{ "amd_iommu=pt", "passthrough mode is asked for by iommu=pt" },
	};

	if (!exam->host->platform.kernel.cmdline) {
		exam_unknown(exam, NULL, "/proc/cmdline",
			     "The kernel's command line is not known.");
		return;
	}
	if (exam->verdict->state == IOMMU_ENABLED)
		return; /* harmless */
	for (size_t i = 0; i < G_N_ELEMENTS(empty); i++) {
		if (!has_cmdline(exam, empty[i].word))
			continue;
		struct finding *finding =
			exam_warn(exam, NULL, "%s on the kernel's command line has no effect: %s.",
				  empty[i].word, empty[i].what);
		finding_evidence(finding, "/proc/cmdline: %s", empty[i].word);
		remedy_kernel_arg_remove(exam, finding, empty[i].word);
	}
}

/* Lines that people take for a proof; the kernel writes them without an IOMMU in use, too: the
 * first when it reads intel_iommu=on, the other when it starts interrupt remapping. */
static const char *const claims[] = {
	"IOMMU enabled",
	"Enabled IRQ remapping",
};

static void judge_claims(struct exam *exam)
{
	const struct host *host = exam->host;
	const char *line = NULL;

	if (exam->verdict->state == IOMMU_ENABLED || host->n_groups > 0) {
		exam_settle(exam);
		return;
	}
	if (!host->platform.kernel.log) {
		exam_unknown(exam, NULL, "kernel log",
			     "Whether the kernel's log claims an IOMMU is not known.");
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(claims) && !line; i++)
		line = log_line(host, claims[i]);
	if (!line)
		return;
	struct finding *finding = exam_warn(exam, NULL,
					    "The kernel's log looks as if the IOMMU were on, and "
					    "it is not: there are no groups.");
	finding_evidence(finding, "kernel log: %s", line);
	finding_evidence(finding, "/sys/kernel/iommu_groups: empty");
	finding_cause(finding, "The kernel writes this when it has read its command line or set up "
			       "interrupts, whether or not an IOMMU translates anything.");
	finding_fix(finding, "vfiokit check");
}

static void judge_igpu(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];

	if (dev->vendor >= 0 && (dev->vendor != 0x8086 || dev->group >= 0 || !dev->on_root_bus))
		exam_settle(exam);
	if (exam->settled || dev->vendor < 0 || !dev->group_known)
		return;
	struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
					    "The kernel leaves the integrated GPU out of the "
					    "IOMMU, so it cannot be given away.");
	evidence_attribute(finding, host, pci, "iommu_group", NULL);
	if (host->platform.kernel.intel_default_igpu_off == 'y')
		finding_cause(finding, "This kernel is built to do so "
				       "(CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF) unless the "
				       "IOMMU is asked for by name.");
	if (has_cmdline(exam, "intel_iommu=igfx_off"))
		remedy_kernel_arg_remove(exam, finding, "intel_iommu=igfx_off");
	else
		remedy_kernel_arg_add(exam, finding, "intel_iommu=on");
}

/* ---- interrupts ---- */

static void judge_remapping(struct exam *exam)
{
	const struct host *host = exam->host;
	bool unsafe = host->iommu.unsafe_interrupts == TRI_YES;
	static const char *const words[] = { "intremap=off", "intremap=nosid", "nox2apic" };

	if (exam->verdict->interrupt_remapping == TRI_YES ||
	    (host->platform.cpu.arch_known && !host->platform.cpu.x86)) {
		exam_settle(exam);
		return;
	}
	if (exam->verdict->interrupt_remapping == TRI_UNKNOWN) {
		exam_unknown(exam, NULL, "/proc/interrupts",
			     "Whether interrupts are remapped is not known.");
		return;
	}
	struct finding *finding =
		exam_add(exam, unsafe ? FINDING_WARN : FINDING_FAIL, NULL,
			 unsafe ? "Interrupts are not remapped, and allow_unsafe_interrupts lets "
				  "guests start all the same: they could forge interrupts of the "
				  "host."
				: "Interrupts are not remapped: devices can be bound, but no guest "
				  "starts with them (\"Operation not permitted\").");
	finding_evidence(finding, "/proc/interrupts: no chip is called IR-");
	finding_cause(finding, "Without remapping a device could write any interrupt to the "
			       "processor, so VFIO refuses it.");
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (has_cmdline(exam, words[i])) {
			finding_evidence(finding, "/proc/cmdline: %s", words[i]);
			remedy_kernel_arg_remove(exam, finding, words[i]);
			return;
		}
	if (host->iommu.dmar_flags >= 0 && host->iommu.dmar_flags & 2)
		finding_evidence(finding, "/sys/firmware/acpi/tables/DMAR: flags ask to keep "
					  "x2APIC off");
	finding_fix(finding,
		    exam->verdict->vendor == IOMMU_VIRTIO
			    ? "# " VIRTIO_REMAPS_NONE
			    : "# Switch on x2APIC and interrupt remapping in the firmware setup, "
			      "or update the firmware.");
}

/* ---- modes and regions ---- */

static void judge_mode(struct exam *exam, int pci)
{
	const struct host *host = exam->host;

	if (!is_first_of_group(exam, pci))
		return;
	const struct iommu_group *group = &host->groups[host->pci[pci].group];
	if (!group->type ||
	    (strcmp(group->type, "blocked") != 0 && strcmp(group->type, "unknown") != 0))
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "Group %d has no domain that the host could go "
					    "back to (%s).",
					    group->id, group->type);
	finding_evidence(finding, "/sys/kernel/iommu_groups/%d/type: %s", group->id, group->type);
	finding_cause(finding, "The kernel could not attach it again, as after a fault or a "
			       "failed reset.");
	remedy_reboot(finding);
}

static void judge_direct(struct exam *exam, int pci)
{
	const struct host *host = exam->host;

	if (!is_first_of_group(exam, pci))
		return;
	const struct iommu_group *group = &host->groups[host->pci[pci].group];
	if (!group->regions_known)
		exam_unknown(exam, ADDRESS(host, pci),
			     "/sys/kernel/iommu_groups/N/reserved_regions",
			     "Whether the firmware keeps memory for the device is not known.");
	for (unsigned i = 0; i < group->n_regions; i++) {
		const struct iommu_region *region = &group->regions[i];
		if (g_strcmp0(region->type, "direct") != 0)
			continue;
		struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
						    "The firmware keeps memory for this "
						    "device: the kernel gives it to nobody.");
		finding_evidence(finding,
				 "/sys/kernel/iommu_groups/%d/reserved_regions: "
				 "0x%016" PRIx64 " 0x%016" PRIx64 " direct",
				 group->id, region->start, region->end);
		finding_cause(finding, "The firmware goes on using the device by itself "
				       "(a region of the kind RMRR), and an address of a "
				       "guest could not be told from its own.");
		finding_fix(finding, "# Switch off shared memory, legacy or management "
				     "support of this device in the firmware setup.");
		break;
	}
}

/* ---- faults ---- */

static const char *const fault_words[] = {
	"fault addr",    /* DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr … */
	"IO_PAGE_FAULT", /* AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:01:00.0 … */
	"[DMA Write",
	"[DMA Read",
};

static bool is_fault(const char *line)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fault_words); i++)
		if (strstr(line, fault_words[i]))
			return true;
	return false;
}

/* The address in a line, with domain or without. */
static bool find_address(const char *line, struct pci_addr *ret)
{
	for (const char *at = line; *at; at++)
		if ((at == line || !g_ascii_isxdigit(at[-1])) && pci_addr_scan(at, ret) > 0)
			return true;
	return false;
}

static void judge_faults(struct exam *exam)
{
	const struct kernel *kernel = &exam->host->platform.kernel;
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!kernel->log) {
		exam_unknown(exam, NULL, "kernel log",
			     "Whether the IOMMU has logged faults is not "
			     "known.");
		return;
	}
	for (unsigned i = 0; i < kernel->n_log; i++) {
		char buf[PCI_ADDR_SIZE];
		struct pci_addr addr;
		if (!is_fault(kernel->log[i]))
			continue;
		const char *subject =
			find_address(kernel->log[i], &addr) ? pci_addr_format(addr, buf) : "host";
		if (!g_hash_table_add(seen, g_strdup(subject)))
			continue;
		struct finding *finding =
			exam_warn(exam, subject,
				  "The IOMMU has stopped a DMA access of this device.");
		finding_evidence(finding, "kernel log: %s", kernel->log[i]);
		finding_cause(finding,
			      "Its driver, its firmware or its last guest used memory that "
			      "it was not given; some disk controllers do so with a "
			      "function that does not exist.");
		finding_fix(finding, "# Look whether it comes again after a restart; then update "
				     "the firmware of the device, or leave it to the host.");
	}
}

/* ---- switches that take protection away: doctor and audit ---- */

static void judge_noiommu(struct exam *exam)
{
	const char *path = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";

	if (setting_switch(exam->host, "vfio", "enable_unsafe_noiommu_mode") != TRI_YES &&
	    !exam->host->iommu.noiommu)
		return;
	struct finding *finding =
		exam_fail(exam, NULL,
			  "VFIO's no-IOMMU mode is on: programs can let devices write "
			  "to any memory of the host.");
	evidence_setting(finding, exam->host, path);
	finding_cause(finding, "The mode is for programs without guests; it taints the kernel, and "
			       "no guest can use its groups.");
	if (setting_text(exam->host, path))
		finding_fix(finding, "echo N > %s", path);
	finding_fix(finding, "# Take enable_unsafe_noiommu_mode out of /etc/modprobe.d and of the "
			     "kernel's command line.");
}

static const char *find_word(const char *cmdline, const char *front)
{
	const char *at = cmdline ? strstr(cmdline, front) : NULL;

	return at && (at == cmdline || at[-1] == ' ') ? at : NULL;
}

static void judge_acs_override(struct exam *exam)
{
	const char *cmdline = exam->host->platform.kernel.cmdline;
	const char *word = find_word(cmdline, "pcie_acs_override=");
	const char *unknown = log_line(exam->host, "nknown kernel command line parameters");

	if (!cmdline) {
		exam_unknown(exam, NULL, "/proc/cmdline",
			     "The kernel's command line is not known.");
		return;
	}
	if (!word) {
		exam_settle(exam); /* the log would only say that it has no effect */
		return;
	}
	g_autofree char *text = g_strndup(word, strcspn(word, " "));
	bool ignored = unknown && strstr(unknown, "pcie_acs_override");
	struct finding *finding =
		exam_warn(exam, NULL,
			  ignored ? "%s is on the command line, and this kernel does not know it: "
				    "it has no effect."
				  : "%s makes the kernel claim an isolation that the hardware does "
				    "not have.",
			  text);
	finding_evidence(finding, "/proc/cmdline: %s", text);
	if (ignored)
		finding_evidence(finding, "kernel log: %s", unknown);
	else
		finding_cause(finding, "Devices of groups that were split so can reach each other "
				       "past the IOMMU, and so a guest the host.");
	remedy_kernel_arg_remove(exam, finding, text);
}

const struct rule rules_iommu[] = {
	{
		.id = "iommu-acpi-table",
		.title = "Does the firmware offer an IOMMU?",
		.reads = "/sys/firmware/acpi/tables, /sys/class/iommu, CPUID",
		.explain = "The firmware describes the IOMMU in a table (DMAR of Intel, IVRS of "
			   "AMD, IORT of Arm). Without it the kernel has nothing to switch on, "
			   "whatever its command line says.",
		.good = "The firmware describes an IOMMU, or groups prove that there is one.",
		.see = SEE_IOMMU,
		.sets = RULE_DOCTOR,
		.judge = judge_table,
	},
	{
		.id = "iommu-off-in-kernel",
		.title = "Does the kernel use the IOMMU?",
		.reads = "/sys/kernel/iommu_groups, /sys/class/iommu, /proc/cmdline, the kernel's "
			 "configuration and log",
		.explain = "The IOMMU is on when there are groups. Where the firmware offers one "
			   "and there are none, the kernel was told to leave it off, waits to be "
			   "asked, was built without its driver, or failed to start it; \"IOMMU "
			   "enabled\" in the log proves nothing.",
		.good = "The kernel uses the IOMMU, or there is none to use.",
		.see = SEE_IOMMU,
		.after = "iommu-acpi-table",
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_kernel_off,
	},
	{
		.id = "iommu-enabled",
		.title = "Is the IOMMU on?",
		.reads = "/sys/kernel/iommu_groups",
		.explain = "Everything that follows is about groups: without them there is nothing "
			   "to give away, and nothing that would keep a guest's device from the "
			   "host's memory.",
		.good = "The IOMMU is on.",
		.see = SEE_IOMMU,
		.after = "iommu-acpi-table iommu-off-in-kernel",
		.sets = RULE_DOCTOR,
		.judge = judge_enabled,
	},
	{
		.id = "iommu-cmdline",
		.title = "Do the parameters on the command line do what they seem to?",
		.reads = "/proc/cmdline",
		.explain = "Guides pass on parameters that the kernel does not have, such as "
			   "amd_iommu=on. They are harmless, and a sign that the real reason is "
			   "somewhere else.",
		.good = "No parameter is without effect, or the IOMMU is on all the same.",
		.see = SEE_IOMMU,
		.sets = RULE_DOCTOR,
		.judge = judge_cmdline,
	},
	{
		.id = "iommu-dmesg-trap",
		.title = "Is the kernel's log right about the IOMMU?",
		.reads = "the kernel's log, /sys/kernel/iommu_groups",
		.explain = "Guides have you search the kernel's log for IOMMU or DMAR. \"DMAR: "
			   "IOMMU enabled\" only repeats the command line, and stands there on "
			   "machines without any IOMMU; a log that lacks it proves nothing "
			   "either. Groups are the proof.",
		.good = "The kernel's log does not claim an IOMMU that is not in use.",
		.see = SEE_IOMMU,
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_claims,
	},
	{
		.id = "iommu-intremap",
		.title = "Are interrupts remapped?",
		.reads = "/proc/interrupts, parameters of vfio_iommu_type1 and iommufd",
		.explain =
			"A device sends interrupts by writing to memory. Remapping checks such "
			"writes; without it VFIO refuses to start guests. It does not show when a "
			"device is bound, only when a guest starts.",
		.good = "Interrupts are remapped.",
		.see = SEE_IOMMU,
		.after = "iommu-enabled",
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_remapping,
	},
	{
		.id = "unsafe-noiommu",
		.title = "Is VFIO's no-IOMMU mode off?",
		.reads = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		.explain = "The mode gives programs devices without any protection of memory. It "
			   "cannot be used for guests.",
		.good = "The no-IOMMU mode is off.",
		.see = SEE_SECURITY,
		.ground = "/sys/module",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR | RULE_AUDIT,
		.judge = judge_noiommu,
	},
	{
		.id = "acs-override",
		.title = "Are the groups those of the hardware?",
		.reads = "/proc/cmdline, the kernel's log",
		.explain = "A patch that some kernels carry splits groups by pretending that "
			   "bridges isolate. Guests then start that should not, and a device in "
			   "the one can read and write through the other. Another slot, the "
			   "firmware's ACS option or giving away the whole group come first.",
		.good = "No ACS override is on the command line.",
		.see = SEE_SECURITY,
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR | RULE_AUDIT,
		.judge = judge_acs_override,
	},
	{
		.id = "iommu-igpu-off",
		.title = "Is the integrated GPU behind the IOMMU?",
		.reads = "iommu_group of the GPU, the kernel's configuration, /proc/cmdline",
		.explain = "Debian's and some other kernels switch the IOMMU on for everything but "
			   "the integrated GPU.",
		.good = "No integrated GPU that is meant for a guest is left out.",
		.see = SEE_IOMMU,
		.after = "iommu-enabled",
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_igpu,
	},
	{
		.id = "iommu-mode",
		.title = "Are the groups in a state to be used?",
		.reads = "/sys/kernel/iommu_groups/N/type",
		.explain = "A group has a domain of the host, translated or not: either is fine, "
			   "since a guest gets one of its own. A group without any is stuck.",
		.good = "The groups of what is meant for guests are in order.",
		.see = SEE_IOMMU,
		.after = "iommu-enabled",
		.sets = RULE_DOCTOR,
		.judge_each = judge_mode,
	},
	{
		.id = "iommu-rmrr",
		.title = "Does the firmware keep memory for the device?",
		.reads = "/sys/kernel/iommu_groups/N/reserved_regions",
		.explain =
			"Firmware can demand that a device sees some memory at its real address, "
			"for management processors and old USB keyboards. The kernel then gives "
			"the device to nobody, unless it knows the region to be dispensable.",
		.good = "The firmware keeps no memory for what is meant for guests.",
		.see = SEE_IOMMU,
		.after = "iommu-enabled",
		.needs = PROBE_REGIONS,
		.sets = RULE_DOCTOR,
		.judge_each = judge_direct,
	},
	{
		.id = "iommu-faults",
		.title = "Has the IOMMU stopped anything?",
		.reads = "the kernel's log",
		.explain = "The IOMMU reports each access that it does not let through, with the "
			   "address of the device. One or two while a guest is killed are normal; "
			   "a stream of them is a broken driver or device.",
		.good = "The IOMMU has logged no faults.",
		.see = SEE_DEBUG,
		.after = "iommu-enabled",
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_faults,
	},
	{ 0 },
};
