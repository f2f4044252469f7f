/* See usb_advice.h. Each row of the table looks at one fact; the first that speaks strongly
 * decides.
 */
#include "model/usb_advice.h"

#include "model/host.h"
#include "model/loss.h"

/* What the rows are given. */
struct question {
	const struct host *host;
	int dev;
	int pci;                   /* of the controller; -1 */
	unsigned n_others;         /* devices on the controller */
	const struct loss *device; /* of the device alone */
	const struct loss *all;    /* of the controller with its group */
};

unsigned usb_count_others(const struct host *host, int dev)
{
	const struct usb *usb = &host->usb;
	unsigned n = 0;

	for (unsigned i = 0; i < usb->n_devs; i++)
		n += usb->devs[i].ctrl == usb->devs[dev].ctrl && usb->devs[i].ctrl >= 0 &&
		     !usb_dev_is_hub(&usb->devs[i]) && !usb_is_behind(usb, (int)i, dev);
	return n;
}

static const struct iommu_group *group_of(const struct question *question)
{
	const struct host *host = question->host;
	int group = question->pci >= 0 ? host->pci[question->pci].group : -1;

	return group >= 0 ? &host->groups[group] : NULL;
}

/* Has the device, or one that is plugged into it, an interface of that class ("01:")? */
static bool has_interface(const struct question *question, const char *class_code)
{
	const struct usb *usb = &question->host->usb;

	for (unsigned i = 0; i < usb->n_devs; i++) {
		if (!usb->devs[i].interfaces || !usb_is_behind(usb, (int)i, question->dev))
			continue;
		g_auto(GStrv) words = g_strsplit(usb->devs[i].interfaces, " ", -1);
		for (guint j = 0; words[j]; j++)
			if (g_str_has_prefix(words[j], class_code))
				return true;
	}
	return false;
}

/* ---- the rows: a sentence, or NULL; the caller's to free ---- */

static char *ask_host_needs(const struct question *question)
{
	if (loss_is_critical(question->device) != TRI_YES)
		return NULL;
	return g_strdup("the host needs the device itself");
}

static char *ask_not_pci(const struct question *question)
{
	if (question->pci >= 0)
		return NULL;
	return g_strdup("its controller is no PCI function, which is what a guest can be given");
}

static char *ask_no_group(const struct question *question)
{
	if (question->pci < 0 || group_of(question))
		return NULL;
	return g_strdup("its controller is in no IOMMU group: without one it cannot be given "
			"('vfiokit check' tells why), a device can");
}

static char *ask_others_needed(const struct question *question)
{
	if (loss_is_critical(question->all) != TRI_YES)
		return NULL;
	return g_strdup("the host needs something else that would go with the controller");
}

static char *ask_not_known(const struct question *question)
{
	if (loss_is_critical(question->all) != TRI_UNKNOWN)
		return NULL;
	return g_strdup("it is not known whether the host needs something else that would go with "
			"the controller");
}

static char *ask_others(const struct question *question)
{
	unsigned n = question->n_others;

	if (n == 0)
		return NULL;
	return g_strdup_printf("%u other device%s would go with the controller", n,
			       n == 1 ? "" : "s");
}

static char *ask_group(const struct question *question)
{
	const struct iommu_group *group = group_of(question);
	unsigned n = 0;

	for (unsigned i = 0; group && i < group->n_members; i++)
		n += group->members[i] != question->pci &&
		     !pci_dev_is_bridge(&question->host->pci[group->members[i]]);
	if (n == 0)
		return NULL;
	return g_strdup_printf("the controller's group %d holds %u other function%s, which would "
			       "have to go, too",
			       group->id, n, n == 1 ? "" : "s");
}

static char *ask_alone(const struct question *question)
{
	if (!group_of(question))
		return NULL;
	return g_strdup("nothing else is on the controller, and a guest that has it sees every "
			"plug and unplug by itself");
}

static char *ask_stream(const struct question *question)
{
	if (!has_interface(question, "01:") && !has_interface(question, "0e:"))
		return NULL;
	return g_strdup("sound and pictures stutter easily when only the device is given: a "
			"controller of its own is better for it");
}

static char *ask_changes(const struct question *question)
{
	if (!has_interface(question, "fe:01") && !has_interface(question, "ff:42:01"))
		return NULL;
	return g_strdup("it can come back with other ids (firmware, debugging): give the port "
			"('--port'), or a controller of its own");
}

/* In the order in which they are asked. The first that decides is the answer; those behind it are
 * asked only where they say so. */
static const struct {
	const char *id;
	bool decides;
	bool always; /* worth saying whatever was decided */
	enum usb_give give;
	char *(*ask)(const struct question *question);
} rows[] = {
	{ "host-needs-device", true, false, USB_GIVE_NEITHER, ask_host_needs },
	{ "not-pci", true, false, USB_GIVE_DEVICE, ask_not_pci },
	{ "no-group", true, false, USB_GIVE_DEVICE, ask_no_group },
	{ "host-needs-others", true, false, USB_GIVE_DEVICE, ask_others_needed },
	{ "not-known", true, false, USB_GIVE_DEVICE, ask_not_known },
	{ "others-on-it", true, true, USB_GIVE_DEVICE, ask_others },
	{ "group-shared", true, true, USB_GIVE_DEVICE, ask_group },
	{ "alone", true, false, USB_GIVE_CONTROLLER, ask_alone },
	{ "stream", false, true, USB_GIVE_DEVICE, ask_stream },
	{ "changes-ids", false, true, USB_GIVE_DEVICE, ask_changes },
};

static void reason_free(gpointer data)
{
	struct usb_reason *reason = data;

	g_free(reason->what);
	g_free(reason);
}

static void ask_all(const struct question *question, struct usb_advice *ret)
{
	bool decided = false;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		char *what = !decided || rows[i].always ? rows[i].ask(question) : NULL;
		if (!what)
			continue;
		struct usb_reason *reason = g_new0(struct usb_reason, 1);
		*reason = (struct usb_reason){ rows[i].id, what };
		g_ptr_array_add(ret->reasons, reason);
		if (!decided && rows[i].decides) {
			ret->give = rows[i].give;
			decided = true;
		}
	}
}

void usb_advise(const struct host *host, int dev, struct usb_advice *ret)
{
	int ctrl = host->usb.devs[dev].ctrl;
	LOSS_AUTO struct loss device = { 0 };
	LOSS_AUTO struct loss all = { 0 };
	struct question question = {
		.host = host,
		.dev = dev,
		.pci = ctrl >= 0 ? host->usb.ctrls[ctrl].pci : -1,
		.n_others = usb_count_others(host, dev),
		.device = &device,
		.all = &all,
	};
	const struct iommu_group *group = group_of(&question);

	*ret = (struct usb_advice){
		.give = USB_GIVE_DEVICE,
		.reasons = g_ptr_array_new_with_free_func(reason_free),
	};
	loss_of_usb(host, dev, &device);
	if (group)
		loss_of(host, group->members, group->n_members, &all);
	else
		loss_of(host, &question.pci, question.pci >= 0 ? 1 : 0, &all);
	ask_all(&question, ret);
}

void usb_advice_clear(struct usb_advice *advice)
{
	g_clear_pointer(&advice->reasons, g_ptr_array_unref);
}

static const char *const give_names[] = {
	[USB_GIVE_NEITHER] = "neither",
	[USB_GIVE_DEVICE] = "device",
	[USB_GIVE_CONTROLLER] = "controller",
};

const char *usb_give_name(enum usb_give give)
{
	return give_names[give];
}
