/* The parts of `vfiokit usb`: what is shown, and how it is printed. */
#pragma once

#include <stdbool.h>

#include "cmd/command.h"
#include "model/loss.h"
#include "view/device.h"

struct usb_ids;

/* A controller as it is shown: of the bus, or where that was not read a function of its class. */
struct usb_view_ctrl {
	int pci;  /* index in host.pci; -1 */
	int ctrl; /* index in host.usb.ctrls; -1 */
	const char *name;
	bool shown;
	struct loss loss; /* of its whole group; only of PCI functions */
};

struct usb_view {
	struct context *context;
	const struct host *host;
	struct usb_ids *ids;
	struct device_view device;
	struct usb_view_ctrl *ctrls; /* owned */
	unsigned n_ctrls;
	bool *shown;            /* of host.usb.devs, owned */
	unsigned *first_child;  /* of host.usb.devs: index + 1; 0: none; owned */
	unsigned *next_sibling; /* the same */
	unsigned *first_hub;    /* of ctrls: the first root hub; index + 1; owned */
	unsigned first_orphan;  /* devices whose controller or hub is not known */
};

void usb_view_init(struct usb_view *view, struct context *context, const struct host *host);
void usb_view_clear(struct usb_view *view);

/* Shows only what the DEVICE arguments mean. False with STATUS_USAGE when one means nothing. */
bool usb_view_select(struct usb_view *view, GError **error);

void usb_print_json(const struct usb_view *view);
void usb_print(const struct usb_view *view);
