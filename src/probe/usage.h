/* What the host does with its devices: disks, network, input, displays, sound, and the processes
 * that have their nodes open. From the links in /sys/class, whose texts name the device, and from
 * /proc (kernel: Documentation/ABI, proc(5)). */
#pragma once

struct host;
struct root;

enum usage_what {
	USAGE_DEVICES = 0,      /* always: what /sys and the mount table say */
	USAGE_HOLDERS = 1 << 0, /* processes too: walks /proc, all of it readable for root only */
};

/* Fills host->usages. To be called once, after host_link() and usb_probe(): uses are told by
 * indexes in host.pci and host.usb.devs. */
void usage_probe(struct root *root, struct host *host, unsigned what);
