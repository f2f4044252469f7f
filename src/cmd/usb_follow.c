/* vfiokit usb follow: what the unit runs when a device or a guest has come or gone. It looks at
 * what is there, and gives and takes what that asks for. */
#include <errno.h>
#include <unistd.h>

#include "base/turn.h"
#include "cmd/usb_parts.h"
#include "plan/usb_refusal.h"
#include "probe/probe.h"
#include "vm/libvirt.h"
#include "vm/usb_actions.h"

#define TURN_PATH "/run/vfiokit/usb.turn"

/* ---- the guests ---- */

struct guests {
	GPtrArray *domains;  /* of struct libvirt_domain */
	GPtrArray *hostdevs; /* of GPtrArray: of each that runs */
	GArray *list;        /* of struct usb_guest: those that run */
};

static void free_array(gpointer array)
{
	g_ptr_array_unref(array);
}

static bool read_guests(struct libvirt *virt, struct guests *ret, GError **error)
{
	ret->hostdevs = g_ptr_array_new_with_free_func(free_array);
	ret->list = g_array_new(FALSE, FALSE, sizeof(struct usb_guest));
	ret->domains = libvirt_list_running(virt, error);
	for (guint i = 0; ret->domains && i < ret->domains->len; i++) {
		const struct libvirt_domain *domain = ret->domains->pdata[i];
		GPtrArray *hostdevs = usb_hostdevs_parse(domain->xml, error);
		if (!hostdevs)
			return false;
		const struct usb_guest guest = { domain->name, hostdevs };
		g_ptr_array_add(ret->hostdevs, hostdevs);
		g_array_append_val(ret->list, guest);
	}
	return ret->domains != NULL;
}

static void clear_guests(struct guests *guests)
{
	g_clear_pointer(&guests->domains, g_ptr_array_unref);
	g_clear_pointer(&guests->hostdevs, g_ptr_array_unref);
	g_clear_pointer(&guests->list, g_array_unref);
}

/* ---- doing it ---- */

static void note(const char *text)
{
	term_complain("vfiokit: ", text);
}

/* Does the host need it? What was allowed when it was decided is still allowed. */
static bool is_refused(const struct host *host, const struct usb_action *action)
{
	PLAN_AUTO struct plan *plan = plan_new("usb follow");
	g_auto(GStrv) words =
		g_strsplit(action->follow->allow ? action->follow->allow : "", ",", -1);
	g_autoptr(GPtrArray) allow = g_ptr_array_new();

	for (guint i = 0; words[i]; i++)
		g_ptr_array_add(allow, words[i]);
	usb_refusal_judge(host, action->dev, plan);
	if (plan_allow(plan, allow) == 0)
		return false;
	const struct refusal *refusal = plan->refusals->pdata[0];
	g_autofree char *text = g_strdup_printf("%s is not given to '%s': %s (%s)",
						host->usb.devs[action->dev].name, action->guest,
						refusal->what, refusal->id);
	note(text);
	return true;
}

static bool act(struct libvirt *virt, const struct host *host, const struct usb_action *action,
		GError **error)
{
	if (action->kind == USB_TAKE) {
		g_autofree char *xml = usb_hostdev_xml_of(action->hostdev);
		return libvirt_detach(virt, action->guest, xml, error);
	}
	if (is_refused(host, action))
		return true;
	g_autofree char *xml = usb_hostdev_xml(&host->usb.devs[action->dev], true);
	return libvirt_attach(virt, action->guest, xml, error);
}

static void tell(struct context *context, const struct host *host, const struct usb_action *action)
{
	if (context->quiet)
		return;
	if (action->kind == USB_TAKE) {
		fprintf(context->term.out, "taken from '%s': bus %d, device %d\n", action->guest,
			action->hostdev->bus, action->hostdev->number);
		return;
	}
	g_autofree char *words = usb_dev_words(&host->usb.devs[action->dev]);
	fprintf(context->term.out, "given to '%s': %s\n", action->guest, words);
}

/* All that can be done is done; false and the last *error when not all could. */
static bool act_all(struct context *context, struct libvirt *virt, const struct host *host,
		    const GArray *actions, GError **error)
{
	bool ok = true;

	for (guint i = 0; i < actions->len; i++) {
		const struct usb_action *action = &g_array_index(actions, struct usb_action, i);
		g_autoptr(GError) reason = NULL;
		if (act(virt, host, action, &reason)) {
			tell(context, host, action);
			continue;
		}
		if (!ok)
			note(reason->message);
		else
			g_propagate_error(error, g_steal_pointer(&reason));
		ok = false;
	}
	return ok;
}

static bool follow(struct context *context, const GPtrArray *follows, GError **error)
{
	const struct host *host =
		context_host(context, PROBE_BASE | PROBE_USB | PROBE_USAGE, error);
	LIBVIRT_AUTO struct libvirt *virt = host ? libvirt_open(NULL, error) : NULL;
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	struct guests guests = { 0 };

	bool ok = virt && read_guests(virt, &guests, error);
	if (ok) {
		const void *list = guests.list->data;
		g_autoptr(GArray) actions =
			usb_actions_decide(&host->usb, follows, list, guests.list->len, notes);
		for (guint i = 0; i < notes->len; i++)
			note(notes->pdata[i]);
		ok = act_all(context, virt, host, actions, error);
	}
	clear_guests(&guests);
	return ok;
}

static int run_follow(struct context *context, GError **error)
{
	struct usb_files files;
	int turn = turn_take(context->root, TURN_PATH, USB_DUE_PATH);

	if (turn == -EALREADY)
		return STATUS_OK; /* the one that waits sees what we would see */
	if (turn < 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot lock '" TURN_PATH "': %s",
			    g_strerror(-turn));
		return -1;
	}
	g_autoptr(GPtrArray) follows = usb_follows_read(context, &files, error);
	bool ok = follows && follow(context, follows, error);
	if (follows)
		usb_files_clear(&files);
	close(turn);
	return ok ? STATUS_OK : -1;
}

const struct command command_usb_follow = {
	.name = "usb follow",
	.summary = "give guests the USB devices that follow them (done by itself)",
	.help = "Looks at what follows which guest ('usb attach --persist'), at what is plugged in "
		"and at what runs, and gives and takes until that fits. A unit of systemd runs it "
		"whenever such a device or a guest comes or goes: by hand it is needed only to see "
		"what it says.",
	.flags = COMMAND_NEEDS_ROOT | COMMAND_CHANGES | COMMAND_NO_JSON,
	.run = run_follow,
};
