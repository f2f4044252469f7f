/* The processor, and whether KVM can use it. */
#include <string.h>

#include "rules/exam.h"
#include "rules/see.h"
#include "rules/tables.h"

static bool is_amd(const struct host *host)
{
	return g_strcmp0(host->platform.cpu.vendor, "AuthenticAMD") == 0;
}

/* Where each hypervisor has it, by the maker that it gives its machines (DMI). */
static const struct {
	const char *maker;
	const char *how;
} hypervisor_ways[] = {
	{ "VMware", "in the machine's settings for the processor, \"Expose hardware assisted "
		    "virtualization to the guest OS\"" },
	{ "innotek", "VBoxManage modifyvm NAME --nested-hw-virt on" },
	{ "Microsoft",
	  "on its host: Set-VMProcessor -VMName NAME "
	  "-ExposeVirtualizationExtensions $true; in a cloud: another size of machine" },
	{ "Google", "made with --enable-nested-virtualization" },
	{ "Amazon", "only machines of the kind \"metal\" have it" },
};

static void remedy_nested(const struct exam *exam, struct finding *finding)
{
	const char *maker = exam->host->platform.firmware.vendor;

	for (size_t i = 0; maker && i < G_N_ELEMENTS(hypervisor_ways); i++) {
		if (!g_str_has_prefix(maker, hypervisor_ways[i].maker))
			continue;
		finding_fix(finding, "# Have the hypervisor offer nested virtualisation (%s).",
			    hypervisor_ways[i].how);
		return;
	}
	finding_fix(finding,
		    "# Have the hypervisor offer nested virtualisation (where that is KVM, on its "
		    "host: modprobe kvm_%s nested=1, and -cpu host).",
		    is_amd(exam->host) ? "amd" : "intel");
}

static void judge_virtualisation(struct exam *exam)
{
	const struct iommu_verdict *verdict = exam->verdict;
	const struct cpu *cpu = &exam->host->platform.cpu;

	if (verdict->virtualization == TRI_YES) {
		exam_settle(exam);
	} else if (verdict->virtualization == TRI_NO) {
		struct finding *finding = exam_fail(exam, NULL, "KVM cannot run here: %s.",
						    verdict->virtualization_note);
		finding_evidence(finding, "/proc/cpuinfo: flags without vmx and svm");
		finding_cause(finding, "Guests need the processor's own virtualisation (VT-x, "
				       "AMD-V).");
		if (cpu->hypervisor == TRI_YES)
			remedy_nested(exam, finding);
		else
			finding_fix(finding, "# Switch on %s in the firmware setup.",
				    is_amd(exam->host) ? "SVM Mode"
						       : "VT-x (Intel Virtualization Technology)");
	} else if (verdict->virtualization == TRI_UNKNOWN && (cpu->x86 || !cpu->arch_known)) {
		exam_unknown(exam, NULL, "/proc/cpuinfo",
			     "Whether the processor can run guests is not known.");
	}
}

static bool is_absent(const struct node *node)
{
	return node && node->type == 0;
}

/* The node alone proves nothing: systemd makes it at boot, so that opening it may load the module.
 */
static void judge_kvm(struct exam *exam)
{
	const struct node *node = setting_node(exam->host, "/dev/kvm");
	const struct node *served = setting_node(exam->host, "/sys/class/misc/kvm");

	if (!node && !served) {
		exam_unknown(exam, NULL, "/dev/kvm", "Whether KVM is ready is not known.");
		return;
	}
	if (!is_absent(node) && !is_absent(served))
		return;
	struct finding *finding =
		is_absent(node) ? exam_fail(exam, NULL,
					    "There is no /dev/kvm: the module of KVM for this "
					    "processor is not loaded.")
				: exam_fail(exam, NULL,
					    "Nothing is behind /dev/kvm: the module of KVM for "
					    "this processor is not loaded.");
	finding_evidence(finding, "%s: not there",
			 is_absent(node) ? "/dev/kvm" : "/sys/class/misc/kvm");
	finding_cause(finding, "Without KVM guests run a hundred times slower, and the definitions "
			       "for passthrough do not start at all.");
	if (exam->host->platform.cpu.x86)
		finding_fix(finding, "modprobe kvm_%s", is_amd(exam->host) ? "amd" : "intel");
	else
		finding_fix(finding, "modprobe kvm");
}

/* Modules of other hypervisors for desktops, which switch VMX or SVM on for themselves. */
static const struct {
	const char *module;
	const char *name;
} hypervisors[] = {
	{ "vboxdrv", "VirtualBox" },
	{ "vmmon", "VMware Workstation" },
};

static void judge_other_hypervisor(struct exam *exam)
{
	const struct host *host = exam->host;

	if (host->platform.cpu.arch_known && !host->platform.cpu.x86) {
		exam_settle(exam); /* they are for x86 only */
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(hypervisors); i++) {
		enum tri loaded = setting_module(host, hypervisors[i].module);
		if (loaded == TRI_UNKNOWN) {
			exam_unknown(exam, NULL, "/proc/modules",
				     "Which modules are loaded is not known.");
			return;
		}
		if (loaded == TRI_NO)
			continue;
		struct finding *finding =
			exam_warn(exam, NULL, "%s is ready to run guests here, too.",
				  hypervisors[i].name);
		finding_evidence(finding, "/proc/modules: %s", hypervisors[i].module);
		finding_cause(finding,
			      "Only one of them can have the processor's virtualisation at "
			      "a time: while a guest of the other runs, KVM starts none.");
		finding_fix(finding,
			    "# Shut its guests down before one of KVM is started, or: modprobe -r "
			    "%s",
			    hypervisors[i].module);
	}
}

static void judge_nested(struct exam *exam)
{
	const struct host *host = exam->host;
	unsigned index = 0;

	if (next_chosen(exam, &index) < 0)
		exam_settle(exam);
	if (exam->settled || host->platform.cpu.hypervisor != TRI_YES)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "This machine is itself a guest: what is passed on is what "
			  "its hypervisor emulates or has passed to it.");
	finding_evidence(finding, "/proc/cpuinfo: flags with hypervisor");
	finding_cause(finding, "An emulated IOMMU makes DMA slow, and often has no interrupt "
			       "remapping.");
	finding_fix(finding, "# Run the guest on the physical machine.");
}

/* vendor → id, from which kernel on 4-level tables limit nothing; only what is broken is listed */
static const struct {
	const char *release;
	const char *why;
} bad_kernels[] = {
	{ "6.12.23", "bus resets of cards without function reset fail" },
	{ "6.14.2", "bus resets of cards without function reset fail" },
};

/* "6.14.2-arch1-1" is 6.14.2, "6.14.21" is not. */
static bool is_release(const char *release, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(release, wanted, n) == 0 && !g_ascii_isdigit(release[n]) &&
	       release[n] != '.';
}

static void judge_kernel(struct exam *exam)
{
	const char *release = exam->host->platform.kernel.release;

	if (!release) {
		exam_unknown(exam, NULL, "/proc/sys/kernel/osrelease",
			     "Which kernel runs is not known.");
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad_kernels); i++) {
		if (!is_release(release, bad_kernels[i].release))
			continue;
		struct finding *finding =
			exam_warn(exam, NULL, "Linux %s is known for a fault: %s.",
				  bad_kernels[i].release, bad_kernels[i].why);
		finding_evidence(finding, "/proc/sys/kernel/osrelease: %s", release);
		finding_fix(finding, "# Install a newer kernel of the same series, and restart.");
	}
}

static void judge_config(struct exam *exam)
{
	const struct kernel *kernel = &exam->host->platform.kernel;
	const struct cpu *cpu = &exam->host->platform.cpu;
	const struct {
		char value;
		const char *symbol;
		const char *what;
	} symbols[] = {
		{ kernel->vfio_pci, "CONFIG_VFIO_PCI", "no device can be handed to a guest" },
		{ cpu->arch_known && !cpu->x86 ? 0 : kernel->irq_remap, /* of x86 only */
		  "CONFIG_IRQ_REMAP", "interrupts cannot be remapped" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
		if (symbols[i].value != 'n')
			continue;
		struct finding *finding =
			exam_fail(exam, NULL, "This kernel was built without %s: %s.",
				  symbols[i].symbol, symbols[i].what);
		finding_evidence(finding, "%s: # %s is not set", kernel->config, symbols[i].symbol);
		finding_fix(finding, "# Boot a kernel that has it: every distribution's standard "
				     "kernel does.");
	}
	bool proved = exam->verdict->state == IOMMU_ENABLED &&
		      (kernel->vfio_pci_loaded == TRI_YES || kernel->vfio_pci_builtin == TRI_YES);
	if (!kernel->config && !proved)
		exam_unknown(exam, NULL, "/boot/config-*, /proc/config.gz",
			     "What this kernel was built with is not known.");
}

static void judge_whole(struct exam *exam)
{
	if (!exam->host->part)
		return;
	struct finding *finding = exam_add(exam, FINDING_UNKNOWN, NULL,
					   "This is a container: of the host only what it lets "
					   "through can be seen.");
	finding_evidence(finding, "/proc, /sys, /dev: those of a container");
	finding_cause(finding, "Files, programs, processes, mounts and guests of the host are not "
			       "those that are here, so nothing is said about them.");
	finding_fix(finding, "# Run vfiokit on the host itself.");
}

const struct rule rules_cpu[] = {
	{
		.id = "whole-machine",
		.title = "Can all of the machine be seen?",
		.reads = "PID namespace, marks of container managers, /sys",
		.explain = "A container has files and processes of its own, and sees of the "
			   "kernel's what its manager shows. What is missing there may be on "
			   "the host, so it is not known, and not called missing.",
		.good = "All of the machine can be seen.",
		.see = SEE_DEBUG,
		.sets = RULE_DOCTOR | RULE_AUDIT,
		.judge = judge_whole,
	},
	{
		.id = "cpu-virt",
		.title = "Can the processor run guests?",
		.reads = "CPUID, /proc/cpuinfo",
		.explain = "KVM needs VT-x or AMD-V. The processor says by CPUID whether it has "
			   "it, and the kernel takes the flag away where the firmware has switched "
			   "it off: so the two together tell a missing feature from a setting.",
		.good = "The processor can run guests.",
		.see = SEE_HARDWARE,
		.sets = RULE_DOCTOR,
		.judge = judge_virtualisation,
	},
	{
		.id = "kvm-device",
		.title = "Is KVM ready?",
		.reads = "/dev/kvm, /sys/class/misc/kvm",
		.explain = "The modules kvm_intel and kvm_amd make /dev/kvm. They refuse to load "
			   "where the firmware has switched virtualisation off, or where another "
			   "hypervisor has taken the processor.",
		.good = "/dev/kvm is there.",
		.see = SEE_SOFTWARE,
		.after = "cpu-virt",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_kvm,
	},
	{
		.id = "other-hypervisor",
		.title = "Has KVM the processor to itself?",
		.reads = "/proc/modules",
		.explain =
			"VirtualBox and VMware Workstation use VT-x or AMD-V by themselves. While "
			"one of their guests runs, KVM cannot switch it on, and the other way "
			"round: the guest that comes second does not start.",
		.good = "No module of VirtualBox or VMware is loaded.",
		.see = SEE_SOFTWARE,
		.after = "cpu-virt",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_other_hypervisor,
	},
	{
		.id = "kernel-version-known-bad",
		.title = "Is this kernel free of faults that are known?",
		.reads = "/proc/sys/kernel/osrelease",
		.explain = "A few releases of the kernel broke what passthrough needs, and were "
			   "mended in the next one. The list is short and holds only what was "
			   "reported with the release and its fix.",
		.good = "No fault of this kernel is known.",
		.see = SEE_RESET,
		.sets = RULE_DOCTOR,
		.judge = judge_kernel,
	},
	{
		.id = "iommu-kernel-config",
		.title = "Was the kernel built with what VFIO needs?",
		.reads = "/boot/config-RELEASE, /lib/modules/RELEASE/config, /proc/config.gz",
		.explain =
			"Kernels built by hand, and those for small devices, may lack VFIO or "
			"interrupt remapping. Where groups exist and vfio-pci is there, it needs "
			"no other proof.",
		.good = "The kernel has what VFIO needs.",
		.see = SEE_IOMMU,
		.needs = PROBE_PLATFORM | PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.judge = judge_config,
	},
	{
		.id = "nested-host",
		.title = "Is this the physical machine?",
		.reads = "/proc/cpuinfo",
		.explain = "A guest can pass devices on to a guest of its own, if its hypervisor "
			   "emulates an IOMMU. That is for trying things out: it is slow, and what "
			   "it hands on is not isolated as hardware is.",
		.good = "This is a physical machine, or nothing is to be passed on.",
		.see = SEE_HARDWARE,
		.sets = RULE_DOCTOR,
		.judge = judge_nested,
	},
	{ 0 },
};
