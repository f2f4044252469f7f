/* See usb_fixture.h. */
#include "usb_fixture.h"

#include <string.h>

#include <glib.h>

struct usb *usb_make(const char *const *ctrls, const struct usb_line *lines, unsigned n)
{
	struct usb *usb = g_new0(struct usb, 1);

	usb->known = usb->probed = true;
	usb->n_ctrls = g_strv_length((char **)ctrls);
	usb->ctrls = g_new0(struct usb_ctrl, usb->n_ctrls + 1);
	for (unsigned i = 0; i < usb->n_ctrls; i++)
		usb->ctrls[i] = (struct usb_ctrl){ .pci = -1, .name = ctrls[i] };
	usb->n_devs = n;
	usb->devs = g_new0(struct usb_dev, n + 1);
	for (unsigned i = 0; i < n; i++) {
		struct usb_port port;
		g_assert_true(usb_port_parse(lines[i].name, strlen(lines[i].name), &port));
		usb->devs[i] = (struct usb_dev){
			.name = lines[i].name,
			.bus = (int)port.bus,
			.number = lines[i].number,
			.vendor = lines[i].vendor,
			.product = lines[i].product,
			.serial = lines[i].serial,
			.ctrl = lines[i].ctrl,
			.ports = lines[i].ports,
			.device_class = -1,
			.parent = -1,
		};
	}
	for (unsigned i = 0; i < n; i++) {
		struct usb_port port, up;
		if (usb_port_parse(lines[i].name, strlen(lines[i].name), &port) &&
		    usb_port_parent(&port, &up))
			usb->devs[i].parent = usb_find_port(usb, &up);
	}
	return usb;
}

void usb_free(struct usb *usb)
{
	g_free(usb->ctrls);
	g_free(usb->devs);
	g_free(usb);
}
