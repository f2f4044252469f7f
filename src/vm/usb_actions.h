/* What has to be given to guests and taken from them now, so that each has the USB devices that
 * follow it and are there, and no others of ours. Pure: of what is there, not of what happened. */
#pragma once

#include <glib.h>

#include "model/usb_follow.h"
#include "vm/usb_hostdev.h"

/* A guest that runs, with what it has. */
struct usb_guest {
	const char *name;
	const GPtrArray *hostdevs; /* of struct usb_hostdev */
};

enum usb_action_kind {
	USB_TAKE, /* what is gone, or follows the guest no more */
	USB_GIVE,
};

struct usb_action {
	enum usb_action_kind kind;
	const char *guest;
	const struct usb_hostdev *hostdev; /* USB_TAKE */
	int dev;                           /* USB_GIVE: index in usb.devs */
	const struct usb_follow *follow;   /* USB_GIVE */
};

/* The actions (of struct usb_action) in the order in which they have to be done: the array is the
 * caller's, it points into what it was made from. Notes for people (of char *) go to notes: what is
 * not given, and why. */
GArray *usb_actions_decide(const struct usb *usb, const GPtrArray *follows,
			   const struct usb_guest *guests, unsigned n_guests, GPtrArray *notes);
