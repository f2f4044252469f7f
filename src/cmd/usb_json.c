/* `vfiokit usb --json`: controllers, in them the buses, in those the devices as they are plugged.
 */
#include "cmd/usb.h"
#include "view/usage.h"
#include "view/usb.h"

static void json_uses(const struct usb_view *view, struct json *json, unsigned dev)
{
	const struct usb_dev *device = &view->host->usb.devs[dev];
	int pci = device->ctrl >= 0 ? view->host->usb.ctrls[device->ctrl].pci : -1;
	unsigned n;
	const struct usage *list = usage_of_pci(view->host, pci, &n);

	json_array(json, "uses");
	for (unsigned i = 0; i < n; i++)
		if (list[i].usb == (int)dev)
			usage_json(json, view->host, &list[i]);
	json_array_end(json);
}

/* A device and those behind it; hubs are at most USB_MAX_DEPTH behind each other. */
static void json_devices(const struct usb_view *view, struct json *json, const char *key,
			 unsigned first)
{
	json_array(json, key);
	for (unsigned at = first; at != 0; at = view->next_sibling[at - 1]) {
		if (!view->shown[at - 1])
			continue;
		json_object(json, NULL);
		usb_dev_json(json, &view->host->usb.devs[at - 1], view->ids);
		json_uses(view, json, at - 1);
		json_devices(view, json, "devices", view->first_child[at - 1]);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_function(const struct usb_view *view, struct json *json, int pci)
{
	const struct host *host = view->host;
	const struct pci_dev *dev = &host->pci[pci];

	device_json_fields(json, &view->device, dev);
	json_count(json, "group", dev->group_id);
	if (dev->group < 0) {
		json_null(json, "isolated");
		json_null(json, "viable");
		return;
	}
	json_tri(json, "isolated", iommu_group_isolated(host, &host->groups[dev->group]));
	json_tri(json, "viable", iommu_group_viable(host, &host->groups[dev->group]));
}

static void json_ctrl(const struct usb_view *view, struct json *json, unsigned index)
{
	const struct usb_view_ctrl *ctrl = &view->ctrls[index];
	const struct usb *usb = &view->host->usb;
	int speed = ctrl->ctrl >= 0 ? usb->ctrls[ctrl->ctrl].speed_max : 0;

	json_object(json, NULL);
	if (ctrl->pci >= 0) {
		json_function(view, json, ctrl->pci);
	} else {
		json_null(json, "address");
		json_text(json, "name", ctrl->name);
	}
	json_count(json, "speed_max", speed > 0 ? speed : -1);
	if (ctrl->pci >= 0)
		loss_json(json, view->host, &ctrl->loss);
	else
		json_null(json, "loss");
	if (usb->known)
		json_devices(view, json, "buses", view->first_hub[index]);
	else
		json_null(json, "buses");
	json_object_end(json);
}

void usb_print_json(const struct usb_view *view)
{
	struct json json;

	context_json(view->context, &json, "vfiokit.usb/1");
	json_array(&json, "controllers");
	for (unsigned i = 0; i < view->n_ctrls; i++)
		if (view->ctrls[i].shown)
			json_ctrl(view, &json, i);
	json_array_end(&json);
	json_devices(view, &json, "unattached", view->first_orphan);
	context_json_gaps(&json, view->host);
	json_object_end(&json);
	json_end(&json);
}
