/* See rom.h. */
#include "model/rom.h"

#include <string.h>

#include "base/error.h"

#define PCIR_SIZE   0x18 /* of the structure, up to the indicator */
#define EFI_MACHINE 0x0a /* in the header of an EFI image */
#define EFI_X86_64  0x8664
#define BLOCK       512 /* lengths are counted in these */
#define LAST_IMAGE  0x80
#define MAX_HEADER                                                                                 \
	((size_t)64 * 1024) /* of a vendor's file; those that are known are below 2 KiB */

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "%s", what);
	return false;
}

/* ---- images ---- */

/* The PCIR structure of an image that starts at offset; NULL: there is none. */
static const uint8_t *find_pcir(const uint8_t *bytes, size_t length, size_t offset)
{
	if (offset + 0x1a > length || bytes[offset] != 0x55 || bytes[offset + 1] != 0xaa)
		return NULL;
	size_t pcir = offset + get16(bytes + offset + 0x18);
	if (pcir + PCIR_SIZE > length || memcmp(bytes + pcir, "PCIR", 4) != 0)
		return NULL;
	return bytes + pcir;
}

/* From revision 3 on a list of devices may stand behind the structure. */
static void decode_devices(const uint8_t *pcir, const uint8_t *end, struct rom_image *image)
{
	const uint8_t *at = pcir + get16(pcir + 8);

	if (pcir[0x0c] < 3 || at == pcir)
		return;
	for (unsigned i = 0; i + 1 < ROM_MAX_DEVICES && at + 2 <= end && get16(at) != 0; i++) {
		image->more[i] = get16(at);
		at += 2;
	}
}

static void decode_image(const uint8_t *start, const uint8_t *pcir, const uint8_t *end,
			 struct rom_image *image)
{
	decode_devices(pcir, end, image);
	image->vendor = get16(pcir + 4);
	image->device = get16(pcir + 6);
	image->length = (size_t)get16(pcir + 0x10) * BLOCK;
	image->kind = pcir[0x14];
	if (image->kind != ROM_EFI)
		return;
	image->signature_good = memcmp(start + 4, "\xf1\x0e\x00\x00", 4) == 0;
	image->machine = get16(start + EFI_MACHINE);
}

/* Where the first image starts: behind a vendor's header, if there is one. */
static bool find_first(const uint8_t *bytes, size_t length, size_t *ret)
{
	for (size_t at = 0; at < length && at <= MAX_HEADER; at++)
		if (find_pcir(bytes, length, at))
			return *ret = at, true;
	return false;
}

static bool is_blank(const uint8_t *bytes, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (bytes[i] != bytes[0])
			return false;
	return length > 0 && (bytes[0] == 0 || bytes[0] == 0xff);
}

bool rom_read(const uint8_t *bytes, size_t length, struct rom *ret, GError **error)
{
	size_t at = 0;

	*ret = (struct rom){ 0 };
	if (length == 0)
		return fail(error, "the file is empty");
	if (is_blank(bytes, length))
		return fail(error,
			    "every byte of it is %02x: it was read while the card did not "
			    "show its ROM",
			    bytes[0]);
	if (!find_first(bytes, length, &at))
		return fail(error, "it is no ROM of a PCI device: there is no image with 55 AA at "
				   "its start and a PCIR structure");
	ret->header = at;
	while (!ret->complete && ret->n_images < ROM_MAX_IMAGES) {
		const uint8_t *pcir = find_pcir(bytes, length, at);
		if (!pcir && ret->n_images > 0 && at + 2 <= length &&
		    memcmp(bytes + at, "VN", 2) == 0)
			return ret->complete = true; /* NVIDIA's own images follow */
		struct rom_image *image = &ret->images[ret->n_images];
		if (!pcir)
			return fail(error,
				    "it is cut off, or damaged: there is no image at byte "
				    "%zu, where the one before says that another follows",
				    at);
		image->offset = at;
		decode_image(bytes + at, pcir, bytes + length, image);
		ret->n_images++;
		if (image->length == 0 || image->length > length - at)
			return fail(error,
				    "it is cut off: the image at byte %zu has %zu bytes, "
				    "and the file ends after %zu",
				    at, image->length, length - at);
		ret->complete = (pcir[0x15] & LAST_IMAGE) != 0;
		at += image->length;
	}
	return true;
}

/* ---- judging ---- */

static bool is_for(const struct rom_image *image, const struct rom_wish *wish)
{
	bool device = wish->device < 0 || image->device == wish->device;

	for (unsigned i = 0; !device && image->more[i] != 0; i++)
		device = image->more[i] == wish->device;
	return device && (wish->vendor < 0 || image->vendor == wish->vendor);
}

static bool judge_ids(const struct rom *rom, const struct rom_wish *wish, GError **error)
{
	for (unsigned i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];
		if (!is_for(image, wish))
			return fail(error,
				    "it is of another card: %04x:%04x, and the device is "
				    "%04x:%04x",
				    image->vendor, image->device, (unsigned)wish->vendor & 0xffff,
				    (unsigned)wish->device & 0xffff);
	}
	return true;
}

static bool is_bootable(const struct rom_image *image)
{
	return image->kind == ROM_EFI && image->signature_good && image->machine == EFI_X86_64;
}

static bool judge_kinds(const struct rom *rom, const struct rom_wish *wish, GError **error)
{
	const struct rom_image *efi = NULL;

	for (unsigned i = 0; wish->efi && i < rom->n_images; i++) {
		if (is_bootable(&rom->images[i]))
			return true;
		if (rom->images[i].kind == ROM_EFI)
			efi = &rom->images[i];
	}
	if (!wish->efi)
		return true;
	if (!efi)
		return fail(error, "it has no EFI image: the guest's UEFI firmware could not use "
				   "the card");
	if (!efi->signature_good)
		return fail(error, "its EFI image at byte %zu lacks the signature 0EF1",
			    efi->offset);
	return fail(error, "its EFI image is for machine type %04x, not for x86-64 (8664)",
		    efi->machine);
}

bool rom_judge(const struct rom *rom, const struct rom_wish *wish, GError **error)
{
	if (rom->header > 0) {
		fail(error, "%zu bytes of a flash tool's header stand before the ROM itself",
		     rom->header);
		error_hint(error, "cut them off: tail -c +%zu FILE > NEWFILE", rom->header + 1);
		return false;
	}
	return judge_ids(rom, wish, error) && judge_kinds(rom, wish, error);
}
