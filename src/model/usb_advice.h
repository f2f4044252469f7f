/* Which shall a guest get: a USB device, or the whole controller that it is plugged into? Pure. */
#pragma once

#include <glib.h>

struct host;

enum usb_give {
	USB_GIVE_NEITHER, /* the host needs the device itself */
	USB_GIVE_DEVICE,
	USB_GIVE_CONTROLLER,
};

struct usb_reason {
	const char *id; /* "host-needs-others", … as in JSON */
	char *what;     /* a sentence without its full stop */
};

struct usb_advice {
	enum usb_give give;
	GPtrArray *reasons; /* of struct usb_reason; what decides comes first */
};

/* Judges for the device of that index in host.usb.devs, or where it is a hub for what is plugged
 * into it. The host must have been probed with PROBE_BASE | PROBE_USB | PROBE_USAGE. */
void usb_advise(const struct host *host, int dev, struct usb_advice *ret);
void usb_advice_clear(struct usb_advice *advice);
#define USB_ADVICE_AUTO __attribute__((cleanup(usb_advice_clear)))

/* "device", "controller", "neither". */
const char *usb_give_name(enum usb_give give);

/* How many devices are on the controller of dev besides itself and what is behind it; hubs, that
 * are only a way to devices, are not counted. */
unsigned usb_count_others(const struct host *host, int dev);
