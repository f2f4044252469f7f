/* What shall be bound at every boot: the record of 'bind --persist', and how the machine stands to
 * it. Pure.
 *
 * The record is /etc/vfiokit/bindings, a line for each function:
 *
 *     ADDRESS VENDOR:DEVICE SUBVENDOR:SUBDEVICE DRIVER SLOT
 *     0000:01:00.0 10de:1c03 1043:85ac vfio-pci \_SB_.PCI0.PEG0.PEGP
 *
 * "-" stands for what was not known. SLOT is the firmware's name of the place, where it has one for
 * the function itself; else that of the first bridge above it that has one, with "../" in front for
 * each step up. Whatever sits at an address is bound only while it is what was
 * chosen: the same ids, in the same slot of the firmware's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/pci.h"

struct host;

#define BINDINGS_PATH "/etc/vfiokit/bindings"
/* The rule of udev that is made from it (plan/persist.h), here and in each initramfs. */
#define PERSIST_RULES_PATH "/etc/udev/rules.d/10-vfiokit.rules"
/* On the kernel's command line, it keeps everything of this program from acting in that boot. */
#define OFF_WORD "vfiokit=off"

/* What a function was when somebody decided that it shall be bound at every boot. */
struct identity {
	struct pci_addr addr;
	int32_t vendor; /* these four: -1 not known */
	int32_t device;
	int32_t subsystem_vendor;
	int32_t subsystem_device;
	const char *slot; /* what the firmware calls its place (pci_detail.acpi_path); NULL: not
			   * known */
	unsigned slot_up; /* whose name that is: 0 its own, 1 that of the bridge above it, … */
};

struct binding {
	struct identity who;
	const char *driver; /* "vfio-pci", or a variant of it */
};

struct bindings {
	const struct binding *list; /* sorted by address */
	unsigned n;
	int bad_line; /* the first that makes no sense, from 1 on; 0: none. It is left out. */
};

/* Reads the text of a record (NULL: none) into host->bindings; what it holds lives as long as the
 * host. */
void bindings_parse(struct host *host, const char *text);

/* The text of a record; the caller's to free. */
char *bindings_format(const struct binding *list, unsigned n);

/* By address, for g_array_sort(). */
int binding_compare(const void *a, const void *b);

/* The entry for an address; NULL: none. */
const struct binding *bindings_find(const struct bindings *bindings, struct pci_addr addr);

/* What a function of host is now. The host must have been probed with PROBE_DETAIL. */
struct identity identity_of(const struct host *host, const struct pci_dev *dev);

/* Have they the same ids, wherever they are, as far as both are known? */
bool identity_is_kind(const struct identity *a, const struct identity *b);

/* Are they of the same kind, and at the same place, as far as both are known? */
bool identity_matches(const struct identity *a, const struct identity *b);

enum binding_state {
	BINDING_BOUND,   /* on its driver */
	BINDING_GONE,    /* nothing is at the address */
	BINDING_CHANGED, /* another device is, or the address is in another slot */
	BINDING_FREE,    /* the right one, and no driver has it */
	BINDING_HOST,    /* the right one, on a driver of the host's */
	BINDING_UNKNOWN, /* its driver cannot be read */
};

/* How the machine stands to an entry. *why is one sentence for people, the caller's to free; it
 * names what was found, and where a device like the one that was chosen is now. NULL when bound. */
enum binding_state binding_judge(const struct host *host, const struct binding *binding,
				 char **why);

/* "bound", "gone", … as in JSON. */
const char *binding_state_name(enum binding_state state);
