/* See usb_actions.h. */
#include "vm/usb_actions.h"

#include <string.h>

#include "base/int_list.h"

/* What the functions share. */
struct decision {
	const struct usb *usb;
	const GPtrArray *follows;
	const struct usb_guest *guests;
	unsigned n_guests;
	GArray *actions;
	GPtrArray *notes;
};

static const struct usb_hostdev *find_hostdev(const struct usb_guest *guest,
					      const struct usb_dev *dev)
{
	for (guint i = 0; i < guest->hostdevs->len; i++)
		if (usb_hostdev_is(guest->hostdevs->pdata[i], dev))
			return guest->hostdevs->pdata[i];
	return NULL;
}

/* The guest that has the device already; NULL: none. */
static const struct usb_guest *find_owner(const struct decision *decision,
					  const struct usb_dev *dev)
{
	for (unsigned i = 0; i < decision->n_guests; i++)
		if (find_hostdev(&decision->guests[i], dev))
			return &decision->guests[i];
	return NULL;
}

/* ---- taking ---- */

/* Does a device that is there, and that the guest has under this name, still follow it? */
static bool still_follows(const struct decision *decision, const struct usb_guest *guest,
			  const struct usb_hostdev *hostdev)
{
	int dev = usb_find_number(decision->usb, hostdev->bus, hostdev->number);

	if (dev < 0 || !usb_hostdev_is(hostdev, &decision->usb->devs[dev]))
		return false;
	for (guint i = 0; i < decision->follows->len; i++) {
		const struct usb_follow *follow = decision->follows->pdata[i];
		if (strcmp(follow->guest, guest->name) != 0)
			continue;
		g_autoptr(GArray) found = usb_follow_find(follow, decision->usb);
		if (int_list_has(found, dev))
			return true;
	}
	return false;
}

static void take_from(struct decision *decision, const struct usb_guest *guest)
{
	for (guint i = 0; i < guest->hostdevs->len; i++) {
		const struct usb_hostdev *hostdev = guest->hostdevs->pdata[i];
		const struct usb_action action = {
			.kind = USB_TAKE, .guest = guest->name, .hostdev = hostdev, .dev = -1
		};
		if (usb_hostdev_is_ours(hostdev) && !still_follows(decision, guest, hostdev))
			g_array_append_val(decision->actions, action);
	}
}

/* ---- giving ---- */

static bool is_given_now(const struct decision *decision, int dev)
{
	for (guint i = 0; i < decision->actions->len; i++) {
		const struct usb_action *action =
			&g_array_index(decision->actions, struct usb_action, i);
		if (action->kind == USB_GIVE && action->dev == dev)
			return true;
	}
	return false;
}

static void give(struct decision *decision, const struct usb_guest *guest,
		 const struct usb_follow *follow, int dev)
{
	const struct usb_dev *device = &decision->usb->devs[dev];
	const struct usb_guest *owner = find_owner(decision, device);
	const struct usb_action action = {
		.kind = USB_GIVE, .guest = guest->name, .dev = dev, .follow = follow
	};

	if (owner == guest || is_given_now(decision, dev))
		return;
	if (owner)
		g_ptr_array_add(decision->notes,
				g_strdup_printf("%s is not given to '%s': '%s' has it",
						device->name, guest->name, owner->name));
	else
		g_array_append_val(decision->actions, action);
}

/* Several that look the same, and nothing tells which one is meant: who has one keeps it. */
static void note_several(struct decision *decision, const struct usb_follow *follow,
			 const GArray *found)
{
	g_autoptr(GString) names = g_string_new(NULL);
	g_autofree char *text = usb_follow_text(follow);

	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
				       decision->usb->devs[g_array_index(found, int, i)].name);
	g_ptr_array_add(decision->notes,
			g_strdup_printf("%s is plugged in more than once (%s): none is given to "
					"'%s'; let the port follow instead",
					text, names->str, follow->guest));
}

static void give_to(struct decision *decision, const struct usb_guest *guest,
		    const struct usb_follow *follow)
{
	g_autoptr(GArray) found = usb_follow_find(follow, decision->usb);
	bool has_one = false;

	for (guint i = 0; i < found->len; i++)
		has_one |= find_hostdev(guest,
					&decision->usb->devs[g_array_index(found, int, i)]) != NULL;
	if (!follow->by_port && found->len > 1) {
		if (!has_one)
			note_several(decision, follow, found);
		return;
	}
	for (guint i = 0; i < found->len; i++)
		give(decision, guest, follow, g_array_index(found, int, i));
}

GArray *usb_actions_decide(const struct usb *usb, const GPtrArray *follows,
			   const struct usb_guest *guests, unsigned n_guests, GPtrArray *notes)
{
	struct decision decision = {
		.usb = usb,
		.follows = follows,
		.guests = guests,
		.n_guests = n_guests,
		.actions = g_array_new(FALSE, FALSE, sizeof(struct usb_action)),
		.notes = notes,
	};

	for (unsigned i = 0; i < n_guests; i++)
		take_from(&decision, &guests[i]);
	for (guint i = 0; i < follows->len; i++) {
		const struct usb_follow *follow = follows->pdata[i];
		for (unsigned j = 0; j < n_guests; j++)
			if (strcmp(guests[j].name, follow->guest) == 0)
				give_to(&decision, &guests[j], follow);
	}
	return decision.actions;
}
