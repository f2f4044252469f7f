/* Can this machine pass devices through? A table of states, first match wins (design: domain §1.2).
 *
 * Groups that exist are the proof; firmware tables, units and CPUID explain why there are none.
 * Words on the command line explain, and never decide: "intel_iommu=on" without groups is still
 * off.
 */
#include <string.h>

#include "model/host.h"

/* What the rows ask about, worked out once. */
struct facts {
	const struct host *host;
	bool groups;        /* there are groups of a real IOMMU */
	enum tri no_groups; /* there are none: unknown where nobody looked */
	enum tri table;     /* firmware describes an IOMMU */
	bool units;
	enum tri virt;        /* the CPU can run guests: flags, where firmware left it on */
	enum tri cpu_virt;    /* the CPU has it at all: CPUID */
	enum tri guest;       /* this is itself a guest */
	const char *off_word; /* what on the command line switches it off; NULL: nothing */
	bool intel;
	bool amd;
};

static enum tri any_of(const enum tri *values, size_t n)
{
	enum tri answer = TRI_NO;

	for (size_t i = 0; i < n; i++) {
		if (values[i] == TRI_YES)
			return TRI_YES;
		if (values[i] == TRI_UNKNOWN)
			answer = TRI_UNKNOWN;
	}
	return answer;
}

static const char *find_off_word(const char *cmdline)
{
	static const char *const words[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off" };

	for (size_t i = 0; cmdline && i < G_N_ELEMENTS(words); i++)
		if (cmdline_has(cmdline, words[i]))
			return words[i];
	return NULL;
}

static void gather(const struct host *host, struct facts *facts)
{
	const struct iommu *iommu = &host->iommu;
	const struct cpu *cpu = &host->platform.cpu;
	const enum tri tables[] = { iommu->has_dmar, iommu->has_ivrs, iommu->has_iort,
				    iommu->has_viot };
	const enum tri flags[] = { cpu->flag_vmx, cpu->flag_svm };
	const char *vendor = cpu->vendor ? cpu->vendor : "";

	*facts = (struct facts){
		.host = host,
		.groups = host->n_groups > 0 && !iommu->noiommu,
		.no_groups = host->n_groups > 0    ? TRI_NO
			     : iommu->groups_known ? TRI_YES
						   : TRI_UNKNOWN,
		.table = any_of(tables, G_N_ELEMENTS(tables)),
		.units = iommu->n_units > 0,
		.virt = cpu->x86 ? any_of(flags, G_N_ELEMENTS(flags)) : TRI_UNKNOWN,
		.cpu_virt = cpu->cpuid_virt,
		.guest = cpu->hypervisor,
		.off_word = find_off_word(host->platform.kernel.cmdline),
		.intel = iommu->has_dmar == TRI_YES || strcmp(vendor, "GenuineIntel") == 0,
		.amd = iommu->has_ivrs == TRI_YES || strcmp(vendor, "AuthenticAMD") == 0,
	};
	if (facts->cpu_virt == TRI_UNKNOWN && facts->virt == TRI_YES)
		facts->cpu_virt = TRI_YES;
}

/* ---- the rows ---- */

static bool is_enabled(const struct facts *f)
{
	return f->groups;
}

static bool is_noiommu(const struct facts *f)
{
	return f->host->iommu.noiommu;
}

static bool is_cpu_without(const struct facts *f)
{
	return f->virt == TRI_NO && f->cpu_virt == TRI_NO && f->guest == TRI_NO &&
	       f->table != TRI_YES;
}

static bool is_guest_without_nesting(const struct facts *f)
{
	return f->guest == TRI_YES && f->virt == TRI_NO && f->cpu_virt != TRI_YES &&
	       f->table != TRI_YES && (f->no_groups == TRI_YES || f->table == TRI_NO);
}

static bool is_virt_locked(const struct facts *f)
{
	return f->virt == TRI_NO && f->cpu_virt == TRI_YES && f->table == TRI_NO;
}

static bool is_guest_without_table(const struct facts *f)
{
	return f->table == TRI_NO && f->guest == TRI_YES;
}

/* Firmware setups of these machines have no switch of that name. */
static bool is_table_missing_elsewhere(const struct facts *f)
{
	const struct cpu *cpu = &f->host->platform.cpu;

	return f->table == TRI_NO && cpu->arch_known && !cpu->x86;
}

static bool is_table_missing(const struct facts *f)
{
	return f->table == TRI_NO;
}

static bool is_unknown(const struct facts *f)
{
	return f->no_groups == TRI_UNKNOWN || f->table == TRI_UNKNOWN;
}

static bool is_switched_off(const struct facts *f)
{
	return !f->units && f->off_word;
}

static bool is_kernel_without(const struct facts *f)
{
	const struct kernel *kernel = &f->host->platform.kernel;
	const struct iommu *iommu = &f->host->iommu;

	return !f->units && ((iommu->has_dmar == TRI_YES && kernel->intel_iommu == 'n') ||
			     (iommu->has_ivrs == TRI_YES && kernel->amd_iommu == 'n') ||
			     (iommu->has_viot == TRI_YES && kernel->virtio_iommu == 'n'));
}

/* Of all these drivers virtio's alone can be a module. */
static bool is_module_missing(const struct facts *f)
{
	return !f->units && f->host->iommu.has_viot == TRI_YES &&
	       f->host->platform.kernel.virtio_iommu == 'm';
}

static bool is_intel_waiting(const struct facts *f)
{
	const struct kernel *kernel = &f->host->platform.kernel;

	return !f->units && f->host->iommu.has_dmar == TRI_YES &&
	       !(kernel->cmdline && cmdline_has(kernel->cmdline, "intel_iommu=on")) &&
	       kernel->intel_default_on != 'y';
}

static bool is_init_failed(const struct facts *f)
{
	return !f->units;
}

static bool is_always(const struct facts *f)
{
	return true;
}

struct row {
	bool (*matches)(const struct facts *facts);
	enum iommu_state state;
	const char *id;
	const char *cause;
	const char *remedy; /* intel or amd, where the words differ: remedy_amd */
	const char *remedy_amd;
};

#define FIRMWARE_INTEL                                                                             \
	"Switch on VT-d (\"Intel Virtualization Technology for Directed I/O\") in the firmware "   \
	"setup, then boot again."
#define FIRMWARE_AMD                                                                               \
	"Set IOMMU to Enabled (not Auto) in the firmware setup, often under NBIO or Northbridge, " \
	"then boot again."

static const struct row rows[] = {
	{
		.matches = is_enabled,
		.state = IOMMU_ENABLED,
	},
	{
		.matches = is_noiommu,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "noiommu-mode",
		.cause =
			"The only groups are those of VFIO's no-IOMMU mode: nothing is translated, "
			"and they are no use for virtual machines.",
		.remedy = "Switch the mode off (vfio.enable_unsafe_noiommu_mode) and the IOMMU on.",
	},
	{
		.matches = is_cpu_without,
		.state = IOMMU_UNSUPPORTED,
		.id = "cpu-no-virt",
		.cause = "The CPU has no hardware virtualisation (neither VT-x nor AMD-V).",
		.remedy = "Passing devices through needs another CPU.",
	},
	{
		.matches = is_guest_without_nesting,
		.state = IOMMU_OFF_IN_FIRMWARE,
		.id = "guest-no-nested",
		.cause = "This is a virtual machine without nested virtualisation and without an "
			 "IOMMU of its own.",
		.remedy = "Run on the physical machine, or have its hypervisor offer nested "
			  "virtualisation and emulate an IOMMU.",
	},
	{
		.matches = is_virt_locked,
		.state = IOMMU_OFF_IN_FIRMWARE,
		.id = "virt-off-in-firmware",
		.cause = "The CPU has hardware virtualisation, but the firmware has switched it "
			 "off, and it describes no IOMMU either.",
		.remedy = "Switch on both VT-x and VT-d in the firmware setup, then boot again.",
		.remedy_amd =
			"Switch on SVM Mode and set IOMMU to Enabled in the firmware setup, then "
			"boot again.",
	},
	{
		.matches = is_guest_without_table,
		.state = IOMMU_OFF_IN_FIRMWARE,
		.id = "guest-without-iommu",
		.cause = "This is a virtual machine, and its hypervisor emulates no IOMMU.",
		.remedy = "Run on the physical machine, or add an emulated IOMMU to this one "
			  "(QEMU: -device intel-iommu or amd-iommu).",
	},
	{
		.matches = is_table_missing_elsewhere,
		.state = IOMMU_OFF_IN_FIRMWARE,
		.id = "iommu-not-described",
		.cause = "The firmware (ACPI or a device tree) describes no IOMMU that the kernel "
			 "uses: many boards of this kind have none.",
		.remedy = "Passing devices through needs a board with an IOMMU for PCI, on Arm an "
			  "SMMU, that its firmware describes.",
	},
	{
		.matches = is_table_missing,
		.state = IOMMU_OFF_IN_FIRMWARE,
		.id = "iommu-off-in-firmware-or-unsupported",
		.cause = "The firmware describes no IOMMU: it is switched off there, or the board "
			 "or CPU has none.",
		.remedy = FIRMWARE_INTEL,
		.remedy_amd = FIRMWARE_AMD,
	},
	{
		.matches = is_unknown,
		.state = IOMMU_STATE_UNKNOWN,
		.id = "not-known",
		.cause = "What is known of this machine does not say whether its IOMMU is on.",
		.remedy = "Run vfiokit on the machine itself, as root, or make a recording there "
			  "with 'vfiokit record'.",
	},
	{
		.matches = is_switched_off,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "disabled-by-cmdline",
		.cause = "The firmware offers an IOMMU, but the kernel command line switches it "
			 "off.",
		.remedy = "Remove that parameter from the boot configuration, then boot again.",
	},
	{
		.matches = is_kernel_without,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "kernel-without",
		.cause = "The firmware offers an IOMMU, but this kernel was built without a driver "
			 "for it.",
		.remedy = "Boot a kernel that has it: standard kernels have Intel's and AMD's, and "
			  "newer ones virtio's (CONFIG_VIRTIO_IOMMU).",
	},
	{
		.matches = is_module_missing,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "driver-not-loaded",
		.cause = "The firmware offers virtio's IOMMU, and the module that drives it is not "
			 "loaded.",
		.remedy = "Load virtio_iommu (modprobe virtio_iommu), and have the initramfs load "
			  "it at boot.",
	},
	{
		.matches = is_intel_waiting,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "needs-intel-iommu-on",
		.cause =
			"The firmware offers an IOMMU, but this kernel leaves it off unless asked.",
		.remedy = "Add intel_iommu=on to the kernel command line, then boot again.",
	},
	{
		.matches = is_init_failed,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "init-failed",
		.cause = "The firmware offers an IOMMU, but the kernel could not start it.",
		.remedy = "Look for DMAR or AMD-Vi in the kernel log, and update the firmware.",
	},
	{
		.matches = is_always,
		.state = IOMMU_OFF_IN_KERNEL,
		.id = "no-translation",
		.cause = "The IOMMU runs, but it cannot translate addresses, so there are no "
			 "groups.",
		.remedy = "This is a limit of the hardware or firmware; look for DMAR or AMD-Vi in "
			  "the kernel log.",
	},
};

/* ---- evidence ---- */

static void add_evidence(struct iommu_verdict *verdict, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

static void add_evidence(struct iommu_verdict *verdict, const char *format, ...)
{
	va_list args;

	if (verdict->n_evidence == VERDICT_MAX_EVIDENCE)
		return;
	va_start(args, format);
	verdict->evidence[verdict->n_evidence++] = g_strdup_vprintf(format, args);
	va_end(args);
}

static void add_unit_evidence(const struct host *host, struct iommu_verdict *verdict)
{
	GString *names = g_string_new(NULL);

	for (unsigned i = 0; i < host->iommu.n_units && i < 8; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", host->iommu.units[i].name);
	if (host->iommu.n_units > 8)
		g_string_append_printf(names, " and %u more", host->iommu.n_units - 8);
	if (host->iommu.units_known)
		add_evidence(verdict, "/sys/class/iommu: %s", names->len ? names->str : "empty");
	g_string_free(names, TRUE);
}

static void add_table_evidence(const struct host *host, struct iommu_verdict *verdict)
{
	const struct {
		const char *name;
		enum tri there;
	} tables[] = {
		{ "DMAR", host->iommu.has_dmar },
		{ "IVRS", host->iommu.has_ivrs },
		{ "IORT", host->iommu.has_iort },
		{ "VIOT", host->iommu.has_viot },
	};
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		if (tables[i].there == TRI_YES)
			add_evidence(verdict, "/sys/firmware/acpi/tables/%s: present",
				     tables[i].name);
		any = any || tables[i].there != TRI_NO;
	}
	if (!any)
		add_evidence(verdict, "/sys/firmware/acpi/tables: no DMAR, IVRS, IORT or VIOT");
}

static void add_log_evidence(const struct host *host, struct iommu_verdict *verdict)
{
	static const char *const words[] = { "AMD-Vi: Disabl", "IVRS",       "Not attempting DMA",
					     "not supported",  "DMAR: Fail", "error" };

	for (unsigned i = 0; i < host->platform.kernel.n_log; i++)
		for (size_t j = 0; j < G_N_ELEMENTS(words); j++)
			if (strstr(host->platform.kernel.log[i], words[j])) {
				add_evidence(verdict, "kernel log: %s",
					     host->platform.kernel.log[i]);
				break;
			}
}

static void collect_evidence(const struct facts *facts, struct iommu_verdict *verdict)
{
	const struct host *host = facts->host;

	add_unit_evidence(host, verdict);
	if (host->n_groups > 0)
		add_evidence(verdict, "%s: %u groups",
			     host->iommu.groups_known ? "/sys/kernel/iommu_groups" : "groups named",
			     host->n_groups);
	else if (host->iommu.groups_known)
		add_evidence(verdict, "/sys/kernel/iommu_groups: empty");
	add_table_evidence(host, verdict);
	if (verdict->state != IOMMU_OFF_IN_KERNEL)
		return;
	if (facts->off_word)
		add_evidence(verdict, "/proc/cmdline: %s", facts->off_word);
	if (host->platform.kernel.config && host->platform.kernel.intel_default_off == 'y')
		add_evidence(verdict, "%s: CONFIG_INTEL_IOMMU_DEFAULT_OFF=y",
			     host->platform.kernel.config);
	add_log_evidence(host, verdict);
}

/* ---- what else is said ---- */

/* What most of the groups that the host uses itself got: a few always differ from the default. */
static const char *judge_default_domain(const struct host *host)
{
	unsigned identity = 0, translated = 0;

	for (unsigned i = 0; i < host->n_groups; i++) {
		const char *type = host->groups[i].type ? host->groups[i].type : "";
		identity += strcmp(type, "identity") == 0;
		translated += g_str_has_prefix(type, "DMA"); /* DMA, DMA-FQ */
	}
	if (identity + translated == 0)
		return NULL;
	return identity > translated ? "passthrough" : "translated";
}

static enum iommu_vendor judge_vendor(const struct facts *facts)
{
	const struct iommu *iommu = &facts->host->iommu;
	const struct {
		enum tri there;
		enum iommu_vendor vendor;
	} tables[] = {
		{ iommu->has_dmar, IOMMU_INTEL },
		{ iommu->has_ivrs, IOMMU_AMD },
		{ iommu->has_viot, IOMMU_VIRTIO },
		{ iommu->has_iort, IOMMU_ARM },
	};

	if (iommu->n_units > 0)
		return iommu->units[0].vendor;
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
		if (tables[i].there == TRI_YES)
			return tables[i].vendor;
	if (!facts->groups)
		return IOMMU_VENDOR_UNKNOWN;
	/* Groups without units: a tree that lacks /sys/class; an x86 CPU has its maker's IOMMU. */
	return facts->intel ? IOMMU_INTEL : facts->amd ? IOMMU_AMD : IOMMU_VENDOR_UNKNOWN;
}

static void judge_virtualization(const struct facts *facts, struct iommu_verdict *ret)
{
	ret->virtualization = facts->virt;
	if (facts->virt != TRI_NO)
		return;
	if (facts->cpu_virt == TRI_YES)
		ret->virtualization_note = "the CPU has it, but the firmware has switched it off";
	else if (facts->guest == TRI_YES)
		ret->virtualization_note =
			"this is a virtual machine without nested virtualisation";
	else if (facts->cpu_virt == TRI_NO)
		ret->virtualization_note = "the CPU has none";
	else
		ret->virtualization_note = "the CPU has none, or the firmware has switched it off";
}

void iommu_judge(const struct host *host, struct iommu_verdict *ret)
{
	struct facts facts;
	const struct row *row = rows;

	gather(host, &facts);
	while (!row->matches(&facts))
		row++;

	bool use_amd = row->remedy_amd && facts.amd && !facts.intel;
	*ret = (struct iommu_verdict){
		.state = row->state,
		.vendor = judge_vendor(&facts),
		.id = row->id,
		.cause = row->cause,
		.remedy = use_amd ? row->remedy_amd : row->remedy,
		.default_domain = judge_default_domain(host),
		.interrupt_remapping = host->iommu.irq_remapped,
	};
	judge_virtualization(&facts, ret);
	collect_evidence(&facts, ret);
}

void iommu_verdict_clear(struct iommu_verdict *verdict)
{
	for (unsigned i = 0; i < verdict->n_evidence; i++)
		g_free(verdict->evidence[i]);
	verdict->n_evidence = 0;
}

bool iommu_is_off(const struct host *host)
{
	struct iommu_verdict verdict;

	iommu_judge(host, &verdict);
	enum iommu_state state = verdict.state;
	iommu_verdict_clear(&verdict);
	return state != IOMMU_ENABLED && state != IOMMU_STATE_UNKNOWN;
}
