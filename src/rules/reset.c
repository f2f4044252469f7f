/* Between two guests: resets, power, links and errors. */
#include <inttypes.h>
#include <string.h>

#include "model/reset.h"
#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

struct id_range {
	uint16_t vendor;
	uint16_t first;
	uint16_t last;
};

/* Is it one of those? That it is none, where its ids are known, settles the rule. */
static bool is_in(struct exam *exam, const struct pci_dev *dev, const struct id_range *ranges,
		  size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (dev->vendor == ranges[i].vendor && dev->device >= ranges[i].first &&
		    dev->device <= ranges[i].last)
			return true;
	if (dev->vendor >= 0 && dev->device >= 0)
		exam_settle(exam);
	return false;
}

/* ---- is there a reset ---- */

/* A bus reset hits all functions of the slot: VFIO does it only when it has them all. */
static bool are_all_with_vfio(const struct host *host, int pci)
{
	for (unsigned i = 0; i < host->n_pci; i++)
		if (pci_addr_same_slot(host->pci[i].addr, host->pci[pci].addr) &&
		    !pci_driver_is_vfio(host->pci[i].driver))
			return false;
	return true;
}

static bool is_bound(const struct host *host, int pci)
{
	return pci_driver_is_vfio(host->pci[pci].driver);
}

static void tell_reset(struct exam *exam, int pci, const struct reset *reset)
{
	const struct host *host = exam->host;
	bool none = reset->kind == RESET_NONE;
	struct finding *finding =
		none ? exam_fail(exam, ADDRESS(host, pci),
				 "There is no way to reset this device between two guests.")
		     : exam_fail(exam, ADDRESS(host, pci),
				 "This device can only be reset with its whole bus, and %s "
				 "there %s not with VFIO.",
				 reset->n_others == 1 ? "the other function" : "other functions",
				 reset->n_others == 1 ? "is" : "are");

	evidence_attribute(finding, host, pci, "reset_method",
			   *host->pci[pci].reset_methods ? host->pci[pci].reset_methods : NULL);
	finding_cause(finding, "The second guest finds the device as the first one has left it; "
			       "graphics cards then often stay dark until the host is restarted.");
	for (unsigned i = 0; !none && i < host->n_pci; i++)
		if (pci_addr_same_slot(host->pci[i].addr, host->pci[pci].addr) &&
		    !is_bound(host, (int)i))
			remedy_bind(exam, finding, (int)i);
	if (none)
		finding_fix(finding, "# Have the guest switch the device off before it ends, and "
				     "restart the host when it stays dark; or take another card.");
}

/* Only a whole-bus reset is no fault while the card is as a whole with VFIO; and before anything
 * is bound nobody can say what will be. */
static void judge_reset(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];
	struct reset reset;
	bool primary = dev->addr.function == 0 || pci_dev_is_kind(dev, KIND_GPU);

	if (!primary || pci_dev_is_kind(dev, KIND_USB_CONTROLLER)) {
		exam_settle(exam); /* usb-controller-reset is about those */
		return;
	}
	reset_judge(host, dev, &reset);
	if (reset.kind == RESET_UNKNOWN)
		exam_unknown(exam, ADDRESS(host, pci), "reset_method",
			     "How the device can be reset is not known.");
	else if (reset.kind == RESET_NONE || (reset.kind == RESET_BUS_ALL && is_bound(host, pci) &&
					      !are_all_with_vfio(host, pci)))
		tell_reset(exam, pci, &reset);
}

/* ---- kinds that are known ---- */

/* Their function level reset hangs; newer kernels leave it out (kernel: quirk_no_flr). */
static const struct id_range no_flr[] = {
	{ 0x1022, 0x1487, 0x1487 }, { 0x1022, 0x148c, 0x148c }, { 0x1022, 0x149c, 0x149c },
	{ 0x1022, 0x7901, 0x7901 }, { 0x1022, 0x1502, 0x1502 }, { 0x1022, 0x17f0, 0x17f0 },
	{ 0x8086, 0x1502, 0x1503 }, { 0x14c3, 0x0616, 0x0616 }, { 0x14c3, 0x7925, 0x7925 },
};

static bool has_word(const char *words, const char *word)
{
	g_auto(GStrv) list = g_strsplit(words ? words : "", " ", -1);

	return g_strv_contains((const char *const *)list, word);
}

static void judge_quirk(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];

	if (!is_in(exam, dev, no_flr, G_N_ELEMENTS(no_flr)) || !has_word(dev->reset_methods, "flr"))
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "This kernel resets the device in a way (flr) that "
					    "hangs on this kind.");
	evidence_attribute(finding, host, pci, "reset_method", dev->reset_methods);
	finding_cause(finding, "Newer kernels know it and do not try; this one can hang with "
			       "the host when a guest starts or ends.");
	finding_fix(finding, "# Install a newer kernel, and restart.");
}

/* Polaris, Vega and Navi 1x do not come back from a bus reset (the list of vendor-reset). */
static const struct id_range amd_stuck[] = {
	{ 0x1002, 0x67c0, 0x67df }, { 0x1002, 0x67e0, 0x67ff }, { 0x1002, 0x6860, 0x687f },
	{ 0x1002, 0x69a0, 0x69af }, { 0x1002, 0x66a0, 0x66af }, { 0x1002, 0x7310, 0x731f },
	{ 0x1002, 0x7340, 0x734f }, { 0x1002, 0x7360, 0x7362 }, { 0x1002, 0x6fdf, 0x6fdf },
};

static void judge_amd(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];
	const char *lockdown = host->platform.kernel.lockdown;

	if (!is_in(exam, dev, amd_stuck, G_N_ELEMENTS(amd_stuck)) ||
	    has_word(dev->reset_methods, "device_specific"))
		return;
	if (!dev->reset_methods) {
		exam_unknown(exam, ADDRESS(host, pci), "reset_method",
			     "The card's family needs vendor-reset; whether it has it is not "
			     "known.");
		return;
	}
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "This card belongs to a family of AMD that does "
					    "not come back after a guest.");
	evidence_attribute(finding, host, pci, "reset_method", dev->reset_methods);
	finding_cause(finding, "The reset that PCI has does not reach the whole chip; the "
			       "module vendor-reset does, and then reset_method begins with "
			       "device_specific.");
	finding_fix(finding, "# Install the module vendor-reset (dkms) for this kernel, and "
			     "load it before vfio-pci.");
	if (lockdown && strcmp(lockdown, "none") != 0)
		finding_fix(finding, "# Sign it with a key of yours (mokutil --import): the "
				     "kernel is locked down and takes no other.");
	finding_fix(finding, "echo device_specific > /sys/bus/pci/devices/%s/reset_method",
		    ADDRESS(host, pci));
}

/* GB202, GB203, GB205, GB206 and GB207: GeForce RTX 50 and RTX PRO. */
static const struct id_range blackwell[] = { { 0x10de, 0x2b80, 0x2bff },
					     { 0x10de, 0x2c00, 0x2c7f },
					     { 0x10de, 0x2d00, 0x2dff },
					     { 0x10de, 0x2f00, 0x2f7f } };

static void judge_blackwell(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const char *line = log_line_of(host, pci, "not ready");

	if (!is_in(exam, &host->pci[pci], blackwell, G_N_ELEMENTS(blackwell)) || !line)
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "This card did not come back from a reset, as is "
					    "known of its generation.");
	finding_evidence(finding, "kernel log: %s", line);
	finding_cause(finding, "Early firmware of NVIDIA's Blackwell cards can stay silent "
			       "after a function reset, until the power is cut.");
	finding_fix(finding, "# Update the card's firmware (VBIOS) with the maker's tool, "
			     "and use UEFI in the guest.");
	finding_fix(finding,
		    "# Keep the host's driver off the card: bind it at boot "
		    "(vfiokit bind --persist %s).",
		    ADDRESS(host, pci));
}

static void judge_failed(struct exam *exam)
{
	static const char *const words[] = { "giving up", "stuck in D3", "device inaccessible" };
	const struct host *host = exam->host;
	unsigned index = 0;
	int pci;

	if (!host->platform.kernel.log) {
		exam_unknown(exam, NULL, "kernel log", "Whether resets have failed is not known.");
		return;
	}
	while ((pci = next_chosen(exam, &index)) >= 0)
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
			const char *line = log_line_of(host, pci, words[i]);
			if (!line)
				continue;
			struct finding *finding =
				exam_warn(exam, ADDRESS(host, pci),
					  "A reset or a wake-up of this device has failed since "
					  "the host started.");
			finding_evidence(finding, "kernel log: %s", line);
			finding_cause(finding, "It may answer again now; a guest that gets it may "
					       "still find it half started.");
			finding_fix(finding, "vfiokit probe %s", ADDRESS(host, pci));
			finding_fix(finding, "# If it does not answer: switch the machine off and "
					     "on.");
			break;
		}
}

/* ---- links and errors ---- */

static void judge_link(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_detail *detail = host->pci[pci].detail;
	const struct pci_dev *dev = &host->pci[pci];
	const struct pci_detail *port = dev->parent >= 0 ? host->pci[dev->parent].detail : NULL;
	int reachable = detail ? detail->max_link_width : -1;

	if (port && port->max_link_width > 0)
		reachable = MIN(reachable, port->max_link_width);
	if (!detail || detail->link_width <= 0 || detail->link_width > 32 || reachable <= 0 ||
	    reachable > 32 || detail->link_width >= reachable)
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "The card runs on %d lanes of the %d that it and "
					    "its slot have.",
					    detail->link_width, reachable);
	g_autofree char *now = g_strdup_printf("%d", detail->link_width);
	g_autofree char *max = g_strdup_printf("%d", reachable);
	evidence_attribute(finding, host, pci, "current_link_width", now);
	evidence_attribute(finding, host, pci, "max_link_width", max);
	finding_cause(finding, "A riser, a slot that shares its lanes, dirty contacts, or a "
			       "reset after which the link came back narrower.");
	finding_fix(finding, "# Switch the machine off and on; then look at the seat of the "
			     "card, and at what shares lanes with its slot.");
}

static void judge_errors(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_detail *detail = host->pci[pci].detail;

	if (!detail || (detail->aer_fatal <= 0 && detail->aer_nonfatal <= 0))
		return;
	struct finding *finding =
		exam_warn(exam, ADDRESS(host, pci),
			  "The kernel has counted uncorrectable errors of this device.");
	finding_evidence(finding,
			 "/sys/bus/pci/devices/%s/aer_dev_fatal: TOTAL_ERR_FATAL "
			 "%" PRId64,
			 ADDRESS(host, pci), detail->aer_fatal);
	finding_evidence(finding,
			 "/sys/bus/pci/devices/%s/aer_dev_nonfatal: TOTAL_ERR_NONFATAL "
			 "%" PRId64,
			 ADDRESS(host, pci), detail->aer_nonfatal);
	finding_cause(finding, "Packets on its link were lost: a loose card, a bad riser, "
			       "or a device that was reset while it was busy.");
	finding_fix(finding, "# Seat the card anew, without a riser; if it stays, try "
			     "pcie_aspm=off on the kernel's command line.");
}

const struct rule rules_reset[] = {
	{
		.id = "reset-available",
		.title = "Can the device be reset between guests?",
		.reads = "reset_method, driver, the functions on the same bus",
		.explain =
			"A guest ends without asking, so the device must be brought back from "
			"outside. The kernel's attribute reset_method lists ways, but \"bus\" in "
			"it holds only where nothing else is on that bus; otherwise all "
			"functions there must be with VFIO.",
		.good = "What is meant for guests can be reset.",
		.see = SEE_RESET,
		.after = "devices-chosen d3cold-stuck",
		.sets = RULE_DOCTOR,
		.judge_each = judge_reset,
	},
	{
		.id = "reset-quirk",
		.title = "Does the kernel leave out resets that hang?",
		.reads = "vendor, device, reset_method",
		.explain =
			"Some controllers of AMD and Intel say that they can be reset by "
			"themselves, and hang when it is done. Kernels learn of them one by one.",
		.good = "No reset is tried that is known to hang.",
		.see = SEE_RESET,
		.after = "devices-chosen",
		.sets = RULE_DOCTOR,
		.judge_each = judge_quirk,
	},
	{
		.id = "amd-reset-bug",
		.title = "Does the card need a reset of its own?",
		.reads = "vendor, device, reset_method",
		.explain = "AMD's Polaris, Vega and Navi 1x cards work in the first guest and not "
			   "in the second. The module vendor-reset mends most of them; it is "
			   "outside the kernel, so it must be built and, under Secure Boot, "
			   "signed. RX 6000 and newer do not need it; NVIDIA's cards neither.",
		.good = "No card is of a family that needs vendor-reset without having it.",
		.see = SEE_RESET,
		.after = "devices-chosen",
		.needs = PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_amd,
	},
	{
		.id = "blackwell-reset",
		.title = "Did a Blackwell card stay silent after a reset?",
		.reads = "vendor, device, the kernel's log",
		.explain = "GeForce RTX 50 and RTX PRO cards with early firmware may not answer "
			   "after a function reset, and take the host with them in the worst case.",
		.good = "No such card has failed a reset.",
		.see = SEE_RESET,
		.after = "devices-chosen",
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_blackwell,
	},
	{
		.id = "reset-failed",
		.title = "Have resets worked so far?",
		.reads = "the kernel's log",
		.explain = "The kernel logs when a device does not come back from a reset or from "
			   "sleep. The device's own state is judged by d3cold-stuck; this tells of "
			   "trouble that may come again.",
		.good = "The kernel has logged no failed resets.",
		.see = SEE_RESET,
		.after = "devices-chosen",
		.needs = PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.judge = judge_failed,
	},
	{
		.id = "aspm-link-state",
		.title = "Does the card have all its lanes?",
		.reads = "current_link_width, max_link_width of the card and its slot",
		.explain = "A narrow link costs speed and hints at bad contacts. The speed of an "
			   "idle link says nothing: cards slow it down by themselves.",
		.good = "Cards that are meant for guests have the lanes that their slots have.",
		.see = SEE_RESET,
		.after = "devices-chosen d3cold-stuck",
		.needs = PROBE_DETAIL,
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_link,
	},
	{
		.id = "aer-errors",
		.title = "Is the link free of errors?",
		.reads = "aer_dev_fatal, aer_dev_nonfatal",
		.explain = "PCI Express counts what went wrong on a link. Corrected errors are "
			   "normal in small numbers; the others are lost data.",
		.good = "No uncorrectable errors were counted.",
		.see = SEE_PRACTICES,
		.after = "devices-chosen",
		.needs = PROBE_DETAIL,
		.sets = RULE_DOCTOR,
		.judge_each = judge_errors,
	},
	{ 0 },
};
