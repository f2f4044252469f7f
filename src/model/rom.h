/* Judging the ROM of an expansion card, as a file: what is in it, and whether a guest could start
 * from it. Pure; made for files that people dumped, downloaded or cut.
 *
 * Layout: PCI Firmware Specification 3.x, "PCI Expansion ROMs": images behind each other, each with
 * 55 AA at its start and a "PCIR" structure that tells its length, ids and kind. Files from
 * vendors' flash tools have a header of their own in front.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROM_MAX_IMAGES  16
#define ROM_MAX_DEVICES 32

enum rom_kind {
	ROM_X86 = 0x00,     /* a PC BIOS image */
	ROM_OPEN_FW = 0x01, /* Open Firmware */
	ROM_PA_RISC = 0x02,
	ROM_EFI = 0x03,
};

struct rom_image {
	size_t offset;
	size_t length;
	uint16_t vendor;
	uint16_t device;
	uint16_t more[ROM_MAX_DEVICES]; /* other devices that it is for; ends with 0 */
	uint8_t kind;                   /* enum rom_kind, or another number */
	uint16_t machine;    /* ROM_EFI: PE machine type, 0x8664 is x86-64; 0: not known */
	bool signature_good; /* ROM_EFI: 0x0EF1 is where it must be */
};

struct rom {
	size_t header; /* bytes in front of the first image that do not belong to it */
	struct rom_image images[ROM_MAX_IMAGES];
	unsigned n_images;
	bool complete; /* the last image says that it is the last */
};

struct rom_wish {
	int32_t vendor; /* of the function; -1: not known */
	int32_t device;
	bool efi; /* the guest has UEFI firmware */
};

/* Reads the images. False and STATUS_USAGE, saying what is wrong, when the bytes are no ROM at all,
 * or an image is cut off; what was there before that is in ret all the same. */
bool rom_read(const uint8_t *bytes, size_t length, struct rom *ret, GError **error);

/* Is it for this function and this guest? False and STATUS_USAGE, saying why not: ids of another
 * card, a header that the guest would not understand, no EFI image for x86-64. */
bool rom_judge(const struct rom *rom, const struct rom_wish *wish, GError **error);
