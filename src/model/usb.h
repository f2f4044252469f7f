/* USB: controllers, ports and devices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A USB device, hub or root hub. */
struct usb_dev {
	const char *name;              /* bus-port: "1-4.2"; root hubs "usb1" */
	int bus;                       /* busnum */
	int number;                    /* devnum: changes at every plug; -1: not known */
	int parent;                    /* index of the hub in usb.devs; -1: a root hub */
	int ctrl;                      /* index in usb.ctrls; -1: not known */
	int32_t vendor;                /* -1: not known */
	int32_t product;               /* -1: not known */
	int device_class;              /* bDeviceClass; -1: not known */
	int ports;                     /* hubs: maxchild; 0: not a hub */
	const char *speed;             /* Mbit/s as the kernel says it: "480"; NULL: not known */
	const char *manufacturer_text; /* the device's own words; NULL: none */
	const char *product_text;
	const char *serial;     /* NULL: none, or masked in a recording */
	const char *interfaces; /* "03:01:01/usbhid 03:00:00/usbhid"; NULL: not known */
	const char *power_control;
};

/* A USB host controller: a PCI function, or something else (platform). */
struct usb_ctrl {
	int pci;          /* index in host.pci; -1: not a PCI function */
	const char *name; /* address, or the platform device's name */
	int speed_max;    /* Mbit/s of its fastest bus; 0: not known */
	int first_bus;    /* lowest busnum; 0: no bus (driver not bound) */
};

struct usb {
	struct usb_ctrl *ctrls; /* sorted by address, then name */
	unsigned n_ctrls;
	struct usb_dev *devs; /* sorted by bus, then port path */
	unsigned n_devs;
	bool probed;
	bool known; /* the bus was there to be listed */
};

#define USB_MAX_DEPTH 16 /* hubs behind each other; the specification ends at 6 */

/* Where a device sits, from the kernel's name for it: bus, then port after port. */
struct usb_port {
	unsigned bus;
	unsigned depth; /* 0: the root hub */
	unsigned ports[USB_MAX_DEPTH];
};

/* Reads length bytes of text that are wholly the name of a device: "usb1", "1-4.2". False for
 * anything else, interfaces ("1-4:1.0") too. */
bool usb_port_parse(const char *text, size_t length, struct usb_port *ret);

/* The name again; the caller's to free. */
char *usb_port_format(const struct usb_port *port);

/* Below, equal or above 0: the order of usb.devs. */
int usb_port_compare(const struct usb_port *a, const struct usb_port *b);

/* The hub that it is plugged into. False for a root hub. */
bool usb_port_parent(const struct usb_port *port, struct usb_port *ret);

/* Finds a device by where it sits; -1: there is none. */
int usb_find_port(const struct usb *usb, const struct usb_port *port);

/* Finds a device by bus and device number; -1: there is none. */
int usb_find_number(const struct usb *usb, int bus, int number);

/* Is it a hub (root hubs, too)? Hubs cannot be given to a guest. */
bool usb_dev_is_hub(const struct usb_dev *dev);

/* Is the device of that index on the hub of the other, directly or further down? */
bool usb_is_behind(const struct usb *usb, int dev, int hub);
