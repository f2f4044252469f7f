/* USB devices that follow guests: the file, what is meant by it, what is planned for it, and what
 * is decided from it, also in a world where everything comes and goes. */
#include <string.h>

#include <glib.h>

#include "base/error.h"
#include "model/usb_follow.h"
#include "plan/usb_plan.h"
#include "usb_fixture.h"
#include "vm/usb_actions.h"

static const char *const ctrls[] = { "0000:00:14.0", "0000:03:00.0", NULL };

/* Two controllers, each with two buses; the same keyboard model twice, sticks with serials. */
static const struct usb_line lines[] = {
	{ "usb1", 1, 0x1d6b, 2, NULL, 0, 16 },           { "1-1", 2, 0x046d, 0xc31c, NULL, 0, 0 },
	{ "1-4", 3, 0x05e3, 0x0608, NULL, 0, 4 },        { "1-4.1", 4, 0x046d, 0xc31c, NULL, 0, 0 },
	{ "1-4.2", 5, 0x0781, 0x5581, "4C53 01", 0, 0 }, { "usb2", 1, 0x1d6b, 3, NULL, 0, 8 },
	{ "2-1", 2, 0x0781, 0x5581, "4C5302", 0, 0 },    { "usb3", 1, 0x1d6b, 2, NULL, 1, 2 },
	{ "3-1", 2, 0x1050, 0x0407, NULL, 1, 0 },
};

static struct usb *make(void)
{
	return usb_make(ctrls, lines, G_N_ELEMENTS(lines));
}

static GPtrArray *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *follows = usb_follows_parse(text, &error);

	g_assert_no_error(error);
	return follows;
}

/* ---- the file ---- */

static void test_text(void)
{
	static const char text[] =
		"b%20c port 0000:00:14.0/2-4.2 allow=last-keyboard,mounted-disk\n"
		"win11 device 046d:c52b serial=4C53%2001\n"
		"win11 device 1050:0407\n";
	g_autoptr(GPtrArray) follows = parse(text);
	g_autofree char *again = usb_follows_emit(follows);
	g_autoptr(GPtrArray) none = parse(NULL);

	g_assert_cmpuint(follows->len, ==, 3);
	const struct usb_follow *port = follows->pdata[0], *device = follows->pdata[1];
	g_assert_true(port->by_port);
	g_assert_cmpstr(port->guest, ==, "b c");
	g_assert_cmpstr(port->ctrl, ==, "0000:00:14.0");
	g_assert_cmpuint(port->port.bus, ==, 2);
	g_assert_cmpuint(port->port.ports[1], ==, 2);
	g_assert_cmpstr(port->allow, ==, "last-keyboard,mounted-disk");
	g_assert_cmpstr(device->serial, ==, "4C53 01");
	g_assert_nonnull(strstr(again, text));
	g_autoptr(GPtrArray) third = parse(again);
	g_assert_cmpuint(third->len, ==, 3);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_null(usb_follows_emit(none));
}

static void test_nonsense(void)
{
	static const char *const wrong[] = {
		"win11",
		"win11 device",
		"win11 device 046d",
		"win11 device 046d:c52",
		"win11 device 046d:c52b:1",
		"win11 device 046d:c52b extra",
		"win11 device 046d:c52b serial=",
		"win11 device 046d:c52b serial=a serial=b",
		"win11 devices 046d:c52b",
		"win11 port 0000:00:14.0",
		"win11 port 0000:00:14.0/",
		"win11 port 0000:00:14.0/usb1",
		"win11 port /1-4",
		"win11 port 0000:00:14.0/1-0",
		"win%00 device 046d:c52b",
		"win%zz device 046d:c52b",
		"\xff\x1b[31m",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *two = g_strconcat("ok device 0001:0002\n", wrong[i], "\n", NULL);
		g_assert_null(usb_follows_parse(two, &error));
		g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
		g_assert_nonnull(strstr(error->message, "line 2"));
		g_assert_null(strchr(error->message, '\x1b'));
	}
}

/* ---- what is meant ---- */

/* "1-1 1-4.1": what the only entry of text means on the bus. */
static char *find(const struct usb *usb, const char *text)
{
	g_autoptr(GPtrArray) follows = parse(text);
	g_autoptr(GArray) found = usb_follow_find(follows->pdata[0], usb);
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? " " : "",
				       usb->devs[g_array_index(found, int, i)].name);
	return g_string_free(names, FALSE);
}

static void test_meant(void)
{
	static const struct {
		const char *text;
		const char *names;
	} cases[] = {
		{ "w device 046d:c31c", "1-1 1-4.1" },
		{ "w device 0781:5581 serial=4C5302", "2-1" },
		{ "w device 0781:5581 serial=4C5303", "" },
		{ "w device 0781:5581", "1-4.2 2-1" },
		{ "w device 05e3:0608", "" }, /* a hub */
		{ "w port 0000:00:14.0/1-1", "1-1" },
		{ "w port 0000:00:14.0/1-4", "1-4.1 1-4.2" }, /* what is on the hub there */
		{ "w port 0000:00:14.0/1-4.2", "1-4.2" },
		{ "w port 0000:00:14.0/2-1", "2-1" },
		{ "w port 0000:00:14.0/2-2", "" },
		{ "w port 0000:00:14.0/3-1", "" },    /* it has two buses */
		{ "w port 0000:03:00.0/1-1", "3-1" }, /* the kernel's bus 3 is its first */
		{ "w port 0000:04:00.0/1-1", "" },
	};
	struct usb *usb = make();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *names = find(usb, cases[i].text);
		g_assert_cmpstr(names, ==, cases[i].names);
	}
	usb_free(usb);
}

/* What is made of a device means that device, and of its port the port. */
static void test_from_device(void)
{
	struct usb *usb = make();
	static const struct {
		int dev;
		bool by_port;
		const char *text;
	} cases[] = {
		{ 4, false, "0781:5581 serial 4C53 01" },  { 8, false, "1050:0407" },
		{ 8, true, "port 1-1 of 0000:03:00.0" },   { 6, true, "port 2-1 of 0000:00:14.0" },
		{ 4, true, "port 1-4.2 of 0000:00:14.0" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct usb_follow *follow =
			usb_follow_new(usb, cases[i].dev, "w", cases[i].by_port);
		g_autofree char *text = usb_follow_text(follow);
		g_autoptr(GArray) found = usb_follow_find(follow, usb);
		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmpuint(found->len, ==, 1);
		g_assert_cmpint(g_array_index(found, int, 0), ==, cases[i].dev);
		usb_follow_free(follow);
	}
	usb->devs[8].vendor = -1;
	g_assert_null(usb_follow_new(usb, 8, "w", false));
	usb->devs[7].ctrl = -1;
	g_assert_null(usb_follow_new(usb, 8, "w", true));
	usb_free(usb);
}

/* ---- the plan ---- */

static void fill_plan(const char *text, const struct usb_files *now, struct plan *plan)
{
	g_autoptr(GPtrArray) follows = parse(text);
	const struct usb_request request = {
		.follows = follows,
		.now = *now,
		.program = "/usr/bin/vfiokit",
		.systemctl = "/usr/bin/systemctl",
		.daemon = "libvirtd.service",
	};

	usb_plan(&request, plan);
}

/* What the files are once the plan is done. */
static void do_plan(const struct plan *plan, struct usb_files *files)
{
	const struct {
		const char *path;
		char **text;
	} places[] = {
		{ USB_FOLLOW_PATH, &files->record },
		{ USB_RULE_PATH, &files->rule },
		{ USB_UNIT_PATH, &files->unit },
		{ USB_HOOK_PATH, &files->hook },
	};

	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		for (size_t j = 0; step->kind == STEP_FILE && j < G_N_ELEMENTS(places); j++) {
			if (strcmp(places[j].path, step->path) != 0)
				continue;
			g_assert_cmpstr(*places[j].text, ==, step->old);
			g_free(*places[j].text);
			*places[j].text = g_strdup(step->new_value);
		}
	}
}

static const struct step *find_step(const struct plan *plan, const char *path)
{
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		if (g_strcmp0(step->path, path) == 0)
			return step;
	}
	return NULL;
}

#define ONE "win11 device 0781:5581 serial=4C5302\n"
#define TWO ONE "win11 port 0000:03:00.0/1-4\n"

static void test_plan(void)
{
	struct usb_files files = { 0 };
	PLAN_AUTO struct plan *first = plan_new("usb attach");
	PLAN_AUTO struct plan *again = plan_new("usb attach");
	PLAN_AUTO struct plan *more = plan_new("usb attach");
	PLAN_AUTO struct plan *end = plan_new("usb detach");

	fill_plan(ONE, &files, first);
	g_assert_cmpuint(first->steps->len, ==, 8); /* four files, four programs */
	g_assert_cmpuint(find_step(first, USB_HOOK_PATH)->mode, ==, 0755);
	g_assert_cmpuint(find_step(first, USB_RULE_PATH)->mode, ==, 0);
	do_plan(first, &files);
	g_assert_nonnull(strstr(files.rule, "ENV{PRODUCT}==\"781/5581/*\""));
	g_assert_nonnull(strstr(files.rule, "ACTION!=\"add|remove\", TAG+=\"systemd\", "));
	g_assert_nonnull(strstr(files.rule, "vfiokit-usb@$env{BUSNUM}-$env{DEVNUM}.service"));
	g_assert_nonnull(strstr(files.rule, "[ -e /run/vfiokit-usb.due ] || "));
	g_assert_nonnull(strstr(files.unit, "ExecStart=/usr/bin/vfiokit --quiet usb follow\n"));
	g_assert_null(strstr(files.hook, "virsh"));
	g_assert_nonnull(strstr(files.hook, "--no-block"));

	fill_plan(ONE, &files, again);
	g_assert_cmpuint(again->steps->len, ==, 0);

	fill_plan(TWO, &files, more);
	g_assert_cmpuint(more->steps->len, ==, 4); /* record, rule, reload, follow */
	do_plan(more, &files);
	g_assert_nonnull(
		strstr(files.rule, "DEVPATH==\"*/0000:03:00.0/usb*-4|*/0000:03:00.0/usb*-4.*\""));

	fill_plan("", &files, end);
	do_plan(end, &files);
	g_assert_null(files.record);
	g_assert_null(files.rule);
	g_assert_null(files.unit);
	g_assert_null(files.hook);
	const struct step *last = end->steps->pdata[end->steps->len - 1];
	g_assert_cmpstr(last->argv[2], ==, "follow");
	usb_files_clear(&files);
}

/* What an earlier version has written is written anew with the next that follows, and whatever is
 * there goes with the last. */
static void test_earlier(void)
{
	static const char unit[] = "[Service]\nExecStart=/usr/bin/vfiokit --quiet usb follow\n";
	struct usb_files files = {
		.record = g_strdup(ONE),
		.rule = g_strdup("ACTION!=\"bind|remove\", GOTO=\"vfiokit_usb_end\"\n"),
		.unit = g_strdup(unit),
		.hook = g_strdup("#!/bin/sh\n"),
	};
	PLAN_AUTO struct plan *more = plan_new("usb attach");
	PLAN_AUTO struct plan *end = plan_new("usb detach");

	fill_plan(TWO, &files, more);
	g_assert_cmpuint(more->steps->len, ==, 8); /* as if there were none */
	g_assert_cmpstr(find_step(more, USB_UNIT_PATH)->old, ==, unit);
	fill_plan("", &files, end);
	do_plan(end, &files);
	g_assert_true(!files.record && !files.rule && !files.unit && !files.hook);
}

/* ---- what libvirt says ---- */

static void test_hostdevs(void)
{
	static const char xml[] =
		"<domain type='kvm' id='3'><devices>"
		"<hostdev mode='subsystem' type='pci' managed='yes'><source><address bus='0x01'/>"
		"</source><alias name='hostdev0'/></hostdev>"
		"<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'>"
		"<vendor id='0x046d'/><product id='0xc52b'/><address bus='1' device='12'/></source>"
		"<alias name='ua-vfiokit-usb-1-4_2-12'/><address type='usb' bus='0' port='2'/>"
		"</hostdev>"
		"<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/>"
		"<product id='x'/></source></hostdev>"
		"</devices></domain>";
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = usb_hostdevs_parse(xml, &error);
	const struct usb_dev dev = {
		.name = "1-4.2", .bus = 1, .number = 12, .vendor = 0x046d, .product = 0xc52b
	};

	g_assert_no_error(error);
	g_assert_cmpuint(found->len, ==, 2);
	const struct usb_hostdev *ours = found->pdata[0], *other = found->pdata[1];
	g_assert_true(usb_hostdev_is_ours(ours));
	g_assert_true(usb_hostdev_is(ours, &dev));
	g_assert_cmpint(ours->bus, ==, 1);
	g_assert_cmpint(ours->number, ==, 12);
	g_assert_false(usb_hostdev_is_ours(other));
	g_assert_false(usb_hostdev_is(other, &dev));
	g_assert_cmpint(other->product, ==, -1);

	g_autofree char *text = usb_hostdev_xml(&dev, true);
	g_autofree char *whole = g_strdup_printf("<d>%s</d>", text);
	g_autoptr(GPtrArray) back = usb_hostdevs_parse(whole, &error);
	g_assert_no_error(error);
	g_assert_true(usb_hostdev_is_ours(back->pdata[0]));
	g_assert_true(usb_hostdev_is(back->pdata[0], &dev));
	g_autofree char *same = usb_hostdev_xml_of(back->pdata[0]);
	g_assert_cmpstr(same, ==, text);
}

static void test_hostile_xml(void)
{
	static const char *const wrong[] = { "",        "<",  "<a>",
					     "<a></b>", "no", "<a><hostdev type='usb'>" };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(usb_hostdevs_parse(wrong[i], &error));
		g_assert_error(error, VFIOKIT_ERROR, STATUS_FAILED);
	}
}

/* ---- a world ---- */

/* A machine with guests that do as they are told. */
struct world {
	struct usb *usb;
	const char *names[2];
	GPtrArray *hostdevs[2]; /* of struct usb_hostdev; NULL: the guest does not run */
	GPtrArray *follows;
	GPtrArray *notes;
};

static void free_hostdev(gpointer data)
{
	struct usb_hostdev *hostdev = data;

	g_free(hostdev->alias);
	g_free(hostdev);
}

static void start_guest(struct world *world, unsigned i)
{
	world->hostdevs[i] = g_ptr_array_new_with_free_func(free_hostdev);
}

static struct world world_new(const char *text)
{
	struct world world = {
		.usb = make(),
		.names = { "a", "b" },
		.follows = parse(text),
		.notes = g_ptr_array_new_with_free_func(g_free),
	};

	start_guest(&world, 0);
	start_guest(&world, 1);
	return world;
}

static void world_clear(struct world *world)
{
	usb_free(world->usb);
	g_clear_pointer(&world->hostdevs[0], g_ptr_array_unref);
	g_clear_pointer(&world->hostdevs[1], g_ptr_array_unref);
	g_ptr_array_unref(world->follows);
	g_ptr_array_unref(world->notes);
}

static GArray *decide(struct world *world)
{
	struct usb_guest guests[2];
	unsigned n = 0;

	for (unsigned i = 0; i < 2; i++)
		if (world->hostdevs[i])
			guests[n++] = (struct usb_guest){ world->names[i], world->hostdevs[i] };
	g_ptr_array_set_size(world->notes, 0);
	return usb_actions_decide(world->usb, world->follows, guests, n, world->notes);
}

static GPtrArray *list_of(struct world *world, const char *guest)
{
	return world->hostdevs[strcmp(guest, world->names[0]) == 0 ? 0 : 1];
}

/* Does what libvirt would do; returns how much there was to do. */
static unsigned act(struct world *world)
{
	g_autoptr(GArray) actions = decide(world);

	for (guint i = 0; i < actions->len; i++) {
		const struct usb_action *action = &g_array_index(actions, struct usb_action, i);
		GPtrArray *list = list_of(world, action->guest);
		if (action->kind == USB_TAKE) {
			g_assert_true(g_ptr_array_remove(list, (gpointer)action->hostdev));
			continue;
		}
		g_autofree char *xml = usb_hostdev_xml(&world->usb->devs[action->dev], true);
		g_autoptr(GPtrArray) parsed = usb_hostdevs_parse(xml, NULL);
		g_ptr_array_add(list, g_ptr_array_steal_index(parsed, 0));
	}
	return actions->len;
}

static bool has(const struct world *world, unsigned guest, const char *name)
{
	for (unsigned i = 0; i < world->usb->n_devs; i++) {
		const struct usb_dev *dev = &world->usb->devs[i];
		for (guint j = 0; strcmp(dev->name, name) == 0 && j < world->hostdevs[guest]->len;
		     j++)
			if (usb_hostdev_is(world->hostdevs[guest]->pdata[j], dev))
				return true;
	}
	return false;
}

static struct usb_dev *dev_of(struct world *world, const char *name)
{
	for (unsigned i = 0; i < world->usb->n_devs; i++)
		if (strcmp(world->usb->devs[i].name, name) == 0)
			return &world->usb->devs[i];
	g_assert_not_reached();
}

static void test_come_and_go(void)
{
	struct world world = world_new("a device 1050:0407\nb port 0000:00:14.0/1-4\n");

	g_assert_cmpuint(act(&world), ==, 3);
	g_assert_true(has(&world, 0, "3-1"));
	g_assert_true(has(&world, 1, "1-4.1"));
	g_assert_true(has(&world, 1, "1-4.2"));
	g_assert_cmpuint(act(&world), ==, 0);

	dev_of(&world, "3-1")->number = 9; /* it has come back, or started other firmware */
	g_assert_cmpuint(act(&world), ==, 2);
	g_assert_cmpuint(world.hostdevs[0]->len, ==, 1);
	g_assert_true(has(&world, 0, "3-1"));

	dev_of(&world, "3-1")->product = 0x0405;   /* as something else: not that device */
	dev_of(&world, "1-4.2")->product = 0x0405; /* but the port is still the port */
	dev_of(&world, "1-4.2")->number = 10;
	g_assert_cmpuint(act(&world), ==, 3);
	g_assert_cmpuint(world.hostdevs[0]->len, ==, 0);
	g_assert_true(has(&world, 1, "1-4.2"));

	g_clear_pointer(&world.hostdevs[1], g_ptr_array_unref); /* the guest ends, and starts */
	g_assert_cmpuint(act(&world), ==, 0);
	start_guest(&world, 1);
	g_assert_cmpuint(act(&world), ==, 2);

	g_ptr_array_set_size(world.follows, 0);
	g_assert_cmpuint(act(&world), ==, 2);
	g_assert_cmpuint(world.hostdevs[1]->len, ==, 0);
	world_clear(&world);
}

/* Two that look the same: neither is given, but who has one keeps it. */
static void test_twins(void)
{
	struct world world = world_new("a device 046d:c31c\n");

	g_assert_cmpuint(act(&world), ==, 0);
	g_assert_cmpuint(world.notes->len, ==, 1);
	g_assert_nonnull(strstr(world.notes->pdata[0], "1-1, 1-4.1"));
	dev_of(&world, "1-1")->vendor = 0x1111;
	g_assert_cmpuint(act(&world), ==, 1);
	g_assert_true(has(&world, 0, "1-4.1"));
	dev_of(&world, "1-1")->vendor = 0x046d;
	g_assert_cmpuint(act(&world), ==, 0);
	g_assert_cmpuint(world.notes->len, ==, 0);
	g_assert_true(has(&world, 0, "1-4.1"));
	world_clear(&world);
}

/* What a guest was given by hand, or by its definition, is not ours to take. */
static void test_not_ours(void)
{
	struct world world = world_new("a device 1050:0407\n");
	g_autofree char *xml = usb_hostdev_xml(dev_of(&world, "3-1"), false);
	g_autoptr(GPtrArray) parsed = usb_hostdevs_parse(xml, NULL);

	g_ptr_array_add(world.hostdevs[1], g_ptr_array_steal_index(parsed, 0));
	g_assert_cmpuint(act(&world), ==, 0);
	g_assert_cmpuint(world.notes->len, ==, 1);
	g_assert_nonnull(strstr(world.notes->pdata[0], "'b' has it"));
	g_ptr_array_set_size(world.follows, 0);
	g_assert_cmpuint(act(&world), ==, 0);
	g_assert_cmpuint(world.hostdevs[1]->len, ==, 1);
	world_clear(&world);
}

/* Anything happens, 500 times, and the unit runs after some of them only: whenever it has run,
 * there is nothing left to do, no device is with two guests, and none of ours is gone. */
static void test_storm(void)
{
	struct world world = world_new("a port 0000:00:14.0/1-4\nb device 0781:5581 serial=4C5302\n"
				       "b port 0000:03:00.0/1-1\na device 1050:0407\n");
	int number = 20;

	for (unsigned turn = 0; turn < 500; turn++) {
		struct usb_dev *dev =
			&world.usb->devs[g_test_rand_int_range(1, (int)world.usb->n_devs)];
		if (dev->parent >= 0 && dev->ports == 0) {
			dev->number = number++;
			dev->bus = g_test_rand_bit() ? dev->bus : 90; /* 90: as good as gone */
			dev->product = g_test_rand_bit() ? dev->product : 0x5581;
		}
		unsigned guest = (unsigned)g_test_rand_int_range(0, 2);
		if (turn % 11 == 0) {
			g_clear_pointer(&world.hostdevs[guest], g_ptr_array_unref);
			start_guest(&world, guest);
		}
		if (g_test_rand_bit())
			continue;
		act(&world);
		g_assert_cmpuint(act(&world), ==, 0);
		for (unsigned i = 0; i < world.usb->n_devs; i++)
			g_assert_false(has(&world, 0, world.usb->devs[i].name) &&
				       has(&world, 1, world.usb->devs[i].name));
	}
	g_ptr_array_set_size(world.follows, 0);
	act(&world);
	g_assert_cmpuint(world.hostdevs[0]->len, ==, 0);
	g_assert_cmpuint(world.hostdevs[1]->len, ==, 0);
	world_clear(&world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/usb-follow/text", test_text);
	g_test_add_func("/usb-follow/nonsense", test_nonsense);
	g_test_add_func("/usb-follow/meant", test_meant);
	g_test_add_func("/usb-follow/from-device", test_from_device);
	g_test_add_func("/usb-follow/plan", test_plan);
	g_test_add_func("/usb-follow/earlier", test_earlier);
	g_test_add_func("/usb-follow/hostdevs", test_hostdevs);
	g_test_add_func("/usb-follow/hostile-xml", test_hostile_xml);
	g_test_add_func("/usb-follow/come-and-go", test_come_and_go);
	g_test_add_func("/usb-follow/twins", test_twins);
	g_test_add_func("/usb-follow/not-ours", test_not_ours);
	g_test_add_func("/usb-follow/storm", test_storm);
	return g_test_run();
}
