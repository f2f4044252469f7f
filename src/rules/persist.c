/* What shall be bound at every boot: is it there, is it bound, and is the initramfs made for it? */
#include <string.h>

#include "base/initrd.h"
#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- the record, and the machine ---- */

typedef bool state_test(enum binding_state state);

/* Another device, or none, is where one was chosen. */
static bool is_other(enum binding_state state)
{
	return state == BINDING_GONE || state == BINDING_CHANGED;
}

static bool is_unbound(enum binding_state state)
{
	return state != BINDING_BOUND && !is_other(state);
}

static enum finding_verdict verdict_of(enum binding_state state)
{
	return state == BINDING_UNKNOWN ? FINDING_UNKNOWN
	       : state == BINDING_GONE  ? FINDING_WARN /* it may have been taken out */
					: FINDING_FAIL;
}

static void tell_binding(struct exam *exam, const struct binding *binding, enum binding_state state,
			 const char *why)
{
	char address[PCI_ADDR_SIZE];
	struct finding *finding =
		exam_add(exam, verdict_of(state), pci_addr_format(binding->who.addr, address),
			 "It shall be on %s from each boot on, and is not: %s.", binding->driver,
			 why);

	finding_evidence(finding, BINDINGS_PATH ": %s", address);
	if (is_other(state)) {
		finding_cause(finding,
			      "Cards that are put in, taken out or moved change the addresses of "
			      "others: what is there now is the host's until you say otherwise.");
		finding_fix(finding, "vfiokit unbind --persist %s", address);
		finding_fix(finding, "# Then name the device where it is now: "
				     "vfiokit bind --persist ADDRESS");
	} else {
		finding_fix(finding, "vfiokit bind %s", address);
	}
}

static void judge_bindings(struct exam *exam, state_test *is_meant)
{
	const struct bindings *bindings = &exam->host->bindings;

	for (unsigned i = 0; i < bindings->n; i++) {
		g_autofree char *why = NULL;
		enum binding_state state = binding_judge(exam->host, &bindings->list[i], &why);
		if (is_meant(state))
			tell_binding(exam, &bindings->list[i], state, why);
	}
}

static void judge_changed(struct exam *exam)
{
	judge_bindings(exam, is_other);
}

static void judge_bound(struct exam *exam)
{
	int bad_line = exam->host->bindings.bad_line;

	judge_bindings(exam, is_unbound);
	if (bad_line == 0)
		return;
	struct finding *finding =
		exam_fail(exam, NULL, "Line %d of the record makes no sense, and is left out.",
			  bad_line);
	finding_evidence(finding, BINDINGS_PATH ": line %d", bad_line);
	finding_fix(finding, "# Take that line out of " BINDINGS_PATH
			     ", and name the device again: vfiokit bind --persist ADDRESS");
}

/* ---- the initramfs ---- */

static bool has_rule(const struct boot_kernel *kernel)
{
	for (unsigned i = 0; i < kernel->n_vfio_names; i++)
		if (g_strcmp0(kernel->vfio_names[i], &PERSIST_RULES_PATH[1]) == 0)
			return true;
	return false;
}

/* A driver of the record that is a module, and not in the image; NULL: none. */
static const char *find_missing(const struct bindings *bindings, const struct boot_kernel *kernel)
{
	for (unsigned i = 0; i < bindings->n; i++) {
		const char *driver = bindings->list[i].driver;
		bool builtin = kernel->vfio_builtin == TRI_YES && strcmp(driver, "vfio-pci") == 0;
		if (!builtin &&
		    !initrd_has_module(kernel->vfio_names, kernel->n_vfio_names, driver))
			return driver;
	}
	return NULL;
}

static void judge_image(struct exam *exam, const struct boot_kernel *kernel)
{
	bool rule = has_rule(kernel);
	const char *missing = find_missing(&exam->host->bindings, kernel);

	if (rule && !missing)
		return;
	struct finding *finding =
		exam_fail(exam, NULL,
			  "The initramfs of %s lacks %s%s: a driver of the host can be the first.",
			  kernel->release, rule ? "the module " : "the rule of 'bind --persist'",
			  rule ? missing : "");
	if (!rule)
		finding_evidence(finding, "%s: no %s", kernel->initramfs, &PERSIST_RULES_PATH[1]);
	if (missing)
		finding_evidence(finding, "%s: no %s.ko", kernel->initramfs, missing);
	finding_cause(finding, "It was not built again since, was built without the files of "
			       "vfiokit, or is another one than the boot loader starts.");
	remedy_initramfs(exam, finding);
}

/* Those that were left alone, since unpacking them takes long. */
static void judge_unopened(struct exam *exam)
{
	const struct boot *boot = &exam->host->boot;
	struct finding *finding = NULL;

	for (unsigned i = 0; i < boot->n_kernels; i++) {
		const struct boot_kernel *kernel = &boot->kernels[i];
		if (kernel->image_seconds == 0)
			continue;
		if (!finding)
			finding = exam_add(exam, FINDING_UNKNOWN, NULL,
					   "Large images were not opened, which takes a while.");
		finding_evidence(finding, "%s: about %u s of unpacking", kernel->initramfs,
				 kernel->image_seconds);
	}
	if (finding)
		finding_fix(finding, "vfiokit doctor initramfs-content # looks into all of them");
}

static bool has_any_image(const struct boot *boot)
{
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (boot->kernels[i].initramfs)
			return true;
	return false;
}

/* Other generators take in no rule of ours, as 'bind --persist' has said: then the device is taken
 * off the host's driver later. */
static void judge_images(struct exam *exam)
{
	const struct boot *boot = &exam->host->boot;

	if (exam->host->bindings.n == 0 || !initramfs_own_file(boot->initramfs))
		return;
	judge_unopened(exam);
	if (!has_any_image(boot))
		exam_unknown(exam, NULL, "/lib/modules, /boot",
			     "No kernel with an initramfs is found: what is started is not "
			     "known.");
	for (unsigned i = 0; i < boot->n_kernels; i++) {
		const struct boot_kernel *kernel = &boot->kernels[i];
		if (kernel->vfio_names)
			judge_image(exam, kernel);
		else if (kernel->initramfs && kernel->image_seconds == 0)
			exam_unknown(exam, NULL, kernel->initramfs,
				     kernel->image_error ? kernel->image_error
							 : "What is in the image is not known.");
	}
}

const struct rule rules_persist[] = {
	{
		.id = "device-changed",
		.title = "Is what shall be bound at every boot still where it was?",
		.reads = BINDINGS_PATH ", ids, firmware_node/path",
		.explain = "'bind --persist' keeps which device was chosen, and where it was. "
			   "Where that is not so any more, another device may have taken its "
			   "address, or the card may be in another slot: then nothing is bound, so "
			   "that nothing of the host's is given away by mistake.",
		.good = "What shall be bound at every boot is where it was, or there is no such "
			"thing.",
		.see = SEE_ISOLATE,
		.ground = "/etc",
		.needs = PROBE_DETAIL | PROBE_BINDINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_changed,
	},
	{
		.id = "bound-at-boot",
		.title = "Is what shall be bound at every boot?",
		.reads = BINDINGS_PATH ", driver",
		.explain = "'bind --persist' makes a rule of udev, which says for each device that "
			   "only vfio-pci may take it. Where another driver has it all the same, "
			   "the rule was not in the initramfs, the machine was started without it "
			   "(vfiokit=off), or somebody has given the device back since.",
		.good = "What shall be bound at every boot is, or there is no such thing.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.needs = PROBE_DETAIL | PROBE_BINDINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_bound,
	},
	{
		.id = "initramfs-content",
		.title = "Has the initramfs what binding at boot needs?",
		.reads = BINDINGS_PATH ", the initramfs of each kernel",
		.explain = "Drivers of displays are often loaded in the initramfs. The rule of "
			   "'bind --persist' and vfio-pci must be in it, in that of every kernel "
			   "that is started, or the host has the card first. The images are "
			   "unpacked and looked into: what a generator was told to take in, and "
			   "what it took, may differ. Those that take seconds to unpack are opened "
			   "only when this rule is named.",
		.good = "The images have what binding at boot needs, or nothing needs it.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.needs = PROBE_BINDINGS | PROBE_BOOT | PROBE_IMAGES,
		.sets = RULE_DOCTOR,
		.judge = judge_images,
	},
	{ 0 },
};
