/* See size.h. */
#include "base/size.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "b", 1 },          { "bytes", 1 },        { "KB", 1000 },
	{ "k", KIB },        { "KiB", KIB },        { "MB", 1000 * 1000 },
	{ "M", MIB },        { "MiB", MIB },        { "GB", 1000 * 1000 * 1000 },
	{ "G", GIB },        { "GiB", GIB },        { "TB", (uint64_t)1000 * 1000 * 1000 * 1000 },
	{ "T", GIB * 1024 }, { "TiB", GIB * 1024 },
};

bool size_parse(const char *number, const char *unit, uint64_t *ret)
{
	uint64_t value;

	if (!number || !text_to_u64(number, 10, &value))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strcmp(units[i].name, unit ? unit : "KiB") != 0)
			continue;
		if (value > UINT64_MAX / units[i].bytes)
			return false;
		*ret = value * units[i].bytes;
		return true;
	}
	return false;
}

bool size_read(const char *text, uint64_t *ret)
{
	static const char letters[] = "KMGT";
	const char *unit = text + strspn(text, "0123456789");
	const char *letter = *unit ? strchr(letters, g_ascii_toupper(*unit)) : NULL;
	g_autofree char *number = g_strndup(text, (gsize)(unit - text));
	uint64_t value;

	if (!letter || !text_to_u64(number, 10, &value) ||
	    (unit[1] && g_ascii_strcasecmp(unit + 1, "b") != 0 &&
	     g_ascii_strcasecmp(unit + 1, "ib") != 0))
		return false;
	int shift = 10 * (int)(letter - letters + 1);
	if (value > UINT64_MAX >> 1 >> shift)
		return false;
	*ret = value << shift;
	return true;
}
