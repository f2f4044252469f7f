/* What the kernel says when devices come and go: datagrams, heaps of them, and waiting for them. */
#include <signal.h>
#include <unistd.h>

#include <glib.h>

#include "base/root.h"
#include "base/uevent.h"
#include "base/watch.h"
#include "model/usb_change.h"

/* ---- datagrams ---- */

#define PORT "/devices/pci0000:00/0000:00:14.0/usb1/1-4"

#define DATA(text) text, sizeof(text)

static void test_datagram(void)
{
	struct uevent event;

	g_assert_true(uevent_parse(DATA("add@" PORT "\0ACTION=add\0DEVPATH=" PORT
					"\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0SEQNUM=4711"),
				   &event));
	g_assert_cmpstr(event.action, ==, "add");
	g_assert_cmpstr(event.devpath, ==, PORT);
	g_assert_cmpstr(event.subsystem, ==, "usb");
	g_assert_cmpstr(event.devtype, ==, "usb_device");
	g_assert_true(uevent_parse(DATA("change@/devices/virtual/x"), &event));
	g_assert_cmpstr(event.action, ==, "change");
	g_assert_cmpstr(event.subsystem, ==, "");
	g_assert_cmpstr(event.devtype, ==, "");
}

static void test_hostile_datagrams(void)
{
	struct uevent event;

	g_assert_false(uevent_parse("", 0, &event));
	g_assert_false(uevent_parse("add@/x", 6, &event)); /* no NUL */
	g_assert_false(uevent_parse(DATA(""), &event));
	g_assert_false(uevent_parse(DATA("\0\0\0\0"), &event));
	g_assert_false(uevent_parse(DATA("add"), &event));
	g_assert_false(uevent_parse(DATA("add@"), &event));
	g_assert_false(uevent_parse(DATA("add@x"), &event));
	g_assert_false(uevent_parse(DATA("adds@/x"), &event));
	g_assert_false(uevent_parse(DATA("boom@/x"), &event));
	/* What udev sends to its listeners starts so. */
	g_assert_false(uevent_parse(DATA("libudev\0\376\355\312\376\0\0\0("), &event));
	g_assert_true(uevent_parse(DATA("add@/x\0SUBSYSTEM\0=\0\0DEVTYPE=\0"), &event));
	g_assert_cmpstr(event.subsystem, ==, "");
}

/* ---- heaps ---- */

static const struct usb_change *pick(GArray *changes, unsigned bus, unsigned port)
{
	const struct usb_change *change = usb_changes_pick(changes);

	g_assert_nonnull(change);
	g_assert_cmpuint(change->port.bus, ==, bus);
	g_assert_cmpuint(change->port.ports[0], ==, port);
	return change;
}

/* A hub comes with what is on it, in whatever order that is told. */
static void test_hub(void)
{
	g_autoptr(GArray) changes = usb_changes_new();

	g_assert_null(usb_changes_pick(changes));
	g_assert_true(usb_changes_add(changes, "add", PORT "/1-4.2"));
	g_assert_true(usb_changes_add(changes, "add", PORT));
	g_assert_true(usb_changes_add(changes, "bind", PORT));
	g_assert_true(usb_changes_add(changes, "add", "/devices/x/usb2/2-1/2-1.1"));
	const struct usb_change *change = pick(changes, 1, 4);
	g_assert_cmpuint(change->port.depth, ==, 1);
	g_assert_cmpint(change->kind, ==, USB_PLUGGED);
}

/* What the firmware of a device does when it starts another: gone, and there again. */
static void test_mode_switch(void)
{
	g_autoptr(GArray) changes = usb_changes_new();

	g_assert_true(usb_changes_add(changes, "remove", PORT));
	g_assert_cmpint(pick(changes, 1, 4)->kind, ==, USB_UNPLUGGED);
	g_assert_false(usb_changes_add(changes, "unbind", PORT));
	g_assert_true(usb_changes_add(changes, "add", PORT));
	g_assert_cmpint(pick(changes, 1, 4)->kind, ==, USB_PLUGGED);
	g_assert_true(usb_changes_add(changes, "remove", PORT));
	g_assert_cmpint(pick(changes, 1, 4)->kind, ==, USB_UNPLUGGED);
	g_assert_cmpuint(changes->len, ==, 1);
}

static void test_no_devices(void)
{
	static const char *const others[] = { "",
					      "/",
					      PORT "/1-4:1.0",
					      PORT "/",
					      "/x/input3",
					      "/x/1-4:",
					      "/x/1-",
					      ("/x/1-1.1.1.1.1.1.1.1.1.1.1.1.1.1."
					       "1.1.1.1") };
	g_autoptr(GArray) changes = usb_changes_new();

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(usb_changes_add(changes, "add", others[i]));
	g_assert_false(usb_changes_add(changes, "change", PORT));
	g_assert_false(usb_changes_add(changes, "", PORT));
	g_assert_null(usb_changes_pick(changes));
}

/* 500 events of one plug that bounces: one change, and as it was at last. */
static void test_storm(void)
{
	g_autoptr(GArray) changes = usb_changes_new();

	for (unsigned i = 0; i < 500; i++)
		g_assert_true(usb_changes_add(changes, i % 2 == 0 ? "add" : "remove",
					      i % 3 == 0 ? PORT : PORT "/1-4.1"));
	g_assert_cmpuint(changes->len, ==, 2);
	g_assert_cmpint(pick(changes, 1, 4)->kind, ==, USB_PLUGGED); /* 498 was an "add" */
}

/* ---- waiting ---- */

static struct watch *start(struct root **root)
{
	g_autoptr(GError) error = NULL;
	struct watch *watch;

	*root = root_open("/", &error);
	g_assert_no_error(error);
	watch = watch_new(*root, &error);
	if (!watch)
		g_test_skip(error->message);
	return watch;
}

static void test_time_is_up(void)
{
	ROOT_AUTO struct root *root = NULL;
	WATCH_AUTO struct watch *watch = start(&root);
	struct watch_event event;
	gint64 before = g_get_monotonic_time();

	/* The machine may have events of its own meanwhile. */
	while (watch && watch_wait(watch, 20, &event) != WATCH_TIMEOUT)
		;
	if (watch)
		g_assert_cmpint(g_get_monotonic_time() - before, >=, 20000);
}

static enum watch_result wait_for_signal(struct watch *watch)
{
	struct watch_event event;
	enum watch_result result;

	do
		result = watch_wait(watch, -1, &event);
	while (result == WATCH_UEVENT || result == WATCH_PRESS || result == WATCH_LOST);
	return result;
}

/* Whoever stops it gets a clean end; afterwards signals do what they did before. */
static void test_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	ROOT_AUTO struct root *root = NULL;
	struct watch *watch = start(&root);
	sigset_t now;

	for (size_t i = 0; watch && i < G_N_ELEMENTS(signals); i++) {
		g_assert_cmpint(kill(getpid(), signals[i]), ==, 0);
		g_assert_cmpint(wait_for_signal(watch), ==, WATCH_STOPPED);
		watch_free(watch);
		sigprocmask(SIG_SETMASK, NULL, &now);
		g_assert_cmpint(sigismember(&now, signals[i]), ==, 0);
		root_free(root);
		watch = start(&root);
	}
	watch_free(watch);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/usb-events/datagram", test_datagram);
	g_test_add_func("/usb-events/datagram/hostile", test_hostile_datagrams);
	g_test_add_func("/usb-events/hub", test_hub);
	g_test_add_func("/usb-events/mode-switch", test_mode_switch);
	g_test_add_func("/usb-events/no-devices", test_no_devices);
	g_test_add_func("/usb-events/storm", test_storm);
	g_test_add_func("/usb-events/time-is-up", test_time_is_up);
	g_test_add_func("/usb-events/signals", test_signals);
	return g_test_run();
}
