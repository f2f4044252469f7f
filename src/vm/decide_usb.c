/* Decisions about USB devices of the host, and about its keyboards and mice as they are. */
#include <string.h>

#include "base/error.h"
#include "model/usb_wanted.h"
#include "vm/decide.h"

/* ---- USB devices ---- */

static unsigned count_ids(const struct usb *usb, const struct usb_dev *dev)
{
	unsigned n = 0;

	for (unsigned i = 0; i < usb->n_devs; i++)
		n += usb->devs[i].vendor == dev->vendor && usb->devs[i].product == dev->product;
	return n;
}

static void add_usb(struct deciding *deciding, struct definition_usb usb)
{
	g_array_append_val(deciding->made->usb, usb);
}

/* A device that is there, and not named by its ids: by its port where libvirt knows that, else by
 * its ids where they are its alone, else by its number, which changes at every plug. */
static void add_usb_place(struct deciding *deciding, const struct usb_dev *dev)
{
	struct definition_usb usb = { .vendor = -1, .product = -1, .bus = dev->bus, .number = -1 };

	usb.port = decide_text(deciding, "%s", strchr(dev->name, '-') + 1);
	usb.vendor = dev->vendor;
	usb.product = dev->product;
	usb.number = dev->number;
	usb.ids_unique = dev->vendor >= 0 && count_ids(&deciding->host->usb, dev) == 1;
	if (!target_has(&deciding->made->target, TARGET_USB_PORT))
		decide_note(
			deciding, "usb-by-port",
			"%s cannot be named by its port in libvirt's XML (that needs %s): it is "
			"named by %s",
			dev->name, target_feature_needs(TARGET_USB_PORT),
			usb.ids_unique ? "its ids, which no other device has"
				       : "its number, which changes at every plug");
	add_usb(deciding, usb);
}

static void add_usb_ids(struct deciding *deciding, const struct usb_wanted *wanted)
{
	const struct definition_usb usb = {
		.vendor = (int)wanted->vendor,
		.product = (int)wanted->product,
		.bus = -1,
		.number = -1,
		.ids_unique = true,
		.by_ids = true,
	};

	add_usb(deciding, usb);
}

static bool add_usb_wanted(struct deciding *deciding, const struct usb_wanted *wanted,
			   GError **error)
{
	const struct usb *usb = &deciding->host->usb;

	if (wanted->by_ids && !usb->known) {
		decide_note(deciding, "usb-unknown",
			    "whether there is a USB device %s is not known on this machine",
			    wanted->text);
		add_usb_ids(deciding, wanted);
		return true;
	}
	int index = usb_wanted_find_one(wanted, usb, error);
	if (index < 0)
		return false;
	if (usb_dev_is_hub(&usb->devs[index]))
		return decide_fail(error, "'%s' is a hub: it cannot be given to a guest",
				   wanted->text);
	if (wanted->by_ids)
		add_usb_ids(deciding, wanted);
	else
		add_usb_place(deciding, &usb->devs[index]);
	return true;
}

bool decide_usb(struct deciding *deciding, GError **error)
{
	const GPtrArray *asked = deciding->request->usb;

	for (guint i = 0; asked && i < asked->len; i++) {
		struct usb_wanted wanted = usb_wanted_parse(asked->pdata[i]);
		if (!add_usb_wanted(deciding, &wanted, error))
			return false;
	}
	return true;
}

/* ---- input devices ---- */

bool decide_inputs(struct deciding *deciding, GError **error)
{
	const GPtrArray *asked = deciding->request->evdev;

	for (guint i = 0; asked && i < asked->len; i++) {
		const char *path = asked->pdata[i];
		if (!g_str_has_prefix(path, "/dev/input/") || strstr(path, "/../") ||
		    !g_utf8_validate(path, -1, NULL)) {
			decide_fail(error, "'%s' is no input device", path);
			error_hint(error,
				   "name one as /dev/input/by-id/…-event-kbd or …-event-mouse");
			return false;
		}
		if (!target_has(&deciding->made->target, TARGET_EVDEV))
			return decide_fail(error, "option '--evdev' needs %s",
					   target_feature_needs(TARGET_EVDEV));
		g_ptr_array_add(deciding->made->evdev,
				(char *)(uintptr_t)decide_text(deciding, "%s", path));
	}
	return true;
}
