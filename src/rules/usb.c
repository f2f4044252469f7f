/* USB: controllers that are given away, and devices that definitions name. */
#include <string.h>

#include "model/reset.h"
#include "rules/exam.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- controllers ---- */

static const struct usage *find_use(const struct exam *exam, int pci, unsigned kinds)
{
	for (unsigned i = 0; i < exam->loss->n; i++) {
		const struct usage *usage = exam->loss->list[i];
		if (usage->pci == pci && kinds & 1U << usage->kind)
			return usage;
	}
	return NULL;
}

static void quote_use(const struct exam *exam, struct finding *finding, const struct usage *usage)
{
	const struct usb *usb = &exam->host->usb;

	if (usage->usb >= 0 && (unsigned)usage->usb < usb->n_devs)
		finding_evidence(finding, "/sys/bus/usb/devices/%s: %s%s%s",
				 usb->devs[usage->usb].name, usage->name, usage->detail ? ", " : "",
				 usage->detail ? usage->detail : "");
	else
		finding_evidence(finding, "%s%s%s", usage->name, usage->detail ? ": " : "",
				 usage->detail ? usage->detail : "");
}

/* One row for each thing that a controller takes along. */
struct cargo {
	unsigned kinds; /* of usages: bits 1 << kind */
	bool last_keyboard;
	const char *what; /* what it is, and how it uses the controller */
	const char *how;
	const char *cause;
	const char *fix;
};

static void judge_cargo(struct exam *exam, const struct cargo *cargo)
{
	const struct host *host = exam->host;
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen_kind(exam, KIND_USB_CONTROLLER, &index)) >= 0) {
		const struct usage *usage = find_use(exam, pci, cargo->kinds);
		bool known = (host->usages.known & cargo->kinds) == cargo->kinds;
		if (!usage && !known && !pci_driver_is_vfio(host->pci[pci].driver))
			exam_unknown(exam, ADDRESS(host, pci), "/sys/class, /proc/self/mountinfo",
				     "What the host has on this controller is not known.");
		if (!usage || (cargo->last_keyboard && exam->loss->last_keyboard != TRI_YES))
			continue;
		struct finding *finding =
			exam_fail(exam, ADDRESS(host, pci), "%s (%s) %s this controller.",
				  cargo->what, usage->name, cargo->how);
		quote_use(exam, finding, usage);
		finding_cause(finding, "%s", cargo->cause);
		finding_fix(finding, "%s", cargo->fix);
		finding_fix(finding, "vfiokit usb");
	}
}

static void judge_input(struct exam *exam)
{
	static const struct cargo cargo = {
		.kinds = 1U << USAGE_KEYBOARD,
		.last_keyboard = true,
		.what = "The host's only keyboard",
		.how = "is plugged into",
		.cause = "With the controller in a guest, nobody can type on the host.",
		.fix = "# Plug a keyboard into another controller.",
	};

	judge_cargo(exam, &cargo);
}

static void judge_disk(struct exam *exam)
{
	static const struct cargo cargo = {
		.kinds = 1U << USAGE_ROOT_DISK | 1U << USAGE_DISK,
		.what = "A mounted disk",
		.how = "is plugged into",
		.cause = "What is not written yet would be lost when the controller goes.",
		.fix = "# Unmount it, or plug it into another controller.",
	};

	judge_cargo(exam, &cargo);
}

static void judge_network(struct exam *exam)
{
	static const struct cargo cargo = {
		.kinds = 1U << USAGE_ROUTE,
		.what = "The host's network",
		.how = "goes over",
		.cause = "The host could not be reached any more.",
		.fix = "# Use another network interface, or plug it into another controller.",
	};

	judge_cargo(exam, &cargo);
}

static void judge_ctrl_reset(struct exam *exam, int pci)
{
	const struct host *host = exam->host;
	struct reset reset;

	reset_judge(host, &host->pci[pci], &reset);
	if (reset.kind != RESET_NONE)
		return;
	struct finding *finding = exam_warn(exam, ADDRESS(host, pci),
					    "This controller cannot be reset between guests.");
	evidence_attribute(finding, host, pci, "reset_method", NULL);
	finding_cause(finding, "The next guest, or the host, finds it as the last guest has "
			       "left it.");
	finding_fix(finding, "# Pass single devices instead of the controller, or use a "
			     "plug-in controller.");
}

/* ---- devices of definitions ---- */

static bool is_meant(const struct domain_usb *wanted, const struct usb_dev *dev)
{
	if (wanted->vendor >= 0 &&
	    (dev->vendor != wanted->vendor || dev->product != wanted->product))
		return false;
	if (wanted->bus >= 0 && dev->bus != wanted->bus)
		return false;
	if (wanted->number >= 0 && dev->number != wanted->number)
		return false;
	if (wanted->port) {
		const char *dash = strchr(dev->name, '-');
		if (!dash || strcmp(dash + 1, wanted->port) != 0)
			return false;
	}
	return wanted->vendor >= 0 || wanted->number >= 0 || wanted->port;
}

static unsigned count_meant(const struct usb *usb, const struct domain_usb *wanted, int *first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < usb->n_devs; i++)
		if (is_meant(wanted, &usb->devs[i])) {
			*first = n == 0 ? (int)i : *first;
			n++;
		}
	return n;
}

static char *wanted_text(const struct domain_usb *wanted)
{
	if (wanted->vendor >= 0)
		return g_strdup_printf("%04x:%04x", (unsigned)wanted->vendor,
				       (unsigned)wanted->product);
	if (wanted->port)
		return g_strdup_printf("%d-%s", wanted->bus, wanted->port);
	return g_strdup_printf("%03d:%03d", wanted->bus, wanted->number);
}

static void tell_missing(struct exam *exam, const struct domain *domain, const char *text)
{
	struct finding *finding = exam_fail(exam, text,
					    "The guest %s is to get the USB device %s, and there "
					    "is none on the bus.",
					    domain->name, text);

	finding_evidence(finding, "%s: hostdev type='usb' %s", domain->path, text);
	finding_evidence(finding, "/sys/bus/usb/devices: no %s", text);
	finding_cause(finding,
		      "It is not plugged in, has other ids in this mode, or was named by a "
		      "device number, which changes at every plug.");
	finding_fix(finding, "vfiokit usb");
	finding_fix(finding, "# In the definition, startupPolicy='optional' lets the guest start "
			     "without it.");
}

static void tell_double(struct exam *exam, const struct domain *domain, const char *text,
			unsigned n)
{
	struct finding *finding = exam_fail(exam, text,
					    "%u devices on the bus have the ids %s that the guest "
					    "%s is to get: libvirt takes none of them.",
					    n, text, domain->name);

	finding_evidence(finding, "%s: hostdev type='usb' %s", domain->path, text);
	finding_cause(finding, "Equal devices are told apart by where they are plugged in only.");
	finding_fix(finding, "vfiokit usb attach --port --persist DEVICE %s", domain->name);
}

/* Only whether each can be found, once: the two rules share it. */
static void judge_named(struct exam *exam, bool doubles)
{
	const struct usb *usb = &exam->host->usb;
	const struct domain *domain = exam->domain;

	if (domain->running == TRI_YES)
		return;
	if (!usb->known && domain->n_usb > 0) {
		exam_unknown(exam, domain->name, "/sys/bus/usb/devices",
			     "Which USB devices there are is not known.");
		return;
	}
	for (unsigned i = 0; i < domain->n_usb; i++) {
		int first = -1;
		unsigned n = count_meant(usb, &domain->usb[i], &first);
		g_autofree char *text = wanted_text(&domain->usb[i]);
		if (doubles && n > 1)
			tell_double(exam, domain, text, n);
		else if (!doubles && n == 0 && !domain->usb[i].optional)
			tell_missing(exam, domain, text);
	}
}

static void judge_missing(struct exam *exam)
{
	judge_named(exam, false);
}

static void judge_double(struct exam *exam)
{
	judge_named(exam, true);
}

static void judge_busy(struct exam *exam)
{
	const struct host *host = exam->host;
	const struct domain *domain = exam->domain;

	for (unsigned i = 0; i < domain->n_usb; i++) {
		int first = -1;
		if (count_meant(&host->usb, &domain->usb[i], &first) == 0)
			continue;
		for (unsigned j = 0; j < host->usages.n; j++) {
			const struct usage *usage = &host->usages.list[j];
			if (usage->usb != first ||
			    (usage->kind != USAGE_DISK && usage->kind != USAGE_ROOT_DISK))
				continue;
			struct finding *finding = exam_fail(exam, host->usb.devs[first].name,
							    "The host has %s mounted, which is on "
							    "the USB device that the guest is to "
							    "get.",
							    usage->name);
			quote_use(exam, finding, usage);
			finding_cause(finding, "The guest would take it away while the host writes "
					       "to it.");
			finding_fix(finding, "umount /dev/%s", usage->name);
		}
	}
}

/* How often the device at that port has gone, as far as the kernel's log keeps it. */
static unsigned count_gone(const struct host *host, const char *port, const char **last)
{
	const struct kernel *kernel = &host->platform.kernel;
	g_autofree char *text = g_strdup_printf("usb %s: USB disconnect", port);
	unsigned n = 0;

	for (unsigned i = 0; i < kernel->n_log; i++)
		if (strstr(kernel->log[i], text)) {
			*last = kernel->log[i];
			n++;
		}
	return n;
}

#define OFTEN 3 /* times that one does not pull out a device by hand */

static void judge_sleep(struct exam *exam, const struct usb_dev *dev)
{
	const struct host *host = exam->host;
	const char *line = NULL;

	if (!dev->power_control)
		exam_unknown(exam, dev->name, "power/control",
			     "Whether the device may fall asleep is not known.");
	if (g_strcmp0(dev->power_control, "auto") != 0)
		return;
	if (!host->platform.kernel.log) {
		exam_unknown(exam, dev->name, "kernel log",
			     "Whether the device goes and comes again is not known.");
		return;
	}
	if (count_gone(host, dev->name, &line) < OFTEN)
		return;
	struct finding *finding = exam_warn(
		exam, dev->name,
		"The device has left the bus several times, and is allowed to fall asleep.");
	finding_evidence(finding, "/sys/bus/usb/devices/%s/power/control: auto", dev->name);
	finding_evidence(finding, "kernel log: %s", line);
	finding_cause(finding, "Some devices do not wake from the sleep that the kernel (or a "
			       "program that saves power) sends them to, and drop off the bus; a "
			       "cable or a hub without enough power looks the same.");
	finding_fix(finding, "echo on > /sys/bus/usb/devices/%s/power/control", dev->name);
	if (dev->vendor >= 0 && dev->product >= 0)
		finding_fix(finding,
			    "echo 'ACTION==\"add\", SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", "
			    "ATTR{idProduct}==\"%04x\", TEST==\"power/control\", "
			    "ATTR{power/control}=\"on\"' >> "
			    "/etc/udev/rules.d/90-vfiokit-usb-power.rules",
			    (unsigned)dev->vendor, (unsigned)dev->product);
}

static void judge_autosuspend(struct exam *exam)
{
	const struct usb *usb = &exam->host->usb;
	const struct domain *domain = exam->domain;

	for (unsigned i = 0; i < domain->n_usb; i++)
		for (unsigned j = 0; j < usb->n_devs; j++)
			if (is_meant(&domain->usb[i], &usb->devs[j]))
				judge_sleep(exam, &usb->devs[j]);
}

static void judge_guest_ctrl(struct exam *exam)
{
	const struct domain *domain = exam->domain;

	if (domain->n_usb == 0 || domain->xhci || !domain->usb_controller)
		return;
	struct finding *finding = exam_warn(exam, domain->name,
					    "The guest gets USB devices on a controller of an old "
					    "kind.");
	finding_evidence(finding, "%s: no controller with model='qemu-xhci'", domain->path);
	finding_cause(finding, "Fast devices do not work on it, and it costs the host more.");
	finding_fix(finding, "virsh edit %s", domain->name);
	finding_fix(finding, "# <controller type='usb' model='qemu-xhci' ports='15'/>");
}

const struct rule rules_usb[] = {
	{
		.id = "usb-host-input",
		.title = "Does the host keep a keyboard?",
		.reads = "class, /sys/class/input, USB devices of the controller",
		.explain = "A controller goes to the guest with everything on it. The chipset's "
			   "own controller, 00:14.0 on Intel, usually has all sockets of the case, "
			   "and older guides give away just that one.",
		.good = "The host keeps a keyboard.",
		.see = SEE_USB,
		.after = "devices-chosen",
		.needs = PROBE_USB | PROBE_USAGE,
		.sets = RULE_DOCTOR,
		.judge = judge_input,
	},
	{
		.id = "usb-boot-disk",
		.title = "Is no mounted disk on the controller?",
		.reads = "class, mounts and USB devices of the controller",
		.explain = "A disk that is mounted, or that the system runs from, must not go away "
			   "with its controller.",
		.good = "No mounted disk is on a controller that is given away.",
		.see = SEE_USB,
		.after = "devices-chosen",
		.needs = PROBE_USB | PROBE_USAGE,
		.sets = RULE_DOCTOR,
		.judge = judge_disk,
	},
	{
		.id = "usb-network-login",
		.title = "Is the host's network elsewhere?",
		.reads = "class, routes, USB devices of the controller",
		.explain = "With the last network interface on USB, giving the controller away "
			   "locks you out.",
		.good = "The host's network does not go over a controller that is given away.",
		.see = SEE_USB,
		.after = "devices-chosen",
		.needs = PROBE_USB | PROBE_USAGE,
		.sets = RULE_DOCTOR,
		.judge = judge_network,
	},
	{
		.id = "usb-controller-reset",
		.title = "Can the controller be reset?",
		.reads = "reset_method",
		.explain = "Controllers that are built into chips often cannot be reset alone.",
		.good = "Controllers that are given away can be reset.",
		.see = SEE_USB,
		.after = "devices-chosen",
		.sets = RULE_DOCTOR,
		.of_kind = KIND_USB_CONTROLLER,
		.judge_each = judge_ctrl_reset,
	},
	{
		.id = "usb-device-missing",
		.title = "Are the guest's USB devices plugged in?",
		.reads = "the definition, /sys/bus/usb/devices",
		.explain = "Without startupPolicy a guest does not start when a USB device of its "
			   "definition is missing. Device numbers change at every plug; ids and "
			   "ports do not.",
		.good = "The guest's USB devices are there.",
		.see = SEE_USB,
		.needs = PROBE_USB,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_missing,
	},
	{
		.id = "usb-device-duplicate",
		.title = "Are the ids of the guest's USB devices unique?",
		.reads = "the definition, /sys/bus/usb/devices",
		.explain = "libvirt refuses ids that several devices have. The port tells them "
			   "apart.",
		.good = "The ids of the guest's USB devices are unique.",
		.see = SEE_USB,
		.needs = PROBE_USB,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_double,
	},
	{
		.id = "usb-device-busy",
		.title = "Does the host use the guest's USB disk?",
		.reads = "the definition, mounts",
		.explain = "A stick or disk that is mounted on the host is taken from under it "
			   "when the guest starts.",
		.good = "The host does not use the guest's USB devices.",
		.see = SEE_USB,
		.after = "usb-device-missing",
		.needs = PROBE_USB | PROBE_USAGE,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_busy,
	},
	{
		.id = "usb-autosuspend",
		.title = "Do the guest's USB devices stay awake?",
		.reads = "the definition, power/control of the device, the kernel's log",
		.explain = "The kernel lets a USB device sleep when its power/control is auto. Not "
			   "every device wakes again; then it leaves the bus, comes back with "
			   "another number, and the guest has lost it.",
		.good = "The guest's USB devices stay awake, or do not leave the bus.",
		.see = SEE_USB,
		.after = "usb-device-missing",
		.needs = PROBE_USB | PROBE_PLATFORM,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_autosuspend,
	},
	{
		.id = "usb-guest-controller",
		.title = "Has the guest a USB 3 controller?",
		.reads = "the definition",
		.explain = "qemu-xhci serves all speeds. Windows 7 and older need a driver for it.",
		.good = "The guest has a USB 3 controller, or needs none.",
		.see = SEE_USB,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_guest_ctrl,
	},
	{ 0 },
};
