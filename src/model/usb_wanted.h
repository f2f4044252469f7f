/* What people write for a USB device (cli.md): "046d:c52b", "1-4.2", "001:003". Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/usb.h"

struct usb_wanted {
	const char *text;                /* as it was written */
	bool by_ids, by_port, by_number; /* all false: it is none of these */
	uint32_t vendor, product;
	struct usb_port port;
	uint32_t bus, number;
};

/* text must live as long. */
struct usb_wanted usb_wanted_parse(const char *text);

/* Is it one of the three? Else false and STATUS_USAGE. */
bool usb_wanted_check(const struct usb_wanted *wanted, GError **error);

/* Is it that device? */
bool usb_wanted_is(const struct usb_wanted *wanted, const struct usb_dev *dev);

/* The devices that it means: indexes in usb.devs (of int), the caller's. Root hubs are none. */
GArray *usb_wanted_find(const struct usb_wanted *wanted, const struct usb *usb);

/* The one device that it means: its index in usb.devs. -1 and STATUS_USAGE: it is none of the
 * three, there is no such device, or there are several. */
int usb_wanted_find_one(const struct usb_wanted *wanted, const struct usb *usb, GError **error);

/* Sets STATUS_USAGE: there is none. */
void usb_wanted_set_missing(const struct usb_wanted *wanted, GError **error);
