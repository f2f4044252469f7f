/* See usb_plan.h. */
#include "plan/usb_plan.h"

#include <string.h>

#include "model/usb_follow.h"

#define HEAD                                                                                       \
	"# Written by 'vfiokit usb attach --persist', from " USB_FOLLOW_PATH ";\n"                 \
	"# 'vfiokit usb detach --persist' takes it away.\n"

/* ---- the texts ---- */

/* The end of a path, with whatever number the bus has at this boot. */
static char *place_text(const struct usb_follow *follow)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "*/%s/usb*", follow->ctrl);
	for (unsigned i = 0; i < follow->port.depth; i++)
		g_string_append_printf(text, "%c%u", i == 0 ? '-' : '.', follow->port.ports[i]);
	return g_string_free(text, FALSE);
}

/* The kernel's PRODUCT is "46d/c52b/1201": no leading zeros. */
static void add_match(GString *text, const struct usb_follow *follow)
{
	if (!follow->by_port) {
		g_string_append_printf(text, "ENV{PRODUCT}==\"%x/%x/*\", ", follow->vendor,
				       follow->product);
	} else {
		g_autofree char *place = place_text(follow);
		g_string_append_printf(text, "DEVPATH==\"%s|%s.*\", ", place, place);
	}
	g_string_append(text, "GOTO=\"vfiokit_usb_meant\"\n");
}

static bool is_listed(const GPtrArray *follows, guint end, const struct usb_follow *follow)
{
	for (guint i = 0; i < end; i++)
		if (usb_follow_same(follows->pdata[i], follow))
			return true;
	return false;
}

/* systemd itself starts the unit of what is plugged in: with udev's word for it, not by a program.
 * Its name has the number of the device, which is a new one at each plug, so that one that is still
 * at work is never taken for it; other events of the same device start nothing. They say the same
 * as the first, or systemd would take the device for gone (udev(7), systemd.device(5)). The first
 * is "bind" and not "add": only then is the device set up, so that it shows whether the host needs
 * it.
 *
 * Nothing like that is there for what is unplugged: a program is run, and hundreds of events at a
 * time run few, about one for each look: see USB_DUE_PATH. */
static char *rule_text(const struct usb_request *request)
{
	GString *text =
		g_string_new(HEAD "SUBSYSTEM!=\"usb\", GOTO=\"vfiokit_usb_end\"\n"
				  "ENV{DEVTYPE}!=\"usb_device\", GOTO=\"vfiokit_usb_end\"\n");

	for (guint i = 0; i < request->follows->len; i++)
		if (!is_listed(request->follows, i, request->follows->pdata[i]))
			add_match(text, request->follows->pdata[i]);
	g_string_append_printf(
		text,
		"GOTO=\"vfiokit_usb_end\"\n"
		"LABEL=\"vfiokit_usb_meant\"\n"
		"ACTION!=\"add|remove\", TAG+=\"systemd\", "
		"ENV{SYSTEMD_WANTS}+=\"vfiokit-usb@$env{BUSNUM}-$env{DEVNUM}.service\"\n"
		"ACTION==\"remove\", RUN+=\"/bin/sh -c '[ -e " USB_DUE_PATH
		" ] || { true >" USB_DUE_PATH
		"; %s start --no-block vfiokit-usb@gone-$env{SEQNUM}.service || "
		"rm -f " USB_DUE_PATH "; }'\"\n"
		"LABEL=\"vfiokit_usb_end\"\n",
		request->systemctl);
	return g_string_free(text, FALSE);
}

/* Without what systemd adds by itself, since it goes through all of that at each start: what of it
 * counts is written here. */
static char *unit_text(const struct usb_request *request)
{
	return g_strdup_printf(HEAD
			       "[Unit]\n"
			       "Description=Give guests the USB devices that follow them (%%i)\n"
			       "DefaultDependencies=no\n"
			       "After=basic.target libvirtd.service virtqemud.service\n"
			       "Conflicts=shutdown.target\n"
			       "Before=shutdown.target\n"
			       "CollectMode=inactive-or-failed\n"
			       "StartLimitIntervalSec=0\n"
			       "\n"
			       "[Service]\n"
			       "Type=oneshot\n"
			       "ExecStart=%s --quiet usb follow\n"
			       "TimeoutStartSec=180\n",
			       request->program);
}

/* libvirt waits for the script, and would wait for itself if that asked it anything. */
static char *hook_text(const struct usb_request *request)
{
	return g_strdup_printf("#!/bin/sh\n" HEAD
			       "# libvirt must not be asked from here: a unit does that.\n"
			       "[ \"$2\" = started ] || exit 0\n"
			       "exec %s start --no-block \"vfiokit-usb@guest-$$.service\"\n",
			       request->systemctl);
}

/* ---- the steps ---- */

/* Returns whether there is something to do. */
static bool add_file(struct plan *plan, const char *path, const char *now, char *new_text,
		     const char *why)
{
	bool differs = g_strcmp0(now, new_text) != 0;

	if (differs)
		plan_add(plan, STEP_FILE, path, now, new_text, new_text ? why : "nothing needs it")
			->mode = strcmp(path, USB_HOOK_PATH) == 0 ? 0755 : 0;
	g_free(new_text);
	return differs;
}

static void add_run(struct plan *plan, const char *const *argv, const char *why)
{
	plan_add(plan, STEP_RUN, NULL, NULL, NULL, why)->argv = g_strdupv((char **)argv);
}

void usb_plan(const struct usb_request *request, struct plan *plan)
{
	bool any = request->follows->len > 0;
	const struct usb_files *now = &request->now;
	bool unit, rule, hook = false, record;

	unit = add_file(plan, USB_UNIT_PATH, now->unit, any ? unit_text(request) : NULL,
			"runs when a device or a guest comes or goes");
	record = add_file(plan, USB_FOLLOW_PATH, now->record, usb_follows_emit(request->follows),
			  "which device follows which guest");
	rule = add_file(plan, USB_RULE_PATH, now->rule, any ? rule_text(request) : NULL,
			"starts the unit when the device comes or goes");
	if (request->daemon || now->hook)
		hook = add_file(plan, USB_HOOK_PATH, now->hook, any ? hook_text(request) : NULL,
				"starts the unit when a guest has started");
	if (unit)
		add_run(plan, (const char *const[]){ "systemctl", "daemon-reload", NULL },
			"reads the unit");
	if (rule)
		add_run(plan, (const char *const[]){ "udevadm", "control", "--reload", NULL },
			"reads the rule");
	if (hook && request->daemon)
		add_run(plan,
			(const char *const[]){ "systemctl", "try-reload-or-restart",
					       request->daemon, NULL },
			"libvirt looks for hooks when it is told to");
	if (record)
		add_run(plan, (const char *const[]){ request->program, "usb", "follow", NULL },
			"gives what is there now, and takes what follows no more");
}

void usb_files_clear(struct usb_files *files)
{
	g_free(files->record);
	g_free(files->rule);
	g_free(files->unit);
	g_free(files->hook);
	*files = (struct usb_files){ 0 };
}
