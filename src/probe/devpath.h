/* What a path under /sys/devices says of a device: the PCI function and the USB device that it
 * belongs to. Only the text is looked at, so links need not lead anywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/pci.h"
#include "model/usb.h"

struct host;
struct root_dir;

struct devpath {
	bool has_pci;
	struct pci_addr pci; /* the last PCI address in the path */
	bool has_outer;
	struct pci_addr outer; /* the one that makes the bus of pci, as Intel VMD does */
	bool has_usb;
	struct usb_port usb;    /* the last USB device after it, root hubs too */
	const char *controller; /* what stands before "usbN"; not terminated; NULL: no "usbN" */
	size_t controller_length;
	bool is_virtual; /* under /sys/devices/virtual */
};

/* Reads a path, as "../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/input/input3". */
void devpath_parse(const char *path, struct devpath *ret);

/* The same as indexes in host.pci and host.usb.devs; -1: none, or not among them. */
struct place {
	int pci;
	int usb;
	int outer;
	bool is_virtual;
};

/* The place that such a path names. */
struct place devpath_place(const struct host *host, const char *path);

/* The place of entry name of a class directory: by its link, or where it is a directory (as older
 * kernels had it) by the link "device" in it. False when there is neither. */
bool devpath_of_entry(const struct host *host, const struct root_dir *dir, const char *name,
		      struct place *ret);
