/* What guests need apart from devices: programs, libvirt, hooks, and their definitions. */
#include <string.h>

#include "model/packages.h"
#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- programs ---- */

static bool any_domain(const struct exam *exam, bool (*needs)(const struct domain *domain))
{
	const struct host *host = exam->host;

	if (exam->domain)
		return needs(exam->domain);
	for (unsigned i = 0; i < host->domains.n; i++)
		if (needs(&host->domains.list[i]))
			return true;
	return false;
}

static void judge_program(struct exam *exam, enum package_role role, enum finding_verdict verdict,
			  const char *what)
{
	enum tri there = package_role_there(&exam->host->boot, role);

	if (!package_role_wanted(&exam->host->boot, role)) {
		exam_settle(exam);
		return;
	}
	/* a part of a machine, as an unpacked archive, may lack its programs */
	if (there == TRI_NO && (!exam->host->boot.os.id || exam->host->part))
		there = TRI_UNKNOWN;
	if (there == TRI_UNKNOWN)
		exam_unknown(exam, NULL, "/usr/bin, /usr/share",
			     "Whether it is installed is not known.");
	if (there != TRI_NO)
		return;
	struct finding *finding = exam_add(exam, verdict, NULL, "%s", what);
	finding_evidence(finding, "/usr/bin, /usr/share: nothing of %s", package_role_name(role));
	remedy_package(exam, finding, role);
}

/* The names of QEMU and of its firmware are known for x86 only: guests of other processors have
 * others. */
static bool is_elsewhere(struct exam *exam)
{
	const struct cpu *cpu = &exam->host->platform.cpu;

	if (!cpu->arch_known || cpu->x86)
		return false;
	struct finding *finding = exam_add(exam, FINDING_UNKNOWN, NULL,
					   "What this processor's guests need is not known here.");
	finding_evidence(finding, "/proc/cpuinfo: no x86");
	finding_fix(finding,
		    "# See what your distribution calls QEMU and UEFI for this processor.");
	return true;
}

static void judge_qemu(struct exam *exam)
{
	if (is_elsewhere(exam))
		return;
	judge_program(exam, ROLE_QEMU, FINDING_FAIL,
		      "QEMU, which runs the guests, is not installed.");
}

static void judge_libvirt(struct exam *exam)
{
	judge_program(exam, ROLE_LIBVIRT, FINDING_WARN,
		      "libvirt, which manages the guests, is not installed.");
}

static void judge_ovmf(struct exam *exam)
{
	if (is_elsewhere(exam))
		return;
	judge_program(exam, ROLE_FIRMWARE, FINDING_WARN,
		      "UEFI firmware for guests (OVMF) is not installed.");
}

static bool needs_tpm(const struct domain *domain)
{
	return domain->tpm;
}

static void judge_tpm(struct exam *exam)
{
	if (any_domain(exam, needs_tpm))
		judge_program(exam, ROLE_TPM, FINDING_FAIL,
			      "swtpm is not installed, and a guest has an emulated TPM.");
}

/* ---- libvirt ---- */

static void judge_daemon(struct exam *exam)
{
	const struct host *host = exam->host;
	const struct node *modular = setting_node(host, "/run/libvirt/virtqemud-sock");
	const struct node *single = setting_node(host, "/run/libvirt/libvirt-sock");
	bool has_modular = boot_has(&host->boot, "virtqemud") == TRI_YES;

	if (package_role_there(&host->boot, ROLE_LIBVIRT) != TRI_YES ||
	    (modular && modular->type) || (single && single->type))
		return;
	if (!modular || !single) {
		exam_unknown(exam, NULL, "/run/libvirt", "Whether libvirt runs is not known.");
		return;
	}
	struct finding *finding = exam_fail(exam, NULL, "libvirt is installed and does not run.");
	finding_evidence(finding, "/run/libvirt/virtqemud-sock, /run/libvirt/libvirt-sock: not "
				  "there");
	if (host->boot.packages == PACKAGES_APK)
		finding_fix(finding, "rc-update add libvirtd && rc-service libvirtd start");
	else if (host->boot.packages == PACKAGES_XBPS)
		finding_fix(finding, "ln -s /etc/sv/libvirtd /var/service/");
	else if (has_modular)
		finding_fix(finding, "systemctl enable --now virtqemud.socket");
	else
		finding_fix(finding, "systemctl enable --now libvirtd.socket");
}

static void judge_network(struct exam *exam)
{
	const struct domain *domain = exam->domain;
	g_auto(GStrv) names = g_strsplit(domain->network ? domain->network : "", " ", -1);
	unsigned index = 0;

	if (!domain->network || domain->running == TRI_YES || !exam->host->settings.whole)
		return;
	for (char **name = names; *name; name++) {
		g_autofree char *path = g_strdup_printf("/run/libvirt/network/%s.xml", *name);
		index = 0;
		if (setting_next_node(exam->host, path, &index))
			continue;
		struct finding *finding = exam_warn(exam, domain->name,
						    "The virtual network '%s' of the guest is not "
						    "active.",
						    *name);
		finding_evidence(finding, "%s: interface in network '%s'", domain->path, *name);
		finding_evidence(finding, "%s: not there", path);
		finding_fix(finding, "virsh net-start %s", *name);
		finding_fix(finding, "virsh net-autostart %s", *name);
	}
}

/* ---- hooks ---- */

static void judge_hook(struct exam *exam, const struct hook *hook)
{
	const struct node *node = setting_node(exam->host, hook->path);
	struct finding *finding;

	if (node && node->type == '-' && !(node->mode & 0111)) {
		finding = exam_warn(exam, hook->path,
				    "This hook cannot be run: libvirt passes it "
				    "over.");
		finding_evidence(finding, "%s: mode %04o", hook->path, node->mode);
		finding_fix(finding, "chmod 755 %s", hook->path);
	}
	if (hook->interpreter && hook->interpreter_there == TRI_NO) {
		finding = exam_fail(exam, hook->path,
				    "The program that runs this hook is not there: "
				    "no guest starts.");
		finding_evidence(finding, "%s: #!%s", hook->path, hook->interpreter);
		finding_fix(finding, "# Correct the first line of %s, or install %s.", hook->path,
			    hook->interpreter);
	}
	if (hook->virsh) {
		finding = exam_fail(exam, hook->path,
				    "This hook calls libvirt, which waits for the "
				    "hook: both can wait for ever.");
		finding_evidence(finding, "%s: %s", hook->path, hook->virsh);
		finding_cause(finding, "A hook must not call virsh: the daemon that would answer "
				       "runs the hook.");
		finding_fix(finding, "# Take that line out: with managed='yes' libvirt binds and "
				     "gives back by itself.");
	}
}

static void judge_hooks(struct exam *exam)
{
	for (unsigned i = 0; i < exam->host->settings.n_hooks; i++)
		judge_hook(exam, &exam->host->settings.hooks[i]);
}

/* ---- Looking Glass ---- */

static void judge_shared_file(struct exam *exam)
{
	const struct node *node;
	unsigned index = 0;

	while ((node = setting_next_node(exam->host, "/dev/kvmfr*", &index))) {
		if (node->type != '-')
			continue;
		struct finding *finding =
			exam_fail(exam, node->path,
				  "This is a plain file where the module kvmfr should have "
				  "made a device.");
		finding_evidence(finding, "%s: a file, mode %04o", node->path, node->mode);
		finding_cause(finding,
			      "The guest was started before the module was loaded, and "
			      "QEMU made a file of that name: Looking Glass sees nothing.");
		finding_fix(finding, "# Shut the guest down.");
		finding_fix(finding, "rm %s", node->path);
		finding_fix(finding, "modprobe kvmfr");
	}
}

static void judge_acl(struct exam *exam)
{
	const struct domain *domain = exam->domain;
	const char *conf = setting_text(exam->host, "/etc/libvirt/qemu.conf");
	g_autofree char *acl = config_value(conf, "cgroup_device_acl");
	g_auto(GStrv) nodes = g_strsplit(domain->nodes ? domain->nodes : "", " ", -1);

	for (char **node = nodes; *node; node++) {
		if (!g_str_has_prefix(*node, "/dev/kvmfr") || (acl && strstr(acl, *node)))
			continue;
		if (!conf) {
			exam_unknown(
				exam, domain->name, "/etc/libvirt/qemu.conf",
				"Whether libvirt lets the guest open its devices is not known.");
			return;
		}
		struct finding *finding =
			exam_fail(exam, domain->name, "libvirt does not let the guest open %s.",
				  *node);
		finding_evidence(finding, "/etc/libvirt/qemu.conf: cgroup_device_acl without %s",
				 *node);
		finding_cause(finding, "Raw QEMU arguments name it, so libvirt does not know of "
				       "it.");
		finding_fix(finding,
			    "# Add \"%s\" to cgroup_device_acl in /etc/libvirt/qemu.conf, "
			    "with the entries that are there as comments.",
			    *node);
		finding_fix(finding, "systemctl restart %s",
			    boot_has(&exam->host->boot, "virtqemud") == TRI_YES ? "virtqemud"
										: "libvirtd");
	}
}

/* ---- what a confined guest was kept from ---- */

/* Things of passthrough: guests try to look at much else, are kept from it, and do not mind. */
static const char *const wanted_names[] = {
	"/dev/vfio", "/dev/iommu",     "/dev/kvmfr",    "/dev/input/",   "/dev/bus/usb/",
	".rom\"",    "/dev/hugepages", "looking-glass", "vfio_device_t",
};

/* AppArmor names its profiles of guests "libvirt-UUID"; SELinux labels them svirt_t. */
static bool is_denial(const char *line)
{
	if (!(strstr(line, "apparmor=\"DENIED\"") && strstr(line, "profile=\"libvirt-")) &&
	    !(strstr(line, "avc:") && strstr(line, "denied") && strstr(line, ":svirt")))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(wanted_names); i++)
		if (strstr(line, wanted_names[i]))
			return true;
	return false;
}

static void judge_denials(struct exam *exam)
{
	const struct kernel *kernel = &exam->host->platform.kernel;
	struct finding *finding = NULL;
	unsigned shown = 0;

	if (!kernel->log) {
		exam_unknown(exam, NULL, "kernel log",
			     "Whether a guest was kept from its devices is not known.");
		return;
	}
	for (unsigned i = kernel->n_log; i-- > 0 && shown < 3;) {
		if (!is_denial(kernel->log[i]))
			continue;
		if (!finding)
			finding = exam_warn(exam, NULL,
					    "A guest was kept from what it asked for, since the "
					    "machine started.");
		finding_evidence(finding, "kernel log: %s", kernel->log[i]);
		shown++;
	}
	if (!finding)
		return;
	finding_cause(finding,
		      "libvirt allows a guest what its definition names; what stands in raw "
		      "QEMU arguments, or is a link to elsewhere, it does not see.");
	finding_fix(finding, "# Name it in the definition: <hostdev>, <input type='evdev'>, <rom "
			     "file='…'/>, <shmem>.");
	finding_fix(finding, "# Where that cannot be, allow that path alone: AppArmor in "
			     "/etc/apparmor.d/local/abstractions/libvirt-qemu, SELinux by a label "
			     "(semanage fcontext).");
}

/* ---- definitions ---- */

static void judge_malformed(struct exam *exam)
{
	const struct host *host = exam->host;

	if (!host->domains.known)
		exam_unknown(exam, NULL, "/etc/libvirt/qemu",
			     "The definitions of guests are not known.");
	for (unsigned i = 0; i < host->domains.n; i++) {
		const struct domain *domain = &host->domains.list[i];
		if (!domain->malformed || (exam->domain && exam->domain != domain))
			continue;
		struct finding *finding = exam_fail(exam, domain->name,
						    "The definition of this guest cannot be read: "
						    "libvirt does not know the guest.");
		finding_evidence(finding, "%s: no well-formed definition", domain->path);
		finding_fix(finding, "xmllint --noout %s", domain->path);
	}
}

static bool shares_device(const struct domain *a, const struct domain *b, struct pci_addr *ret)
{
	for (unsigned i = 0; i < a->n_pci; i++)
		for (unsigned j = 0; j < b->n_pci; j++)
			if (pci_addr_equal(a->pci[i].addr, b->pci[j].addr)) {
				*ret = a->pci[i].addr;
				return true;
			}
	return false;
}

static bool is_up(const struct domain *domain)
{
	return domain->running == TRI_YES || domain->autostart;
}

static void judge_conflict(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;

	for (unsigned i = 0; i < domains->n; i++)
		for (unsigned j = i + 1; j < domains->n; j++) {
			const struct domain *a = &domains->list[i], *b = &domains->list[j];
			struct pci_addr addr;
			char buf[PCI_ADDR_SIZE];
			bool about = !exam->domain || exam->domain == a || exam->domain == b;
			bool meet = exam->domain ? is_up(exam->domain == a ? b : a)
						 : is_up(a) && is_up(b);
			if (!about || !meet || !shares_device(a, b, &addr))
				continue;
			struct finding *finding = exam_warn(exam, pci_addr_format(addr, buf),
							    "Two guests want this device at "
							    "once: %s and %s.",
							    a->name, b->name);
			finding_evidence(finding, "%s: hostdev %s", a->path, buf);
			finding_evidence(finding, "%s: hostdev %s", b->path, buf);
			finding_cause(finding,
				      "The second one to start fails (\"is in use by driver "
				      "QEMU\").");
			finding_fix(finding, "virsh autostart --disable %s", b->name);
		}
}

static void judge_unmanaged(struct exam *exam)
{
	const struct host *host = exam->host;
	const struct domain *domain = exam->domain;

	for (unsigned i = 0; i < domain->n_pci; i++) {
		const struct domain_pci *device = &domain->pci[i];
		int pci = host_find_pci(host, device->addr);
		if (device->managed || pci < 0 || !host->pci[pci].driver_known ||
		    pci_driver_is_vfio(host->pci[pci].driver))
			continue;
		if (host->pci[pci].is_virtfn && host->pci[pci].detail &&
		    host->pci[pci].detail->vgpu_type)
			continue;
		struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
						    "The guest %s wants this device, and "
						    "nobody binds it: libvirt was told not "
						    "to.",
						    domain->name);
		evidence_driver(finding, host, pci);
		finding_evidence(finding, "%s: managed='no'", domain->path);
		finding_cause(finding, "With managed='no' the device must be on vfio-pci before "
				       "the guest starts.");
		remedy_bind(exam, finding, pci);
	}
}

static void judge_loader(struct exam *exam)
{
	const struct domain *domain = exam->domain;
	const char *loader = domain->loader;
	enum tri there = loader ? boot_has(&exam->host->boot, loader) : TRI_UNKNOWN;
	bool small = loader && (g_str_has_suffix(loader, "/OVMF_CODE.fd") ||
				g_str_has_suffix(loader, "/OVMF.fd"));
	bool mixed = loader && domain->nvram && strstr(loader, "_4M") &&
		     g_str_has_suffix(domain->nvram, "OVMF_VARS.fd");

	if (!mixed && (there == TRI_YES || !loader || !small))
		return;
	if (!mixed && !exam->host->settings.whole)
		return;
	struct finding *finding = exam_warn(exam, domain->name,
					    mixed ? "The guest's firmware has 4 MiB, and its "
						    "variables were made for 2 MiB: it does not "
						    "start."
						  : "The guest's firmware is a file that "
						    "distributions have taken out.");
	finding_evidence(finding, "%s: <loader>%s</loader>", domain->path, loader);
	if (domain->nvram)
		finding_evidence(finding, "%s: <nvram>%s</nvram>", domain->path, domain->nvram);
	if (!mixed)
		finding_evidence(finding, "%s: not there", loader);
	finding_cause(finding,
		      "Images of 2 MiB have given way to those of 4 MiB, and the variables "
		      "of the one do not fit the other.");
	finding_fix(finding, "# In the definition: <os firmware='efi'> without <loader> and "
			     "<nvram>; libvirt then chooses both.");
	finding_fix(finding, "virsh start --reset-nvram %s", domain->name);
}

/* ---- ROM files ---- */

static void tell_rom(struct exam *exam, const struct rom_file *rom, const char *what,
		     const char *cause, const char *fix)
{
	struct finding *finding = exam_fail(exam, rom->path, "%s", what);

	finding_evidence(finding, "%s: %s", rom->path,
			 rom->there == TRI_NO   ? "not there"
			 : rom->valid == TRI_NO ? "no image in it"
			 : rom->leading > 0     ? "an image behind another header"
			 : rom->efi == TRI_NO   ? "no image for UEFI"
						: "an image of another card");
	finding_cause(finding, "%s", cause);
	finding_fix(finding, "# %s", fix);
}

static void judge_rom(struct exam *exam, const struct domain *domain,
		      const struct domain_pci *device)
{
	const struct host *host = exam->host;
	const struct rom_file *rom = device->rom ? domain_rom(host, device->rom) : NULL;
	int pci = host_find_pci(host, device->addr);

	if (!rom)
		return;
	if (rom->there == TRI_NO)
		tell_rom(exam, rom, "The ROM file that a guest's card is to have is not there.",
			 "The guest does not start.", "Put it there, or take <rom/> out.");
	else if (rom->valid == TRI_NO)
		tell_rom(exam, rom, "The ROM file is no option ROM.",
			 "The card would get no firmware in the guest.",
			 "Read it anew: 'vfiokit show' tells how.");
	else if (rom->leading > 0)
		tell_rom(exam, rom, "The ROM file has a header of a flash tool in front.",
			 "The guest looks for the image at the start of the file.",
			 "Cut off what stands before the first 55 AA.");
	else if (domain->efi && rom->efi == TRI_NO)
		tell_rom(exam, rom, "The ROM file has no image for UEFI, and the guest has UEFI.",
			 "The screen stays dark until the guest's own driver starts.",
			 "Get a newer firmware from the card's maker, or let the guest have BIOS.");
	else if (pci >= 0 && rom->vendor >= 0 && host->pci[pci].vendor >= 0 &&
		 rom->vendor != host->pci[pci].vendor)
		tell_rom(exam, rom, "The ROM file is that of another maker's card.",
			 "The guest refuses it, or the card does.",
			 "Use the ROM of this very card.");
}

static void judge_roms(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;

	for (unsigned i = 0; i < domains->n; i++)
		for (unsigned j = 0; j < domains->list[i].n_pci; j++)
			if (!exam->domain || exam->domain == &domains->list[i])
				judge_rom(exam, &domains->list[i], &domains->list[i].pci[j]);
}

/* ---- machines of many GPUs ---- */

static bool is_nvswitch(const struct pci_dev *dev)
{
	return pci_dev_is_nvidia(dev) && dev->class_code >> 8 == 0x0680;
}

static void judge_fabric(struct exam *exam)
{
	const struct host *host = exam->host;
	unsigned switches = 0, gpus = 0, given = 0, given_switches = 0;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		bool gpu = pci_dev_is_nvidia(dev) && pci_dev_is_kind(dev, KIND_GPU);
		switches += is_nvswitch(dev);
		given_switches += is_nvswitch(dev) && exam->chosen[i];
		gpus += gpu;
		given += gpu && exam->chosen[i];
	}
	if (switches == 0 || given == 0 || given_switches == switches)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "%u of %u GPUs are meant for guests, and %u of %u NVSwitches: CUDA will "
			  "wait for the fabric (error 802).",
			  given, gpus, given_switches, switches);
	for (unsigned i = 0; i < host->n_pci; i++)
		if (is_nvswitch(&host->pci[i]) && !exam->chosen[i])
			evidence_driver(finding, host, (int)i);
	finding_cause(finding, "GPUs on a board with NVSwitches start only when a fabric manager "
			       "has set up their links: in the guest that has all of them, or on "
			       "the host for partitions.");
	finding_fix(finding,
		    "# Give one guest all GPUs and all NVSwitches, with the fabric manager "
		    "in it.");
	finding_fix(finding, "# Or run nvidia-fabricmanager on the host with FABRIC_MODE=1, and "
			     "activate a partition for each guest.");
}

const struct rule rules_guests[] = {
	{
		.id = "qemu-present",
		.title = "Is QEMU installed?",
		.reads = "/proc/cpuinfo, programs in /usr/bin and /usr/libexec",
		.explain = "QEMU is the program that runs guests.",
		.good = "QEMU is installed.",
		.see = SEE_SOFTWARE,
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_qemu,
	},
	{
		.id = "libvirt-present",
		.title = "Is libvirt installed?",
		.reads = "/usr/sbin",
		.explain = "libvirt keeps the definitions of guests, starts them with the right "
			   "permissions, and binds devices for them.",
		.good = "libvirt is installed.",
		.see = SEE_SOFTWARE,
		.sets = RULE_DOCTOR,
		.judge = judge_libvirt,
	},
	{
		.id = "libvirt-daemon",
		.title = "Does libvirt run?",
		.reads = "/run/libvirt",
		.explain = "Newer systems run virtqemud, older ones libvirtd; both listen on a "
			   "socket under /run/libvirt and are started when someone asks.",
		.good = "libvirt runs.",
		.see = SEE_SOFTWARE,
		.after = "libvirt-present",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_daemon,
	},
	{
		.id = "ovmf-present",
		.title = "Is UEFI firmware for guests installed?",
		.reads = "/proc/cpuinfo, /usr/share/OVMF, /usr/share/edk2, /usr/share/qemu",
		.explain = "Graphics cards are started by UEFI (OVMF) in the guest; BIOS guests "
			   "get a picture from few cards.",
		.good = "UEFI firmware for guests is installed.",
		.see = SEE_SOFTWARE,
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_ovmf,
	},
	{
		.id = "swtpm-present",
		.title = "Is swtpm there for guests with a TPM?",
		.reads = "swtpm in /usr/bin, definitions",
		.explain = "Windows 11 wants a TPM; QEMU takes an emulated one from swtpm.",
		.good = "swtpm is installed, or no guest needs it.",
		.see = SEE_SOFTWARE,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_tpm,
	},
	{
		.id = "domain-malformed",
		.title = "Can all definitions be read?",
		.reads = "/etc/libvirt/qemu",
		.explain = "A definition that was edited in the file, past libvirt, may be no XML "
			   "any more: libvirt then leaves the guest out without a word.",
		.good = "All definitions can be read.",
		.see = SEE_LIBVIRT,
		.sets = RULE_DOCTOR,
		.judge = judge_malformed,
	},
	{
		.id = "domain-conflict",
		.title = "Does each device belong to one guest at a time?",
		.reads = "/etc/libvirt/qemu, /run/libvirt/qemu",
		.explain = "Two guests may share a device in turns, not at once.",
		.good = "No two guests want one device at once.",
		.see = SEE_LIBVIRT,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_conflict,
	},
	{
		.id = "unmanaged-unbound",
		.title = "Is what libvirt does not bind bound?",
		.reads = "the definition, drivers",
		.explain = "A device with managed='no' must be on vfio-pci before the guest "
			   "starts.",
		.good = "What libvirt does not bind is on vfio-pci.",
		.see = SEE_LIBVIRT,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_unmanaged,
	},
	{
		.id = "ovmf-2m-path",
		.title = "Is the guest's firmware still there?",
		.reads = "the definition, /usr/share/OVMF",
		.explain = "Old definitions name OVMF_CODE.fd, which new packages do not have; and "
			   "variables of 2 MiB firmware do not fit 4 MiB firmware.",
		.good = "The guest's firmware is there, or libvirt chooses it.",
		.see = SEE_LIBVIRT,
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_loader,
	},
	{
		.id = "rom-validity",
		.title = "Are the ROM files ROMs of the cards?",
		.reads = "ROM files that definitions name",
		.explain = "A ROM file must begin with an image (55 AA, PCIR) of the card, and "
			   "hold one for UEFI where the guest has UEFI. Files of flash tools have "
			   "a header in front.",
		.good = "The ROM files that definitions name are in order.",
		.see = SEE_CODE_43,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_roms,
	},
	{
		.id = "libvirt-network",
		.title = "Is the guest's network active?",
		.reads = "the definition, /run/libvirt/network",
		.explain = "A guest does not start while the virtual network that it is in is not "
			   "active.",
		.good = "The guest's networks are active.",
		.see = SEE_LIBVIRT,
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_network,
	},
	{
		.id = "hooks",
		.title = "Are the hooks in order?",
		.reads = "/etc/libvirt/hooks",
		.explain = "libvirt runs hooks when guests start and stop, and waits for them. A "
			   "hook that calls virsh can block everything, and one that fails keeps "
			   "the guest from starting.",
		.good = "There are no hooks, or they are in order.",
		.see = SEE_LIBVIRT,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_hooks,
	},
	{
		.id = "looking-glass",
		.title = "Is the shared memory of Looking Glass a device?",
		.reads = "/dev/kvmfr*",
		.explain = "The module kvmfr makes /dev/kvmfr0. QEMU, started without it, makes a "
			   "plain file of that name, and neither side sees the other.",
		.good = "No plain file is in the place of a kvmfr device.",
		.see = SEE_LIBVIRT,
		.ground = "/dev",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_shared_file,
	},
	{
		.id = "cgroup-acl",
		.title = "May the guest open its extra devices?",
		.reads = "the definition, /etc/libvirt/qemu.conf",
		.explain = "What raw QEMU arguments open must be named in cgroup_device_acl.",
		.good = "libvirt lets the guest open what its arguments name.",
		.see = SEE_LIBVIRT,
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_acl,
	},
	{
		.id = "confinement-denials",
		.title = "Was no guest kept from its devices?",
		.reads = "the kernel's log",
		.explain = "AppArmor and SELinux let a guest open what libvirt has found in its "
			   "definition, and nothing else. What they refuse is in the kernel's log "
			   "(where auditd runs, in /var/log/audit/audit.log, for 'doctor --log'); "
			   "QEMU says only that permission was denied. Looked for are devices, ROM "
			   "files and shared memory: most other refusals do no harm.",
		.good = "The kernel's log has no such refusal.",
		.see = SEE_LIBVIRT,
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_denials,
	},
	{
		.id = "hgx-fabric",
		.title = "Are GPUs and NVSwitches given away together?",
		.reads = "class, vendor",
		.explain = "On boards with NVSwitches a GPU alone does not start CUDA.",
		.good = "There are no NVSwitches, or they go with the GPUs.",
		.see = SEE_ISOLATE,
		.after = "devices-chosen",
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_fabric,
	},
	{ 0 },
};
