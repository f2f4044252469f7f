/* See usb_wanted.h. */
#include "model/usb_wanted.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

static bool parse_pair(const char *text, unsigned digits, unsigned base, uint32_t *left,
		       uint32_t *right)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);

	return g_strv_length(parts) == 2 && strlen(parts[0]) == digits &&
	       strlen(parts[1]) == digits && text_to_u32(parts[0], base, UINT16_MAX, left) &&
	       text_to_u32(parts[1], base, UINT16_MAX, right);
}

struct usb_wanted usb_wanted_parse(const char *text)
{
	struct usb_wanted wanted = { .text = text };

	wanted.by_ids = parse_pair(text, 4, 16, &wanted.vendor, &wanted.product);
	wanted.by_number = parse_pair(text, 3, 10, &wanted.bus, &wanted.number);
	wanted.by_port = usb_port_parse(text, strlen(text), &wanted.port);
	return wanted;
}

bool usb_wanted_check(const struct usb_wanted *wanted, GError **error)
{
	if (wanted->by_ids || wanted->by_number || wanted->by_port)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is no USB device", wanted->text);
	error_hint(error, "write ids (046d:c52b), a port (1-4.2) or bus and number (001:003)");
	return false;
}

bool usb_wanted_is(const struct usb_wanted *wanted, const struct usb_dev *dev)
{
	struct usb_port port;

	if (wanted->by_ids)
		return dev->vendor == (int32_t)wanted->vendor &&
		       dev->product == (int32_t)wanted->product;
	if (wanted->by_number)
		return dev->bus == (int)wanted->bus && dev->number == (int)wanted->number;
	return wanted->by_port && usb_port_parse(dev->name, strlen(dev->name), &port) &&
	       usb_port_compare(&port, &wanted->port) == 0;
}

GArray *usb_wanted_find(const struct usb_wanted *wanted, const struct usb *usb)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < usb->n_devs; i++) {
		int index = (int)i;
		if (!g_str_has_prefix(usb->devs[i].name, "usb") &&
		    usb_wanted_is(wanted, &usb->devs[i]))
			g_array_append_val(found, index);
	}
	return found;
}

void usb_wanted_set_missing(const struct usb_wanted *wanted, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no USB device '%s' on this machine",
		    wanted->text);
	error_hint(error, "'vfiokit usb' lists what there is");
}

static void set_several(const struct usb_wanted *wanted, const struct usb *usb, const GArray *found,
			GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
				       usb->devs[g_array_index(found, int, i)].name);
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is more than one device: %s",
		    wanted->text, names->str);
	error_hint(error, "name the one that is meant by its port");
}

int usb_wanted_find_one(const struct usb_wanted *wanted, const struct usb *usb, GError **error)
{
	g_autoptr(GArray) found = usb_wanted_find(wanted, usb);

	if (!usb_wanted_check(wanted, error))
		return -1;
	if (found->len == 1)
		return g_array_index(found, int, 0);
	if (found->len > 1)
		set_several(wanted, usb, found, error);
	else
		usb_wanted_set_missing(wanted, error);
	return -1;
}
