/* Fuzzes the file of what follows which guest, and what libvirt says of a guest's USB devices. What
 * is read of the file, written and read again, is the same. */
#include <stdlib.h>

#include "model/usb_follow.h"
#include "vm/usb_hostdev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_follows(const char *text)
{
	g_autoptr(GPtrArray) follows = usb_follows_parse(text, NULL);
	g_autofree char *first = follows ? usb_follows_emit(follows) : NULL;
	g_autoptr(GPtrArray) again = first ? usb_follows_parse(first, NULL) : NULL;
	g_autofree char *second = again ? usb_follows_emit(again) : NULL;

	if (g_strcmp0(first, second) != 0)
		abort();
}

static void check_hostdevs(const char *text)
{
	g_autoptr(GPtrArray) hostdevs = usb_hostdevs_parse(text, NULL);

	for (guint i = 0; hostdevs && i < hostdevs->len; i++) {
		g_autofree char *xml = usb_hostdev_xml_of(hostdevs->pdata[i]);
		g_autoptr(GPtrArray) again = usb_hostdevs_parse(xml, NULL);
		if (!again || again->len != 1)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_follows(text);
	check_hostdevs(text);
	return 0;
}
