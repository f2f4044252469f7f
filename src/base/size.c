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
