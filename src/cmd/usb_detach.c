/* vfiokit usb detach: a USB device back from a guest, now, or for good. */
#include <string.h>

#include "cmd/change.h"
#include "cmd/usb_parts.h"
#include "model/usb_wanted.h"
#include "probe/probe.h"
#include "probe/usb_peer.h"
#include "vm/libvirt.h"
#include "vm/usb_hostdev.h"

struct detach_options {
	struct change_options change;
	bool persist;
};

static const struct option_row option_rows[] = {
	{ .name = "persist",
	  .kind = OPTION_FLAG,
	  .help = "let it follow the guest no more",
	  .offset = offsetof(struct detach_options, persist) },
	OPTION_DRY_RUN(struct detach_options),
	OPTION_YES(struct detach_options),
	{ 0 },
};

struct request {
	struct context *context;
	const struct detach_options *options;
	const struct host *host;
	const char *argument;
	struct usb_wanted wanted;
	const char *guest;
};

/* ---- now ---- */

/* A device that is there, or one that was and that the guest still lists. */
static bool is_meant(const struct request *request, const struct usb_hostdev *hostdev)
{
	const struct usb_wanted *wanted = &request->wanted;
	g_autoptr(GArray) found = usb_wanted_find(wanted, &request->host->usb);

	for (guint i = 0; i < found->len; i++)
		if (usb_hostdev_is(hostdev, &request->host->usb.devs[g_array_index(found, int, i)]))
			return true;
	if (wanted->by_ids)
		return hostdev->vendor == (int32_t)wanted->vendor &&
		       hostdev->product == (int32_t)wanted->product;
	return wanted->by_number && hostdev->bus == (int)wanted->bus &&
	       hostdev->number == (int)wanted->number;
}

static const struct usb_hostdev *find_hostdev(const struct request *request,
					      const GPtrArray *hostdevs, GError **error)
{
	const struct usb_hostdev *found = NULL;

	for (guint i = 0; i < hostdevs->len; i++) {
		if (!is_meant(request, hostdevs->pdata[i]))
			continue;
		if (found) {
			g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
				    "guest '%s' has more than one device '%s'", request->guest,
				    request->argument);
			error_hint(error, "name the one that is meant by its port");
			return NULL;
		}
		found = hostdevs->pdata[i];
	}
	if (!found)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "guest '%s' has no USB device '%s'",
			    request->guest, request->argument);
	return found;
}

/* ---- for good ---- */

static bool is_same_port(const struct request *request, const struct usb_follow *follow,
			 const struct usb_port *port)
{
	struct usb_follow *other = usb_follow_new_port(&request->host->usb, port, request->guest);
	bool same = other && usb_follow_same(follow, other);

	usb_follow_free(other);
	return same;
}

/* By what is written, or by a device that is there and is meant by both. */
static bool is_ended(const struct request *request, const struct usb_follow *follow)
{
	const struct usb_wanted *wanted = &request->wanted;
	struct usb_port peer;

	if (strcmp(follow->guest, request->guest) != 0)
		return false;
	if (wanted->by_ids && !follow->by_port)
		return follow->vendor == wanted->vendor && follow->product == wanted->product;
	if (wanted->by_port && follow->by_port)
		return is_same_port(request, follow, &wanted->port) ||
		       (usb_peer_read(request->context->root, &wanted->port, &peer) &&
			is_same_port(request, follow, &peer));
	g_autoptr(GArray) meant = usb_follow_find(follow, &request->host->usb);
	for (guint i = 0; i < meant->len; i++)
		if (usb_wanted_is(wanted, &request->host->usb.devs[g_array_index(meant, int, i)]))
			return true;
	return false;
}

/* Takes them out of the array; returns how many they were. */
static unsigned end_follows(const struct request *request, GPtrArray *follows)
{
	unsigned n = 0;

	for (guint i = follows->len; i > 0; i--) {
		if (!is_ended(request, follows->pdata[i - 1]))
			continue;
		g_ptr_array_remove_index(follows, i - 1);
		n++;
	}
	return n;
}

static int detach_always(const struct request *request, GError **error)
{
	PLAN_AUTO struct plan *plan = plan_new("usb detach");
	struct usb_files files;
	g_autoptr(GPtrArray) follows = usb_follows_read(request->context, &files, error);
	int status = -1;

	if (!follows)
		return -1;
	if (end_follows(request, follows) == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' does not follow guest '%s'",
			    request->argument, request->guest);
		error_hint(error, USB_FOLLOW_PATH " lists what does");
	} else {
		g_autofree char *made = g_strdup_printf("%s follows '%s' no more",
							request->argument, request->guest);
		usb_follows_plan(request->context, follows, &files, plan);
		status = change_finish(request->context, &request->options->change, plan, NULL,
				       made, error);
	}
	usb_files_clear(&files);
	return status;
}

/* What follows comes back at the next event: that is to be known. */
static void warn_following(const struct request *request)
{
	struct usb_files files;
	g_autoptr(GPtrArray) follows = usb_follows_read(request->context, &files, NULL);

	if (!follows)
		return;
	if (end_follows(request, follows) > 0)
		term_warn("it follows '%s', and is given again when something is plugged in; "
			  "'--persist' ends that",
			  request->guest);
	usb_files_clear(&files);
}

static int detach_now(const struct request *request, GError **error)
{
	if (!usb_needs_live(request->context, "usb detach", error))
		return -1;
	LIBVIRT_AUTO struct libvirt *virt = libvirt_open(NULL, error);
	g_autofree char *definition =
		virt ? libvirt_dump(virt, request->guest, false, error) : NULL;
	g_autoptr(GPtrArray) hostdevs = definition ? usb_hostdevs_parse(definition, error) : NULL;
	const struct usb_hostdev *hostdev =
		hostdevs ? find_hostdev(request, hostdevs, error) : NULL;
	if (!hostdev)
		return -1;
	g_autofree char *xml = usb_hostdev_xml_of(hostdev);
	if (request->options->change.dry_run) {
		fprintf(request->context->term.out, "%s would be taken from '%s':\n%s",
			request->argument, request->guest, xml);
		return STATUS_OK;
	}
	if (!libvirt_detach(virt, request->guest, xml, error))
		return -1;
	warn_following(request);
	if (!request->context->quiet && !request->context->json)
		fprintf(request->context->term.out, "%s is taken from '%s'\n", request->argument,
			request->guest);
	return STATUS_OK;
}

/* ---- the command ---- */

static int run_detach(struct context *context, GError **error)
{
	struct request request = { .context = context, .options = context->options };

	if (context->n_arguments != 2) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'usb detach' needs a DEVICE and a DOMAIN");
		return -1;
	}
	request.argument = context->arguments[0];
	request.guest = context->arguments[1];
	request.wanted = usb_wanted_parse(request.argument);
	if (!usb_wanted_check(&request.wanted, error))
		return -1;
	request.host = context_host(context, PROBE_BASE | PROBE_USB, error);
	if (!request.host)
		return -1;
	return request.options->persist ? detach_always(&request, error)
					: detach_now(&request, error);
}

const struct command command_usb_detach = {
	.name = "usb detach",
	.arguments = "DEVICE DOMAIN",
	.summary = "take a USB device from a guest, now or for good",
	.help = "Takes the device from the running guest, and gives it back to this machine. With "
		"--persist it follows the guest no more: what 'usb attach --persist' has written "
		"is taken away, and the device, if the guest has it.\n"
		"\n"
		"DEVICE is as for 'usb attach'; it need not be plugged in.",
	.options = option_rows,
	.options_size = sizeof(struct detach_options),
	.flags = COMMAND_CHANGES,
	.run = run_detach,
};
