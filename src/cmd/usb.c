/* vfiokit usb: controllers, their ports and devices, and what giving a controller away would cost.
 * Here: what is shown, and the command itself. */
#include "cmd/usb.h"

#include <string.h>

#include "base/usb_ids.h"
#include "cmd/usb_parts.h"
#include "model/usb_wanted.h"
#include "probe/probe.h"

/* ---- the view ---- */

/* A posted text has functions, but no bus. */
static void add_ctrls(struct usb_view *view)
{
	const struct host *host = view->host;
	unsigned max = host->usb.probed ? host->usb.n_ctrls : host->n_pci;

	view->ctrls = g_new0(struct usb_view_ctrl, max + 1);
	for (unsigned i = 0; host->usb.probed && i < max; i++)
		view->ctrls[view->n_ctrls++] = (struct usb_view_ctrl){
			.pci = host->usb.ctrls[i].pci,
			.ctrl = (int)i,
			.name = host->usb.ctrls[i].name,
			.shown = true,
		};
	for (unsigned i = 0; !host->usb.probed && i < max; i++)
		if (host->pci[i].kind == KIND_USB_CONTROLLER)
			view->ctrls[view->n_ctrls++] =
				(struct usb_view_ctrl){ .pci = (int)i, .ctrl = -1, .shown = true };
}

static void judge_ctrls(struct usb_view *view)
{
	for (unsigned i = 0; i < view->n_ctrls; i++) {
		struct usb_view_ctrl *ctrl = &view->ctrls[i];
		int group = ctrl->pci >= 0 ? view->host->pci[ctrl->pci].group : -1;
		if (group >= 0)
			loss_of_group(view->host, group, &ctrl->loss);
		else
			loss_of(view->host, &ctrl->pci, ctrl->pci >= 0 ? 1 : 0, &ctrl->loss);
	}
}

/* Chains each device to its hub, each root hub to its controller. From the last to the first, so
 * that the chains are in the order of the ports. */
static void chain_devices(struct usb_view *view)
{
	const struct usb *usb = &view->host->usb;

	view->shown = g_new(bool, usb->n_devs + 1);
	view->first_child = g_new0(unsigned, usb->n_devs + 1);
	view->next_sibling = g_new0(unsigned, usb->n_devs + 1);
	view->first_hub = g_new0(unsigned, view->n_ctrls + 1);
	for (unsigned i = usb->n_devs; i-- > 0;) {
		const struct usb_dev *dev = &usb->devs[i];
		unsigned *head = dev->parent >= 0 ? &view->first_child[dev->parent]
				 : dev->ctrl >= 0 ? &view->first_hub[dev->ctrl]
						  : &view->first_orphan;
		view->next_sibling[i] = *head;
		*head = i + 1;
		view->shown[i] = true;
	}
}

void usb_view_init(struct usb_view *view, struct context *context, const struct host *host)
{
	*view = (struct usb_view){
		.context = context,
		.host = host,
		.ids = usb_ids_new(NULL),
	};
	device_view_init(&view->device, host, context_names(context));
	add_ctrls(view);
	judge_ctrls(view);
	chain_devices(view);
}

void usb_view_clear(struct usb_view *view)
{
	for (unsigned i = 0; i < view->n_ctrls; i++)
		loss_clear(&view->ctrls[i].loss);
	usb_ids_free(view->ids);
	g_free(view->ctrls);
	g_free(view->shown);
	g_free(view->first_child);
	g_free(view->next_sibling);
	g_free(view->first_hub);
}

/* ---- DEVICE arguments ---- */

/* A device is shown with what leads to it and what is behind it. */
static void show_device(struct usb_view *view, int index)
{
	const struct usb *usb = &view->host->usb;

	if (usb->devs[index].ctrl >= 0)
		view->ctrls[usb->devs[index].ctrl].shown = true;
	for (int at = index; at >= 0; at = usb->devs[at].parent)
		view->shown[at] = true;
	for (unsigned i = 0; i < usb->n_devs; i++)
		if (usb_is_behind(usb, (int)i, index))
			view->shown[i] = true;
}

static bool show_wanted(struct usb_view *view, const struct usb_wanted *wanted)
{
	const struct usb *usb = &view->host->usb;
	bool found = false;

	for (unsigned i = 0; i < usb->n_devs; i++) {
		if (!usb_wanted_is(wanted, &usb->devs[i]))
			continue;
		show_device(view, (int)i);
		found = true;
	}
	return found;
}

static void show_ctrl(struct usb_view *view, unsigned index)
{
	const struct usb *usb = &view->host->usb;

	view->ctrls[index].shown = true;
	for (unsigned i = 0; i < usb->n_devs; i++)
		if (view->ctrls[index].ctrl >= 0 && usb->devs[i].ctrl == view->ctrls[index].ctrl)
			view->shown[i] = true;
}

/* The argument as functions: those of them that are controllers. */
static bool show_functions(struct usb_view *view, const char *argument, const GArray *found,
			   GError **error)
{
	bool any = false;

	for (unsigned i = 0; i < view->n_ctrls; i++) {
		for (guint j = 0; j < found->len; j++) {
			if (view->ctrls[i].pci != g_array_index(found, int, j))
				continue;
			show_ctrl(view, i);
			any = true;
		}
	}
	if (!any) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is no USB controller",
			    argument);
		error_hint(error, "'vfiokit usb' lists what there is");
	}
	return any;
}

static bool select_argument(struct usb_view *view, const char *argument, GError **error)
{
	struct usb_wanted wanted = usb_wanted_parse(argument);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GError) why = NULL;

	if (show_wanted(view, &wanted))
		return true;
	bool any = context_find_devices(view->host, argument, found, &why);
	if (!any && usb_wanted_check(&wanted, NULL)) {
		usb_wanted_set_missing(&wanted, error);
		return false;
	}
	if (any)
		return show_functions(view, argument, found, error);
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

bool usb_view_select(struct usb_view *view, GError **error)
{
	struct context *context = view->context;

	if (context->n_arguments == 0)
		return true;
	memset(view->shown, 0, view->host->usb.n_devs * sizeof(bool));
	for (unsigned i = 0; i < view->n_ctrls; i++)
		view->ctrls[i].shown = false;
	for (unsigned i = 0; i < context->n_arguments; i++)
		if (!select_argument(view, context->arguments[i], error))
			return false;
	return true;
}

/* ---- the command ---- */

static int run_usb(struct context *context, GError **error)
{
	const struct host *host =
		context_host(context, PROBE_BASE | PROBE_USB | PROBE_USAGE, error);
	struct usb_view view;

	if (!host)
		return -1;
	usb_view_init(&view, context, host);
	bool ok = usb_view_select(&view, error);
	if (ok && context->json)
		usb_print_json(&view);
	else if (ok)
		usb_print(&view);
	usb_view_clear(&view);
	return ok ? STATUS_OK : -1;
}

static const struct command *const parts[] = {
	&command_usb_identify, &command_usb_attach, &command_usb_detach, &command_usb_follow, NULL,
};

extern const struct command command_usb;
const struct command command_usb = {
	.name = "usb",
	.arguments = "[DEVICE…]",
	.summary = "list USB controllers and devices, and what giving one away would cost",
	.help = "Lists every USB controller with its PCI function and IOMMU group, its buses, and "
		"the devices on their ports. Below it stands for each controller what this machine "
		"would lose by giving it, with its whole group, to a guest: a keyboard, a mounted "
		"disk, the network.\n"
		"DEVICE is a USB device by ids (046d:c52b), by port (1-4.2) or by bus and number "
		"(001:003), or the PCI address of a controller (00:14.0). Only what leads to it "
		"and what is behind it is shown then.",
	.parts = parts,
	.run = run_usb,
};
