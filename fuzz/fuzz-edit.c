/* Fuzzes the edits of others' files: the first byte chooses the format, the second the word, the
 * rest is the text; the laws of edit.h must hold for it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "edit/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct edit_place places[] = {
	{ EDIT_CMDLINE, NULL, EDIT_LAST, false, false },
	{ EDIT_SHELL, "X", EDIT_LAST, false, false },
	{ EDIT_SHELL, "X", EDIT_LAST, true, false },
	{ EDIT_SHELL, "X", EDIT_LAST, false, true },
	{ EDIT_ENTRY, "options", EDIT_LAST, false, false },
	{ EDIT_REFIND, NULL, 0, false, false },
	{ EDIT_LIMINE, "cmdline", 0, false, false },
	{ EDIT_MODPROBE, "options vfio-pci", EDIT_LAST, false, false },
	{ EDIT_YAML, "x", EDIT_LAST, false, false },
	{ EDIT_LINES, NULL, EDIT_LAST, false, false },
};

static const char *const words[] = {
	"iommu=pt", "intel_iommu=on", "vfio_pci", "ids=1:2,3:4", "a=\"b c\"", "x'y", ""
};

static void demand(bool law)
{
	if (!law)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const struct edit_place *place = &places[data[0] % G_N_ELEMENTS(places)];
	const char *word = words[data[1] % G_N_ELEMENTS(words)];
	g_autofree char *text = g_strndup((const char *)data + 2, size - 2);
	g_autoptr(GError) error = NULL;
	g_autofree char *without = edit_remove(text, place, word);
	g_autofree char *after = edit_add(text, place, word, &error);

	demand(!edit_has(without, place, word));
	demand((after != NULL) != (error != NULL));
	if (!after)
		return 0;
	g_autofree char *twice = edit_add(after, place, word, NULL);
	g_autofree char *back = edit_remove(after, place, word);
	demand(edit_has(after, place, word));
	demand(twice && strcmp(twice, after) == 0);
	if (strcmp(without, text) == 0)
		demand(strcmp(back, text) == 0);
	return 0;
}
