/* Screens: the boot display, framebuffers of the firmware, the console. */
#include <inttypes.h>
#include <string.h>

#include "rules/exam.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- the boot display ---- */

static bool has_rom(const struct exam *exam, int pci)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->domains.n; i++)
		for (unsigned j = 0; j < host->domains.list[i].n_pci; j++) {
			const struct domain_pci *device = &host->domains.list[i].pci[j];
			if (device->rom && pci_addr_equal(device->addr, host->pci[pci].addr))
				return true;
		}
	return false;
}

static void judge_boot_display(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];

	if (dev->boot_vga == TRI_NO || has_rom(exam, pci))
		exam_settle(exam);
	if (exam->settled || dev->boot_vga != TRI_YES)
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "The machine started on this card: the guest may "
					    "find its ROM spoilt.");
	evidence_attribute(finding, host, pci, "boot_vga", "1");
	finding_cause(finding, "The firmware has run the card's ROM and left a changed copy "
			       "of it in memory; NVIDIA's driver in Windows then reports "
			       "Code 43.");
	finding_fix(finding, "# Choose another card as the primary display in the firmware "
			     "setup.");
	finding_fix(finding, "# Or give the guest a clean ROM: <rom file='…'/> in its "
			     "definition.");
}

/* ---- framebuffers ---- */

static bool holds(const struct pci_dev *dev, const struct framebuffer *fb)
{
	for (int i = 0; fb->start != 0 && dev->detail && i < PCI_N_BARS; i++) {
		const struct pci_bar *bar = &dev->detail->bars[i];
		if (!bar->io && bar->size > 0 && fb->start >= bar->start &&
		    fb->end <= bar->start + (bar->size - 1))
			return true;
	}
	return false;
}

/* Before 6.1 vfio-pci did not send the firmware's framebuffers away by itself. */
static void judge_framebuffer(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct pci_dev *dev = &host->pci[pci];
	const char *line = log_line_of(host, pci, "can't reserve");

	if (dev->driver_known && !pci_driver_is_vfio(dev->driver))
		exam_settle(exam);
	for (unsigned i = 0; i < host->platform.n_framebuffers; i++) {
		const struct framebuffer *fb = &host->platform.framebuffers[i];
		if (!holds(dev, fb) || !pci_driver_is_vfio(dev->driver))
			continue;
		struct finding *finding = exam_fail(exam, ADDRESS(host, pci),
						    "The firmware's framebuffer (%s) still "
						    "holds memory of this card: the guest "
						    "will not get it.",
						    fb->name);
		finding_evidence(finding, "/proc/iomem: %" PRIx64 "-%" PRIx64 " : %s", fb->start,
				 fb->end, fb->name);
		if (line)
			finding_evidence(finding, "kernel log: %s", line);
		finding_cause(finding, "vfio-pci sends such framebuffers away since Linux "
				       "6.1, but not those that no driver has (BOOTFB).");
		remedy_kernel_arg_add(exam, finding, "initcall_blacklist=sysfb_init");
	}
}

static const struct usage *find_use(const struct host *host, int pci, enum usage_kind kind)
{
	unsigned n;
	const struct usage *list = usage_of_pci(host, pci, &n);

	for (unsigned i = 0; i < n; i++)
		if (list[i].kind == kind)
			return &list[i];
	return NULL;
}

static void judge_console(struct exam *exam)
{
	const struct host *host = exam->host;
	const char *console = host->platform.console_driver;
	unsigned index = 0;
	int pci;

	if (!console || strcmp(console, "frame buffer device") != 0)
		return;
	while ((pci = next_chosen_kind(exam, KIND_GPU, &index)) >= 0) {
		const struct usage *fb = find_use(host, pci, USAGE_FRAMEBUFFER);
		if (!fb || strcmp(fb->name, "fb0") != 0 ||
		    pci_driver_is_vfio(host->pci[pci].driver))
			continue;
		struct finding *finding =
			exam_warn(exam, ADDRESS(host, pci),
				  "The text console is on this card: it goes dark "
				  "when the guest gets it.");
		finding_evidence(finding, "/sys/class/graphics/fb0: on %s", ADDRESS(host, pci));
		finding_evidence(finding, "/sys/class/vtconsole: (M) %s, bind 1", console);
		finding_cause(finding, "The console must let go of the framebuffer before its "
				       "driver can leave the card.");
		finding_fix(finding, "echo 0 > /sys/class/vtconsole/vtcon1/bind");
	}
}

static void judge_monitor(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	const struct usage *monitor = find_use(host, pci, USAGE_DISPLAY);

	if (!monitor || exam->loss->last_monitor != TRI_YES)
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "The host's only monitor is connected "
					    "to this card (%s).",
					    monitor->name);
	finding_evidence(finding, "/sys/class/drm/*-%s/status: connected", monitor->name);
	finding_cause(finding, "While the guest runs, the host cannot be seen.");
	finding_fix(finding, "# Connect a monitor, or a second input of this one, to a card "
			     "of the host.");
}

const struct rule rules_display[] = {
	{
		.id = "boot-vga-selected",
		.title = "Is the card another one than the machine started on?",
		.reads = "boot_vga",
		.explain = "The firmware starts one card as its display, runs its ROM and draws on "
			   "it. That card can be given away, but needs a clean ROM and a host that "
			   "lets go of its framebuffer.",
		.good = "What is meant for guests is not the boot display, or has a ROM of its "
			"own.",
		.see = SEE_CODE_43,
		.after = "devices-chosen",
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_boot_display,
	},
	{
		.id = "framebuffer-conflict",
		.title = "Has the firmware's framebuffer let go of the card?",
		.reads = "driver, /proc/iomem, resource",
		.explain = "The firmware leaves a picture in the card's memory, and the kernel "
			   "keeps that memory reserved. The guest then fails with \"BAR n: can't "
			   "reserve\", or stays dark.",
		.good = "No framebuffer of the firmware holds memory of what is meant for guests.",
		.see = SEE_GPU_USED,
		.ground = "/proc",
		.after = "devices-chosen",
		.needs = PROBE_DETAIL | PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_framebuffer,
	},
	{
		.id = "vtconsole",
		.title = "Is the text console on another card?",
		.reads = "/sys/class/vtconsole, /sys/class/graphics",
		.explain = "The console draws on the first framebuffer. A driver cannot leave a "
			   "card while the console draws there.",
		.good = "The console is not on what is meant for guests.",
		.see = SEE_GPU_USED,
		.ground = "/sys/class",
		.after = "devices-chosen",
		.needs = PROBE_USAGE | PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.judge = judge_console,
	},
	{
		.id = "host-monitor",
		.title = "Does the host keep a monitor?",
		.reads = "/sys/class/drm/*/status",
		.explain = "A monitor shows whoever has the card that it is connected to. Most "
			   "have several inputs: use one for each.",
		.good = "The host keeps a monitor, or none is connected.",
		.see = SEE_IDENTIFY,
		.ground = "/sys/class",
		.after = "devices-chosen",
		.needs = PROBE_USAGE,
		.sets = RULE_DOCTOR,
		.of_kind = KIND_GPU,
		.judge_each = judge_monitor,
	},
	{ 0 },
};
