/* vfiokit usb attach: a USB device to a running guest, now, or whenever both are there. */
#include <string.h>

#include "base/root.h"
#include "cmd/change.h"
#include "cmd/usb_parts.h"
#include "model/usb_wanted.h"
#include "plan/usb_refusal.h"
#include "probe/probe.h"
#include "probe/usb_peer.h"
#include "view/plan.h"
#include "vm/libvirt.h"
#include "vm/usb_hostdev.h"

struct attach_options {
	struct change_options change;
	bool persist;
	bool port;
};

static const struct option_row option_rows[] = {
	{ .name = "persist",
	  .kind = OPTION_FLAG,
	  .help = "let it follow the guest from now on: over replugging and restarts of both",
	  .offset = offsetof(struct attach_options, persist) },
	{ .name = "port",
	  .kind = OPTION_FLAG,
	  .help = "with --persist: whatever is plugged in there follows, not this device",
	  .offset = offsetof(struct attach_options, port) },
	OPTION_DRY_RUN(struct attach_options),
	OPTION_ALLOW(struct attach_options),
	OPTION_YES(struct attach_options),
	{ 0 },
};

/* What was asked for. */
struct request {
	struct context *context;
	const struct attach_options *options;
	const struct host *host;
	const char *argument;
	const char *guest;
	int dev; /* -1: an empty port, which is well with --port */
};

/* ---- the device ---- */

static bool is_empty_port(const struct request *request, struct usb_port *port)
{
	return request->options->port &&
	       usb_port_parse(request->argument, strlen(request->argument), port) &&
	       port->depth > 0 && usb_find_port(&request->host->usb, port) < 0;
}

static bool find_device(struct request *request, GError **error)
{
	struct usb_wanted wanted = usb_wanted_parse(request->argument);
	struct usb_port port;

	request->dev = -1;
	if (is_empty_port(request, &port))
		return true;
	request->dev = usb_wanted_find_one(&wanted, &request->host->usb, error);
	if (request->dev < 0)
		return false;
	if (request->options->port || !usb_dev_is_hub(&request->host->usb.devs[request->dev]))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "'%s' is a hub: it cannot be given to a guest", request->argument);
	error_hint(error, "give what is plugged into it, or its port with '--persist --port'");
	return false;
}

/* ---- the guest ---- */

/* Is it there, and running where it has to be? Only the running machine's libvirt can tell. */
static bool check_guest(const struct request *request, struct libvirt *virt, GError **error)
{
	enum libvirt_state state;

	if (!libvirt_state(virt, request->guest, &state, error))
		return false;
	if (state == LIBVIRT_ABSENT) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no guest '%s' on this machine",
			    request->guest);
		error_hint(error, "'virsh list --all' lists what there is");
		return false;
	}
	if (state == LIBVIRT_RUNNING || request->options->persist)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "guest '%s' does not run", request->guest);
	error_hint(error, "start it first, or use '--persist': then it gets the device whenever it "
			  "runs");
	return false;
}

/* done: else it would be. */
static void tell_attached(const struct request *request, const struct usb_dev *dev, const char *xml,
			  bool done)
{
	struct context *context = request->context;
	g_autofree char *words = usb_dev_words(dev);
	struct json json;

	if (context->json) {
		context_json(context, &json, "vfiokit.usb-attach/1");
		json_text(&json, "port", dev->name);
		json_text(&json, "guest", request->guest);
		json_text(&json, "xml", xml);
		json_bool(&json, "done", done);
		json_object_end(&json);
		json_end(&json);
	} else if (!context->quiet || !done) {
		fprintf(context->term.out, "%s %s given to '%s', until it is unplugged%s\n", words,
			done ? "is" : "would be", request->guest, done ? "" : ":");
		fputs(done ? "" : xml, context->term.out);
	}
}

/* Now, and nothing more: libvirt forgets it when the guest ends, so there is nothing to undo. */
static int attach_now(const struct request *request, struct plan *plan, GError **error)
{
	const struct usb_dev *dev = &request->host->usb.devs[request->dev];
	g_autofree char *xml = usb_hostdev_xml(dev, false);

	plan_allow(plan, request->options->change.allow);
	if (plan->refusals->len > 0)
		return change_finish(request->context, &request->options->change, plan, NULL, NULL,
				     error);
	if (!request->context->json)
		plan_print_notes(&request->context->term, plan);
	if (request->options->change.dry_run) {
		tell_attached(request, dev, xml, false);
		return STATUS_OK;
	}
	if (!usb_needs_live(request->context, plan->command, error))
		return -1;
	LIBVIRT_AUTO struct libvirt *virt = libvirt_open(NULL, error);
	if (!virt || !check_guest(request, virt, error) ||
	    !libvirt_attach(virt, request->guest, xml, error))
		return -1;
	tell_attached(request, dev, xml, true);
	return STATUS_OK;
}

/* ---- from now on ---- */

/* Does another device look exactly the same? Then only the port tells them apart. */
static bool check_unique(const struct request *request, const struct usb_follow *follow,
			 GError **error)
{
	g_autoptr(GArray) found = usb_follow_find(follow, &request->host->usb);
	g_autoptr(GString) names = g_string_new(NULL);

	if (follow->by_port || found->len <= 1)
		return true;
	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? " and " : "",
				       request->host->usb.devs[g_array_index(found, int, i)].name);
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "nothing but the port tells the devices at %s apart", names->str);
	error_hint(error, "let the port follow: '--persist --port'");
	return false;
}

/* Adds an entry unless it is there; false when another guest has it. */
static bool add_follow(const struct request *request, GPtrArray *follows, struct usb_follow *follow,
		       GError **error)
{
	const GPtrArray *allow = request->options->change.allow;

	for (guint i = 0; i < follows->len; i++) {
		struct usb_follow *other = follows->pdata[i];
		if (!usb_follow_same(other, follow))
			continue;
		usb_follow_free(follow);
		if (strcmp(other->guest, request->guest) == 0)
			return true;
		g_autofree char *text = usb_follow_text(other);
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED, "%s follows guest '%s' already",
			    text, other->guest);
		error_hint(error, "'vfiokit usb detach %s %s --persist' ends that",
			   request->argument, other->guest);
		return false;
	}
	if (allow && allow->len > 0) {
		g_autoptr(GPtrArray) words = g_ptr_array_new();
		for (guint i = 0; i < allow->len; i++)
			g_ptr_array_add(words, allow->pdata[i]);
		g_ptr_array_add(words, NULL);
		follow->allow = g_strjoinv(",", (char **)words->pdata);
	}
	g_ptr_array_add(follows, follow);
	return true;
}

static struct usb_follow *make_follow(const struct request *request, GError **error)
{
	const struct usb *usb = &request->host->usb;
	struct usb_follow *follow;
	struct usb_port port;

	if (request->dev >= 0)
		follow = usb_follow_new(usb, request->dev, request->guest, request->options->port);
	else
		follow = usb_port_parse(request->argument, strlen(request->argument), &port)
				 ? usb_follow_new_port(usb, &port, request->guest)
				 : NULL;
	if (!follow)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is on no known controller",
			    request->argument);
	return follow;
}

/* A socket of USB 3 is a port of two buses: both are meant. */
static bool add_peer(const struct request *request, GPtrArray *follows, GError **error)
{
	const struct usb *usb = &request->host->usb;
	const char *name = request->dev >= 0 ? usb->devs[request->dev].name : request->argument;
	struct usb_port port, peer;

	if (!request->options->port || !request->context->root ||
	    !usb_port_parse(name, strlen(name), &port) ||
	    !usb_peer_read(request->context->root, &port, &peer))
		return true;
	struct usb_follow *follow = usb_follow_new_port(usb, &peer, request->guest);
	return !follow || add_follow(request, follows, follow, error);
}

static int attach_always(const struct request *request, struct plan *plan, GError **error)
{
	struct context *context = request->context;
	struct usb_files files;
	g_autoptr(GPtrArray) follows = usb_follows_read(context, &files, error);
	struct usb_follow *follow = follows ? make_follow(request, error) : NULL;
	int status = -1;

	if (!follow) {
		if (follows)
			usb_files_clear(&files);
		return -1;
	}
	g_autofree char *text = usb_follow_text(follow);
	g_autofree char *made = g_strdup_printf("%s follows '%s' now", text, request->guest);
	if (!check_unique(request, follow, error))
		usb_follow_free(follow);
	else if (add_follow(request, follows, follow, error) && add_peer(request, follows, error)) {
		usb_follows_plan(context, follows, &files, plan);
		status = change_finish(context, &request->options->change, plan, NULL, made, error);
	}
	usb_files_clear(&files);
	return status;
}

/* ---- the command ---- */

static bool is_real(const struct request *request)
{
	return request->context->root && root_is_live(request->context->root);
}

static int attach(const struct request *request, GError **error)
{
	PLAN_AUTO struct plan *plan = plan_new("usb attach");

	if (request->dev >= 0)
		usb_refusal_judge(request->host, request->dev, plan);
	if (!request->options->persist)
		return attach_now(request, plan, error);
	if (is_real(request) && !request->options->change.dry_run) {
		LIBVIRT_AUTO struct libvirt *virt = libvirt_open(NULL, error);
		if (!virt || !check_guest(request, virt, error))
			return -1;
	}
	return attach_always(request, plan, error);
}

static int run_attach(struct context *context, GError **error)
{
	const struct attach_options *options = context->options;
	struct request request = { .context = context, .options = options };

	if (context->n_arguments != 2) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'usb attach' needs a DEVICE and a DOMAIN");
		error_hint(error, "'vfiokit usb' lists the devices, 'virsh list --all' the guests");
		return -1;
	}
	if (options->port && !options->persist) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "option '--port' goes with '--persist'");
		return -1;
	}
	if (!change_check_allowed(&options->change, error))
		return -1;
	request.argument = context->arguments[0];
	request.guest = context->arguments[1];
	request.host = context_host(context, PROBE_BASE | PROBE_USB | PROBE_USAGE, error);
	if (!request.host || !find_device(&request, error))
		return -1;
	return attach(&request, error);
}

const struct command command_usb_attach = {
	.name = "usb attach",
	.arguments = "DEVICE DOMAIN",
	.summary = "give a USB device to a guest, now or whenever both are there",
	.help = "Gives the device to the running guest of libvirt, until it is unplugged or the "
		"guest ends. With --persist it follows the guest: whenever the guest runs and the "
		"device is plugged in, wherever, it is given; by ids and, where it has one, its "
		"serial number. With --port, too, what follows is the port: whatever is plugged in "
		"there, also a device that changes its ids, and both halves of a USB 3 socket. A "
		"udev rule and a unit of systemd do that; nothing runs meanwhile.\n"
		"\n"
		"What the host needs itself is refused, each rule with an id; --allow ID overrides "
		"one where that can be sane.\n"
		"\n"
		"DEVICE is ids (046d:c52b), a port (1-4.2) or bus and number (001:003). Ids that "
		"two devices have do not tell which is meant: name the port.",
	.options = option_rows,
	.options_size = sizeof(struct attach_options),
	.flags = COMMAND_CHANGES,
	.run = run_attach,
};
