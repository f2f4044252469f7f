/* Fuzzes what the kernel's socket may bring: any bytes as a datagram, then what it says of USB.
 * What is found must stand inside the datagram. */
#include <stdlib.h>

#include "base/uevent.h"
#include "model/usb_change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *text, const char *data, size_t size)
{
	if (*text != '\0' && (text < data || text >= data + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	g_autoptr(GArray) changes = usb_changes_new();
	struct uevent event;

	if (!uevent_parse(text, size, &event))
		return 0;
	check_inside(event.devpath, text, size);
	check_inside(event.subsystem, text, size);
	check_inside(event.devtype, text, size);
	if (usb_changes_add(changes, event.action, event.devpath) != (changes->len == 1))
		abort();
	return 0;
}
