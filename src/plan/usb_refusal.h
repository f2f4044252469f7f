/* What forbids giving a USB device to a guest: the rules of refusal.h that a single device can
 * break, under their ids. Pure. */
#pragma once

#include "model/host.h"
#include "plan/plan.h"

/* Judges for the device of that index in host.usb.devs. The host must have been probed with
 * PROBE_BASE | PROBE_USB | PROBE_USAGE. The subject is the port. A fact that is not known is a
 * warning of the same id. */
void usb_refusal_judge(const struct host *host, int dev, struct plan *plan);
