/* See usb_wanted.h. */
#include "model/usb_wanted.h"

#include <string.h>

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
	struct usb_wanted wanted = { 0 };

	wanted.by_ids = parse_pair(text, 4, 16, &wanted.vendor, &wanted.product);
	wanted.by_number = parse_pair(text, 3, 10, &wanted.bus, &wanted.number);
	wanted.by_port = usb_port_parse(text, strlen(text), &wanted.port);
	return wanted;
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
