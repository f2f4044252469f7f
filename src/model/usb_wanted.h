/* What people write for a USB device (cli.md): "046d:c52b", "1-4.2", "001:003". Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/usb.h"

/* All false: the text is none of these. */
struct usb_wanted {
	bool by_ids, by_port, by_number;
	uint32_t vendor, product;
	struct usb_port port;
	uint32_t bus, number;
};

struct usb_wanted usb_wanted_parse(const char *text);

/* Is it that device? */
bool usb_wanted_is(const struct usb_wanted *wanted, const struct usb_dev *dev);

/* The devices that it means: indexes in usb.devs (of int), the caller's. Root hubs are none. */
GArray *usb_wanted_find(const struct usb_wanted *wanted, const struct usb *usb);
