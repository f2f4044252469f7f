/* See lint_parts.h: what functions of rules are made with. */
#include "vm/lint_parts.h"

#include <stdarg.h>

struct finding *lint_add(struct lint *lint, enum finding_verdict verdict, const char *shown,
			 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = finding_add_list(lint->findings, lint->id, verdict,
						   lint->input->subject, format, args);
	va_end(args);
	if (shown)
		finding_evidence(finding, "%s", shown);
	lint->found = true;
	return finding;
}

const struct guest_device *lint_next(const struct lint *lint, enum guest_device_kind kind,
				     guint *index)
{
	const GArray *devices = lint->guest->devices;

	while (*index < devices->len) {
		const struct guest_device *device =
			&g_array_index(devices, struct guest_device, (*index)++);
		if (device->kind == kind)
			return device;
	}
	return NULL;
}

const struct guest_device *lint_next_hostdev(struct lint *lint, guint *index)
{
	const struct guest_device *device;

	while ((device = lint_next(lint, GUEST_HOSTDEV, index)) && device->mediated)
		;
	if (device)
		lint_ask(lint);
	return device;
}

bool lint_has_hostdev(const struct lint *lint)
{
	return guest_count(lint->guest, GUEST_HOSTDEV) > 0;
}

bool lint_knows_pci(const struct lint *lint)
{
	return lint->host && lint->host->n_pci > 0;
}

const struct pci_dev *lint_find(const struct lint *lint, const struct guest_device *device)
{
	int index = lint_knows_pci(lint) && !device->mediated
			    ? host_find_pci(lint->host, device->source)
			    : -1;

	return index >= 0 ? &lint->host->pci[index] : NULL;
}
