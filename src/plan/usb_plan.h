/* The files that let USB devices follow their guests, and the steps from how they are to how they
 * shall be. Pure.
 *
 * There is no daemon. A udev rule for what is remembered, and a hook of libvirt for guests that
 * start, each start a unit of systemd, which runs `vfiokit usb follow`. That looks at what is there
 * now, not at what happened, so events may come in any number and order. Where something that was
 * unplugged has started a unit that has not looked yet, USB_DUE_PATH is there, and all others that
 * are unplugged leave it at that; each look takes it away.
 *
 * The files of earlier versions are like these, with another text: they go on working, and whatever
 * follows or ceases to follow next has them written anew. */
#pragma once

#include <glib.h>

#include "plan/plan.h"

#define USB_RULE_PATH "/etc/udev/rules.d/90-vfiokit-usb.rules"
#define USB_UNIT_PATH "/etc/systemd/system/vfiokit-usb@.service"
#define USB_HOOK_PATH "/etc/libvirt/hooks/qemu.d/vfiokit-usb"
#define USB_DUE_PATH  "/run/vfiokit-usb.due"

/* What is in a file; NULL: it is not there. */
struct usb_files {
	char *record; /* USB_FOLLOW_PATH */
	char *rule;
	char *unit;
	char *hook;
};

struct usb_request {
	const GPtrArray *follows; /* of struct usb_follow: as it shall be */
	struct usb_files now;
	const char *program;   /* this program, as an absolute path */
	const char *systemctl; /* absolute, too: udev has no PATH */
	const char *
		daemon; /* libvirt's unit, which reads hooks anew: "libvirtd.service"; NULL: none */
};

/* Adds the steps; none where all is as it shall be. */
void usb_plan(const struct usb_request *request, struct plan *plan);

void usb_files_clear(struct usb_files *files);
