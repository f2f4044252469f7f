/* Option ROM files of cards: what is in them, and whose they are, as a line of domains.h. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host;
struct rom_file;
struct root;

/* Appends the line of the file at path. */
void rom_describe(struct root *root, const char *path, GString *out);

/* From the words of such a line to the model. False for a line that is none. */
bool rom_parse(struct host *host, char **words, struct rom_file *ret);

/* What images a ROM holds (PCI Firmware Specification, "PCI Expansion ROMs"). */
struct rom_content {
	bool valid;      /* there is an image with a PCI data structure */
	bool efi;        /* one of the images is for UEFI (code type 3) */
	uint16_t vendor; /* of the first image */
	uint16_t device;
	size_t leading; /* bytes before it: the header that a flash tool writes */
};

/* Decodes length bytes, whatever they hold. */
void rom_decode(const uint8_t *bytes, size_t length, struct rom_content *ret);
