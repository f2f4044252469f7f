/* For tests: a USB bus that is made of words. */
#pragma once

#include "model/usb.h"

struct usb_line {
	const char *name; /* "usb1", "1-4.2" */
	int number;
	int32_t vendor, product;
	const char *serial;
	int ctrl; /* index in names of usb_make() */
	int ports;
};

/* A bus with these devices (their names must be in the order of usb.devs) and controllers of these
 * names; what is in it is freed by usb_free(), texts are those given. */
struct usb *usb_make(const char *const *ctrls, const struct usb_line *lines, unsigned n);
void usb_free(struct usb *usb);
