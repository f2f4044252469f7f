/* USB devices that follow a guest: what `vfiokit usb attach --persist` remembers, as a text file of
 * one line each, and which devices are meant by it. Pure.
 *
 *     win11 device 046d:c52b serial=4C530001
 *     win11 port 0000:00:14.0/1-4.2 allow=last-keyboard
 *
 * A device is known by its ids, and by its serial number where it has one. A port is known by the
 * controller, which of its buses it is on (1: that with the lowest number; the kernel's own numbers
 * change from boot to boot), and the port on each hub: whatever is plugged in there is meant, or
 * where that is a hub, whatever is plugged into it. %XX stands for a byte that would end a word. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/usb.h"

#define USB_FOLLOW_PATH "/etc/vfiokit/usb"

struct usb_follow {
	char *guest;
	bool by_port;
	uint32_t vendor, product; /* the rest counts as by_port says */
	char *serial;             /* NULL: any */
	char *ctrl;               /* as struct usb_ctrl.name */
	struct usb_port port;     /* its bus counts the buses of the controller, from 1 on */
	char *allow;              /* ids of refusals, with commas; NULL: none */
};

void usb_follow_free(struct usb_follow *follow);

/* Reads the file; NULL is an empty one. The array, of struct usb_follow, owns what is in it. NULL
 * and STATUS_USAGE, naming the line, for what is no such file: nothing is guessed. */
GPtrArray *usb_follows_parse(const char *text, GError **error);

/* The text of the file, sorted; NULL for no entries: then there is no file. The caller's. */
char *usb_follows_emit(const GPtrArray *follows);

/* "046d:c52b", "046d:c52b serial 4C530001", "port 2-4.2 of 0000:00:14.0". The caller's. */
char *usb_follow_text(const struct usb_follow *follow);

/* An entry for the device of that index, by what it is or by where it is; all copied. NULL when
 * what it takes is not known: ids, or the controller. */
struct usb_follow *usb_follow_new(const struct usb *usb, int dev, const char *guest, bool by_port);

/* The same by a place alone, whatever is there. */
struct usb_follow *usb_follow_new_port(const struct usb *usb, const struct usb_port *port,
				       const char *guest);

/* Do both mean the same device or port, for whichever guest? */
bool usb_follow_same(const struct usb_follow *a, const struct usb_follow *b);

/* The devices that are meant, of those that are plugged in: indexes in usb.devs (of int), the
 * caller's. Hubs are never among them. */
GArray *usb_follow_find(const struct usb_follow *follow, const struct usb *usb);
