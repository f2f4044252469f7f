/* Sizes: as libvirt writes them, and as people do. */
#include <glib.h>

#include "base/size.h"

static void test_parse(void)
{
	static const struct {
		const char *number, *unit;
		uint64_t bytes; /* 0: none */
	} cases[] = {
		{ "4", NULL, 4 * KIB },
		{ "4", "MiB", 4 * MIB },
		{ "4", "MB", 4000000 },
		{ "4", "M", 4 * MIB },
		{ "1", "TiB", 1024 * GIB },
		{ "7", "bytes", 7 },
		{ "18446744073709551615", "b", UINT64_MAX },
		{ "18014398509481983", "KiB", UINT64_MAX - KIB + 1 },
		{ "18014398509481984", "KiB", 0 },
		{ "4", "mib", 0 },
		{ "4", "", 0 },
		{ "", "MiB", 0 },
		{ "-4", "MiB", 0 },
		{ NULL, "MiB", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint64_t bytes = 12345;
		bool good = size_parse(cases[i].number, cases[i].unit, &bytes);
		g_assert_true(good == (cases[i].bytes > 0));
		g_assert_cmpuint(bytes, ==, good ? cases[i].bytes : 12345);
	}
}

static void test_read(void)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 1: none */
	} cases[] = {
		{ "16G", 16 * GIB },
		{ "16g", 16 * GIB },
		{ "16GB", 16 * GIB },
		{ "16gib", 16 * GIB },
		{ "12288M", 12 * GIB },
		{ "8388608K", 8 * GIB },
		{ "2T", 2048 * GIB },
		{ "0G", 0 },
		{ "8388607T", 8388607ULL * 1024 * GIB },
		{ "8388608T", 1 },
		{ "99999999999999999999G", 1 },
		{ "16", 1 },
		{ "G", 1 },
		{ "", 1 },
		{ "16 G", 1 },
		{ "1.5G", 1 },
		{ "-1G", 1 },
		{ "16Gi", 1 },
		{ "16GiBs", 1 },
		{ "16P", 1 },
		{ "none", 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint64_t bytes = 1;
		bool good = size_read(cases[i].text, &bytes);
		if (good != (cases[i].bytes != 1) || bytes != cases[i].bytes)
			g_error("'%s' is read as %" G_GUINT64_FORMAT, cases[i].text, bytes);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/size/parse", test_parse);
	g_test_add_func("/size/read", test_read);
	return g_test_run();
}
