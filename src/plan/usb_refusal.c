/* See usb_refusal.h: one row for each way of harming the host, in the order of refusal.c. */
#include "plan/usb_refusal.h"

#include "model/loss.h"
#include "plan/refusal.h"

#define CLASS_STORAGE "08:"
#define CLASS_INPUT   "03:"

static enum tri ask_root_disk(const struct loss *loss)
{
	return loss->root_disk;
}

static enum tri ask_mounted_disk(const struct loss *loss)
{
	return loss->mounted_disk;
}

static enum tri ask_network(const struct loss *loss)
{
	return loss->network_in_use;
}

static enum tri ask_keyboard(const struct loss *loss)
{
	return loss->last_keyboard;
}

static const struct {
	const char *id;
	enum usage_kind kind; /* whose names are told */
	enum tri (*ask)(const struct loss *loss);
	const char *class_code; /* of interfaces that could break it; NULL: no single one */
	const char *what;       /* behind the names */
	const char *doubt;      /* "It is not known whether …" */
} rows[] = {
	{ "root-disk", USAGE_ROOT_DISK, ask_root_disk, CLASS_STORAGE,
	  "this system runs from it, and would stop without it", "the system runs from it" },
	{ "mounted-disk", USAGE_DISK, ask_mounted_disk, CLASS_STORAGE,
	  "what is not written yet would be lost. Unmount it first",
	  "file systems are mounted from it" },
	{ "network-in-use", USAGE_ROUTE, ask_network, NULL,
	  "this machine could not be reached any more. Move that to another interface first",
	  "this machine reaches the network over it" },
	{ "last-keyboard", USAGE_KEYBOARD, ask_keyboard, CLASS_INPUT,
	  "it is the only keyboard of this machine, and nobody could type here any more. Plug "
	  "another one in first",
	  "it is the last keyboard" },
};

/* "sdb1 mounted on /mnt, sdb2 swap" */
static char *names_of(const struct loss *loss, enum usage_kind kind)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < loss->n; i++) {
		const struct usage *usage = loss->list[i];
		if (usage->kind != kind)
			continue;
		g_string_append_printf(text, "%s%s%s%s", text->len > 0 ? ", " : "", usage->name,
				       usage->detail ? " " : "",
				       usage->detail ? usage->detail : "");
	}
	return g_string_free(text, FALSE);
}

/* Could the device break a rule about that class at all, as far as its interfaces tell? */
static bool may_concern(const struct usb_dev *dev, const char *class_code)
{
	if (!class_code || !dev->interfaces)
		return !dev->interfaces;
	g_auto(GStrv) words = g_strsplit(dev->interfaces, " ", -1);
	for (guint i = 0; words[i]; i++)
		if (g_str_has_prefix(words[i], class_code))
			return true;
	return false;
}

void usb_refusal_judge(const struct host *host, int dev, struct plan *plan)
{
	const struct usb_dev *device = &host->usb.devs[dev];
	LOSS_AUTO struct loss loss = { 0 };

	loss_of_usb(host, dev, &loss);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		enum tri answer = rows[i].ask(&loss);
		g_autofree char *names = names_of(&loss, rows[i].kind);
		if (answer == TRI_YES)
			plan_refuse(plan, rows[i].id, device->name,
				    refusal_is_overridable(rows[i].id, NULL), "%s: %s.", names,
				    rows[i].what);
		else if (answer == TRI_UNKNOWN && may_concern(device, rows[i].class_code))
			plan_warn(plan, rows[i].id,
				  "It is not known whether %s: look before you give %s away.",
				  rows[i].doubt, device->name);
	}
}
