/* See rom.h. */
#include "probe/rom.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "model/rom.h"

#define ROM_MAX (2 * 1024 * 1024)

/* One that is cut off is not judged here: what is in front of the cut counts. */
void rom_decode(const uint8_t *bytes, size_t length, struct rom_content *ret)
{
	struct rom rom;

	*ret = (struct rom_content){ 0 };
	rom_read(bytes, length, &rom, NULL);
	if (rom.n_images == 0)
		return;
	ret->valid = true;
	ret->leading = rom.header;
	ret->vendor = rom.images[0].vendor;
	ret->device = rom.images[0].device;
	for (unsigned i = 0; i < rom.n_images; i++)
		ret->efi = ret->efi || rom.images[i].kind == ROM_EFI;
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
	if (leading && text_to_u32(leading, 10, ROM_MAX, &value))
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
