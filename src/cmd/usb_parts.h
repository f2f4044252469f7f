/* The parts of `vfiokit usb` that are commands of their own, and what they share. */
#pragma once

#include "cmd/command.h"
#include "model/usb_follow.h"
#include "plan/plan.h"
#include "plan/usb_plan.h"

extern const struct command command_usb_identify, command_usb_attach, command_usb_detach,
	command_usb_follow;

/* Reads what follows now, and the files that were made of it. The array, and what is in files, are
 * the caller's. NULL and *error when the record makes no sense. */
GPtrArray *usb_follows_read(struct context *context, struct usb_files *files, GError **error);

/* Plans that these follow from now on (see usb_plan.h). */
void usb_follows_plan(struct context *context, const GPtrArray *follows,
		      const struct usb_files *files, struct plan *plan);

/* Is it the running machine that is looked at? Else false and STATUS_REFUSED. */
bool usb_needs_live(const struct context *context, const char *command, GError **error);

/* "1-4.2 Logitech Unifying Receiver (046d:c52b)"; the caller's to free. */
char *usb_dev_words(const struct usb_dev *dev);
