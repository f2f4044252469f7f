/* See names.h. The table is data of this program's machine, not of the machine that is looked at:
 * so libpci may open it itself. */
#include "base/names.h"

#include <glib.h>
#include <pci/pci.h>

struct names {
	struct pci_access *access;
};

/* libpci ends the program on an error unless told otherwise; none of its look-ups fails. */
struct names *names_new(void)
{
	struct names *names = g_new0(struct names, 1);

	names->access = pci_alloc();
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	pci_cleanup(names->access);
	g_free(names);
}

const char *names_vendor(struct names *names, int32_t vendor, char buf[NAMES_SIZE])
{
	if (vendor < 0)
		return NULL;
	return pci_lookup_name(names->access, buf, NAMES_SIZE, PCI_LOOKUP_VENDOR, vendor);
}

const char *names_device(struct names *names, int32_t vendor, int32_t device, char buf[NAMES_SIZE])
{
	if (vendor < 0 || device < 0)
		return NULL;
	return pci_lookup_name(names->access, buf, NAMES_SIZE, PCI_LOOKUP_DEVICE, vendor, device);
}

const char *names_subsystem(struct names *names, int32_t vendor, int32_t device,
			    int32_t subsystem_vendor, int32_t subsystem_device,
			    char buf[NAMES_SIZE])
{
	if (vendor < 0 || device < 0 || subsystem_vendor < 0 || subsystem_device < 0)
		return NULL;
	return pci_lookup_name(names->access, buf, NAMES_SIZE,
			       PCI_LOOKUP_SUBSYSTEM | PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, vendor,
			       device, subsystem_vendor, subsystem_device);
}

const char *names_class(struct names *names, int32_t class_code, char buf[NAMES_SIZE])
{
	if (class_code < 0)
		return NULL;
	return pci_lookup_name(names->access, buf, NAMES_SIZE, PCI_LOOKUP_CLASS, class_code >> 8);
}

const char *names_prog_if(struct names *names, int32_t class_code, char buf[NAMES_SIZE])
{
	if (class_code < 0)
		return NULL;
	return pci_lookup_name(names->access, buf, NAMES_SIZE,
			       PCI_LOOKUP_PROGIF | PCI_LOOKUP_NO_NUMBERS, class_code >> 8,
			       class_code & 0xff);
}
