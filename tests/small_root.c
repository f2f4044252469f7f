/* See small_root.h. */
#include "small_root.h"

#include <string.h>

char *small_path(const char *folder, const char *name)
{
	return g_build_filename(folder, name, NULL);
}

void small_put(const char *folder, const char *name, const char *text, gssize length)
{
	g_autofree char *path = small_path(folder, name);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, length, NULL));
}

/* The format is that of cpio, "newc". */
void small_put_archive(const char *folder, const char *name, const char *file)
{
	const char *const names[] = { file, "TRAILER!!!" };
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_string_append(text, "070701");
		for (unsigned field = 0; field < 13; field++)
			g_string_append_printf(text, "%08x",
					       field == 11 ? (unsigned)strlen(names[i]) + 1 : 0);
		g_string_append_len(text, names[i], (gssize)strlen(names[i]) + 1);
		while (text->len % 4 != 0)
			g_string_append_c(text, '\0');
	}
	small_put(folder, name, text->str, (gssize)text->len);
}
