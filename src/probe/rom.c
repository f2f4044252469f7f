/* See rom.h. */
#include "probe/rom.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"

#define ROM_MAX     (2 * 1024 * 1024)
#define LEADING_MAX (64 * 1024) /* of the header of a flash tool */
#define BLOCK       512
#define POINTER     0x18 /* of the header: where the PCI data structure is */
#define PCIR_SIZE   0x18
#define IMAGES_MAX  32
#define CODE_EFI    3

static unsigned read_u16(const uint8_t *at)
{
	return at[0] | (unsigned)at[1] << 8;
}

/* The PCI data structure of the image at offset; NULL: there is none. */
static const uint8_t *find_structure(const uint8_t *bytes, size_t length, size_t offset)
{
	const uint8_t *image = bytes + offset;

	if (offset + POINTER + 2 > length || image[0] != 0x55 || image[1] != 0xaa)
		return NULL;
	size_t at = offset + read_u16(image + POINTER);
	if (at + PCIR_SIZE > length || memcmp(bytes + at, "PCIR", 4) != 0)
		return NULL;
	return bytes + at;
}

/* Tools that read ROMs out of cards put a header of their own in front. */
static bool find_first(const uint8_t *bytes, size_t length, size_t *ret)
{
	for (size_t at = 0; at < MIN(length, LEADING_MAX); at++)
		if (find_structure(bytes, length, at)) {
			*ret = at;
			return true;
		}
	return false;
}

void rom_decode(const uint8_t *bytes, size_t length, struct rom_content *ret)
{
	size_t at;

	*ret = (struct rom_content){ 0 };
	if (!find_first(bytes, length, &at))
		return;
	ret->valid = true;
	ret->leading = at;
	for (unsigned n = 0; n < IMAGES_MAX; n++) {
		const uint8_t *structure = find_structure(bytes, length, at);
		if (!structure)
			return;
		if (n == 0) {
			ret->vendor = (uint16_t)read_u16(structure + 4);
			ret->device = (uint16_t)read_u16(structure + 6);
		}
		ret->efi = ret->efi || structure[0x14] == CODE_EFI;
		size_t size = read_u16(structure + 0x10) * (size_t)BLOCK;
		if (size == 0 || structure[0x15] & 0x80) /* the last one */
			return;
		at += size;
	}
}

void rom_describe(struct root *root, const char *path, GString *out)
{
	struct root_node node;
	struct rom_content content;
	size_t length = 0;
	int error = 0;
	g_autofree char *bytes = root_read_all(root, path, ROM_MAX, &length, &error);

	g_string_append_printf(out, "rom\t%s", path);
	if (root_stat(root, path, &node) == 0)
		g_string_append_printf(out, "\tmode=%04o\tuid=%u", node.mode, node.uid);
	if (!bytes && error == ENOENT && root_is_whole(root))
		g_string_append(out, "\tabsent");
	if (bytes) {
		rom_decode((const uint8_t *)bytes, length, &content);
		if (content.valid)
			g_string_append_printf(out, "\tvalid\tids=%04x:%04x\tleading=%zu",
					       content.vendor, content.device, content.leading);
		else
			g_string_append(out, "\tinvalid");
		if (content.efi)
			g_string_append(out, "\tefi");
	}
	g_string_append_c(out, '\n');
}

static void set_word(struct rom_file *rom, const char *word)
{
	const char *ids = text_after(word, "ids="), *mode = text_after(word, "mode=");
	const char *uid = text_after(word, "uid="), *leading = text_after(word, "leading=");
	uint32_t value, other;

	if (strcmp(word, "absent") == 0)
		rom->there = TRI_NO;
	if (strcmp(word, "efi") == 0)
		rom->efi = TRI_YES;
	if (strcmp(word, "valid") == 0 || strcmp(word, "invalid") == 0) {
		rom->there = TRI_YES;
		rom->valid = *word == 'v' ? TRI_YES : TRI_NO;
		rom->efi = rom->efi == TRI_YES ? TRI_YES : TRI_NO;
	}
	if (ids && text_hex(ids, 4, &value) && ids[4] == ':' && text_hex(ids + 5, 4, &other)) {
		rom->vendor = (int)value;
		rom->device = (int)other;
	}
	if (mode && text_to_u32(mode, 8, 07777, &value))
		rom->mode = (int)value;
	if (uid && text_to_u32(uid, 10, G_MAXUINT32, &value))
		rom->uid = value;
	if (leading && text_to_u32(leading, 10, LEADING_MAX, &value))
		rom->leading = value;
}

bool rom_parse(struct host *host, char **words, struct rom_file *ret)
{
	*ret = (struct rom_file){
		.path = host_string(host, words[1]),
		.there = TRI_UNKNOWN,
		.valid = TRI_UNKNOWN,
		.efi = TRI_UNKNOWN,
		.vendor = -1,
		.device = -1,
		.mode = -1,
		.uid = -1,
	};
	for (char **word = words + 2; *word; word++)
		set_word(ret, *word);
	return *ret->path == '/';
}
