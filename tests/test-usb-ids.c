/* The list of USB ids: what is found in it, and what a broken one does. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "base/usb_ids.h"

static const char list[] = "# comment\n\n"
			   "046d  Logitech, Inc.\n"
			   "\tc52b  Unifying Receiver\n"
			   "\t\t00  An interface\n"
			   "# in between\n"
			   "\tC534  Nano\033 Receiver  \r\n"
			   "05e3  Genesys Logic, Inc.\n"
			   "\t0608  Hub\n"
			   "zzzz  Not a number\n"
			   "C 03  Human Interface Device\n"
			   "\t01  Boot Interface Subclass\n"
			   "ffff  ";

static struct usb_ids *open_list(const char *text, char **path)
{
	int fd = g_file_open_tmp("vfiokit-ids-XXXXXX", path, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(*path, text, -1, NULL));
	return usb_ids_new(*path);
}

static void expect(char *name, const char *wanted)
{
	g_assert_cmpstr(name, ==, wanted);
	g_free(name);
}

static void test_names(void)
{
	g_autofree char *path = NULL;
	struct usb_ids *ids = open_list(list, &path);

	expect(usb_ids_vendor(ids, 0x046d), "Logitech, Inc.");
	expect(usb_ids_product(ids, 0x046d, 0xc52b), "Unifying Receiver");
	expect(usb_ids_product(ids, 0x046d, 0xc534), "Nano? Receiver");
	expect(usb_ids_product(ids, 0x046d, 0x0608), NULL);
	expect(usb_ids_product(ids, 0x05e3, 0x0608), "Hub");
	expect(usb_ids_product(ids, 0x05e3, 0x01), NULL);
	expect(usb_ids_product(ids, -1, 0x0608), NULL);
	expect(usb_ids_product(ids, 0x05e3, -1), NULL);
	expect(usb_ids_vendor(ids, 0xffff), NULL);
	expect(usb_ids_vendor(ids, 0x10000), NULL);
	expect(usb_ids_class(ids, 3), "Human Interface Device");
	expect(usb_ids_class(ids, 9), NULL);
	expect(usb_ids_class(ids, 256), NULL);
	usb_ids_free(ids);
	g_unlink(path);
}

static void test_broken(void)
{
	static const char *const texts[] = { "",       "\n",        "046d",
					     "046d  ", "\t046d  x", "046d  \n\tc52b" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path = NULL;
		struct usb_ids *ids = open_list(texts[i], &path);
		expect(usb_ids_vendor(ids, 0x046d), NULL);
		expect(usb_ids_product(ids, 0x046d, 0xc52b), NULL);
		expect(usb_ids_class(ids, 3), NULL);
		usb_ids_free(ids);
		g_unlink(path);
	}
	struct usb_ids *none = usb_ids_new("/nonexistent");
	expect(usb_ids_vendor(none, 0x046d), NULL);
	usb_ids_free(none);
	usb_ids_free(NULL);
}

/* ---- udev's database ---- */

struct image {
	uint8_t data[512];
	size_t size;
};

static void put_64(struct image *image, size_t at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		image->data[at + i] = (uint8_t)(value >> (8 * i));
}

static size_t put_text(struct image *image, const char *text)
{
	size_t at = image->size;

	memcpy(image->data + at, text, strlen(text) + 1);
	image->size += strlen(text) + 1;
	return at;
}

/* A node with one value (NULL: none) and room for n children behind it; returns where it is. */
static size_t put_node(struct image *image, const char *prefix, const char *key, const char *value,
		       unsigned n)
{
	size_t prefix_at = put_text(image, prefix);
	size_t key_at = key ? put_text(image, key) : 0;
	size_t value_at = value ? put_text(image, value) : 0;
	size_t at = image->size;

	put_64(image, at, prefix_at);
	image->data[at + 8] = (uint8_t)n;
	put_64(image, at + 16, key ? 1 : 0);
	put_64(image, at + 24 + 16 * (size_t)n, key_at);
	put_64(image, at + 24 + 16 * (size_t)n + 8, value_at);
	image->size = at + 24 + 16 * (size_t)n + 16;
	return at;
}

static void put_child(struct image *image, size_t node, unsigned index, char c, size_t child)
{
	image->data[node + 24 + 16 * (size_t)index] = (uint8_t)c;
	put_64(image, node + 24 + 16 * (size_t)index + 8, child);
}

/* The patterns "usb:v046D*" and "usb:v046DpC52B*". */
static void make_image(struct image *image)
{
	static const unsigned sizes[] = { 80, 24, 16, 16 };

	*image = (struct image){ .size = 80 };
	memcpy(image->data, "KSLPHHRH", 8);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		put_64(image, 24 + 8 * i, sizes[i]);
	size_t root = put_node(image, "usb:v046D", NULL, NULL, 2);
	size_t vendor = put_node(image, "", " ID_VENDOR_FROM_DATABASE", "Logitech, Inc.", 0);
	size_t model = put_node(image, "C52B*", " ID_MODEL_FROM_DATABASE", "Receiver", 0);
	put_child(image, root, 0, '*', vendor);
	put_child(image, root, 1, 'p', model);
	put_64(image, 56, root);
}

static struct usb_ids *open_image(const struct image *image, const char *path)
{
	/* A new file each time: replacing one waits for the disk. */
	g_unlink(path);
	FILE *file = fopen(path, "we");

	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(image->data, 1, image->size, file), ==, image->size);
	g_assert_cmpint(fclose(file), ==, 0);
	return usb_ids_new(path);
}

static void test_hwdb(void)
{
	g_autofree char *path = NULL;
	struct image image;

	usb_ids_free(open_list("", &path));
	make_image(&image);
	struct usb_ids *ids = open_image(&image, path);
	expect(usb_ids_vendor(ids, 0x046d), "Logitech, Inc.");
	expect(usb_ids_product(ids, 0x046d, 0xc52b), "Receiver");
	expect(usb_ids_product(ids, 0x046d, 0xc52c), NULL);
	expect(usb_ids_product(ids, 0x046d, -1), NULL);
	expect(usb_ids_vendor(ids, 0x046e), NULL);
	expect(usb_ids_class(ids, 3), NULL);
	usb_ids_free(ids);
	g_unlink(path);
}

/* Whatever a byte of it says, and wherever it ends, nothing outside it is read. */
static void test_hwdb_broken(void)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	g_autofree char *path = NULL;
	struct image whole;

	usb_ids_free(open_list("", &path));
	make_image(&whole);
	for (size_t i = 0; i < whole.size * (G_N_ELEMENTS(values) + 1); i++) {
		struct image image = whole;
		size_t at = i % whole.size, which = i / whole.size;
		if (which < G_N_ELEMENTS(values))
			image.data[at] = values[which];
		else
			image.size = at;
		struct usb_ids *ids = open_image(&image, path);
		g_free(usb_ids_vendor(ids, 0x046d));
		g_free(usb_ids_product(ids, 0x046d, 0xc52b));
		usb_ids_free(ids);
	}
	g_unlink(path);
}

/* Where a list is installed it knows the vendor of every root hub. */
static void test_installed(void)
{
	struct usb_ids *ids = usb_ids_new(NULL);
	g_autofree char *vendor = usb_ids_vendor(ids, 0x1d6b);

	if (vendor)
		g_assert_cmpstr(vendor, ==, "Linux Foundation");
	else
		g_test_skip("no list is installed");
	usb_ids_free(ids);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/usb-ids/names", test_names);
	g_test_add_func("/usb-ids/broken", test_broken);
	g_test_add_func("/usb-ids/hwdb", test_hwdb);
	g_test_add_func("/usb-ids/hwdb-broken", test_hwdb_broken);
	g_test_add_func("/usb-ids/installed", test_installed);
	return g_test_run();
}
