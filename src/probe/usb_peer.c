/* See usb_peer.h. */
#include "probe/usb_peer.h"

#include <string.h>

#include <glib.h>

#include "base/root.h"
#include "base/text.h"

/* Reads "usb2-port4", the name of a port of a root hub. */
static bool parse_name(const char *name, struct usb_port *ret)
{
	const char *rest = text_after(name, "usb");
	const char *dash = rest ? strstr(rest, "-port") : NULL;
	uint32_t bus, port;

	if (!dash)
		return false;
	g_autofree char *number = g_strndup(rest, (gsize)(dash - rest));
	if (!text_to_u32(number, 10, UINT16_MAX, &bus) ||
	    !text_to_u32(dash + strlen("-port"), 10, UINT16_MAX, &port) || bus == 0 || port == 0)
		return false;
	ret->bus = bus;
	ret->ports[0] = port;
	return true;
}

bool usb_peer_read(struct root *root, const struct usb_port *port, struct usb_port *ret)
{
	char link[512];

	if (port->depth == 0)
		return false;
	g_autofree char *path =
		g_strdup_printf("/sys/bus/usb/devices/usb%u/%u-0:1.0/usb%u-port%u/peer", port->bus,
				port->bus, port->bus, port->ports[0]);
	if (root_link(root, path, link, sizeof(link)) <= 0)
		return false;
	const char *slash = strrchr(link, '/');
	*ret = *port;
	return parse_name(slash ? slash + 1 : link, ret);
}
