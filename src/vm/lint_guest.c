/* Rules about the guest as a whole: its machine, firmware, what it is told about its host, and what
 * is handed to QEMU past libvirt. */
#include <string.h>

#include "vm/lint_parts.h"

/* ---- the machine ---- */

/* Is there a device that is better off with PCIe? A mediated one is made for whatever machine it is
 * in, and Intel's own graphics is best on i440fx (QEMU: docs/igd-assign.txt, legacy mode). */
static bool asks_pcie(struct lint *lint)
{
	const struct guest_device *device;
	static const struct pci_addr igd = { .bus = 0, .slot = 2, .function = 0 };
	bool asks = false;

	for (guint i = 0; (device = lint_next_hostdev(lint, &i));) {
		const struct pci_dev *dev = lint_find(lint, device);
		asks |= !pci_addr_equal(device->source, igd) ||
			(dev && (dev->kind != KIND_GPU || dev->vendor != 0x8086));
	}
	return asks;
}

void lint_machine(struct lint *lint)
{
	enum tri q35 = guest_is_q35(lint->guest);

	if (!asks_pcie(lint) || q35 == TRI_UNKNOWN || q35 == TRI_YES)
		return;
	const char *machine = lint->guest->machine;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, machine,
			 "the guest's machine is %s, which has no PCIe",
			 machine && strcmp(machine, "pc") != 0 ? machine : "the i440fx of 1996");
	finding_cause(finding, "drivers of graphics cards expect PCIe, and parts of the card's "
			       "configuration cannot be seen without");
	lint_fix(lint, finding,
		 "# in <os>: <type … machine='q35'>, and no bus of "
		 "the old machine",
		 "# -machine q35");
}

/* "pc-q35" alone is none: the version is part of the name. */
void lint_machine_unknown(struct lint *lint)
{
	static const char *const none[] = { "pc-q35", "pc-i440fx", "Q35", "pc-q35-latest" };
	const char *machine = lint->guest->machine;

	if (!machine)
		return;
	lint_ask(lint);
	for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
		if (strcmp(machine, none[i]) != 0)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, NULL, "QEMU has no machine '%s'", machine);
		lint_fix(lint, finding, "# in <os>: <type … machine='q35'>", "# -machine q35");
	}
}

void lint_no_kvm(struct lint *lint)
{
	if (!lint_has_hostdev(lint) || lint->guest->kvm == TRI_UNKNOWN)
		return;
	lint_ask(lint);
	if (lint->guest->kvm == TRI_YES)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL, "the guest is emulated, not run by KVM");
	finding_cause(finding, "it is slower by ten times and more, and device assignment is not "
			       "meant for it");
	lint_fix(lint, finding, "# <domain type='kvm'>", "# -accel kvm");
}

/* ---- firmware ---- */

bool lint_is_uefi(const char *path)
{
	return path &&
	       (strcasestr(path, "ovmf") || strcasestr(path, "edk2") || strcasestr(path, "efi"));
}

void lint_bios(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (!guest->bios && !guest->code && !guest->efi)
		return;
	lint_ask(lint);
	if (!lint_is_uefi(guest->bios))
		return;
	/* Half an image does not start at all; a whole one does, without a memory. */
	struct finding *finding =
		lint_add(lint, strcasestr(guest->bios, "code") ? FINDING_FAIL : FINDING_WARN, NULL,
			 "the firmware %s is loaded as a BIOS, not as flash", guest->bios);
	finding_cause(finding,
		      "so it can keep no variables: boot entries are lost at each start, "
		      "there is no Secure Boot, and images split in two do not start at all");
	lint_fix(lint, finding,
		 "# <os firmware='efi'> without <loader>, or <loader readonly='yes' "
		 "type='pflash'>",
		 "# two -drive if=pflash: the code (readonly=on), and a copy of the "
		 "variables of its own");
}

static bool is_template(const char *path)
{
	return path && g_str_has_prefix(path, "/usr/share/");
}

/* Images of 2 and 4 MiB: code and variables must be of one kind. A copy may have any name: only
 * the package's own files are of 2 MiB where they do not say 4. */
static enum tri is_4m(const char *path)
{
	if (path && (strstr(path, "_4M") || strstr(path, ".4m.")))
		return TRI_YES;
	return is_template(path) && (strstr(path, "OVMF_CODE") || strstr(path, "OVMF_VARS"))
		       ? TRI_NO
		       : TRI_UNKNOWN;
}

void lint_firmware_mixed(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	const char *vars = guest->vars_template ? guest->vars_template : guest->vars;

	if (!guest->code || !vars)
		return;
	lint_ask(lint);
	if (is_4m(guest->code) == TRI_UNKNOWN || is_4m(vars) == TRI_UNKNOWN ||
	    is_4m(guest->code) == is_4m(vars))
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL, "firmware of 2 MiB and of 4 MiB are mixed");
	finding_evidence(finding, "code: %s", guest->code);
	finding_evidence(finding, "variables: %s", vars);
	finding_cause(finding, "they hold their variables in different places, so the guest does "
			       "not start");
}

void lint_firmware_writable(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (!guest->code)
		return;
	lint_ask(lint);
	/* libvirt: read-only where it is not said, as long as it is a file of its own (pflash). */
	bool writable = guest->form == GUEST_XML ? guest->code_readonly == TRI_NO
						 : guest->code_readonly != TRI_YES;
	if (!writable || !lint_is_uefi(guest->code) ||
	    (guest->vars == NULL && !strstr(guest->code, "CODE")))
		return;
	struct finding *finding = lint_add(lint, FINDING_WARN, guest->code,
					   "the guest may write into the firmware that others use");
	lint_fix(lint, finding, "# in <os>: <loader readonly='yes' type='pflash'>",
		 "# readonly=on behind if=pflash of the code");
}

void lint_vars_shared(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (!guest->code)
		return;
	lint_ask(lint);
	if (!is_template(guest->vars) || guest->vars_readonly)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, guest->vars,
			 "the guest keeps its variables in the template of the package");
	finding_cause(finding, "all guests would write into one file, which the next update of the "
			       "package replaces");
	finding_fix(finding, "# cp %s /var/lib/libvirt/qemu/nvram/NAME_VARS.fd", guest->vars);
}

/* libvirt: qemuValidateDomainDefBoot(). Where it chooses the firmware it turns SMM on by itself. */
void lint_smm(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (!guest->secure_loader || guest->efi)
		return;
	lint_ask(lint);
	if (guest->smm == TRI_YES)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, guest->code,
			 "firmware with Secure Boot needs SMM, which is off: the guest does not "
			 "start");
	finding_fix(finding, "# in <features>: <smm state='on'/>");
}

/* ---- Windows ---- */

static bool is_windows(const struct guest *guest)
{
	return guest->system && strstr(guest->system, "microsoft.com/win");
}

void lint_tpm(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (!is_windows(guest) || !g_str_has_suffix(guest->system, "/win/11"))
		return;
	lint_ask(lint);
	if (guest->tpm)
		return;
	struct finding *finding = lint_add(lint, FINDING_WARN, NULL,
					   "Windows 11 asks for a TPM, and the guest has none");
	finding_evidence(finding, "%s", guest->system);
	finding_fix(finding, "# in <devices>: <tpm model='tpm-crb'><backend type='emulator' "
			     "version='2.0'/></tpm>");
}

static bool has_hyperv(const struct guest *guest, const char *name)
{
	for (guint i = 0; i < guest->hyperv->len; i++)
		if (strcmp(g_array_index(guest->hyperv, const char *, i), name) == 0)
			return true;
	return false;
}

/* Half of Hyper-V's features are hyperv-dependency's; here there are none, but perhaps its clock.
 */
void lint_hyperv_missing(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	unsigned n = guest->hyperv->len - has_hyperv(guest, "time");

	if (!is_windows(guest) || guest->cpu_passed)
		return;
	lint_ask(lint);
	if (n > 0)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL,
			 "Windows is told of no Hyper-V, so it does all things the slow way");
	finding_evidence(finding, "%s", guest->system);
	finding_fix(finding, "# in <features>: <hyperv> with <relaxed state='on'/>, "
			     "<vapic state='on'/>, <vpindex state='on'/>, <synic state='on'/>, "
			     "<stimer state='on'/>; <timer name='hypervclock'/> in <clock>");
}

/* ---- what the guest is told ---- */

static bool hides_hypervisor(const struct guest *guest)
{
	return guest->hypervisor_off;
}

static bool hides_kvm(const struct guest *guest)
{
	return guest->hidden;
}

static bool tells_vendor(const struct guest *guest)
{
	return guest->vendor_id != NULL;
}

/* Three ways to hide, and what each costs. Windows asks for Hyper-V's interface, not its vendor. */
static const struct {
	bool (*is)(const struct guest *guest);
	const char *what, *cause, *xml, *qemu;
} hidings[] = {
	{ hides_hypervisor, "the CPU hides from the guest that it is one",
	  "so it uses nothing that would help it: neither KVM's clock nor Hyper-V's features",
	  "# in <cpu>: remove <feature policy='disable' name='hypervisor'/>",
	  "# remove -hypervisor or hypervisor=off from -cpu" },
	{ hides_kvm, "KVM is hidden from the guest",
	  "NVIDIA's drivers refused guests until release 465 (2021); since then it only costs: "
	  "without KVM's clock and calls a guest is slower",
	  "# in <features>: remove <hidden state='on'/>", "# remove kvm=off from -cpu" },
	{ tells_vendor, "the guest is told a made-up vendor of its hypervisor",
	  "NVIDIA's drivers refused guests until release 465 (2021); since then it does nothing",
	  "# in <hyperv>: remove <vendor_id …/>", "# remove hv_vendor_id=… from -cpu" },
};

void lint_hidden(struct lint *lint)
{
	if (!lint_has_hostdev(lint))
		return;
	lint_ask(lint);
	for (size_t i = 0; i < G_N_ELEMENTS(hidings); i++) {
		if (!hidings[i].is(lint->guest))
			continue;
		struct finding *finding = lint_add(lint, FINDING_WARN, NULL, "%s", hidings[i].what);
		finding_cause(finding, "%s", hidings[i].cause);
		lint_fix_cpu(lint, finding, hidings[i].xml, hidings[i].qemu);
	}
}

/* What each Hyper-V feature needs (QEMU: docs/system/i386/hyperv.rst). */
static const struct {
	const char *name, *needs;
} hyperv_needs[] = {
	{ "synic", "vpindex" }, { "stimer", "vpindex" },   { "stimer", "synic" },
	{ "stimer", "time" },   { "tlbflush", "vpindex" }, { "ipi", "vpindex" },
	{ "evmcs", "vapic" },
};

void lint_hyperv(struct lint *lint)
{
	if (lint->guest->hyperv->len == 0 || has_hyperv(lint->guest, "passthrough"))
		return;
	lint_ask(lint);
	for (size_t i = 0; i < G_N_ELEMENTS(hyperv_needs); i++)
		if (has_hyperv(lint->guest, hyperv_needs[i].name) &&
		    !has_hyperv(lint->guest, hyperv_needs[i].needs))
			lint_add(
				lint, FINDING_FAIL, NULL,
				"the Hyper-V feature '%s' needs '%s', which is off: the guest does "
				"not start",
				hyperv_needs[i].name, hyperv_needs[i].needs);
}

/* ---- files ---- */

static void check_path(struct lint *lint, const char *path, const char *what)
{
	if (!path || path[0] != '/' || strchr(path, '$'))
		return;
	lint_ask(lint);
	enum tri there =
		lint->input->exists ? lint->input->exists(lint->input->data, path) : TRI_UNKNOWN;
	if (there == TRI_NO)
		lint_add(lint, FINDING_FAIL, path, "there is no such file: %s %s", what, path);
	else if (there == TRI_UNKNOWN)
		lint_add(lint, FINDING_UNKNOWN, path, "%s cannot be looked for: %s", what, path);
}

void lint_paths(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	const struct guest_device *device;

	check_path(lint, guest->code, "the firmware");
	check_path(lint, guest->bios, "the firmware");
	check_path(lint, guest->vars_template, "the template of the variables");
	for (guint i = 0; (device = lint_next(lint, GUEST_HOSTDEV, &i));)
		check_path(lint, device->rom, "the ROM");
	for (guint i = 0; (device = lint_next(lint, GUEST_DISK, &i));)
		check_path(lint, device->path, "the disk");
}
