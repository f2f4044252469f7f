/* See boot_parts.h: what the parts say, and ask. */
#include "model/boot_parts.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

G_GNUC_PRINTF(2, 0)
static const char *keep_text(struct boot_judge *judge, const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);

	return host_string(judge->host, text);
}

void boot_note(struct boot_judge *judge, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(judge->evidence, (gpointer)keep_text(judge, format, args));
	va_end(args);
}

enum boot_chain boot_doubt(struct boot_judge *judge, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	judge->boot->uncertain = keep_text(judge, format, args);
	va_end(args);
	return BOOT_UNCERTAIN;
}

bool boot_is_there(const struct boot *boot, const char *name)
{
	return boot_has(boot, name) == TRI_YES;
}

bool boot_has_setting(const char *text, const char *key, const char *value)
{
	size_t n = strlen(key), length;
	const char *line;

	while (text && (line = text_next_line(&text, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		g_strstrip(copy);
		if (strncmp(copy, key, n) != 0 || copy[n] != '=')
			continue;
		char *set = copy + n + 1;
		size_t end = strlen(set);
		if (end >= 2 && (*set == '"' || *set == '\'') && set[end - 1] == *set) {
			set[end - 1] = '\0';
			set++;
		}
		if (strcmp(set, value) == 0)
			return true;
	}
	return false;
}

const char *boot_on_partition(const struct boot *boot, const char *path)
{
	static const char *const folders[] = { "/boot", "/efi", "/boot/efi" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *full = g_strconcat(folders[i], path, NULL);
		const struct boot_file *file = boot_file_find(boot, full);
		if (file && boot_has(boot, full) == TRI_YES)
			return file->path;
	}
	return NULL;
}
