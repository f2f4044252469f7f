/* See usage_fixture.h. */
#include "usage_fixture.h"

#include <string.h>

#include <glib.h>

#include "base/tree.h"

/* GPU at 01:00.0, USB controller 00:14.0, SATA 00:17.0, NIC 02:00.0, NVMe 03:00.0 and 04:00.0. */
const char *const functions[] = {
	DEV "0000:00:14.0/class = 0x0c0330",
	DEV "0000:00:17.0/class = 0x010601",
	DEV "0000:00:1c.0/class = 0x060400",
	DEV "0000:00:1c.0/0000:01:00.0/class = 0x030000",
	DEV "0000:00:1c.0/0000:02:00.0/class = 0x020000",
	DEV "0000:00:1c.0/0000:03:00.0/class = 0x010802",
	DEV "0000:00:1c.0/0000:04:00.0/class = 0x010802",
	BUS "0000:00:14.0 -> ../../../devices/pci0000:00/0000:00:14.0",
	BUS "0000:00:17.0 -> ../../../devices/pci0000:00/0000:00:17.0",
	BUS "0000:00:1c.0 -> ../../../devices/pci0000:00/0000:00:1c.0",
	BUS "0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0",
	BUS "0000:02:00.0 -> ../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0",
	BUS "0000:03:00.0 -> ../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0",
	BUS "0000:04:00.0 -> ../../../devices/pci0000:00/0000:00:1c.0/0000:04:00.0",
	"/sys/bus/usb/devices/usb1 -> ../../../devices/pci0000:00/0000:00:14.0/usb1",
	"/sys/bus/usb/devices/1-4 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-4",
	DEV "0000:00:14.0/usb1/1-4/busnum = 1",
	DEV "0000:00:14.0/usb1/1-4/devnum = 7",
	NULL,
};

struct host *host_of(const char *const *lines)
{
	struct tree *tree = tree_new();

	fixture_put(tree, functions);
	fixture_put(tree, lines);
	return fixture_host_of(tree);
}

int find(const struct host *host, const char *address)
{
	struct pci_addr addr;

	g_assert_true(pci_addr_parse(address, &addr));
	int index = host_find_pci(host, addr);
	g_assert_cmpint(index, >=, 0);
	return index;
}

/* "kind name [detail]" of each use of a function ("-": of none), by lines. */
static char *uses_of(const struct host *host, const char *address)
{
	unsigned n;
	int pci = strcmp(address, "-") == 0 ? -1 : find(host, address);
	const struct usage *list = usage_of_pci(host, pci, &n);
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(text, "%s %s [%s]%s\n", usage_kind_name(list[i].kind),
				       list[i].name, list[i].detail ? list[i].detail : "",
				       list[i].usb >= 0 ? host->usb.devs[list[i].usb].name : "");
	return g_string_free(text, FALSE);
}

void expect(const struct host *host, const char *address, const char *text)
{
	g_autofree char *uses = uses_of(host, address);

	g_assert_cmpstr(uses, ==, text);
}
