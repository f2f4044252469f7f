/* Names of PCI ids, by libpci: the words that lspci prints. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct names;

/* Cheap: the table is read at the first question; it is the system's pci.ids, or the file that
 * VFIOKIT_PCI_IDS names in the environment. Never NULL. */
struct names *names_new(void);
void names_free(struct names *names);

#define NAMES_SIZE 256 /* of the buffers below */

/* Each writes a name into buf and returns it; what is not in the table is called "Device 14da" and
 * the like, as lspci does. NULL for ids below 0. */
const char *names_vendor(struct names *names, int32_t vendor, char buf[NAMES_SIZE]);
const char *names_device(struct names *names, int32_t vendor, int32_t device, char buf[NAMES_SIZE]);
const char *names_subsystem(struct names *names, int32_t vendor, int32_t device,
			    int32_t subsystem_vendor, int32_t subsystem_device,
			    char buf[NAMES_SIZE]);
/* Class and subclass of a 24-bit class code. */
const char *names_class(struct names *names, int32_t class_code, char buf[NAMES_SIZE]);
/* Programming interface; NULL where the table has none. */
const char *names_prog_if(struct names *names, int32_t class_code, char buf[NAMES_SIZE]);
