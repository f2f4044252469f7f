/* What this machine runs guests with. */
#pragma once

#include <stdbool.h>

#include "model/tri.h"

/* A firmware descriptor (QEMU's docs/interop/firmware.json), as text. */
struct guest_firmware {
	const char *name; /* of its file, as "60-edk2-x86_64.json" */
	const char *text;
};

struct guest_facts {
	bool probed;
	const char *qemu;            /* the program; NULL: none, or not known */
	const char *qemu_version;    /* "7.2.22"; NULL: not known */
	const char *qemu_devices;    /* those of guests_devices() that it has, between blanks;
				      * NULL: not known */
	const char *libvirt_version; /* "9.0.0"; NULL: not known, or none */
	const struct guest_firmware *firmware; /* in the order in which they are to be tried */
	unsigned n_firmware;
	bool firmware_known; /* that there are no others is known */
};

/* Names of the devices of QEMU that definitions are made with; ends with NULL. */
extern const char *const guests_devices[];

/* Has QEMU that device? Unknown where it was not asked. */
enum tri guests_have_device(const struct guest_facts *guests, const char *name);
