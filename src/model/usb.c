/* Names of USB devices are paths: bus, then the port on each hub. Comparing, finding and going up
 * are done on the numbers in them. */
#include "model/usb.h"

#include <string.h>

#include <glib.h>

#define MAX_NUMBER 65535 /* of a bus or a port: the kernel's are far below */

/* Takes the number at *at, which moves behind it. Returns 0 for none: buses and ports start at 1.
 */
static unsigned take_number(const char **at, const char *end)
{
	unsigned value = 0;
	const char *p = *at;

	if (p < end && *p == '0')
		return 0;
	while (p < end && g_ascii_isdigit(*p) && value <= MAX_NUMBER)
		value = value * 10 + (unsigned)(*p++ - '0');
	*at = p;
	return value <= MAX_NUMBER ? value : 0;
}

bool usb_port_parse(const char *text, size_t length, struct usb_port *ret)
{
	const char *end = text + length;
	bool is_hub = length > 3 && memcmp(text, "usb", 3) == 0;
	const char *at = is_hub ? text + 3 : text;
	struct usb_port port = { .bus = take_number(&at, end) };

	if (port.bus == 0)
		return false;
	for (char separator = '-'; !is_hub && at < end; separator = '.') {
		if (*at++ != separator || port.depth == USB_MAX_DEPTH)
			return false;
		port.ports[port.depth] = take_number(&at, end);
		if (port.ports[port.depth++] == 0)
			return false;
	}
	if (at != end || (!is_hub && port.depth == 0))
		return false;
	*ret = port;
	return true;
}

char *usb_port_format(const struct usb_port *port)
{
	GString *text = g_string_new(port->depth == 0 ? "usb" : NULL);

	g_string_append_printf(text, "%u", port->bus);
	for (unsigned i = 0; i < port->depth; i++)
		g_string_append_printf(text, "%c%u", i == 0 ? '-' : '.', port->ports[i]);
	return g_string_free(text, FALSE);
}

int usb_port_compare(const struct usb_port *a, const struct usb_port *b)
{
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	for (unsigned i = 0; i < a->depth && i < b->depth; i++)
		if (a->ports[i] != b->ports[i])
			return a->ports[i] < b->ports[i] ? -1 : 1;
	return (int)a->depth - (int)b->depth;
}

bool usb_port_parent(const struct usb_port *port, struct usb_port *ret)
{
	if (port->depth == 0)
		return false;
	*ret = *port;
	ret->ports[--ret->depth] = 0;
	return true;
}

int usb_find_port(const struct usb *usb, const struct usb_port *port)
{
	unsigned low = 0, high = usb->n_devs;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		const char *name = usb->devs[middle].name;
		struct usb_port there;
		if (!usb_port_parse(name, strlen(name), &there))
			return -1;
		int order = usb_port_compare(&there, port);
		if (order == 0)
			return (int)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int usb_find_number(const struct usb *usb, int bus, int number)
{
	for (unsigned i = 0; i < usb->n_devs; i++)
		if (usb->devs[i].bus == bus && usb->devs[i].number == number)
			return (int)i;
	return -1;
}

#define CLASS_HUB 9

bool usb_dev_is_hub(const struct usb_dev *dev)
{
	return dev->ports > 0 || dev->device_class == CLASS_HUB;
}

bool usb_is_behind(const struct usb *usb, int dev, int hub)
{
	for (unsigned depth = 0; dev >= 0 && depth <= USB_MAX_DEPTH; depth++) {
		if (dev == hub)
			return true;
		dev = usb->devs[dev].parent;
	}
	return false;
}
