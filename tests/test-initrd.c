/* Images of kernels' first file systems: every packing, several archives in one, and damage. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/cpio.h"
#include "base/error.h"
#include "base/initrd.h"
#include "base/root.h"
#include "base/run.h"

/* ---- making them ---- */

static void put_padding(GByteArray *bytes)
{
	while (bytes->len % 4 != 0)
		g_byte_array_append(bytes, (const guint8 *)"", 1);
}

static void put_file(GByteArray *bytes, const char *name, size_t size)
{
	g_autofree char *header =
		g_strdup_printf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1,
				0100644, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0,
				(unsigned)strlen(name) + 1, 0);
	g_autofree char *content = g_strnfill(size, 'x');

	g_byte_array_append(bytes, (const guint8 *)header, (guint)strlen(header));
	g_byte_array_append(bytes, (const guint8 *)name, (guint)strlen(name) + 1);
	put_padding(bytes);
	g_byte_array_append(bytes, (const guint8 *)content, (guint)size);
	put_padding(bytes);
}

/* An archive of these names, with padding behind it as the kernel's makers put it. */
static GByteArray *make_archive(const char *const *names)
{
	GByteArray *bytes = g_byte_array_new();

	for (size_t i = 0; names[i]; i++)
		put_file(bytes, names[i], 1 + i * 777);
	put_file(bytes, "TRAILER!!!", 0);
	while (bytes->len % 512 != 0)
		g_byte_array_append(bytes, (const guint8 *)"", 1);
	return bytes;
}

static void put_u32(GByteArray *bytes, size_t offset, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		bytes->data[offset + i] = (guint8)(value >> 8 * i);
}

/* A PE file of two sections, the second being the image. */
static GByteArray *make_unified(const GByteArray *image)
{
	GByteArray *bytes = g_byte_array_new();
	const size_t table = 0x80 + 24, start = 0x200;

	g_byte_array_set_size(bytes, (guint)start);
	memset(bytes->data, 0, start);
	memcpy(bytes->data, "MZ", 2);
	put_u32(bytes, 0x3c, 0x80);
	bytes->data[0x80 + 6] = 2; /* sections; no optional header */
	memcpy(bytes->data + table, ".cmdline", 8);
	memcpy(bytes->data + table + 40, ".initrd", 7);
	put_u32(bytes, table + 40 + 8, image->len);
	put_u32(bytes, table + 40 + 16, image->len + 100);
	put_u32(bytes, table + 40 + 20, (uint32_t)start);
	g_byte_array_append(bytes, image->data, image->len);
	g_byte_array_append(bytes, (const guint8 *)"after it", 8);
	return bytes;
}

/* ---- reading them ---- */

struct folder {
	char *path;
	char *file;
	struct root *root;
};

static void setup(struct folder *folder, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	folder->path = g_dir_make_tmp("vfiokit-initrd-XXXXXX", &error);
	g_assert_no_error(error);
	folder->file = g_build_filename(folder->path, "image", NULL);
	folder->root = root_open(folder->path, &error);
	g_assert_no_error(error);
}

static void teardown(struct folder *folder, gconstpointer data)
{
	root_free(folder->root);
	g_remove(folder->file);
	g_rmdir(folder->path);
	g_free(folder->file);
	g_free(folder->path);
}

static void put(const struct folder *folder, const GByteArray *bytes)
{
	g_autoptr(GError) error = NULL;

	g_file_set_contents(folder->file, (const char *)bytes->data, bytes->len, &error);
	g_assert_no_error(error);
}

static void check_names(const struct folder *folder, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = initrd_list(folder->root, "/image", &error);
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(text, "%s ", (const char *)names->pdata[i]);
	g_assert_cmpstr(text->str, ==, expected);
}

static void check_fails(const struct folder *folder, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = initrd_list(folder->root, "/image", &error);

	g_assert_null(names);
	g_assert_error(error, VFIOKIT_ERROR, STATUS_FAILED);
	if (!strstr(error->message, why))
		g_error("'%s' does not say '%s'", error->message, why);
}

static const char *const early[] = { "kernel", "kernel/x86/microcode/GenuineIntel.bin", NULL };
static const char *const rest[] = { ".", "./etc/udev/rules.d/10-vfiokit.rules", "/init",
				    "usr/lib/modules/6.1/vfio-pci.ko.xz", NULL };

#define NAMES                                                                                      \
	"kernel kernel/x86/microcode/GenuineIntel.bin . etc/udev/rules.d/10-vfiokit.rules init "   \
	"usr/lib/modules/6.1/vfio-pci.ko.xz "

static void test_plain(struct folder *folder, gconstpointer data)
{
	g_autoptr(GByteArray) bytes = make_archive(early);
	g_autoptr(GByteArray) second = make_archive(rest);

	g_byte_array_append(bytes, second->data, second->len);
	put(folder, bytes);
	check_names(folder, NAMES);
}

/* The same names, whatever the pieces in which they come. */
static void test_pieces(void)
{
	g_autoptr(GByteArray) bytes = make_archive(rest);

	for (size_t piece = 1; piece < 700; piece += 13) {
		struct cpio_reader reader;
		cpio_reader_init(&reader);
		for (size_t at = 0; at < bytes->len; at += piece)
			cpio_feed(&reader, bytes->data + at, MIN(piece, bytes->len - at));
		g_assert_true(cpio_is_whole(&reader));
		g_assert_cmpuint(reader.names->len, ==, 4);
		cpio_reader_clear(&reader);
	}
}

static void append(const char *data, size_t length, void *user)
{
	g_byte_array_append(user, (const guint8 *)data, (guint)length);
}

/* Packs bytes with a program that works on the file; NULL: it is not here. */
static GByteArray *packed(const struct folder *folder, const GByteArray *bytes, const char *command)
{
	g_auto(GStrv) argv = g_strsplit(command, " ", -1);
	GByteArray *out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	if (!run_can(argv[0])) {
		g_byte_array_unref(out);
		return NULL;
	}
	put(folder, bytes);
	FILE *file = g_fopen(folder->file, "rb");
	g_assert_nonnull(file);
	run_filter((const char *const *)argv, fileno(file), append, out, 60, &error);
	g_assert_no_error(error);
	fclose(file);
	return out;
}

static void test_packed(struct folder *folder, gconstpointer data)
{
	g_autoptr(GByteArray) image = make_archive(early);
	g_autoptr(GByteArray) second = make_archive(rest);
	g_autoptr(GByteArray) whole = packed(folder, second, data);

	if (!whole) {
		g_test_skip("there is no such program here");
		return;
	}
	g_byte_array_append(image, whole->data, whole->len);
	put(folder, image);
	check_names(folder, NAMES);

	g_autoptr(GByteArray) unified = make_unified(image);
	put(folder, unified);
	check_names(folder, NAMES);

	g_byte_array_set_size(image, image->len - whole->len / 2);
	put(folder, image);
	check_fails(folder, "image");
}

static void test_damaged(struct folder *folder, gconstpointer data)
{
	g_autoptr(GByteArray) bytes = make_archive(rest);
	g_autoptr(GByteArray) empty = g_byte_array_new();

	g_byte_array_append(empty, (const guint8 *)"\0\0\0\0\0\0\0\0", 8);
	put(folder, empty);
	check_fails(folder, "it is empty");
	bytes->data[3] = 'x';
	put(folder, bytes);
	check_fails(folder, "it is cut off or damaged");
	bytes->data[3] = '7';
	g_byte_array_set_size(bytes, bytes->len - 700);
	put(folder, bytes);
	check_fails(folder, "it is cut off or damaged");
	g_byte_array_set_size(bytes, 0);
	g_byte_array_append(bytes, (const guint8 *)"what is this?", 13);
	put(folder, bytes);
	check_fails(folder, "packed in a way that is not known");
	g_remove(folder->file);
	check_fails(folder, "No such file");
}

static const char *const packers[] = { "gzip -c", "zstd -cq", "xz -c --check=crc32", "lz4 -l -c",
				       "lz4 -c",  "bzip2 -c", "xz --format=lzma -c", "lzop -c" };

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/initrd/pieces", test_pieces);
	g_test_add("/initrd/plain", struct folder, NULL, setup, test_plain, teardown);
	g_test_add("/initrd/damaged", struct folder, NULL, setup, test_damaged, teardown);
	for (size_t i = 0; i < G_N_ELEMENTS(packers); i++) {
		g_autofree char *name = g_strdup_printf("/initrd/packed/%s", packers[i]);
		g_test_add(name, struct folder, packers[i], setup, test_packed, teardown);
	}
	return g_test_run();
}
