/* The other half of a socket: a USB 3 socket is a port of two buses, and which one a device comes
 * up on is its own business. */
#pragma once

#include <stdbool.h>

#include "model/usb.h"

struct root;

/* The port of the other bus that is the same socket, as the kernel knows from the firmware (kernel:
 * Documentation/ABI/testing/sysfs-bus-usb, "peer"); behind hubs the ports count alike on both.
 * False where there is none, or it is not known. */
bool usb_peer_read(struct root *root, const struct usb_port *port, struct usb_port *ret);
