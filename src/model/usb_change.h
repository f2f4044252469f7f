/* What has become of the USB bus by a heap of events: many come for one plug, and a device that
 * comes back with another number goes before. Only the last of each port counts. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/usb.h"

enum usb_change_kind {
	USB_NO_CHANGE,
	USB_PLUGGED,
	USB_UNPLUGGED,
};

struct usb_change {
	struct usb_port port;
	enum usb_change_kind kind;
	unsigned order; /* of its first event among all */
};

/* Ports on which something happened (of struct usb_change); the caller's. */
GArray *usb_changes_new(void);

/* Takes an event of a USB device: the kernel's word for it ("add", "bind", "remove", "unbind"), and
 * its path (or name). False when it is about something else than a device that came or went. */
bool usb_changes_add(GArray *changes, const char *action, const char *devpath);

/* The change that people mean: of the device that is nearest to the machine (a hub brings all that
 * is on it), the first of these. NULL: nothing changed. */
const struct usb_change *usb_changes_pick(const GArray *changes);
