/* The device or the controller: for each reason a machine where it holds, and one, nearly the same,
 * where it does not. */
#include <string.h>

#include <glib.h>

#include "base/tree.h"
#include "fixture.h"
#include "model/host.h"
#include "model/loss.h"
#include "model/usb_advice.h"
#include "model/usb_wanted.h"
#include "plan/usb_refusal.h"

#define A     "pci0000:00/0000:00:14.0"
#define B     "pci0000:00/0000:00:1c.0"
#define LINKS "/sys/bus/usb/devices/"
#define GROUP "/iommu_group -> ../../../kernel/iommu_groups/"
#define KEYS  "/capabilities/key = 402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe"

/* Controller A has a headset on 1-4, B a stick on 3-1; all that the host could lose is known. */
static const char *const machine[] = {
	"/sys/devices/" A "/class = 0x0c0330",
	"/sys/devices/" B "/class = 0x0c0330",
	"/sys/devices/" A GROUP "4",
	"/sys/devices/" B GROUP "5",
	"/sys/bus/pci/devices/0000:00:14.0 -> ../../../devices/" A,
	"/sys/bus/pci/devices/0000:00:1c.0 -> ../../../devices/" B,
	LINKS "usb1 -> ../../../devices/" A "/usb1",
	LINKS "1-4 -> ../../../devices/" A "/usb1/1-4",
	LINKS "1-4:1.0 -> ../../../devices/" A "/usb1/1-4/1-4:1.0",
	LINKS "usb3 -> ../../../devices/" B "/usb3",
	LINKS "3-1 -> ../../../devices/" B "/usb3/3-1",
	"/sys/devices/" A "/usb1/maxchild = 8",
	"/sys/devices/" A "/usb1/1-4/idVendor = 0b0e",
	"/sys/devices/" A "/usb1/1-4/idProduct = 0422",
	"/sys/devices/" A "/usb1/1-4/devnum = 7",
	"/sys/devices/" A "/usb1/1-4/busnum = 1",
	"/sys/devices/" A "/usb1/1-4/1-4:1.0/bInterfaceClass = 08",
	"/sys/devices/" A "/usb1/1-4/1-4:1.0/bInterfaceSubClass = 06",
	"/sys/devices/" A "/usb1/1-4/1-4:1.0/bInterfaceProtocol = 50",
	"/sys/devices/" B "/usb3/maxchild = 4",
	"/sys/devices/" B "/usb3/3-1/idVendor = 0781",
	"/sys/devices/" B "/usb3/3-1/idProduct = 5581",
	"/sys/class/input/",
	"/sys/class/block/",
	"/sys/class/net/",
	"/sys/class/drm/",
	"/proc/net/route = Iface",
	"/proc/net/ipv6_route = ",
	"/proc/swaps = Filename",
	"/proc/self/mountinfo = 22 1 0:5 / /proc rw - proc proc rw",
	NULL,
};

static struct host *host_with(const char *const *more)
{
	struct tree *tree = tree_new();

	fixture_put(tree, machine);
	fixture_put(tree, more);
	return fixture_host_of(tree);
}

static int dev_at(const struct host *host, const char *name)
{
	struct usb_port port;

	g_assert_true(usb_port_parse(name, strlen(name), &port));
	int dev = usb_find_port(&host->usb, &port);
	g_assert_cmpint(dev, >=, 0);
	return dev;
}

/* "device: host-needs-others stream" for the device at 1-4 of the machine with more. */
static void expect(const char *const *more, const char *text)
{
	HOST_AUTO struct host *host = host_with(more);
	USB_ADVICE_AUTO struct usb_advice advice = { 0 };
	g_autoptr(GString) found = g_string_new(NULL);

	usb_advise(host, dev_at(host, "1-4"), &advice);
	g_string_append_printf(found, "%s:", usb_give_name(advice.give));
	for (guint i = 0; i < advice.reasons->len; i++) {
		const struct usb_reason *reason = advice.reasons->pdata[i];
		g_string_append_printf(found, " %s", reason->id);
		g_assert_cmpuint(strlen(reason->what), >, 10);
	}
	g_assert_cmpstr(found->str, ==, text);
}

#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define OTHER                                                                                      \
	LINKS "1-5 -> ../../../devices/" A "/usb1/1-5",                                            \
		"/sys/devices/" A "/usb1/1-5/idVendor = 046d"

#define KEYBOARD(n, at)                                                                            \
	"/sys/class/input/input" n " -> ../../devices/" at "/x/input/input" n,                     \
		"/sys/devices/" at "/x/input/input" n KEYS

#define ANOTHER_KEYBOARD KEYBOARD("9", "platform/i8042/serio0")

static void test_alone(void)
{
	expect(WITH("/x = 1"), "controller: alone");
	expect(WITH(OTHER), "device: others-on-it");
}

static void test_hub_is_no_other(void)
{
	expect(WITH(LINKS "1-5 -> ../../../devices/" A "/usb1/1-5",
		    "/sys/devices/" A "/usb1/1-5/maxchild = 4"),
	       "controller: alone");
}

/* The subject is a hub: what is on it belongs to it. */
static void test_hub(void)
{
	expect(WITH(LINKS "1-4.1 -> ../../../devices/" A "/usb1/1-4/1-4.1",
		    "/sys/devices/" A "/usb1/1-4/maxchild = 4"),
	       "controller: alone");
}

static void test_needed(void)
{
	expect(WITH(KEYBOARD("3", A "/usb1/1-4")), "neither: host-needs-device");
	expect(WITH(KEYBOARD("3", A "/usb1/1-4"), ANOTHER_KEYBOARD), "controller: alone");
}

static void test_others_needed(void)
{
	expect(WITH(OTHER, KEYBOARD("3", A "/usb1/1-5")), "device: host-needs-others others-on-it");
	expect(WITH(OTHER, KEYBOARD("3", A "/usb1/1-5"), ANOTHER_KEYBOARD), "device: others-on-it");
	expect(WITH(KEYBOARD("3", B "/usb3/3-1")), "controller: alone");
}

/* Each of two keyboards alone could go: not both, with the controller. */
static void test_all_keyboards(void)
{
	expect(WITH(OTHER, KEYBOARD("3", A "/usb1/1-4"), KEYBOARD("4", A "/usb1/1-5")),
	       "device: host-needs-others others-on-it");
}

static void test_group(void)
{
	expect(WITH("/sys/devices/pci0000:00/0000:00:14.2/class = 0x118000",
		    "/sys/devices/pci0000:00/0000:00:14.2" GROUP "4",
		    "/sys/bus/pci/devices/0000:00:14.2 -> "
		    "../../../devices/pci0000:00/0000:00:14.2"),
	       "device: group-shared");
	expect(WITH("/sys/devices/pci0000:00/0000:00:14.2/class = 0x060400",
		    "/sys/devices/pci0000:00/0000:00:14.2" GROUP "4",
		    "/sys/bus/pci/devices/0000:00:14.2 -> "
		    "../../../devices/pci0000:00/0000:00:14.2"),
	       "controller: alone");
}

static void test_stream(void)
{
	expect(WITH(LINKS "1-4:1.1 -> ../../../devices/" A "/usb1/1-4/1-4:1.1",
		    "/sys/devices/" A "/usb1/1-4/1-4:1.1/bInterfaceClass = 01"),
	       "controller: alone stream");
	expect(WITH(LINKS "1-4:1.1 -> ../../../devices/" A "/usb1/1-4/1-4:1.1",
		    "/sys/devices/" A "/usb1/1-4/1-4:1.1/bInterfaceClass = 03"),
	       "controller: alone");
}

static void test_changes_ids(void)
{
	expect(WITH(LINKS "1-4:1.1 -> ../../../devices/" A "/usb1/1-4/1-4:1.1",
		    "/sys/devices/" A "/usb1/1-4/1-4:1.1/bInterfaceClass = fe",
		    "/sys/devices/" A "/usb1/1-4/1-4:1.1/bInterfaceSubClass = 01"),
	       "controller: alone changes-ids");
	expect(WITH(LINKS "1-4:1.1 -> ../../../devices/" A "/usb1/1-4/1-4:1.1",
		    "/sys/devices/" A "/usb1/1-4/1-4:1.1/bInterfaceClass = fe",
		    "/sys/devices/" A "/usb1/1-4/1-4:1.1/bInterfaceSubClass = 02"),
	       "controller: alone");
}

/* Without groups, without PCI, without knowing. */
static void test_less_of_a_machine(void)
{
	static const char *const lines[] = {
		"/sys/devices/" A "/class = 0x0c0330",
		"/sys/bus/pci/devices/0000:00:14.0 -> ../../../devices/" A,
		LINKS "usb1 -> ../../../devices/" A "/usb1",
		LINKS "1-4 -> ../../../devices/" A "/usb1/1-4",
		LINKS "usb2 -> ../../../devices/platform/soc/fe980000.usb/usb2",
		LINKS "2-1 -> ../../../devices/platform/soc/fe980000.usb/usb2/2-1",
		"/sys/devices/" A "/usb1/1-4/idVendor = 0b0e",
		"/sys/devices/platform/soc/fe980000.usb/usb2/2-1/idVendor = 0b0e",
		NULL,
	};
	static const struct {
		const char *name;
		const char *id;
	} cases[] = { { "1-4", "no-group" }, { "2-1", "not-pci" } };
	struct tree *tree = tree_new();

	fixture_put(tree, lines);
	HOST_AUTO struct host *host = fixture_host_of(tree);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		USB_ADVICE_AUTO struct usb_advice advice = { 0 };
		usb_advise(host, dev_at(host, cases[i].name), &advice);
		const struct usb_reason *reason = advice.reasons->pdata[0];
		g_assert_cmpstr(reason->id, ==, cases[i].id);
		g_assert_cmpint(advice.give, ==, USB_GIVE_DEVICE);
	}
}

static void test_not_known(void)
{
	static const char *const group[] = { "/sys/devices/" A GROUP "4", NULL };
	static const char *const lines[] = {
		"/sys/devices/" A "/class = 0x0c0330",
		"/sys/bus/pci/devices/0000:00:14.0 -> ../../../devices/" A,
		LINKS "usb1 -> ../../../devices/" A "/usb1",
		LINKS "1-4 -> ../../../devices/" A "/usb1/1-4",
		"/sys/devices/" A "/usb1/1-4/idVendor = 0b0e",
		NULL,
	};
	struct tree *tree = tree_new();

	fixture_put(tree, lines);
	fixture_put(tree, group);
	HOST_AUTO struct host *host = fixture_host_of(tree);
	USB_ADVICE_AUTO struct usb_advice advice = { 0 };
	usb_advise(host, dev_at(host, "1-4"), &advice);
	const struct usb_reason *reason = advice.reasons->pdata[0];
	g_assert_cmpstr(reason->id, ==, "not-known");
	g_assert_cmpint(advice.give, ==, USB_GIVE_DEVICE);
}

/* ---- the loss of one device ---- */

static void test_loss(void)
{
	HOST_AUTO struct host *host = host_with(
		WITH(OTHER, KEYBOARD("3", A "/usb1/1-5"),
		     "/sys/class/block/sdb1 -> ../../devices/" A "/usb1/1-4/x/block/sdb/sdb1",
		     "/sys/devices/" A "/usb1/1-4/x/block/sdb/sdb1/dev = 8:17",
		     "/proc/self/mountinfo = 22 1 8:17 / /mnt rw - vfat /dev/sdb1 rw"));
	LOSS_AUTO struct loss disk = { 0 };
	LOSS_AUTO struct loss keyboard = { 0 };
	LOSS_AUTO struct loss all = { 0 };

	loss_of_usb(host, dev_at(host, "1-4"), &disk);
	g_assert_cmpint(disk.mounted_disk, ==, TRI_YES);
	g_assert_cmpint(disk.last_keyboard, ==, TRI_NO);
	loss_of_usb(host, dev_at(host, "1-5"), &keyboard);
	g_assert_cmpint(keyboard.mounted_disk, ==, TRI_NO);
	g_assert_cmpint(keyboard.last_keyboard, ==, TRI_YES);
	loss_of_usb(host, dev_at(host, "usb1"), &all);
	g_assert_cmpint(all.mounted_disk, ==, TRI_YES);
	g_assert_cmpint(all.last_keyboard, ==, TRI_YES);
}

/* ---- what is refused ---- */

#define DISK                                                                                       \
	"/sys/class/block/sdb1 -> ../../devices/" A "/usb1/1-4/x/block/sdb/sdb1",                  \
		"/sys/devices/" A "/usb1/1-4/x/block/sdb/sdb1/dev = 8:17"
#define MOUNTED(where) "/proc/self/mountinfo = 22 1 8:17 / " where " rw - vfat /dev/sdb1 rw"
#define NETWORK        "/sys/class/net/eth7 -> ../../devices/" A "/usb1/1-4/1-4:1.0/net/eth7"
#define ROUTE(to)                                                                                  \
	"/proc/net/route = Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\n"           \
	"eth7 " to " 0101A8C0 0003 0 0 100 00000000 0"

/* "mounted-disk": the refusals of giving away 1-4, or with '?' the doubts. */
static void expect_refused(const char *const *more, const char *text)
{
	HOST_AUTO struct host *host = host_with(more);
	PLAN_AUTO struct plan *plan = plan_new("usb attach");
	g_autoptr(GString) found = g_string_new(NULL);

	usb_refusal_judge(host, dev_at(host, "1-4"), plan);
	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		g_string_append_printf(found, "%s%s", found->len > 0 ? " " : "", refusal->id);
		g_assert_cmpstr(refusal->subject, ==, "1-4");
		g_assert_cmpint(refusal->overridable, ==, strcmp(refusal->id, "root-disk") != 0);
	}
	for (guint i = 0; i < plan->warnings->len; i++)
		g_string_append_printf(found, "%s%s?", found->len > 0 ? " " : "",
				       ((const struct warning *)plan->warnings->pdata[i])->id);
	g_assert_cmpstr(found->str, ==, text);
}

static void test_refusals(void)
{
	expect_refused(WITH("/x = 1"), "");
	expect_refused(WITH(DISK), "");
	expect_refused(WITH(DISK, MOUNTED("/mnt")), "mounted-disk");
	expect_refused(WITH(DISK, MOUNTED("/")), "root-disk");
	expect_refused(WITH(NETWORK, ROUTE("00000000")), "network-in-use");
	expect_refused(WITH(NETWORK), "");
	expect_refused(WITH(KEYBOARD("3", A "/usb1/1-4")), "last-keyboard");
	expect_refused(WITH(KEYBOARD("3", A "/usb1/1-4"), ANOTHER_KEYBOARD), "");
	expect_refused(WITH(OTHER, KEYBOARD("3", A "/usb1/1-5")), "");
}

/* Nothing is known of what the host does: only what the device could be is doubted. */
static void test_doubts(void)
{
	static const char *const lines[] = {
		"/sys/devices/" A "/class = 0x0c0330",
		"/sys/bus/pci/devices/0000:00:14.0 -> ../../../devices/" A,
		LINKS "usb1 -> ../../../devices/" A "/usb1",
		LINKS "1-4 -> ../../../devices/" A "/usb1/1-4",
		LINKS "1-4:1.0 -> ../../../devices/" A "/usb1/1-4/1-4:1.0",
		"/sys/devices/" A "/usb1/1-4/1-4:1.0/bInterfaceClass = 03",
		NULL,
	};
	struct tree *tree = tree_new();
	PLAN_AUTO struct plan *plan = plan_new("usb attach");

	fixture_put(tree, lines);
	HOST_AUTO struct host *host = fixture_host_of(tree);
	usb_refusal_judge(host, dev_at(host, "1-4"), plan);
	g_assert_cmpuint(plan->refusals->len, ==, 0);
	g_assert_cmpuint(plan->warnings->len, ==, 1);
	g_assert_cmpstr(((const struct warning *)plan->warnings->pdata[0])->id, ==,
			"last-keyboard");
}

/* ---- what people write ---- */

static unsigned count(const struct host *host, const char *text)
{
	struct usb_wanted wanted = usb_wanted_parse(text);
	g_autoptr(GArray) found = usb_wanted_find(&wanted, &host->usb);

	return found->len;
}

static void test_wanted(void)
{
	HOST_AUTO struct host *host =
		host_with(WITH(LINKS "1-5 -> ../../../devices/" A "/usb1/1-5",
			       "/sys/devices/" A "/usb1/1-5/idVendor = 0b0e",
			       "/sys/devices/" A "/usb1/1-5/idProduct = 0422"));

	g_assert_cmpuint(count(host, "0b0e:0422"), ==, 2);
	g_assert_cmpuint(count(host, "0781:5581"), ==, 1);
	g_assert_cmpuint(count(host, "1-4"), ==, 1);
	g_assert_cmpuint(count(host, "001:007"), ==, 1);
	g_assert_cmpuint(count(host, "001:008"), ==, 0);
	g_assert_cmpuint(count(host, "1-6"), ==, 0);
	g_assert_cmpuint(count(host, "usb1"), ==, 0);
	g_assert_cmpuint(count(host, ""), ==, 0);
	g_assert_cmpuint(count(host, "b0e:422"), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/usb-advice/alone", test_alone);
	g_test_add_func("/usb-advice/hub-is-no-other", test_hub_is_no_other);
	g_test_add_func("/usb-advice/hub", test_hub);
	g_test_add_func("/usb-advice/needed", test_needed);
	g_test_add_func("/usb-advice/others-needed", test_others_needed);
	g_test_add_func("/usb-advice/all-keyboards", test_all_keyboards);
	g_test_add_func("/usb-advice/group", test_group);
	g_test_add_func("/usb-advice/stream", test_stream);
	g_test_add_func("/usb-advice/changes-ids", test_changes_ids);
	g_test_add_func("/usb-advice/less-of-a-machine", test_less_of_a_machine);
	g_test_add_func("/usb-advice/not-known", test_not_known);
	g_test_add_func("/usb-advice/loss", test_loss);
	g_test_add_func("/usb-advice/refusals", test_refusals);
	g_test_add_func("/usb-advice/doubts", test_doubts);
	g_test_add_func("/usb-advice/wanted", test_wanted);
	return g_test_run();
}
