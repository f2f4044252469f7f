/* What a loader's entries start: see boot.h. */
#include <string.h>

#include "base/text.h"
#include "model/boot.h"

#define ENTRIES "/loader/entries/"

/* ---- lines of entries ---- */

static const char *const keys[] = { "linux", "initrd", "efi" };

/* What follows one of the keys and blanks; NULL: the line has none of them. */
static const char *find_value(const char *line)
{
	line += strspn(line, " \t");
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *rest = text_after(line, keys[i]);
		if (rest && (*rest == ' ' || *rest == '\t'))
			return rest + strspn(rest, " \t");
	}
	return NULL;
}

bool boot_entry_next(const char **cursor, const char **value, size_t *length)
{
	while (**cursor) {
		*value = find_value(*cursor);
		*cursor += strcspn(*cursor, "\n");
		*cursor += **cursor == '\n';
		*length = *value ? strcspn(*value, " \t\r\n") : 0;
		if (*length > 0)
			return true;
	}
	return false;
}

char *boot_entry_path(const char *entry, const char *value, size_t length)
{
	const char *folder = strstr(entry, ENTRIES);

	return g_strdup_printf("%.*s%s%.*s", (int)(folder ? folder - entry : 0), entry,
			       *value == '/' ? "" : "/", (int)length, value);
}

/* ---- images ---- */

const struct boot_image *boot_image_find(const struct boot *boot, const char *path)
{
	for (unsigned i = 0; i < boot->n_images; i++)
		if (strcmp(boot->images[i].path, path) == 0)
			return &boot->images[i];
	return NULL;
}

bool boot_copies_all(const struct boot *boot)
{
	return boot->chain == BOOT_KERNEL_INSTALL || boot->chain == BOOT_KERNELSTUB;
}

bool boot_is_in_place(const struct boot *boot)
{
	return boot_copies_all(boot) || boot->initramfs == INITRAMFS_DRACUT ||
	       boot->initramfs == INITRAMFS_MKINITCPIO;
}
