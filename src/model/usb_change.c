/* See usb_change.h. */
#include "model/usb_change.h"

#include <string.h>

GArray *usb_changes_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct usb_change));
}

/* A device is there from "add" on, with a driver (and named by udev) from "bind" on. It loses its
 * driver also when it stays, so "unbind" says nothing. */
static const struct {
	const char *action;
	enum usb_change_kind kind;
} kinds[] = {
	{ "add", USB_PLUGGED },
	{ "bind", USB_PLUGGED },
	{ "remove", USB_UNPLUGGED },
};

static enum usb_change_kind find_kind(const char *action)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kinds[i].action, action) == 0)
			return kinds[i].kind;
	return USB_NO_CHANGE;
}

static struct usb_change *find_change(GArray *changes, const struct usb_port *port)
{
	for (guint i = 0; i < changes->len; i++) {
		struct usb_change *change = &g_array_index(changes, struct usb_change, i);
		if (usb_port_compare(&change->port, port) == 0)
			return change;
	}
	const struct usb_change new = { .port = *port, .order = changes->len };
	g_array_append_val(changes, new);
	return &g_array_index(changes, struct usb_change, changes->len - 1);
}

bool usb_changes_add(GArray *changes, const char *action, const char *devpath)
{
	enum usb_change_kind kind = find_kind(action);
	const char *slash = strrchr(devpath, '/');
	const char *name = slash ? slash + 1 : devpath;
	struct usb_port port;

	if (kind == USB_NO_CHANGE || !usb_port_parse(name, strlen(name), &port))
		return false;
	find_change(changes, &port)->kind = kind;
	return true;
}

static bool is_nearer(const struct usb_change *a, const struct usb_change *b)
{
	return !b || a->port.depth < b->port.depth ||
	       (a->port.depth == b->port.depth && a->order < b->order);
}

const struct usb_change *usb_changes_pick(const GArray *changes)
{
	const struct usb_change *best = NULL;

	for (guint i = 0; i < changes->len; i++) {
		const struct usb_change *change = &g_array_index(changes, struct usb_change, i);
		if (is_nearer(change, best))
			best = change;
	}
	return best;
}
