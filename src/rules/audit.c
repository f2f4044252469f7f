/* The security of the host: switches that take protection away, and what guards its memory. */
#include <string.h>

#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- switches of modules ---- */

/* Warns when a module's switch is on. */
static struct finding *judge_switch(struct exam *exam, const char *module, const char *parameter,
				    const char *what)
{
	g_autofree char *path = g_strdup_printf("/sys/module/%s/parameters/%s", module, parameter);

	if (setting_switch(exam->host, module, parameter) != TRI_YES)
		return NULL;
	struct finding *finding = exam_fail(exam, NULL, "%s", what);
	evidence_setting(finding, exam->host, path);
	finding_fix(finding, "echo N > %s", path);
	finding_fix(finding, "# Take %s out of /etc/modprobe.d and of the kernel's command line.",
		    parameter);
	return finding;
}

static void judge_unsafe(struct exam *exam)
{
	static const char *const modules[] = { "vfio_iommu_type1", "iommufd" };

	for (size_t i = 0; i < G_N_ELEMENTS(modules); i++) {
		struct finding *finding = judge_switch(
			exam, modules[i], "allow_unsafe_interrupts",
			"Guests may start although interrupts are not remapped: a guest could send "
			"any interrupt to the host's processors.");
		if (finding)
			finding_cause(finding, "The switch %s.allow_unsafe_interrupts is on%s.",
				      modules[i],
				      exam->verdict->interrupt_remapping == TRI_YES
					      ? ", and without use: interrupts are remapped here"
					      : "");
	}
}

static void judge_denylist(struct exam *exam)
{
	struct finding *finding = judge_switch(
		exam, "vfio_pci", "disable_denylist",
		"vfio-pci takes devices that the kernel knows a guest could harm the host with.");

	if (!finding)
		return;
	/* The parameter cannot be written while the module is loaded. */
	g_ptr_array_set_size(finding->fix, 0);
	finding_fix(finding, "# Take disable_denylist out of /etc/modprobe.d and of the kernel's "
			     "command line.");
	remedy_reboot(finding);
}

static void judge_msrs(struct exam *exam)
{
	struct finding *finding = judge_switch(exam, "kvm", "ignore_msrs",
					       "KVM answers accesses to registers that it does not "
					       "know, instead of refusing them.");

	if (!finding)
		return;
	finding->verdict = FINDING_WARN;
	finding_cause(finding, "It hides faults of guests, and is a leftover of advice for macOS "
			       "and old games.");
}

static void judge_relaxed(struct exam *exam)
{
	const char *conf = setting_text(exam->host, "/etc/libvirt/qemu.conf");
	g_autofree char *value = config_value(conf, "relaxed_acs_check");

	if (g_strcmp0(value, "1") != 0)
		return;
	struct finding *finding = exam_fail(exam, NULL,
					    "libvirt gives away devices behind switches that do "
					    "not control access.");
	finding_evidence(finding, "/etc/libvirt/qemu.conf: relaxed_acs_check = 1");
	finding_cause(finding, "Such devices can read and write each other past the IOMMU.");
	finding_fix(finding, "sed -i '/^relaxed_acs_check/d' /etc/libvirt/qemu.conf");
}

/* ---- how memory is guarded ---- */

static unsigned count_groups(const struct host *host, const char *type, const char **example,
			     int *id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_groups; i++)
		if (g_strcmp0(host->groups[i].type, type) == 0) {
			if (n++ == 0) {
				*example = type;
				*id = host->groups[i].id;
			}
		}
	return n;
}

static void judge_identity(struct exam *exam)
{
	const char *example = NULL;
	int id = 0;
	unsigned n = count_groups(exam->host, "identity", &example, &id);

	/* a few always are: the kernel leaves some functions of the chipset alone */
	if (n * 2 <= exam->host->n_groups)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "The host's own devices reach all its memory: %u of %u groups "
			  "are not translated.",
			  n, exam->host->n_groups);
	finding_evidence(finding, "/sys/kernel/iommu_groups/%d/type: %s", id, example);
	finding_cause(finding, "Passthrough mode (iommu=pt) is faster, and leaves a broken or "
			       "hostile device of the host free to write anywhere. Guests are "
			       "translated all the same.");
	if (exam->host->platform.kernel.cmdline &&
	    cmdline_has(exam->host->platform.kernel.cmdline, "iommu=pt"))
		remedy_kernel_arg_remove(exam, finding, "iommu=pt");
	else
		remedy_kernel_arg_add(exam, finding, "iommu.passthrough=0");
}

static void judge_lazy(struct exam *exam)
{
	const char *example = NULL;
	int id = 0;
	unsigned n = count_groups(exam->host, "DMA-FQ", &example, &id);

	if (n == 0)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "Devices of the host can reach memory for a moment after it "
			  "was taken from them: %u groups are unmapped lazily.",
			  n);
	finding_evidence(finding, "/sys/kernel/iommu_groups/%d/type: %s", id, example);
	finding_cause(finding, "It is the kernel's default on PCs, for speed; strict mode closes "
			       "the gap.");
	remedy_kernel_arg_add(exam, finding, "iommu.strict=1");
}

static void judge_external(struct exam *exam)
{
	const struct setting *setting;
	unsigned index = 0;

	while ((setting = setting_next(exam->host,
				       "/sys/bus/thunderbolt/devices/domain*/iommu_dma_protection",
				       &index))) {
		char buf[SETTING_LINE], level[SETTING_LINE];
		const char *line = setting_line(exam->host, setting->path, buf);
		g_autofree char *folder = g_path_get_dirname(setting->path);
		g_autofree char *path = g_strconcat(folder, "/security", NULL);
		const char *security = setting_line(exam->host, path, level);
		if (g_strcmp0(line, "0") != 0 ||
		    (security && strcmp(security, "none") != 0 && strcmp(security, "dponly") != 0))
			continue;
		struct finding *finding =
			exam_fail(exam, NULL,
				  "Whatever is plugged into the Thunderbolt socket can read and "
				  "write the memory of the host.");
		evidence_setting(finding, exam->host, setting->path);
		evidence_setting(finding, exam->host, path);
		finding_cause(finding, "The firmware neither asks the kernel to guard external "
				       "sockets nor asks the user about new devices.");
		finding_fix(finding, "# In the firmware setup: Thunderbolt security \"user\", or "
				     "\"Kernel DMA protection\" on.");
	}
}

static void judge_preboot(struct exam *exam)
{
	const struct iommu *iommu = &exam->host->iommu;
	bool intel = iommu->dmar_flags >= 0, amd = iommu->ivrs_info >= 0;
	bool opted = (intel && iommu->dmar_flags & 4) || (amd && iommu->ivrs_info & 2);
	unsigned index = 0;
	bool sockets = setting_next(exam->host, "/sys/bus/thunderbolt/devices/domain*", &index);

	bool there = iommu->has_dmar == TRI_YES || iommu->has_ivrs == TRI_YES;
	if (!sockets)
		exam_settle(exam);
	if (sockets && there && !intel && !amd)
		exam_unknown(exam, NULL, "/sys/firmware/acpi/tables",
			     "Whether the firmware guards memory before the kernel starts is not "
			     "known.");
	if (!sockets || (!intel && !amd) || opted)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "The firmware does not say that it guards memory before the kernel "
			  "starts.");
	finding_evidence(finding, "/sys/firmware/acpi/tables/%s: the flag is not set",
			 intel ? "DMAR" : "IVRS");
	finding_cause(finding, "Between power-on and the kernel, a device in an external socket "
			       "could write to memory.");
	finding_fix(finding, "# Switch on \"Kernel DMA protection\" or pre-boot DMA protection in "
			     "the firmware setup.");
}

/* ---- files and nodes ---- */

static bool is_for_others(const struct node *node)
{
	return node->mode & 0002;
}

static void judge_nodes(struct exam *exam)
{
	const struct node *node;
	unsigned index = 0;

	while ((node = setting_next_node(exam->host, "/dev/vfio/*", &index))) {
		const char *name = strrchr(node->path, '/') + 1;
		if (!g_ascii_isdigit(*name) || !(node->mode & 0066))
			continue;
		bool all = node->mode & 0006;
		struct finding *finding =
			exam_add(exam, all ? FINDING_FAIL : FINDING_WARN, node->path,
				 all ? "Everybody can use the devices of this group."
				     : "A group of users can use the devices of this group.");
		finding_evidence(finding, "%s: mode %04o, owner %u, group %u", node->path,
				 node->mode, node->uid, node->gid);
		finding_cause(finding, "Whoever opens it controls the device, and what it has in "
				       "its own memory and firmware.");
		finding_fix(finding, "chmod 600 %s", node->path);
		finding_fix(finding, "# Look for its rule in /etc/udev/rules.d.");
	}
}

static bool owner_is_known(const struct host *host)
{
	return host->source != HOST_TREE; /* an unpacked tree belongs to who unpacked it */
}

static void judge_writable(struct exam *exam, const char *pattern, const char *what,
			   const char *cause)
{
	const struct node *node;
	unsigned index = 0;

	while ((node = setting_next_node(exam->host, pattern, &index))) {
		bool foreign = owner_is_known(exam->host) && node->uid != 0;
		bool shared = node->mode & 0022 && !(node->mode & 01000);
		if (node->type == 0 || (!foreign && !shared))
			continue;
		struct finding *finding = exam_fail(exam, node->path, "%s", what);
		finding_evidence(finding, "%s: mode %04o, owner %u, group %u", node->path,
				 node->mode, node->uid, node->gid);
		finding_cause(finding, "%s", cause);
		if (foreign)
			finding_fix(finding, "chown root:root %s", node->path);
		if (shared)
			finding_fix(finding, "chmod go-w %s", node->path);
	}
}

static void judge_hooks(struct exam *exam)
{
	judge_writable(exam, "/etc/libvirt/hooks*",
		       "Others than root can change what libvirt runs as root.",
		       "Hooks run with all rights whenever a guest starts or stops.");
}

static void judge_hugetlbfs(struct exam *exam)
{
	const struct node *node = setting_node(exam->host, "/dev/hugepages");

	if (!node || node->type != 'd' || !is_for_others(node))
		return;
	struct finding *finding =
		exam_warn(exam, node->path, "Everybody can put files into the huge pages.");
	finding_evidence(finding, "%s: mode %04o", node->path, node->mode);
	finding_cause(finding, "Any user can use up the pages that guests need.");
	finding_fix(finding, "chmod 755 %s", node->path);
}

static void judge_locked(struct exam *exam)
{
	static const char *const patterns[] = { "/etc/security/limits.conf",
						"/etc/security/limits.d/*.conf" };

	for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
		const struct setting *setting;
		unsigned index = 0;
		while ((setting = setting_next(exam->host, patterns[i], &index))) {
			const char *cursor = setting->text;
			char *line;
			while (cursor && (line = config_line(&cursor))) {
				g_autofree char *owned = line;
				if (*line != '*' || !strstr(line, "memlock") ||
				    !strstr(line, "unlimited"))
					continue;
				struct finding *finding =
					exam_warn(exam, NULL,
						  "Every user may lock all memory of the host.");
				finding_evidence(finding, "%s: %s", setting->path, line);
				finding_cause(finding, "Locked memory cannot be swapped: one "
						       "program can bring the host down.");
				finding_fix(finding,
					    "# In %s: name the group kvm in place of *, "
					    "and a number in place of unlimited.",
					    setting->path);
			}
		}
	}
}

/* ---- the kernel ---- */

static void judge_secure_boot(struct exam *exam)
{
	const struct firmware *firmware = &exam->host->platform.firmware;

	if (firmware->efi == TRI_YES && firmware->secure_boot == TRI_UNKNOWN) {
		exam_unknown(exam, NULL, "/sys/firmware/efi/efivars",
			     "Whether Secure Boot is on is not known.");
		return;
	}
	if (firmware->secure_boot != TRI_NO)
		return;
	bool legacy = firmware->efi == TRI_NO;
	struct finding *finding = exam_warn(exam, NULL, "Secure Boot is off.");
	finding_evidence(finding, "%s",
			 legacy ? "/sys/firmware/efi: not there"
				: "/sys/firmware/efi/efivars/SecureBoot-*: 0");
	finding_cause(finding, "A guest that changes the firmware of a card it was given, or "
			       "someone at the machine, could bring up another kernel unseen.");
	if (legacy)
		finding_fix(finding,
			    "# This system is started the old way (legacy BIOS), which has "
			    "none: only one that is installed for UEFI can have it.");
	else
		finding_fix(finding,
			    "# Switch it on in the firmware setup; modules from outside the kernel "
			    "(vendor-reset, nvidia) must then be signed (mokutil --import).");
}

static void judge_lockdown(struct exam *exam)
{
	const struct platform *platform = &exam->host->platform;

	const char *lockdown = platform->kernel.lockdown;

	if (platform->firmware.secure_boot == TRI_NO || platform->firmware.efi == TRI_NO ||
	    (lockdown && strcmp(lockdown, "none") != 0)) {
		exam_settle(exam);
		return;
	}
	if (platform->firmware.secure_boot == TRI_UNKNOWN) {
		exam_unknown(exam, NULL, "/sys/firmware/efi/efivars",
			     "Whether Secure Boot asks for a kernel that is locked down is not "
			     "known.");
		return;
	}
	if (!lockdown) {
		exam_unknown(exam, NULL, "/sys/kernel/security/lockdown",
			     "Whether the kernel is locked down is not known.");
		return;
	}
	struct finding *finding = exam_warn(exam, NULL,
					    "Secure Boot is on, and the kernel is not "
					    "locked down: root can still change it.");
	finding_evidence(finding, "/sys/kernel/security/lockdown: none");
	remedy_kernel_arg_add(exam, finding, "lockdown=integrity");
}

static void judge_hibernation(struct exam *exam)
{
	char buf[SETTING_LINE], disk[SETTING_LINE];
	const char *resume = setting_line(exam->host, "/sys/power/resume", buf);
	const char *modes = setting_line(exam->host, "/sys/power/disk", disk);

	if (!resume || strcmp(resume, "0:0") == 0 || !modes || strstr(modes, "[disabled]"))
		return;
	struct finding *finding = exam_warn(exam, NULL,
					    "The host can hibernate, and a device with a guest "
					    "does not survive that.");
	evidence_setting(finding, exam->host, "/sys/power/resume");
	finding_cause(finding, "The device loses its state while the guest still counts on it; "
			       "memory of the guest is written to the disk.");
	finding_fix(finding, "systemctl mask hibernate.target hybrid-sleep.target");
}

static void judge_ksm(struct exam *exam)
{
	char buf[SETTING_LINE];
	const char *run = setting_line(exam->host, "/sys/kernel/mm/ksm/run", buf);

	if (g_strcmp0(run, "1") != 0)
		return;
	struct finding *finding =
		exam_warn(exam, NULL, "Equal memory of different guests is merged.");
	evidence_setting(finding, exam->host, "/sys/kernel/mm/ksm/run");
	finding_cause(finding, "A guest can measure what another one has in memory, and the memory "
			       "of guests with devices is never merged anyway.");
	finding_fix(finding, "echo 2 > /sys/kernel/mm/ksm/run");
	finding_fix(finding, "systemctl disable --now ksm ksmtuned");
}

static void judge_vulnerable(struct exam *exam)
{
	const struct setting *setting;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const struct setting *first = NULL;
	unsigned index = 0;

	while ((setting = setting_next(exam->host, "/sys/devices/system/cpu/vulnerabilities/*",
				       &index))) {
		char buf[SETTING_LINE];
		const char *line = setting_line(exam->host, setting->path, buf);
		if (!line || !g_str_has_prefix(line, "Vulnerable"))
			continue;
		g_ptr_array_add(names, g_path_get_basename(setting->path));
		first = first ? first : setting;
	}
	if (!first)
		return;
	g_autofree char *list = join_words(names);
	struct finding *finding =
		exam_warn(exam, NULL, "The processor has leaks that nothing closes: %s.", list);
	evidence_setting(finding, exam->host, first->path);
	finding_cause(finding, "A guest could read memory of the host or of other guests.");
	if (exam->host->platform.kernel.cmdline &&
	    cmdline_has(exam->host->platform.kernel.cmdline, "mitigations=off"))
		remedy_kernel_arg_remove(exam, finding, "mitigations=off");
	else
		finding_fix(finding, "# Install the processor's microcode and a newer kernel.");
}

/* ---- devices ---- */

static void judge_shared_ctrl(struct exam *exam)
{
	const struct host *host = exam->host;
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen_kind(exam, KIND_USB_CONTROLLER, &index)) >= 0)
		for (unsigned i = 0; i < exam->loss->n; i++) {
			const struct usage *usage = exam->loss->list[i];
			if (usage->pci != pci || usage->usb < 0)
				continue;
			struct finding *finding =
				exam_warn(exam, ADDRESS(host, pci),
					  "The guest gets a USB controller with a "
					  "device of the host on it (%s).",
					  usage->name);
			finding_evidence(finding, "/sys/bus/usb/devices/%s: %s",
					 host->usb.devs[usage->usb].name,
					 usage->detail ? usage->detail : usage->name);
			finding_cause(finding, "The guest reads everything that is plugged into "
					       "that controller, now and later, and can change its "
					       "firmware.");
			finding_fix(finding, "# Give each side a controller of its own, and label "
					     "the sockets.");
			break;
		}
}

static void judge_trust(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;
	g_autoptr(GHashTable) owner = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < domains->n; i++)
		for (unsigned j = 0; j < domains->list[i].n_pci; j++) {
			char buf[PCI_ADDR_SIZE];
			const char *address = pci_addr_format(domains->list[i].pci[j].addr, buf);
			const struct domain *other = g_hash_table_lookup(owner, address);
			if (other && other != &domains->list[i]) {
				struct finding *finding =
					exam_warn(exam, address,
						  "This device goes from one guest to another: "
						  "%s and %s.",
						  other->name, domains->list[i].name);
				finding_evidence(finding, "%s: hostdev %s", other->path, address);
				finding_evidence(finding, "%s: hostdev %s", domains->list[i].path,
						 address);
				finding_cause(finding, "A guest can leave something in the memory "
						       "or the firmware of a device for the next "
						       "one.");
				finding_fix(finding, "# Share devices between guests of the same "
						     "trust only.");
			}
			g_hash_table_insert(owner, g_strdup(address), (gpointer)&domains->list[i]);
		}
}

const struct rule rules_audit[] = {
	{
		.id = "unsafe-interrupts",
		.title = "Is allow_unsafe_interrupts off?",
		.reads = "/sys/module/{vfio_iommu_type1,iommufd}/parameters/"
			 "allow_unsafe_interrupts",
		.explain = "The switch lets guests start without interrupt remapping. It exists "
			   "twice, for the old and the new way into VFIO, and stays on until the "
			   "machine is restarted or someone writes N.",
		.good = "allow_unsafe_interrupts is off.",
		.see = SEE_SECURITY,
		.ground = "/sys/module",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_unsafe,
	},
	{
		.id = "denylist-off",
		.title = "Is the kernel's list of dangerous devices in force?",
		.reads = "/sys/module/vfio_pci/parameters/disable_denylist",
		.explain = "Some devices are known to let a guest disturb the host. The list keeps "
			   "vfio-pci from taking them.",
		.good = "The list is in force.",
		.see = SEE_SECURITY,
		.ground = "/sys/module",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_denylist,
	},
	{
		.id = "relaxed-acs-check",
		.title = "Does libvirt refuse devices behind open switches?",
		.reads = "/etc/libvirt/qemu.conf",
		.explain = "relaxed_acs_check switches off a check that libvirt makes beyond the "
			   "kernel's groups.",
		.good = "libvirt makes its check.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_relaxed,
	},
	{
		.id = "identity-domains",
		.title = "Is the host's memory guarded from its own devices?",
		.reads = "/sys/kernel/iommu_groups/N/type",
		.explain =
			"iommu=pt, which most guides tell you to set, takes the translation from "
			"the host's own devices. Guests are not affected by it either way.",
		.good = "The host's own devices are translated.",
		.see = SEE_SECURITY,
		.ground = "/sys/kernel",
		.sets = RULE_AUDIT,
		.judge = judge_identity,
	},
	{
		.id = "lazy-unmapping",
		.title = "Is memory taken from devices at once?",
		.reads = "/sys/kernel/iommu_groups/N/type",
		.explain = "In lazy mode (DMA-FQ) the kernel collects what is to be unmapped, and "
			   "devices keep their access for some milliseconds more.",
		.good = "Memory is taken from devices at once.",
		.see = SEE_SECURITY,
		.ground = "/sys/kernel",
		.sets = RULE_AUDIT,
		.judge = judge_lazy,
	},
	{
		.id = "thunderbolt-dma",
		.title = "Are external sockets guarded?",
		.reads = "/sys/bus/thunderbolt/devices/domain*/{iommu_dma_protection,security}",
		.explain = "Thunderbolt and USB4 bring PCI Express out of the case. Either the "
			   "IOMMU guards what is plugged in, or the user is asked.",
		.good = "External sockets are guarded, or there are none.",
		.see = SEE_SECURITY,
		.ground = "/sys/bus",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_external,
	},
	{
		.id = "preboot-dma",
		.title = "Is memory guarded before the kernel starts?",
		.reads = "/sys/firmware/acpi/tables/DMAR, /sys/firmware/acpi/tables/IVRS",
		.explain = "Firmware that guards memory from power-on says so in its table. It "
			   "matters where devices can be plugged in from outside.",
		.good = "The firmware guards memory, or there are no external sockets.",
		.see = SEE_SECURITY,
		.ground = "/sys/bus",
		.needs = PROBE_PLATFORM | PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_preboot,
	},
	{
		.id = "vfio-permissions",
		.title = "Who can open groups?",
		.reads = "/dev/vfio/N",
		.explain = "/dev/vfio/vfio is for everybody and gives nothing away. The nodes of "
			   "groups give a device: they belong to root, and libvirt hands them to "
			   "its guests itself.",
		.good = "Only root can open groups.",
		.see = SEE_SECURITY,
		.ground = "/dev",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_nodes,
	},
	{
		.id = "hooks-writable",
		.title = "Can only root change libvirt's hooks?",
		.reads = "/etc/libvirt/hooks",
		.explain = "Hooks are run by root.",
		.good = "Only root can change hooks.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_hooks,
	},
	{
		.id = "hugepages-writable",
		.title = "Who can use the huge pages?",
		.reads = "/dev/hugepages",
		.explain = "libvirt makes a folder of its own in /dev/hugepages; nobody else needs "
			   "to write there.",
		.good = "Not everybody can use the huge pages.",
		.see = SEE_SECURITY,
		.ground = "/dev",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_hugetlbfs,
	},
	{
		.id = "memlock-unlimited",
		.title = "Is there a limit to what users may lock?",
		.reads = "/etc/security/limits.conf, /etc/security/limits.d",
		.explain = "QEMU run by a user needs to lock the guest's memory. Giving that to "
			   "everybody without a limit is more than it needs; libvirt needs none of "
			   "it.",
		.good = "Not everybody may lock all memory.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_locked,
	},
	{
		.id = "secure-boot",
		.title = "Is Secure Boot on?",
		.reads = "the EFI variable SecureBoot",
		.explain = "With Secure Boot the firmware starts signed kernels only. All that "
			   "VFIO needs is in the kernel and signed with it; modules from outside "
			   "must be signed by you.",
		.good = "Secure Boot is on, or the machine has no UEFI.",
		.see = SEE_PRACTICES,
		.ground = "/sys/firmware",
		.needs = PROBE_MACHINE,
		.sets = RULE_AUDIT,
		.judge = judge_secure_boot,
	},
	{
		.id = "lockdown",
		.title = "Is the kernel locked down under Secure Boot?",
		.reads = "/sys/kernel/security/lockdown",
		.explain = "Lockdown keeps root from changing the running kernel. It does not "
			   "hinder VFIO, driver_override or huge pages; it does hinder setpci and "
			   "unsigned modules.",
		.good = "The kernel is locked down, or Secure Boot is off.",
		.see = SEE_PRACTICES,
		.ground = "/sys/kernel",
		.needs = PROBE_MACHINE,
		.sets = RULE_AUDIT,
		.judge = judge_lockdown,
	},
	{
		.id = "hibernation",
		.title = "Can the host hibernate with a guest running?",
		.reads = "/sys/power/resume, /sys/power/disk",
		.explain = "Hibernation writes memory to the disk and cuts the power: a device "
			   "that belongs to a guest does not come back.",
		.good = "The host does not hibernate.",
		.see = SEE_PRACTICES,
		.ground = "/sys/power",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_hibernation,
	},
	{
		.id = "ksm",
		.title = "Is memory of guests kept apart?",
		.reads = "/sys/kernel/mm/ksm/run",
		.explain = "Kernel same-page merging saves memory with many equal guests, and "
			   "opens a side channel between them.",
		.good = "Memory is not merged.",
		.see = SEE_PRACTICES,
		.ground = "/sys/kernel",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_ksm,
	},
	{
		.id = "kvm-ignore-msrs",
		.title = "Does KVM refuse what it does not know?",
		.reads = "/sys/module/kvm/parameters/ignore_msrs",
		.explain = "ignore_msrs makes KVM answer accesses to unknown registers with 0.",
		.good = "KVM refuses what it does not know.",
		.see = SEE_PRACTICES,
		.ground = "/sys/module",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_msrs,
	},
	{
		.id = "cpu-vulnerable",
		.title = "Are the processor's known leaks closed?",
		.reads = "/sys/devices/system/cpu/vulnerabilities",
		.explain = "The kernel says of each known leak of the processor whether it is "
			   "closed. With guests that you do not trust all should be.",
		.good = "The kernel reports no leak as open.",
		.see = SEE_PRACTICES,
		.ground = "/sys/devices/system/cpu",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_vulnerable,
	},
	{
		.id = "usb-controller-shared",
		.title = "Do guests get USB controllers of their own?",
		.reads = "USB devices of the controllers, input devices, disks",
		.explain = "A guest with a controller reads what is typed on its keyboards, and "
			   "sees every stick that is plugged in.",
		.good = "Controllers of guests carry nothing of the host.",
		.see = SEE_SECURITY,
		.ground = "/sys/class",
		.needs = PROBE_USB | PROBE_USAGE,
		.sets = RULE_AUDIT,
		.judge = judge_shared_ctrl,
	},
	{
		.id = "trust-levels",
		.title = "Do devices stay with one guest?",
		.reads = "/etc/libvirt/qemu",
		.explain = "Passed through, a device can be reprogrammed by its guest. What is "
			   "left in it reaches the next guest, or the host.",
		.good = "No device is in two definitions.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.sets = RULE_AUDIT,
		.judge = judge_trust,
	},
	{ 0 },
};
