/* The USB bus: names, small trees, real machines, hostile trees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "model/host.h"
#include "udev_db.h"

static bool parse(const char *text, struct usb_port *ret)
{
	return usb_port_parse(text, strlen(text), ret);
}

static void check_format(const char *name)
{
	struct usb_port port;

	g_assert_true(parse(name, &port));
	g_autofree char *again = usb_port_format(&port);
	g_assert_cmpstr(again, ==, name);
}

static void test_names(void)
{
	static const char *const wrong[] = {
		"",
		"usb",
		"usb0",
		"usb01",
		"usb1x",
		"1",
		"1-",
		"1-0",
		"1-0:1.0",
		"1-4:1.0",
		"1-4.",
		"1-4..2",
		"1.4",
		"1-4-2",
		"01-4",
		"1-04",
		"-4",
		"99999999999-1",
		"1-99999999999",
		"1-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
	};
	struct usb_port port, up;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_false(parse(wrong[i], &port));
	check_format("usb12");
	check_format("1-4");
	check_format("3-10.4.1");
	g_assert_true(parse("usb12", &port));
	g_assert_cmpuint(port.bus, ==, 12);
	g_assert_cmpuint(port.depth, ==, 0);
	g_assert_false(usb_port_parent(&port, &up));
	g_assert_true(parse("3-10.4.1", &port));
	g_assert_cmpuint(port.bus, ==, 3);
	g_assert_cmpuint(port.depth, ==, 3);
	g_assert_cmpuint(port.ports[0], ==, 10);
	g_assert_true(usb_port_parent(&port, &up));
	g_assert_cmpuint(up.depth, ==, 2);
	g_assert_cmpint(usb_port_compare(&up, &port), <, 0);
	g_assert_true(parse("3-9.4.1", &up));
	g_assert_cmpint(usb_port_compare(&up, &port), <, 0);
}

#define PCI   "/sys/devices/pci0000:00/"
#define LINKS "/sys/bus/usb/devices/"

static const char *const small[] = {
	PCI "0000:00:14.0/class = 0x0c0330",
	PCI "0000:00:14.0/vendor = 0x8086",
	PCI "0000:00:1d.0/class = 0x0c0320",
	PCI "0000:00:0d.0/class = 0x0c0340", /* USB4: no ports of this bus */
	"/sys/bus/pci/devices/0000:00:14.0 -> ../../../devices/pci0000:00/0000:00:14.0",
	"/sys/bus/pci/devices/0000:00:1d.0 -> ../../../devices/pci0000:00/0000:00:1d.0",
	"/sys/bus/pci/devices/0000:00:0d.0 -> ../../../devices/pci0000:00/0000:00:0d.0",
	LINKS "usb1 -> ../../../devices/pci0000:00/0000:00:14.0/usb1",
	LINKS "usb2 -> ../../../devices/pci0000:00/0000:00:14.0/usb2",
	LINKS "1-0:1.0 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-0:1.0",
	LINKS "1-10 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-10",
	LINKS "1-10.2 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-10/1-10.2",
	LINKS "1-10.2:1.0 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.0",
	LINKS "1-10.2:1.1 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.1",
	LINKS "1-9 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-9",
	LINKS "usb3 -> ../../../devices/platform/soc/fe980000.usb/usb3",
	PCI "0000:00:14.0/usb1/busnum = 1",
	PCI "0000:00:14.0/usb1/speed = 480",
	PCI "0000:00:14.0/usb1/maxchild = 16",
	PCI "0000:00:14.0/usb1/1-0:1.0/bInterfaceClass = 09",
	PCI "0000:00:14.0/usb1/1-0:1.0/bInterfaceSubClass = 00",
	PCI "0000:00:14.0/usb1/1-0:1.0/bInterfaceProtocol = 00",
	PCI "0000:00:14.0/usb1/1-0:1.0/driver -> ../../../../../bus/usb/drivers/hub",
	PCI "0000:00:14.0/usb2/speed = 10000",
	PCI "0000:00:14.0/usb1/1-10/maxchild = 4",
	PCI "0000:00:14.0/usb1/1-10/idVendor = 05e3",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/idVendor = 046d",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/idProduct = c52b",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/bDeviceClass = 00",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/busnum = 1",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/devnum = 12",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/speed = 1.5",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/manufacturer =   Logi\033[31mtech ",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/product =  ",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/serial = SECRET123",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/power/control = auto",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.0/bInterfaceClass = 03",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.0/bInterfaceSubClass = 01",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.0/bInterfaceProtocol = 01",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.0/driver -> ../../../../../../bus/usb/usbhid",
	PCI "0000:00:14.0/usb1/1-10/1-10.2/1-10.2:1.1/bInterfaceClass = 03",
	PCI "0000:00:14.0/usb1/1-9/",
	"/sys/devices/platform/soc/fe980000.usb/usb3/speed = 480",
	NULL,
};

static const struct usb_dev *dev_at(const struct host *host, const char *name)
{
	struct usb_port port;

	g_assert_true(parse(name, &port));
	int index = usb_find_port(&host->usb, &port);
	g_assert_cmpint(index, >=, 0);
	g_assert_cmpstr(host->usb.devs[index].name, ==, name);
	return &host->usb.devs[index];
}

static void check_small_controllers(const struct host *host)
{
	const struct usb_ctrl *ctrls = host->usb.ctrls;

	g_assert_cmpuint(host->usb.n_ctrls, ==, 3);
	g_assert_cmpstr(ctrls[0].name, ==, "0000:00:14.0");
	g_assert_cmpint(ctrls[0].first_bus, ==, 1);
	g_assert_cmpint(ctrls[0].speed_max, ==, 10000);
	g_assert_cmpint(host->pci[ctrls[0].pci].addr.slot, ==, 0x14);
	g_assert_cmpstr(ctrls[1].name, ==, "0000:00:1d.0");
	g_assert_cmpint(ctrls[1].first_bus, ==, 0);
	g_assert_cmpstr(ctrls[2].name, ==, "fe980000.usb");
	g_assert_cmpint(ctrls[2].pci, ==, -1);
	g_assert_cmpint(ctrls[2].first_bus, ==, 3);
}

static void test_small(void)
{
	struct tree *tree = tree_new();

	fixture_put(tree, small);
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_assert_true(host->usb.known);
	check_small_controllers(host);

	static const char *const order[] = { "usb1", "1-9", "1-10", "1-10.2", "usb2", "usb3" };
	g_assert_cmpuint(host->usb.n_devs, ==, G_N_ELEMENTS(order));
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		g_assert_cmpstr(host->usb.devs[i].name, ==, order[i]);

	const struct usb_dev *dev = dev_at(host, "1-10.2");
	g_assert_cmpstr(host->usb.devs[dev->parent].name, ==, "1-10");
	g_assert_cmpint(dev->ctrl, ==, 0);
	g_assert_cmpint(dev->vendor, ==, 0x046d);
	g_assert_cmpint(dev->product, ==, 0xc52b);
	g_assert_cmpint(dev->number, ==, 12);
	g_assert_cmpint(dev->ports, ==, 0);
	g_assert_cmpstr(dev->speed, ==, "1.5");
	g_assert_cmpstr(dev->manufacturer_text, ==, "Logi?[31mtech");
	g_assert_null(dev->product_text);
	g_assert_cmpstr(dev->interfaces, ==, "03:01:01/usbhid 03:??:??");
	g_assert_cmpstr(dev->power_control, ==, "auto");
	g_assert_cmpint(usb_find_number(&host->usb, 1, 12), ==, dev - host->usb.devs);
	g_assert_true(usb_is_behind(&host->usb, (int)(dev - host->usb.devs), 0));

	const struct usb_dev *unknown = dev_at(host, "1-9");
	g_assert_cmpint(unknown->vendor, ==, -1);
	g_assert_cmpint(unknown->number, ==, -1);
	g_assert_null(unknown->interfaces);
	g_assert_cmpstr(dev_at(host, "usb1")->interfaces, ==, "09:00:00/hub");
}

/* Without the bus nothing is claimed about it, but controllers are known by class. */
static void test_no_bus(void)
{
	struct tree *tree = tree_new();

	fixture_put(tree, (const char *const[]){ PCI "0000:00:14.0/class = 0x0c0330",
						 "/sys/bus/pci/devices/0000:00:14.0 -> "
						 "../../../devices/pci0000:00/0000:00:14.0",
						 NULL });
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_assert_false(host->usb.known);
	g_assert_cmpuint(host->usb.n_devs, ==, 0);
	g_assert_cmpuint(host->usb.n_ctrls, ==, 1);
}

/* ---- real machines ---- */

static bool is_device(const struct udev_record *record)
{
	return strcmp(udev_get(record, "SUBSYSTEM"), "usb") == 0 &&
	       strcmp(udev_get(record, "DEVTYPE"), "usb_device") == 0;
}

/* The PCI function that udev's database says is above the bus of a device: the record that is the
 * longest path above it with SUBSYSTEM=pci. */
static const char *controller_of(const GPtrArray *records, const struct udev_record *dev)
{
	const struct udev_record *best = NULL;

	for (guint i = 0; i < records->len; i++) {
		const struct udev_record *record = records->pdata[i];
		if (strcmp(udev_get(record, "SUBSYSTEM"), "pci") == 0 &&
		    g_str_has_prefix(dev->path, record->path) &&
		    dev->path[strlen(record->path)] == '/' &&
		    (!best || strlen(record->path) > strlen(best->path)))
			best = record;
	}
	return best ? best->name : NULL;
}

static void check_device(const struct host *host, const GPtrArray *records,
			 const struct udev_record *record)
{
	const struct usb_dev *dev = dev_at(host, record->name);
	const char *controller = controller_of(records, record);
	g_autofree char *product =
		g_strdup_printf("%x/%x/", (unsigned)dev->vendor, (unsigned)dev->product);

	g_assert_true(g_str_has_prefix(udev_get(record, "PRODUCT"), product));
	g_assert_cmpint(dev->bus, ==, strtol(udev_get(record, "BUSNUM"), NULL, 10));
	g_assert_cmpint(dev->number, ==, strtol(udev_get(record, "DEVNUM"), NULL, 10));
	g_assert_cmpint(dev->ctrl, >=, 0);
	if (!controller) {
		g_assert_cmpint(host->usb.ctrls[dev->ctrl].pci, ==, -1);
		return;
	}
	char buf[PCI_ADDR_SIZE];
	g_assert_cmpint(host->usb.ctrls[dev->ctrl].pci, >=, 0);
	g_assert_cmpstr(pci_addr_format(host->pci[host->usb.ctrls[dev->ctrl].pci].addr, buf), ==,
			controller);
}

static void test_udev_db(void)
{
	g_autoptr(GPtrArray) files = udev_db_files();
	unsigned total = 0;

	if (!files) {
		g_test_skip("the data collection is not there");
		return;
	}
	for (guint i = 0; i < files->len; i++) {
		g_autoptr(GPtrArray) records = udev_db_read(files->pdata[i]);
		HOST_AUTO struct host *host = fixture_host_of(udev_db_tree(records));
		unsigned n = 0;
		for (guint j = 0; j < records->len; j++) {
			if (!is_device(records->pdata[j]))
				continue;
			check_device(host, records, records->pdata[j]);
			n++;
		}
		/* Interfaces whose device the database lacks are of no device. */
		unsigned found = 0;
		for (unsigned j = 0; j < host->usb.n_devs; j++)
			found += host->usb.devs[j].vendor >= 0;
		g_assert_cmpuint(found, ==, n);
		total += n;
	}
	g_test_message("%u machines, %u USB devices", files->len, total);
	g_assert_cmpuint(total, >, 0);
}

/* The devices of an unpacked machine by its own directories, without the reader that is tested. */
static void check_unpacked(const char *directory)
{
	g_autoptr(GError) error = NULL;
	ROOT_AUTO struct root *root = root_open(directory, &error);
	g_assert_no_error(error);
	HOST_AUTO struct host *host = fixture_host(root);
	g_autofree char *folder = g_build_filename(directory, "sys/bus/usb/devices", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	unsigned n = 0;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(folder, name, "idProduct", NULL);
		g_autofree char *text = NULL;
		if (strchr(name, ':') || !g_file_get_contents(file, &text, NULL, NULL))
			continue;
		n++;
		g_assert_cmpint(dev_at(host, name)->product, ==, strtol(text, NULL, 16));
	}
	g_assert_cmpuint(host->usb.n_devs, ==, n);
	g_assert_cmpuint(n, >, 0);
	for (unsigned i = 0; i < host->usb.n_devs; i++) {
		const struct usb_dev *dev = &host->usb.devs[i];
		g_assert_true((dev->parent < 0) == g_str_has_prefix(dev->name, "usb"));
	}
}

static void test_unpacked(gconstpointer archive)
{
	char *directory = fixture_unpack(archive);

	if (!directory)
		return;
	check_unpacked(directory);
	fixture_remove(directory);
}

/* libvirt's has plain directories instead of links: devices, but no controllers. */
static void test_libvirt(void)
{
	char *directory = fixture_unpack("hosts-sysfs/captures/libvirt/virusbtestdata.tar.gz");

	if (!directory)
		return;
	g_autoptr(GError) error = NULL;
	g_autofree char *from = g_build_filename(directory, "virusbtestdata/sys_bus_usb", NULL);
	g_autofree char *bus = g_build_filename(directory, "sys/bus", NULL);
	g_autofree char *to = g_build_filename(bus, "usb", NULL);
	g_assert_cmpint(g_mkdir_with_parents(bus, 0755), ==, 0);
	g_assert_cmpint(rename(from, to), ==, 0);
	ROOT_AUTO struct root *root = root_open(directory, &error);
	g_assert_no_error(error);
	HOST_AUTO struct host *host = fixture_host(root);
	g_assert_cmpuint(host->usb.n_ctrls, ==, 0);
	g_assert_cmpint(dev_at(host, "1-1.5.3.3")->ctrl, ==, -1);
	g_assert_cmpstr(host->usb.devs[dev_at(host, "1-1.5.3.3")->parent].name, ==, "1-1.5.3");
	fixture_remove(directory);
}

/* ---- hostile ---- */

static void test_hostile(void)
{
	struct tree *tree = tree_new();

	fixture_put(tree,
		    (const char *const[]){
			    LINKS "usb1 -> nowhere", LINKS "1-1 -> ../../../../../../../etc",
			    LINKS "1-2 -> 1-2", LINKS "1-3 = a file", LINKS "1-4/idVendor = 99999",
			    LINKS "1-4/idProduct = -1", LINKS "1-4/busnum = 99999999999999",
			    LINKS "1-4/devnum = 0x12", LINKS "1-4/maxchild = 4294967297",
			    LINKS "1-4:1.0/bInterfaceClass = zz", LINKS "1-4:1.0/driver -> /",
			    LINKS "1-5.6.7/idVendor = 1234", LINKS ":1.0/", LINKS "-0:1.0/",
			    LINKS "0-0:1.0/", NULL });
	HOST_AUTO struct host *host = fixture_host_of(tree);
	const struct usb_dev *dev = dev_at(host, "1-4");
	g_assert_cmpint(dev->vendor, ==, -1);
	g_assert_cmpint(dev->product, ==, -1);
	g_assert_cmpint(dev->bus, ==, 1);
	g_assert_cmpint(dev->number, ==, -1);
	g_assert_cmpint(dev->ports, ==, 0);
	g_assert_cmpstr(dev->interfaces, ==, "??:??:??");
	g_assert_cmpint(dev_at(host, "1-5.6.7")->parent, ==, -1);
}

static void test_many(void)
{
	struct tree *tree = tree_new();
	const unsigned n = 100000;

	for (unsigned i = 1; i <= n; i++) {
		g_autofree char *name = g_strdup_printf(LINKS "%u-%u", i % 250 + 1, i / 250 + 1);
		g_autofree char *target =
			g_strdup_printf("../../../devices/pci0000:00/0000:00:14.0/usb%u/%u-%u",
					i % 250 + 1, i % 250 + 1, i / 250 + 1);
		g_autofree char *path =
			g_strdup_printf("/sys/devices/pci0000:00/0000:00:14.0/usb%u/%u-%u/idVendor",
					i % 250 + 1, i % 250 + 1, i / 250 + 1);
		tree_put_link(tree, name, target);
		tree_put_file(tree, path, "046d\n", 5);
	}
	gint64 start = g_get_monotonic_time();
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_test_message("%u devices in %.2f s", n, (double)(g_get_monotonic_time() - start) / 1e6);
	g_assert_cmpuint(host->usb.n_devs, ==, n);
	g_assert_cmpint(host->usb.devs[n - 1].vendor, ==, 0x046d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/usb/names", test_names);
	g_test_add_func("/usb/small", test_small);
	g_test_add_func("/usb/no-bus", test_no_bus);
	g_test_add_func("/usb/udev-db", test_udev_db);
	g_test_add_data_func("/usb/home-made", "hosts-sysfs/converted/udev-home-made.tar.gz",
			     test_unpacked);
	g_test_add_data_func("/usb/dgx-a100", "hosts-sysfs/converted/udev-nvidia-dgxa100.tar.gz",
			     test_unpacked);
	g_test_add_data_func("/usb/power8", "hosts-sysfs/converted/udev-ibm-pseries-power8.tar.gz",
			     test_unpacked);
	g_test_add_data_func("/usb/r820",
			     "hosts-sysfs/converted/udev-dell-poweredge-r820-nvme.tar.gz",
			     test_unpacked);
	g_test_add_data_func("/usb/inspiron",
			     "hosts-sysfs/converted/udev-dell-inspiron-7737-nvidia.tar.gz",
			     test_unpacked);
	g_test_add_data_func("/usb/elitebook",
			     "hosts-sysfs/converted/udev-hp-elitebook-835-13-inch-g10.tar.gz",
			     test_unpacked);
	g_test_add_data_func("/usb/thinkpad", "hosts-sysfs/captures/eudev-test-sys.tar.xz",
			     test_unpacked);
	g_test_add_func("/usb/libvirt", test_libvirt);
	g_test_add_func("/usb/hostile", test_hostile);
	g_test_add_func("/usb/many", test_many);
	return g_test_run();
}
