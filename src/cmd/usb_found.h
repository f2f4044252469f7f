/* What `vfiokit usb identify` has found, and how it is told. */
#pragma once

#include "cmd/command.h"

enum found_event {
	FOUND_NOTHING, /* the time was up, or it was stopped */
	FOUND_PLUG,
	FOUND_UNPLUG,
	FOUND_PRESS,
};

struct usb_found {
	enum found_event event;
	const struct host *host; /* as it was when the device was there; NULL: FOUND_NOTHING */
	int dev;                 /* index in host->usb.devs; -1: not on USB, or gone again */
	const char *name;        /* of the port, or of what the key is on */
};

/* Prints it, in the form that the context asks for. */
void usb_found_print(struct context *context, const struct usb_found *found);
