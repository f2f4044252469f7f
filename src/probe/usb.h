/* Controllers and devices of the USB bus, from /sys/bus/usb/devices (kernel:
 * Documentation/ABI/testing/sysfs-bus-usb). Serial numbers are never read. */
#pragma once

#include <stdbool.h>

struct host;
struct root;

/* Fills host->usb. To be called after host_link(), once. Where the bus cannot be listed usb.known
 * stays false, and controllers are those that the PCI functions' classes name. */
void usb_probe(struct root *root, struct host *host);

/* Is a bus of USB at one of the functions in wanted (for each of host.pci)? Also where that cannot
 * be told. */
bool usb_is_at(struct root *root, const struct host *host, const bool *wanted);
