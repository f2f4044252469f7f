/* See names.h. The table is data of this program's machine, not of the machine that is looked at:
 * so libpci may open it itself. */
#include "base/names.h"

#include <glib.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <stdbool.h>

struct names {
	struct pci_access *access;
	bool loaded;
	int flags; /* for every look-up */
};

/* ---- libpci's callbacks ---- */

static void G_GNUC_PRINTF(1, 2) ignore_message(char *format, ...)
{
}

/* Where an error of libpci leads to, while one can happen. libpci hands its error function nothing
 * else to know that by, and ends the program if the function returns. Only one thread asks it. */
static jmp_buf *error_exit;

static void G_GNUC_NORETURN G_GNUC_PRINTF(1, 2) leave_by_error(char *format, ...)
{
	longjmp(*error_exit, 1);
}

struct names *names_new(void)
{
	struct names *names = g_new0(struct names, 1);

	names->access = pci_alloc();
	names->access->error = leave_by_error;
	names->access->warning = ignore_message;
	names->access->debug = ignore_message;
	names->access->id_lookup_mode = 0; /* by itself it asks a cache in the user's home, too */
	if (g_getenv("VFIOKIT_PCI_IDS"))
		pci_set_name_list_path(names->access, g_strdup(g_getenv("VFIOKIT_PCI_IDS")), 1);
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	pci_cleanup(names->access);
	g_free(names);
}

/* A table that libpci cannot read is as good as none: ids are then shown as numbers. */
static struct pci_access *names_load(struct names *names)
{
	jmp_buf here;

	if (names->loaded)
		return names->access;
	names->loaded = true;
	error_exit = &here;
	if (setjmp(here) == 0)
		pci_load_name_list(names->access);
	else
		names->flags = PCI_LOOKUP_SKIP_LOCAL;
	error_exit = NULL;
	return names->access;
}

/* ---- look-ups ---- */

const char *names_vendor(struct names *names, int32_t vendor, char buf[NAMES_SIZE])
{
	if (vendor < 0)
		return NULL;
	return pci_lookup_name(names_load(names), buf, NAMES_SIZE, names->flags | PCI_LOOKUP_VENDOR,
			       vendor);
}

const char *names_device(struct names *names, int32_t vendor, int32_t device, char buf[NAMES_SIZE])
{
	if (vendor < 0 || device < 0)
		return NULL;
	return pci_lookup_name(names_load(names), buf, NAMES_SIZE, names->flags | PCI_LOOKUP_DEVICE,
			       vendor, device);
}

const char *names_subsystem(struct names *names, int32_t vendor, int32_t device,
			    int32_t subsystem_vendor, int32_t subsystem_device,
			    char buf[NAMES_SIZE])
{
	if (vendor < 0 || device < 0 || subsystem_vendor < 0 || subsystem_device < 0)
		return NULL;
	/* udev's database knows few subsystems, and gives the device's own name for all others. */
	return pci_lookup_name(names_load(names), buf, NAMES_SIZE,
			       names->flags | PCI_LOOKUP_SUBSYSTEM | PCI_LOOKUP_VENDOR |
				       PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB,
			       vendor, device, subsystem_vendor, subsystem_device);
}

const char *names_class(struct names *names, int32_t class_code, char buf[NAMES_SIZE])
{
	if (class_code < 0)
		return NULL;
	return pci_lookup_name(names_load(names), buf, NAMES_SIZE, names->flags | PCI_LOOKUP_CLASS,
			       class_code >> 8);
}

const char *names_prog_if(struct names *names, int32_t class_code, char buf[NAMES_SIZE])
{
	if (class_code < 0)
		return NULL;
	return pci_lookup_name(names_load(names), buf, NAMES_SIZE,
			       names->flags | PCI_LOOKUP_PROGIF | PCI_LOOKUP_NO_NUMBERS,
			       class_code >> 8, class_code & 0xff);
}
