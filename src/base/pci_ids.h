/* Looking up ids by NAME, in the text of pci.ids: for what people posted without numbers.
 *
 * The other direction, from ids to names, is libpci's (names.h); libpci cannot be asked by name.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pci_ids;

/* Reads the pci.ids of the machine that the program runs on. NULL where there is none.
 *
 * This file is no fact about the machine that is looked at, which may be a recording or a posted
 * text from anywhere: it belongs to the program as libpci does. So it is opened directly and not
 * through a root. */
struct pci_ids *pci_ids_open(void);

/* The same from text, which it owns from now on. */
struct pci_ids *pci_ids_from_text(char *text);

void pci_ids_free(struct pci_ids *ids);

#define PCI_IDS_MAX 16 /* ids that one name may have; more are left out */

struct pci_ids_found {
	uint32_t ids[PCI_IDS_MAX]; /* vendor << 16 | device, ascending */
	unsigned n;
	int vendor; /* the vendor, where all that fits agrees on one; -1: not known */
};

/* What "Intel Corporation 82574L Gigabit Network Connection" can be: vendor and device as lspci
 * prints them, in one, without a mark between the two. "Device 10d3" is understood, too. Case does
 * not matter. */
void pci_ids_find(const struct pci_ids *ids, const char *name, struct pci_ids_found *ret);

/* The class and subclass (0x0300) called name by lspci, as "VGA compatible controller"; -1. */
int pci_ids_class(const struct pci_ids *ids, const char *name);
