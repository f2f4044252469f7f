/* Controllers and devices of the USB bus, from /sys/bus/usb/devices (kernel:
 * Documentation/ABI/testing/sysfs-bus-usb). Serial numbers are never read. */
#pragma once

struct host;
struct root;

/* Fills host->usb. To be called after host_link(), once. Where the bus cannot be listed usb.known
 * stays false, and controllers are those that the PCI functions' classes name. */
void usb_probe(struct root *root, struct host *host);
