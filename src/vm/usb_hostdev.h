/* USB devices of the host in a libvirt domain: the XML that gives one to it, and those that its XML
 * names. Pure. https://libvirt.org/formatdomain.html#usb-pci-scsi-devices */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/usb.h"

/* The alias of those that were given because they follow the guest; libvirt keeps it. */
#define USB_HOSTDEV_OURS "ua-vfiokit-usb-"

struct usb_hostdev {
	char *alias;             /* NULL: none */
	int32_t vendor, product; /* -1: not said */
	int bus, number;         /* -1: not said */
};

/* One <hostdev> for that device: by ids, bus and number, so that it cannot be another one. ours:
 * with an alias of USB_HOSTDEV_OURS. The caller's. */
char *usb_hostdev_xml(const struct usb_dev *dev, bool ours);

/* One to take away what the domain has. The caller's. */
char *usb_hostdev_xml_of(const struct usb_hostdev *hostdev);

/* Those of a domain (of struct usb_hostdev); the array owns them. NULL and STATUS_FAILED when xml
 * cannot be read. */
GPtrArray *usb_hostdevs_parse(const char *xml, GError **error);

/* Is it that device, by all that it says? One that says nothing is none. */
bool usb_hostdev_is(const struct usb_hostdev *hostdev, const struct usb_dev *dev);

/* Was it given because it follows the guest? */
bool usb_hostdev_is_ours(const struct usb_hostdev *hostdev);
