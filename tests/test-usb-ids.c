/* The list of USB ids: what is found in it, and what a broken one does. */
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
	g_test_add_func("/usb-ids/installed", test_installed);
	return g_test_run();
}
