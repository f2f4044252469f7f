/* vfiokit usb identify: waits until something is plugged in, pulled out or pressed, and tells what
 * and where that is. */
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "base/watch.h"
#include "cmd/usb_found.h"
#include "model/usb_change.h"
#include "probe/devpath.h"
#include "probe/probe.h"

#define SECONDS   "60"
#define SETTLE_MS 400  /* a device is looked at when nothing more happened for so long */
#define LONGEST   3000 /* but after so many milliseconds at the latest */
#define PARTS     (PROBE_BASE | PROBE_USB | PROBE_USAGE)

struct identify_options {
	const char *seconds;
};

static const struct option_row option_rows[] = {
	{ .name = "seconds",
	  .letter = 's',
	  .kind = OPTION_TEXT,
	  .argument = "N",
	  .help = "wait N seconds at most (" SECONDS "; 0: until it is stopped)",
	  .offset = offsetof(struct identify_options, seconds) },
	{ 0 },
};

/* ---- waiting ---- */

static bool is_usb_device(const struct uevent *event)
{
	return strcmp(event->subsystem, "usb") == 0 && strcmp(event->devtype, "usb_device") == 0;
}

/* Takes what happens until the bus is quiet: a hub comes with all that is on it, and a device that
 * changes its firmware goes and comes again. */
static void settle(struct watch *watch, GArray *changes)
{
	gint64 end = g_get_monotonic_time() + (gint64)LONGEST * 1000;
	struct watch_event event;

	while (g_get_monotonic_time() < end) {
		enum watch_result result = watch_wait(watch, SETTLE_MS, &event);
		if (result == WATCH_TIMEOUT || result == WATCH_STOPPED)
			return;
		if (result == WATCH_UEVENT && is_usb_device(&event.uevent))
			usb_changes_add(changes, event.uevent.action, event.uevent.devpath);
	}
}

struct outcome {
	enum found_event event;
	GArray *changes;   /* plug, unplug: what became of the bus */
	const char *input; /* press: "event3" */
};

/* Waits for the first event that counts. milliseconds: -1: for ever. */
static void wait_for_one(struct watch *watch, int milliseconds, struct outcome *ret)
{
	gint64 end = g_get_monotonic_time() + (gint64)milliseconds * 1000;
	struct watch_event event;

	ret->event = FOUND_NOTHING;
	for (;;) {
		gint64 left = (end - g_get_monotonic_time() + 999) / 1000;
		int wait = milliseconds < 0 ? -1 : (int)MAX(left, 0);
		switch (watch_wait(watch, wait, &event)) {
		case WATCH_UEVENT:
			if (!is_usb_device(&event.uevent) ||
			    !usb_changes_add(ret->changes, event.uevent.action,
					     event.uevent.devpath))
				break;
			settle(watch, ret->changes);
			ret->event = FOUND_PLUG; /* or unplug: see tell_change() */
			return;
		case WATCH_PRESS:
			ret->event = FOUND_PRESS;
			ret->input = event.input;
			return;
		case WATCH_LOST:
			break; /* what is still to come will do */
		case WATCH_TIMEOUT:
		case WATCH_STOPPED:
			return;
		}
	}
}

/* ---- what it was ---- */

static int find_dev(const struct host *host, const struct usb_port *port, const char **name)
{
	int dev = usb_find_port(&host->usb, port);

	if (dev >= 0)
		*name = host->usb.devs[dev].name;
	return dev;
}

/* A device that was there before is described from then: now it is gone. */
static void tell_change(struct context *context, const struct host *before,
			const struct host *after, const GArray *changes)
{
	const struct usb_change *change = usb_changes_pick(changes);
	bool plugged = change->kind == USB_PLUGGED;
	g_autofree char *text = usb_port_format(&change->port);
	struct usb_found found = {
		.event = plugged ? FOUND_PLUG : FOUND_UNPLUG,
		.host = plugged ? after : before,
		.name = text,
	};

	found.dev = find_dev(found.host, &change->port, &found.name);
	usb_found_print(context, &found);
}

/* What an input device calls itself. */
static char *input_name(struct context *context, const char *input)
{
	g_autofree char *path = g_strdup_printf("/sys/class/input/%s/device/name", input);
	char buf[256];
	ssize_t n = root_read(context->root, path, buf, sizeof(buf));

	return n > 0 ? text_printable(text_chomp(buf), strlen(buf)) : g_strdup(input);
}

static void tell_press(struct context *context, const struct host *host, const char *input)
{
	g_autofree char *path = g_strconcat("/sys/class/input/", input, NULL);
	g_autofree char *name = input_name(context, input);
	char link[1024];
	ssize_t n = root_link(context->root, path, link, sizeof(link));
	struct usb_found found = { .event = FOUND_PRESS, .host = host, .dev = -1, .name = name };

	if (n > 0)
		found.dev = devpath_place(host, link).usb;
	usb_found_print(context, &found);
}

static bool tell(struct context *context, const struct host *before, const struct outcome *outcome,
		 GError **error)
{
	if (outcome->event == FOUND_PRESS) {
		tell_press(context, before, outcome->input);
		return true;
	}
	HOST_AUTO struct host *after = host_probe(context->root, PARTS, error);
	if (!after)
		return false;
	tell_change(context, before, after, outcome->changes);
	return true;
}

/* ---- the command ---- */

static bool read_seconds(const struct identify_options *options, int *milliseconds, GError **error)
{
	uint32_t seconds;

	if (!text_to_u32(options->seconds ? options->seconds : SECONDS, 10, 86400, &seconds)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "option '--seconds' cannot be '%s': it is a number up to 86400",
			    options->seconds);
		return false;
	}
	*milliseconds = seconds == 0 ? -1 : (int)seconds * 1000;
	return true;
}

/* On standard error: what is on standard output is the answer. */
static void invite(const struct context *context, const struct watch *watch)
{
	if (context->quiet)
		return;
	fprintf(stderr, "Plug the device in, or pull it out%s.\n",
		watch_inputs(watch) > 0 ? ", or press a key on it" : "");
	if (watch_forbidden(watch) > 0)
		fprintf(stderr, "(Only root is told of key presses.)\n");
}

static int tell_nothing(struct context *context)
{
	const struct usb_found found = { .event = FOUND_NOTHING, .dev = -1 };

	if (context->json)
		usb_found_print(context, &found);
	else
		fprintf(stderr, "vfiokit: nothing was plugged in, pulled out or pressed\n");
	return STATUS_FOUND;
}

static int identify(struct context *context, struct watch *watch, int milliseconds, GError **error)
{
	g_autoptr(GArray) changes = usb_changes_new();
	struct outcome outcome = { .changes = changes };
	const struct host *before = context_host(context, PARTS, error);

	if (!before)
		return -1;
	invite(context, watch);
	wait_for_one(watch, milliseconds, &outcome);
	if (outcome.event == FOUND_NOTHING)
		return tell_nothing(context);
	return tell(context, before, &outcome, error) ? STATUS_OK : -1;
}

static int run_identify(struct context *context, GError **error)
{
	int milliseconds;

	if (!read_seconds(context->options, &milliseconds, error))
		return -1;
	if (!context->root || !root_is_live(context->root)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'usb identify' watches the running machine only");
		error_hint(error, "'vfiokit usb' shows what is plugged in, of a recording, too");
		return -1;
	}
	WATCH_AUTO struct watch *watch = watch_new(context->root, error);
	return watch ? identify(context, watch, milliseconds, error) : -1;
}

const struct command command_usb_identify = {
	.name = "usb identify",
	.summary = "wait for a plug or a key press, and tell which port and controller that is",
	.help = "Waits until a USB device is plugged in or pulled out, or a key or button is "
		"pressed, and names the device, its port, the controller with its IOMMU group, "
		"what else is on that controller, and whether a guest is better given the device "
		"or the whole controller.\n"
		"\n"
		"Keys still do what they always do: best press one that does nothing, as Shift. "
		"Which key it was is neither printed nor kept. Only root is told of presses.\n"
		"\n"
		"The exit status is 1 when nothing happened.",
	.options = option_rows,
	.options_size = sizeof(struct identify_options),
	.run = run_identify,
};
