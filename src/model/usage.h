/* What the host does with its devices: what it would lose by giving one away. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct host;

enum usage_kind {
	USAGE_ROOT_DISK, /* the root file system, directly or through md, dm, … */
	USAGE_DISK,      /* a mounted disk or swap */
	USAGE_BLOCK,     /* a disk that nothing uses now */
	USAGE_ROUTE,     /* a network interface with a default route, with this ssh session, or on
			    the way to what is mounted over the network */
	USAGE_NETWORK,   /* any other network interface */
	USAGE_KEYBOARD,
	USAGE_MOUSE,
	USAGE_INPUT,   /* any other input device */
	USAGE_DISPLAY, /* a connector with a monitor */
	USAGE_DRM,     /* a display node: card0, renderD128 */
	USAGE_FRAMEBUFFER,
	USAGE_SOUND,
	USAGE_BLUETOOTH,
	USAGE_VIDEO,  /* camera */
	USAGE_VFIO,   /* opened by a guest */
	USAGE_HOLDER, /* a process has one of its nodes open */
	USAGE_OTHER,
	USAGE_N_KINDS,
};

/* How the detail of a USAGE_ROUTE begins that leads to what is mounted: to what the machine runs
 * from, and to anything else. Behind it the things: "/srv (nfs4), disks over iSCSI". */
#define USAGE_WAY_OF_SYSTEM "way of this system to "
#define USAGE_WAY           "way to "

/* One use. Belongs to a PCI function, and where it is behind USB also to a USB device. */
struct usage {
	enum usage_kind kind;
	const char *name;   /* "nvme0n1p2", "eth0", "card0", … */
	const char *detail; /* "mounted on /", "default route", "Xorg (pid 812)"; NULL: nothing */
	int pci;            /* index in host.pci; -1: none */
	int usb;            /* index in host.usb.devs; -1: not behind USB */
	int outer;          /* index of the function that makes the bus of pci (VMD); -1: none */
	int pid;            /* USAGE_HOLDER; else 0 */
};

struct usages {
	const struct usage *list; /* sorted by pci, then kind, then name */
	unsigned n;
	bool probed;
	bool holders_known; /* every process could be looked at */
	uint32_t known;     /* bit 1 << kind: there are no others of that kind on this host */
};

/* "keyboard", "mounted-disk", "root-disk", … as in JSON. */
const char *usage_kind_name(enum usage_kind kind);

/* Would the host miss it at once: mounted disks, the default route, the keyboard, a monitor? */
bool usage_is_critical(enum usage_kind kind);

/* Are all uses of that kind in the list? Else one that is missing there may exist. */
bool usage_kind_known(const struct usages *usages, enum usage_kind kind);

/* The uses of a PCI function, also those behind USB: *n of them from the pointer on. pci -1: those
 * that belong to none. */
const struct usage *usage_of_pci(const struct host *host, int pci, unsigned *n);
