/* Rules about USB devices of the host. */
#include "vm/lint_parts.h"

static unsigned count_usb(const struct lint *lint, const struct guest_device *device)
{
	unsigned n = 0;

	for (unsigned i = 0; i < lint->host->usb.n_devs; i++)
		n += lint->host->usb.devs[i].vendor == device->usb_vendor &&
		     lint->host->usb.devs[i].product == device->usb_product;
	return n;
}

static const struct guest_device *next_usb(struct lint *lint, guint *index, bool *known)
{
	const struct guest_device *device;

	*known = lint->host && lint->host->usb.probed && lint->host->usb.n_devs > 0;
	while ((device = lint_next(lint, GUEST_USB, index)))
		if (device->usb_vendor >= 0 && device->usb_product >= 0) {
			lint_ask(lint);
			return device;
		}
	return NULL;
}

void lint_usb_duplicate(struct lint *lint)
{
	const struct guest_device *device;
	bool known;

	for (guint i = 0; (device = next_usb(lint, &i, &known));) {
		if (device->usb_by_address)
			continue;
		if (!known) {
			lint_add(lint, FINDING_UNKNOWN, device->shown,
				 "the USB devices of the host are not known, so not either whether "
				 "%04x:%04x is one device only",
				 (unsigned)device->usb_vendor, (unsigned)device->usb_product);
			continue;
		}
		unsigned n = count_usb(lint, device);
		if (n < 2)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, device->shown,
				 "the host has %u USB devices %04x:%04x: which one is meant is not "
				 "said",
				 n, (unsigned)device->usb_vendor, (unsigned)device->usb_product);
		finding_fix(finding, "vfiokit usb");
	}
}

void lint_usb_missing(struct lint *lint)
{
	const struct guest_device *device;
	bool known;

	for (guint i = 0; (device = next_usb(lint, &i, &known));)
		if (known && count_usb(lint, device) == 0)
			lint_add(lint, FINDING_WARN, device->shown,
				 "the host has no USB device %04x:%04x now, so the guest does not "
				 "start",
				 (unsigned)device->usb_vendor, (unsigned)device->usb_product);
}
