/* What the host does with its devices: disks, network, input, displays, sound, and the processes
 * that have their nodes open. From the links in /sys/class, whose texts name the device, and from
 * /proc (kernel: Documentation/ABI, proc(5)). */
#pragma once

#include <stdbool.h>

struct host;
struct root;

struct usage_request {
	bool holders;       /* processes too: walks /proc, all of it readable for root only */
	const bool *wanted; /* for each of host.pci: is asked for; NULL: all are */
};

/* Fills host->usages. To be called once, after host_link() and usb_probe(): uses are told by
 * indexes in host.pci and host.usb.devs. With wanted, uses of other functions are left out where
 * nothing of their kind is at one that is asked for: what those are losing is told as ever, also
 * whether it is the last of its kind. */
void usage_probe(struct root *root, struct host *host, const struct usage_request *request);
