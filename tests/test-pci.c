/* Addresses, classes and drivers: the pure questions of model/pci.h. */
#include <glib.h>

#include "model/pci.h"

static void test_addresses(void)
{
	static const struct {
		const char *text;
		const char *full; /* NULL: no address */
	} cases[] = {
		{ "01:00.0", "0000:01:00.0" },
		{ "0000:01:00.0", "0000:01:00.0" },
		{ "FF:1f.7", "0000:ff:1f.7" },
		{ "10000:e0:06.0", "10000:e0:06.0" },
		{ "ffffffff:00:00.0", "ffffffff:00:00.0" },
		{ "1:00.0", NULL },
		{ "000:01:00.0", NULL },
		{ "01:00", NULL },
		{ "01:20.0", NULL },
		{ "01:00.8", NULL },
		{ "01:00.00", NULL },
		{ "01:00.0 ", NULL },
		{ "100000000:00:00.0", NULL },
		{ "", NULL },
		{ "zz:00.0", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct pci_addr addr;
		char buf[PCI_ADDR_SIZE];
		bool ok = pci_addr_parse(cases[i].text, &addr);
		g_test_message("%s", cases[i].text);
		g_assert_cmpint(ok, ==, cases[i].full != NULL);
		if (ok)
			g_assert_cmpstr(pci_addr_format(addr, buf), ==, cases[i].full);
	}
}

static void test_scan(void)
{
	struct pci_addr addr;

	g_assert_cmpint(pci_addr_scan("01:00.0 VGA", &addr), ==, 7);
	g_assert_cmpint(pci_addr_scan("0000:01:00.0 VGA", &addr), ==, 12);
	g_assert_cmpint(pci_addr_scan("hello", &addr), ==, 0);
}

static void test_order(void)
{
	struct pci_addr a = { .bus = 1 }, b = { .bus = 1, .function = 1 }, c = { .domain = 1 };

	g_assert_cmpint(pci_addr_key(a), <, pci_addr_key(b));
	g_assert_cmpint(pci_addr_key(b), <, pci_addr_key(c));
	g_assert_true(pci_addr_same_slot(a, b));
	g_assert_false(pci_addr_same_slot(a, c));
}

static void test_kinds(void)
{
	static const struct {
		int32_t class_code;
		const char *name;
	} cases[] = {
		{ 0x030000, "gpu" },     { 0x030200, "gpu" },     { 0x000100, "gpu" },
		{ 0x040300, "audio" },   { 0x040000, "other" },   { 0x0c0330, "usb-controller" },
		{ 0x0c0500, "other" },   { 0x010802, "nvme" },    { 0x010601, "sata" },
		{ 0x020000, "network" }, { 0x028000, "network" }, { 0x060000, "host-bridge" },
		{ 0x060400, "bridge" },  { 0x060100, "bridge" },  { -1, "other" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(pci_kind_name(pci_class_kind(cases[i].class_code)), ==,
				cases[i].name);
}

/* NVSwitch is a "bridge" by class that guests are given. */
static void test_bridges(void)
{
	struct pci_dev dev = { .class_code = 0x068000, .vendor = 0x10de, .kind = KIND_BRIDGE };

	g_assert_false(pci_dev_is_bridge(&dev));
	dev.vendor = 0x8086;
	g_assert_true(pci_dev_is_bridge(&dev));
	dev = (struct pci_dev){ .class_code = 0x030000, .kind = KIND_GPU };
	g_assert_false(pci_dev_is_bridge(&dev));
}

static void test_drivers(void)
{
	g_assert_true(pci_driver_is_harmless(NULL));
	g_assert_true(pci_driver_is_harmless("vfio-pci"));
	g_assert_true(pci_driver_is_harmless("nvgrace-gpu-vfio-pci"));
	g_assert_true(pci_driver_is_harmless("pci-stub"));
	g_assert_true(pci_driver_is_harmless("pcieport"));
	g_assert_false(pci_driver_is_harmless("shpchp"));
	g_assert_false(pci_driver_is_harmless("nvidia"));
	g_assert_false(pci_driver_is_vfio("pci-stub"));
	g_assert_false(pci_driver_is_vfio(NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pci/addresses", test_addresses);
	g_test_add_func("/pci/scan", test_scan);
	g_test_add_func("/pci/order", test_order);
	g_test_add_func("/pci/kinds", test_kinds);
	g_test_add_func("/pci/bridges", test_bridges);
	g_test_add_func("/pci/drivers", test_drivers);
	return g_test_run();
}
