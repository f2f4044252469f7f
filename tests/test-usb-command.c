/* `vfiokit usb` as people run it: on a recorded machine, as JSON, as text, with DEVICE arguments.
 */
#include <string.h>
#include <sys/wait.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "base/recording.h"
#include "base/tree.h"
#include "fixture.h"
#include "json-reader.h"

#define A     "pci0000:00/0000:00:14.0"
#define B     "pci0000:00/0000:00:1c.0"
#define USB   "/sys/bus/usb/devices/"
#define GROUP "/iommu_group -> ../../../kernel/iommu_groups/"

static const char *const machine[] = {
	"/sys/devices/" A "/class = 0x0c0330",
	"/sys/devices/" A "/vendor = 0x8086",
	"/sys/devices/" A "/device = 0xa12f",
	"/sys/devices/" A GROUP "4",
	"/sys/devices/pci0000:00/0000:00:14.2/class = 0x118000",
	"/sys/devices/pci0000:00/0000:00:14.2" GROUP "4",
	"/sys/devices/" B "/class = 0x0c0330",
	"/sys/devices/" B GROUP "5",
	"/sys/bus/pci/devices/0000:00:14.0 -> ../../../devices/" A,
	"/sys/bus/pci/devices/0000:00:14.2 -> ../../../devices/pci0000:00/0000:00:14.2",
	"/sys/bus/pci/devices/0000:00:1c.0 -> ../../../devices/" B,
	"/sys/kernel/iommu_groups/4/devices/0000:00:14.0 -> x",
	"/sys/kernel/iommu_groups/4/devices/0000:00:14.2 -> x",
	"/sys/kernel/iommu_groups/5/devices/0000:00:1c.0 -> x",
	USB "usb1 -> ../../../devices/" A "/usb1",
	USB "1-4 -> ../../../devices/" A "/usb1/1-4",
	USB "1-4.1 -> ../../../devices/" A "/usb1/1-4/1-4.1",
	USB "1-4.2 -> ../../../devices/" A "/usb1/1-4/1-4.2",
	USB "1-4.2:1.0 -> ../../../devices/" A "/usb1/1-4/1-4.2/1-4.2:1.0",
	USB "usb3 -> ../../../devices/" B "/usb3",
	"/sys/devices/" A "/usb1/speed = 480",
	"/sys/devices/" A "/usb1/1-4/maxchild = 4",
	"/sys/devices/" A "/usb1/1-4/1-4.1/idVendor = 046d",
	"/sys/devices/" A "/usb1/1-4/1-4.1/idProduct = c31c",
	"/sys/devices/" A "/usb1/1-4/1-4.1/manufacturer = Logitech",
	"/sys/devices/" A "/usb1/1-4/1-4.1/product = Logitech USB Keyboard",
	"/sys/devices/" A "/usb1/1-4/1-4.2/idVendor = 0781",
	"/sys/devices/" A "/usb1/1-4/1-4.2/idProduct = 5581",
	"/sys/devices/" A "/usb1/1-4/1-4.2/devnum = 9",
	"/sys/devices/" A "/usb1/1-4/1-4.2/serial = 4C530001",
	"/sys/devices/" A "/usb1/1-4/1-4.2/1-4.2:1.0/bInterfaceClass = 08",
	"/sys/devices/" A "/usb1/1-4/1-4.2/1-4.2:1.0/driver -> x/usb-storage",
	"/sys/devices/" B "/usb3/speed = 480",
	"/sys/class/input/input3 -> ../../devices/" A "/usb1/1-4/1-4.1/x/input/input3",
	"/sys/devices/" A "/usb1/1-4/1-4.1/x/input/input3/capabilities/key = "
	"402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe",
	"/sys/class/block/sdb1 -> ../../devices/" A "/usb1/1-4/1-4.2/x/block/sdb/sdb1",
	"/sys/devices/" A "/usb1/1-4/1-4.2/x/block/sdb/sdb1/dev = 8:17",
	"/sys/class/net/",
	"/sys/class/drm/",
	"/proc/net/route = Iface",
	"/proc/net/ipv6_route = ",
	"/proc/swaps = Filename",
	"/proc/self/mountinfo = 22 1 8:17 / /mnt rw - vfat /dev/sdb1 rw",
	NULL,
};

struct fixture {
	char *file;
	char *output;
	char *errors;
	int status;
};

static void set_up(struct fixture *fixture, gconstpointer data)
{
	struct tree *tree = tree_new();
	int fd = g_file_open_tmp("vfiokit-usb-XXXXXX", &fixture->file, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	fixture_put(tree, machine);
	g_autofree char *text = recording_emit(tree, NULL);
	g_assert_true(g_file_set_contents(fixture->file, text, -1, NULL));
	tree_free(tree);
}

static void forget(struct fixture *fixture)
{
	g_clear_pointer(&fixture->output, g_free);
	g_clear_pointer(&fixture->errors, g_free);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	forget(fixture);
	g_unlink(fixture->file);
	g_free(fixture->file);
}

/* Runs vfiokit --host FILE usb WORD…; ends with NULL. */
static void run_words(struct fixture *fixture, const char *const *words)
{
	const char *argv[16] = { g_getenv("VFIOKIT_PROGRAM"), "--host", fixture->file, "usb" };
	int status;

	for (unsigned n = 4; *words && n < G_N_ELEMENTS(argv) - 1; n++)
		argv[n] = *words++;
	forget(fixture);
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
				   &fixture->output, &fixture->errors, &status, NULL));
	g_assert_true(WIFEXITED(status));
	fixture->status = WEXITSTATUS(status);
}

#define RUN(fixture, ...) run_words(fixture, (const char *const[]){ __VA_ARGS__, NULL })

/* The same with an option and an argument; either may be NULL. */
static void run(struct fixture *fixture, const char *option, const char *argument)
{
	if (option)
		RUN(fixture, option, argument);
	else
		RUN(fixture, argument);
}

static bool prints(const struct fixture *fixture, const char *text)
{
	return strstr(fixture->output, text) != NULL;
}

static void check_stick(const struct reader *json)
{
	const char *stick = "controllers.0.buses.0.devices.0.devices.1";
	g_autofree char *port = g_strconcat(stick, ".port", NULL);
	g_autofree char *product = g_strconcat(stick, ".product", NULL);
	g_autofree char *class = g_strconcat(stick, ".interfaces.0.class", NULL);
	g_autofree char *subclass = g_strconcat(stick, ".interfaces.0.subclass", NULL);
	g_autofree char *driver = g_strconcat(stick, ".interfaces.0.driver", NULL);
	g_autofree char *use = g_strconcat(stick, ".uses.0.name", NULL);
	g_assert_cmpstr(reader_text(json, port), ==, "1-4.2");
	g_assert_cmpstr(reader_text(json, product), ==, "5581");
	g_assert_cmpstr(reader_text(json, class), ==, "08");
	g_assert_true(reader_is_null(json, subclass));
	g_assert_cmpstr(reader_text(json, driver), ==, "usb-storage");
	g_assert_cmpstr(reader_text(json, use), ==, "sdb1");
}

static void check_losses(const struct reader *json)
{
	g_assert_true(reader_bool(json, "controllers.0.loss.critical"));
	g_assert_true(reader_bool(json, "controllers.0.loss.last_keyboard"));
	g_assert_true(reader_bool(json, "controllers.0.loss.mounted_disk"));
	g_assert_false(reader_bool(json, "controllers.0.loss.root_disk"));
	g_assert_cmpstr(reader_text(json, "controllers.0.loss.uses.0.kind"), ==, "mounted-disk");
	g_assert_cmpstr(reader_text(json, "controllers.0.loss.uses.0.usb"), ==, "1-4.2");
	g_assert_false(reader_bool(json, "controllers.1.loss.critical"));
}

static void test_json(struct fixture *fixture, gconstpointer data)
{
	run(fixture, "--json", NULL);
	g_assert_cmpint(fixture->status, ==, 0);
	g_assert_false(prints(fixture, "4C530001"));
	struct reader *json = reader_parse(fixture->output, strlen(fixture->output));
	g_assert_nonnull(json);

	g_assert_cmpstr(reader_text(json, "schema"), ==, "vfiokit.usb/1");
	g_assert_cmpuint(reader_length(json, "controllers"), ==, 2);
	g_assert_cmpstr(reader_text(json, "controllers.0.address"), ==, "0000:00:14.0");
	g_assert_cmpstr(reader_text(json, "controllers.0.device"), ==, "a12f");
	g_assert_cmpint(reader_int(json, "controllers.0.group"), ==, 4);
	g_assert_cmpint(reader_int(json, "controllers.0.speed_max"), ==, 480);
	check_losses(json);
	g_assert_true(reader_is_null(json, "controllers.1.vendor"));

	check_stick(json);
	reader_free(json);
}

static void test_text(struct fixture *fixture, gconstpointer data)
{
	run(fixture, NULL, NULL);
	g_assert_cmpint(fixture->status, ==, 0);
	g_assert_true(prints(fixture, "1-4.1 Logitech USB Keyboard "));
	g_assert_true(prints(fixture, "bus 1: 480 Mbit/s"));
	g_assert_true(prints(fixture, "sdb1 mounted on /mnt"));
	g_assert_true(prints(fixture, "00:14.0  with 00:14.2 (group 4): the host would lose"));
	g_assert_true(prints(fixture, "no keyboard would be left"));
	g_assert_true(prints(fixture, "00:1c.0  nothing of the host is on it"));
}

/* What leads to a device is shown with it, and what is beside it is not. */
static void test_select(struct fixture *fixture, gconstpointer data)
{
	static const char *const same[] = { "0781:5581", "1-4.2", "001:009" };

	for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
		run(fixture, NULL, same[i]);
		g_assert_cmpint(fixture->status, ==, 0);
		g_assert_true(prints(fixture, "1-4.2"));
		g_assert_true(prints(fixture, "1-4 "));
		g_assert_false(prints(fixture, "1-4.1"));
		g_assert_false(prints(fixture, "00:1c.0"));
	}
	run(fixture, NULL, "1-4");
	g_assert_true(prints(fixture, "1-4.1"));
	run(fixture, NULL, "00:1c.0");
	g_assert_true(prints(fixture, "00:1c.0"));
	g_assert_false(prints(fixture, "00:14.0"));
	run(fixture, NULL, "8086:a12f");
	g_assert_true(prints(fixture, "1-4.2"));
	g_assert_false(prints(fixture, "00:1c.0"));
}

static void test_nothing_selected(struct fixture *fixture, gconstpointer data)
{
	static const char *const wrong[] = { "1-9",     "001:010", "dead:beef", "00:14.2",
					     "00:1f.7", "usb",     "",          "1-4:1.0" };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		run(fixture, NULL, wrong[i]);
		g_assert_cmpint(fixture->status, ==, 2);
		g_assert_cmpstr(fixture->output, ==, "");
		g_assert_true(g_str_has_prefix(fixture->errors, "vfiokit: "));
	}
}

/* ---- attach, detach, identify ---- */

static void expect_fails(struct fixture *fixture, int status, const char *words)
{
	g_assert_cmpint(fixture->status, ==, status);
	g_assert_nonnull(strstr(fixture->errors, words));
}

static void test_attach(struct fixture *fixture, gconstpointer data)
{
	RUN(fixture, "attach", "1-4.2", "win11", "--dry-run", "--allow", "mounted-disk");
	g_assert_cmpint(fixture->status, ==, 0);
	g_assert_true(prints(fixture, "<vendor id='0x0781'/>"));
	RUN(fixture, "attach", "1-4.2", "win11", "--allow", "mounted-disk");
	expect_fails(fixture, 3, "the running machine only");
	RUN(fixture, "attach", "1-4.2", "win11", "--dry-run");
	expect_fails(fixture, 3, "mounted-disk (1-4.2)");
	RUN(fixture, "attach", "046d:c31c", "win11", "--persist", "--dry-run");
	expect_fails(fixture, 3, "last-keyboard (1-4.1)");
	RUN(fixture, "attach", "1-4", "win11", "--dry-run");
	expect_fails(fixture, 2, "is a hub");
	RUN(fixture, "attach", "1-9", "win11", "--dry-run");
	expect_fails(fixture, 2, "no USB device '1-9'");
	RUN(fixture, "attach", "1-4.2", "win11", "--port");
	expect_fails(fixture, 2, "goes with '--persist'");
	RUN(fixture, "attach", "1-4.2", "win11", "--allow", "nonsense");
	expect_fails(fixture, 2, "no rule 'nonsense'");
	RUN(fixture, "attach", "1-4.2");
	expect_fails(fixture, 2, "needs a DEVICE and a DOMAIN");
}

static void test_attach_persist(struct fixture *fixture, gconstpointer data)
{
	RUN(fixture, "attach", "1-4", "win11", "--persist", "--port", "--dry-run", "--allow",
	    "mounted-disk", "--allow", "last-keyboard");
	g_assert_cmpint(fixture->status, ==, 0);
	g_assert_true(prints(fixture, "win11 port 0000:00:14.0/1-4 "
				      "allow=mounted-disk,last-keyboard"));
	RUN(fixture, "attach", "3-2", "win11", "--persist", "--port", "--dry-run"); /* empty */
	g_assert_cmpint(fixture->status, ==, 0);
	g_assert_true(prints(fixture, "win11 port 0000:00:1c.0/1-2"));
	RUN(fixture, "attach", "3-2", "win11", "--persist", "--dry-run");
	expect_fails(fixture, 2, "no USB device '3-2'");
	RUN(fixture, "attach", "9-2", "win11", "--persist", "--port", "--dry-run");
	expect_fails(fixture, 2, "on no known controller");
	RUN(fixture, "detach", "3-2", "win11", "--persist");
	expect_fails(fixture, 2, "does not follow guest 'win11'");
	RUN(fixture, "detach", "00:14.0", "win11", "--persist");
	expect_fails(fixture, 2, "is no USB device");
}

static void test_identify(struct fixture *fixture, gconstpointer data)
{
	RUN(fixture, "identify");
	expect_fails(fixture, 2, "the running machine only");
	RUN(fixture, "identify", "--seconds", "soon");
	expect_fails(fixture, 2, "cannot be 'soon'");
}

#define ADD(name, function) g_test_add(name, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/usb-command/json", test_json);
	ADD("/usb-command/text", test_text);
	ADD("/usb-command/select", test_select);
	ADD("/usb-command/nothing-selected", test_nothing_selected);
	ADD("/usb-command/attach", test_attach);
	ADD("/usb-command/attach/persist", test_attach_persist);
	ADD("/usb-command/identify", test_identify);
	return g_test_run();
}
