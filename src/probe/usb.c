/* See usb.h. The links in /sys/bus/usb/devices are read once: their names tell devices from
 * interfaces and who is plugged into whom, their texts the controller. */
#include "probe/usb.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/devpath.h"

#define DEVICES_PATH "/sys/bus/usb/devices"
#define WORD_SIZE    64  /* of a buffer for a number */
#define TEXT_SIZE    512 /* of a buffer for a string descriptor: 126 UTF-16 units at most */

struct found_dev {
	struct usb_port port;
	struct usb_dev dev;
	struct usb_ctrl ctrl;
	GString *interfaces; /* NULL: none seen */
};

struct reader {
	struct root *root;
	struct host *host;
	const struct root_dir *devices; /* of links, that lead elsewhere: see open_entry() */
	GArray *found;                  /* of struct found_dev, sorted by port */
	int error; /* the first read that was refused: an errno value; 0: none */
};

/* ---- attributes ---- */

/* Notes a read that was refused; an attribute that is not there is no gap. */
static bool read_failed(struct reader *reader, ssize_t n)
{
	if (n < 0 && n != -ENOENT && n != -ENOTDIR && reader->error == 0)
		reader->error = (int)-n;
	return n <= 0;
}

/* A number up to max, or -1. */
static int read_number(struct reader *reader, const struct root_dir *dir, const char *name,
		       unsigned base, uint32_t max)
{
	char buf[WORD_SIZE];
	uint32_t value;

	if (read_failed(reader, root_dir_attribute(dir, name, buf, sizeof(buf))))
		return -1;
	return text_to_u32(buf, base, max, &value) ? (int)value : -1;
}

/* The device's own words: whatever it says must not upset a terminal. */
static const char *read_text(struct reader *reader, const struct root_dir *dir, const char *name)
{
	char buf[TEXT_SIZE];

	if (read_failed(reader, root_dir_attribute(dir, name, buf, sizeof(buf))))
		return NULL;
	g_strstrip(buf);
	if (*buf == '\0')
		return NULL;
	g_autofree char *clean = text_printable(buf, strlen(buf));
	return host_string(reader->host, clean);
}

static void read_dev(struct reader *reader, const struct root_dir *dir, struct usb_dev *dev)
{
	int ports = read_number(reader, dir, "maxchild", 10, 255);
	int bus = read_number(reader, dir, "busnum", 10, INT_MAX);

	if (bus >= 0)
		dev->bus = bus;
	dev->number = read_number(reader, dir, "devnum", 10, INT_MAX);
	dev->vendor = read_number(reader, dir, "idVendor", 16, 0xffff);
	dev->product = read_number(reader, dir, "idProduct", 16, 0xffff);
	dev->device_class = read_number(reader, dir, "bDeviceClass", 16, 0xff);
	dev->ports = ports > 0 ? ports : 0;
	dev->speed = read_text(reader, dir, "speed");
	dev->manufacturer_text = read_text(reader, dir, "manufacturer");
	dev->product_text = read_text(reader, dir, "product");
	dev->serial = read_text(reader, dir, "serial");
	dev->power_control = read_text(reader, dir, "power/control");
}

/* By its path from the root, since the link climbs out of the directory that it is in. */
static int open_entry(const struct reader *reader, const char *name, struct root_dir *ret)
{
	g_autofree char *path = g_strconcat(DEVICES_PATH "/", name, NULL);

	return root_dir_open(reader->root, path, ret);
}

/* ---- devices ---- */

static void take_controller(struct host *host, const char *path, struct usb_ctrl *ret)
{
	struct devpath found;

	*ret = (struct usb_ctrl){ .pci = -1 };
	devpath_parse(path, &found);
	if (!found.controller)
		return;
	ret->name = host_string_n(host, found.controller, found.controller_length);
	if (found.has_pci) {
		char buf[PCI_ADDR_SIZE];
		ret->name = host_string(host, pci_addr_format(found.pci, buf));
		ret->pci = host_find_pci(host, found.pci);
	}
}

static void add_dev(struct reader *reader, const char *name, const struct usb_port *port)
{
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	char path[PATH_MAX];
	struct found_dev found = {
		.port = *port,
		.dev = { .name = host_string(reader->host, name), .parent = -1, .ctrl = -1 },
	};

	if (root_dir_link(reader->devices, name, path, sizeof(path)) < 0)
		*path = '\0';
	take_controller(reader->host, path, &found.ctrl);
	found.dev.bus = (int)port->bus;
	int r = open_entry(reader, name, &dir);
	if (r == -ENOENT || r == -ENOTDIR)
		return; /* unplugged meanwhile */
	read_failed(reader, r);
	read_dev(reader, &dir, &found.dev);
	g_array_append_val(reader->found, found);
}

static int compare_found(const void *a, const void *b)
{
	const struct found_dev *left = a, *right = b;

	return usb_port_compare(&left->port, &right->port);
}

static struct found_dev *find_dev(const struct reader *reader, const struct usb_port *port)
{
	struct found_dev key = { .port = *port };

	if (reader->found->len == 0)
		return NULL;
	return bsearch(&key, reader->found->data, reader->found->len, sizeof(key), compare_found);
}

/* ---- interfaces ---- */

/* The device that an interface belongs to: "1-4" of "1-4:1.0", "usb1" of "1-0:1.0". */
static struct found_dev *interface_owner(const struct reader *reader, const char *name)
{
	const char *colon = strchr(name, ':');
	struct usb_port port = { 0 };

	if (!colon)
		return NULL;
	if (colon - name > 2 && memcmp(colon - 2, "-0", 2) == 0) {
		g_autofree char *hub = g_strdup_printf("usb%.*s", (int)(colon - name - 2), name);
		if (!usb_port_parse(hub, strlen(hub), &port))
			return NULL;
	} else if (!usb_port_parse(name, (size_t)(colon - name), &port)) {
		return NULL;
	}
	return find_dev(reader, &port);
}

static void append_class(struct reader *reader, GString *text, const struct root_dir *dir,
			 const char *name)
{
	int value = read_number(reader, dir, name, 16, 0xff);

	if (value >= 0)
		g_string_append_printf(text, "%02x", (unsigned)value);
	else
		g_string_append(text, "??");
}

/* "03:01:01/usbhid", or "03:01:01" where no driver is bound. */
static void append_interface(struct reader *reader, GString *text, const struct root_dir *dir)
{
	char link[PATH_MAX];

	if (text->len > 0)
		g_string_append_c(text, ' ');
	append_class(reader, text, dir, "bInterfaceClass");
	g_string_append_c(text, ':');
	append_class(reader, text, dir, "bInterfaceSubClass");
	g_string_append_c(text, ':');
	append_class(reader, text, dir, "bInterfaceProtocol");
	if (root_dir_link(dir, "driver", link, sizeof(link)) <= 0)
		return;
	const char *slash = strrchr(link, '/');
	const char *driver = slash ? slash + 1 : link;
	if (*driver == '\0')
		return;
	g_autofree char *clean = text_printable(driver, strlen(driver));
	g_string_append_printf(text, "/%s", clean);
}

static void add_interface(struct reader *reader, const char *name)
{
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	struct found_dev *owner = interface_owner(reader, name);

	if (!owner || open_entry(reader, name, &dir) < 0)
		return;
	if (!owner->interfaces)
		owner->interfaces = g_string_new(NULL);
	append_interface(reader, owner->interfaces, &dir);
}

/* ---- controllers ---- */

static int compare_ctrls(const void *a, const void *b)
{
	const struct usb_ctrl *left = a, *right = b;

	if (left->pci != right->pci) /* host.pci is sorted by address; others come last */
		return (left->pci < 0) != (right->pci < 0) ? (left->pci < 0 ? 1 : -1)
							   : left->pci - right->pci;
	return g_strcmp0(left->name, right->name);
}

/* Host controllers, and no USB4 routers (0x40) or the other end of the cable (0xfe). */
static bool is_controller(const struct pci_dev *dev)
{
	unsigned prog_if = (unsigned)dev->class_code & 0xff;

	return dev->kind == KIND_USB_CONTROLLER &&
	       (!dev->prog_if_known || (prog_if != 0x40 && prog_if != 0xfe));
}

static int speed_number(const char *speed)
{
	double value = speed ? g_ascii_strtod(speed, NULL) : 0;

	return value > 0 && value < 1e9 ? (int)value : 0;
}

/* One controller has several buses (USB 2 and 3): they are made one here. */
static void merge_ctrls(GArray *ctrls)
{
	struct usb_ctrl *list = (struct usb_ctrl *)(void *)ctrls->data;
	unsigned kept = 0;

	for (unsigned i = 0; i < ctrls->len; i++) {
		struct usb_ctrl *last = kept > 0 ? &list[kept - 1] : NULL;
		if (!last || compare_ctrls(last, &list[i]) != 0) {
			list[kept++] = list[i];
			continue;
		}
		last->speed_max = MAX(last->speed_max, list[i].speed_max);
		if (last->first_bus == 0 ||
		    (list[i].first_bus != 0 && list[i].first_bus < last->first_bus))
			last->first_bus = list[i].first_bus;
	}
	g_array_set_size(ctrls, kept);
}

static void collect_ctrls(struct host *host, const GArray *found)
{
	g_autoptr(GArray) ctrls = g_array_new(FALSE, FALSE, sizeof(struct usb_ctrl));

	for (unsigned i = 0; i < host->n_pci; i++) {
		char buf[PCI_ADDR_SIZE];
		struct usb_ctrl ctrl = { .pci = (int)i };
		if (!is_controller(&host->pci[i]))
			continue;
		ctrl.name = host_string(host, pci_addr_format(host->pci[i].addr, buf));
		g_array_append_val(ctrls, ctrl);
	}
	for (unsigned i = 0; i < found->len; i++) {
		const struct found_dev *dev = &g_array_index(found, struct found_dev, i);
		struct usb_ctrl ctrl = dev->ctrl;
		if (dev->port.depth > 0 || !ctrl.name)
			continue;
		ctrl.first_bus = (int)dev->port.bus;
		ctrl.speed_max = speed_number(dev->dev.speed);
		g_array_append_val(ctrls, ctrl);
	}
	g_array_sort(ctrls, compare_ctrls);
	merge_ctrls(ctrls);

	host->usb.n_ctrls = ctrls->len;
	host->usb.ctrls = host_alloc(host, (ctrls->len + 1) * sizeof(struct usb_ctrl));
	if (ctrls->len > 0)
		memcpy(host->usb.ctrls, ctrls->data, ctrls->len * sizeof(struct usb_ctrl));
}

static int find_ctrl(const struct usb *usb, const struct usb_ctrl *ctrl)
{
	if (!ctrl->name)
		return -1;
	const struct usb_ctrl *there =
		bsearch(ctrl, usb->ctrls, usb->n_ctrls, sizeof(*there), compare_ctrls);
	return there ? (int)(there - usb->ctrls) : -1;
}

/* ---- all of it ---- */

static void collect_devs(struct host *host, const struct reader *reader)
{
	struct usb *usb = &host->usb;

	usb->n_devs = reader->found->len;
	usb->devs = host_alloc(host, (usb->n_devs + 1) * sizeof(struct usb_dev));
	for (unsigned i = 0; i < usb->n_devs; i++) {
		const struct found_dev *found = &g_array_index(reader->found, struct found_dev, i);
		const struct found_dev *first =
			(const struct found_dev *)(void *)reader->found->data;
		struct usb_port up;
		const struct found_dev *hub = NULL;

		if (usb_port_parent(&found->port, &up))
			hub = find_dev(reader, &up);
		usb->devs[i] = found->dev;
		usb->devs[i].parent = hub ? (int)(hub - first) : -1;
		usb->devs[i].ctrl = find_ctrl(usb, &found->ctrl);
		if (found->interfaces)
			usb->devs[i].interfaces = host_string(host, found->interfaces->str);
	}
}

/* Names of devices: neither of buses nor of interfaces. They stay those of names. */
static GPtrArray *list_devs(const GPtrArray *names)
{
	GPtrArray *devs = g_ptr_array_new();
	struct usb_port port;

	for (guint i = 0; i < names->len; i++)
		if (usb_port_parse(names->pdata[i], strlen(names->pdata[i]), &port))
			g_ptr_array_add(devs, names->pdata[i]);
	return devs;
}

static void read_names(struct reader *reader, const GPtrArray *names)
{
	/* Of each device by way of a child: base/bounded.h. */
	static const char *const attributes[] = { "manufacturer", "product", "serial" };
	g_autoptr(GPtrArray) devs = list_devs(names);
	struct usb_port port;

	root_read_ahead_each(reader->root, DEVICES_PATH, devs, attributes,
			     G_N_ELEMENTS(attributes));
	for (guint i = 0; i < devs->len; i++) {
		const char *name = devs->pdata[i];
		if (usb_port_parse(name, strlen(name), &port))
			add_dev(reader, name, &port);
	}
	root_forget(reader->root);
	g_array_sort(reader->found, compare_found);
	for (guint i = 0; i < names->len; i++)
		add_interface(reader, names->pdata[i]);
}

bool usb_is_at(struct root *root, const struct host *host, const bool *wanted)
{
	struct root_dir devices ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;
	struct place place;

	if (root_dir_open(root, DEVICES_PATH, &devices) < 0 || root_dir_list(&devices, &names) < 0)
		return true;
	for (guint i = 0; i < names->len; i++) {
		if (!g_str_has_prefix(names->pdata[i], "usb"))
			continue;
		if (!devpath_of_entry(host, &devices, names->pdata[i], &place) ||
		    (place.pci >= 0 && wanted[place.pci]) ||
		    (place.outer >= 0 && wanted[place.outer]))
			return true;
	}
	return false;
}

static void clear_found(gpointer found)
{
	GString *interfaces = ((struct found_dev *)found)->interfaces;

	if (interfaces)
		g_string_free(interfaces, TRUE);
}

void usb_probe(struct root *root, struct host *host)
{
	struct root_dir devices ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct found_dev));
	struct reader reader = { .root = root, .host = host, .devices = &devices, .found = found };

	g_array_set_clear_func(found, clear_found);
	int r = root_dir_open(root, DEVICES_PATH, &devices);
	if (r == 0)
		r = root_dir_list(&devices, &names);
	if (r == 0)
		read_names(&reader, names);
	if (r < 0 || reader.error != 0)
		host_gap(host, DEVICES_PATH, r < 0 ? -r : reader.error);
	collect_ctrls(host, found);
	collect_devs(host, &reader);
	host->usb.known = r == 0;
	host->usb.probed = true;
}
