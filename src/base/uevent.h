/* What the kernel tells all who listen when a device comes, goes, or gets a driver: one datagram
 * for each event (kernel: lib/kobject_uevent.c). Here the text of it is read; watch.h receives it.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define UEVENT_MAX 8192 /* bytes of a datagram: the kernel's environment has 2048 at most */

/* All point into the datagram. */
struct uevent {
	const char *action;    /* "add", "remove", "bind", … */
	const char *devpath;   /* "/devices/pci0000:00/0000:00:14.0/usb1/1-4", without /sys */
	const char *subsystem; /* "usb"; "" when not said */
	const char *devtype;   /* "usb_device"; "" when not said */
};

/* Reads a datagram: "ACTION@DEVPATH", then "KEY=VALUE", each with a NUL behind it. False for what
 * is none, as what udev sends to its own listeners: nothing in *ret counts then. */
bool uevent_parse(const char *data, size_t length, struct uevent *ret);
