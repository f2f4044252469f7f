/* The UEFI firmware of guests, found by QEMU's firmware descriptors (docs/interop/firmware.json):
 * paths differ between distributions and move between their releases, descriptors say where they
 * are and what they can. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct guest_facts;

struct firmware_wish {
	bool secure_boot; /* with the keys that Windows needs enrolled; else without Secure Boot */
};

/* Where an image is: to be mapped as flash, the code read-only, the variables as a copy of the
 * guest's own made from the template. */
struct firmware_image {
	char *descriptor; /* name of the file that tells of it */
	char *code;
	char *code_format; /* "raw", "qcow2" */
	char *vars;        /* the template */
	char *vars_format;
	bool needs_smm;
	bool assumed; /* no descriptor tells of it: see firmware_assume() */
};

/* Finds the first image for x86-64 and q35 that is as wished. False when there is none; nothing is
 * to be freed then. Descriptors that are no JSON, or of other kinds, are passed over. */
bool firmware_find(const struct guest_facts *guests, const struct firmware_wish *wish,
		   struct firmware_image *ret);
/* Where Debian and its kin have the image that is wished (package ovmf): for machines that are
 * looked at from elsewhere, and do not tell what they have. */
void firmware_assume(const struct firmware_wish *wish, struct firmware_image *ret);
void firmware_image_clear(struct firmware_image *image);
