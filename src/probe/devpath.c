/* See devpath.h: one walk over the names in a path. */
#include "probe/devpath.h"

#include <limits.h>
#include <string.h>

#include <glib.h>

#include "base/root.h"
#include "model/host.h"

struct name {
	const char *text;
	size_t length;
};

/* Takes the next name off *path. False at its end. */
static bool next_name(const char **path, struct name *ret)
{
	const char *at = *path + strspn(*path, "/");

	*ret = (struct name){ at, strcspn(at, "/") };
	*path = at + ret->length;
	return ret->length > 0;
}

static bool name_is(const struct name *name, const char *text)
{
	return name->length == strlen(text) && memcmp(name->text, text, name->length) == 0;
}

static bool is_host_bus(const struct name *name)
{
	return name->length > 3 && memcmp(name->text, "pci", 3) == 0;
}

/* A function under "pciDDDD:BB" under another function: that one is the host bridge of its bus. */
static void take_function(struct pci_addr addr, const struct name *before, struct devpath *ret)
{
	bool is_inner = ret->has_pci && is_host_bus(before);

	*ret = (struct devpath){
		.has_pci = true,
		.pci = addr,
		.has_outer = is_inner || ret->has_outer,
		.outer = is_inner ? ret->pci : ret->outer,
	};
}

static void take_name(const struct name *name, const struct name *before, struct devpath *ret)
{
	struct pci_addr addr;
	struct usb_port port;

	if (pci_addr_scan(name->text, &addr) == name->length && name->length > 7) {
		take_function(addr, before, ret);
	} else if (usb_port_parse(name->text, name->length, &port)) {
		if (port.depth == 0) {
			ret->controller = before->text;
			ret->controller_length = before->length;
		} else if (!ret->has_usb || ret->usb.bus != port.bus) {
			return; /* Thunderbolt devices are named alike */
		}
		ret->has_usb = true;
		ret->usb = port;
	} else if (name_is(name, "virtual") && name_is(before, "devices")) {
		ret->is_virtual = true;
	}
}

void devpath_parse(const char *path, struct devpath *ret)
{
	struct name before = { "", 0 }, name;

	*ret = (struct devpath){ 0 };
	while (next_name(&path, &name)) {
		take_name(&name, &before, ret);
		before = name;
	}
}

struct place devpath_place(const struct host *host, const char *path)
{
	struct devpath found;

	devpath_parse(path, &found);
	return (struct place){
		.pci = found.has_pci ? host_find_pci(host, found.pci) : -1,
		.usb = found.has_usb ? usb_find_port(&host->usb, &found.usb) : -1,
		.outer = found.has_outer ? host_find_pci(host, found.outer) : -1,
		.is_virtual = found.is_virtual,
	};
}

bool devpath_of_entry(const struct host *host, const struct root_dir *dir, const char *name,
		      struct place *ret)
{
	char link[PATH_MAX];

	if (root_dir_link(dir, name, link, sizeof(link)) < 0) {
		g_autofree char *device = g_strconcat(name, "/device", NULL);
		if (root_dir_link(dir, device, link, sizeof(link)) < 0)
			return false;
	}
	*ret = devpath_place(host, link);
	return true;
}
