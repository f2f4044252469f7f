/* Config space in every state it is met in: whole, cut, looping, dead, random. */
#include <string.h>

#include <glib.h>

#include "model/pci.h"

#define SIZE 4096

static void put_16(uint8_t *config, size_t at, unsigned value)
{
	config[at] = (uint8_t)value;
	config[at + 1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *config, size_t at, uint32_t value)
{
	put_16(config, at, value & 0xffff);
	put_16(config, at + 2, value >> 16);
}

static void put_cap(uint8_t *config, size_t at, unsigned id, unsigned next)
{
	config[at] = (uint8_t)id;
	config[at + 1] = (uint8_t)next;
}

static void put_ecap(uint8_t *config, size_t at, unsigned id, unsigned next)
{
	put_32(config, at, id | 1U << 16 | next << 20);
}

/* A header of the type given without capabilities. */
static void put_header(uint8_t *config, unsigned type)
{
	memset(config, 0, SIZE);
	put_32(config, 0, 0xa1108086);
	config[0x0e] = (uint8_t)type;
	if ((type & 0x7f) != 0) {
		config[0x19] = 5;
		config[0x1a] = 7;
	}
}

/* A multifunction root port with PM, PCIe, AER, ACS (cap 1f, control 1d) and SR-IOV behind it. */
static void put_root_port(uint8_t *config)
{
	put_header(config, 0x81);
	put_16(config, 0x06, 0x10);
	config[0x34] = 0x40;
	put_cap(config, 0x40, 0x01, 0x50);
	put_16(config, 0x44, 0x0008);
	put_cap(config, 0x50, 0x10, 0x00);
	put_16(config, 0x52, 0x0142);
	put_32(config, 0x54, 1U << 28);
	put_32(config, 0x5c, 0x103);
	put_16(config, 0x62, 0x082);
	put_ecap(config, 0x100, 0x01, 0x140);
	put_ecap(config, 0x140, 0x0d, 0x160);
	put_16(config, 0x144, 0x1f);
	put_16(config, 0x146, 0x1d);
	put_16(config, 0x148, 0x0f);
	put_ecap(config, 0x160, 0x10, 0x000);
}

static void decode(const uint8_t *config, size_t length, bool all, struct pci_caps *ret)
{
	/* an exact copy, so that the sanitizer sees each byte read beyond it */
	g_autofree uint8_t *copy = g_memdup2(config, length);

	pci_caps_decode(copy, length, all, ret);
}

static void test_whole(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	put_root_port(config);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.depth, ==, CONFIG_EXTENDED);
	g_assert_false(caps.malformed);
	g_assert_cmpint(caps.header_type, ==, 1);
	g_assert_cmpint(caps.multifunction, ==, TRI_YES);
	g_assert_cmpint(caps.secondary_bus, ==, 5);
	g_assert_cmpint(caps.subordinate_bus, ==, 7);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_ROOT_PORT);
	g_assert_cmpint(caps.slot, ==, TRI_YES);
	g_assert_cmpint(caps.n_list, ==, 5);
	g_assert_cmpint(caps.list[3].id, ==, 0x0d);
	g_assert_cmpint(caps.list[3].offset, ==, 0x140);
	g_assert_cmpint(caps.list[3].version, ==, 1);
}

static void test_registers(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	put_root_port(config);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.acs, ==, TRI_YES);
	g_assert_true(caps.acs_bits_known);
	g_assert_cmphex(caps.acs_cap, ==, 0x1f);
	g_assert_cmphex(caps.acs_ctrl, ==, 0x1d);
	g_assert_true(caps.acs_ctrl_spt_known);
	g_assert_cmphex(caps.acs_ctrl_spt, ==, 0x0f);
	g_assert_cmpint(caps.flr, ==, TRI_YES);
	g_assert_cmpint(caps.af_flr, ==, TRI_NO);
	g_assert_cmpint(caps.pm_reset, ==, TRI_NO);
	g_assert_cmpint(caps.sriov, ==, TRI_YES);
	g_assert_cmpint(caps.rebar, ==, TRI_NO);
	g_assert_cmpint(caps.max_link_speed, ==, 3);
	g_assert_cmpint(caps.max_link_width, ==, 16);
	g_assert_cmpint(caps.link_speed, ==, 2);
	g_assert_cmpint(caps.link_width, ==, 8);
}

static void test_depths(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	put_root_port(config);
	decode(config, 0, false, &caps);
	g_assert_cmpint(caps.depth, ==, CONFIG_NONE);
	g_assert_cmpint(caps.header_type, ==, -1);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_TYPE_UNKNOWN);
	g_assert_cmpint(caps.acs, ==, TRI_UNKNOWN);
	g_assert_false(caps.malformed);

	decode(config, 64, false, &caps);
	g_assert_cmpint(caps.depth, ==, CONFIG_HEADER);
	g_assert_cmpint(caps.header_type, ==, 1);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_TYPE_UNKNOWN);
	g_assert_cmpint(caps.flr, ==, TRI_UNKNOWN);
	g_assert_false(caps.malformed);

	decode(config, 256, false, &caps);
	g_assert_cmpint(caps.depth, ==, CONFIG_STANDARD);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_ROOT_PORT);
	g_assert_cmpint(caps.acs, ==, TRI_UNKNOWN);
	g_assert_cmpint(caps.af_flr, ==, TRI_NO);

	/* the kernel sees no more than these either */
	decode(config, 256, true, &caps);
	g_assert_cmpint(caps.depth, ==, CONFIG_EXTENDED);
	g_assert_cmpint(caps.acs, ==, TRI_NO);
	g_assert_cmpint(caps.sriov, ==, TRI_NO);

	/* cut between the ACS words */
	decode(config, 0x146, false, &caps);
	g_assert_cmpint(caps.acs, ==, TRI_YES);
	g_assert_false(caps.acs_bits_known);
	g_assert_cmpint(caps.sriov, ==, TRI_UNKNOWN);
}

static void test_conventional(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	/* no capability list: 64 bytes tell it all */
	put_header(config, 0x00);
	decode(config, 64, false, &caps);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_CONVENTIONAL);
	g_assert_cmpint(caps.acs, ==, TRI_NO);
	g_assert_cmpint(caps.pm_reset, ==, TRI_NO);
	g_assert_cmpint(caps.multifunction, ==, TRI_NO);

	/* a list without PCIe needs 256 */
	put_16(config, 0x06, 0x10);
	config[0x34] = 0xdc;
	put_cap(config, 0xdc, 0x01, 0xf0);
	put_cap(config, 0xf0, 0x13, 0x00);
	config[0xf3] = 3;
	decode(config, 64, false, &caps);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_TYPE_UNKNOWN);
	decode(config, 256, false, &caps);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_CONVENTIONAL);
	g_assert_cmpint(caps.acs, ==, TRI_NO);
	g_assert_cmpint(caps.af_flr, ==, TRI_YES);
	g_assert_cmpint(caps.pm_reset, ==, TRI_YES);
	config[0xf3] = 2;
	decode(config, 256, false, &caps);
	g_assert_cmpint(caps.af_flr, ==, TRI_NO);
}

static void test_cardbus(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	/* the list starts elsewhere, and all of it is in the 128 bytes everybody may read */
	put_header(config, 0x02);
	put_16(config, 0x06, 0x10);
	config[0x14] = 0x44;
	config[0x34] = 0x90;
	put_cap(config, 0x44, 0x01, 0x00);
	decode(config, 128, false, &caps);
	g_assert_cmpint(caps.header_type, ==, 2);
	g_assert_cmpint(caps.secondary_bus, ==, 5);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_CONVENTIONAL);
	g_assert_false(caps.malformed);
}

static void test_dead(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;
	static const size_t lengths[] = { 64, 256, SIZE };

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		memset(config, 0xff, sizeof(config));
		decode(config, lengths[i], true, &caps);
		g_assert_true(caps.malformed);
		g_assert_cmpint(caps.header_type, ==, -1);
		g_assert_cmpint(caps.multifunction, ==, TRI_UNKNOWN);
		g_assert_cmpint(caps.pcie_type, ==, PCIE_TYPE_UNKNOWN);
		g_assert_cmpint(caps.acs, ==, TRI_UNKNOWN);
		memset(config, 0, sizeof(config));
		decode(config, lengths[i], true, &caps);
		g_assert_true(caps.malformed);
		g_assert_cmpint(caps.pcie_type, ==, PCIE_TYPE_UNKNOWN);
	}

	/* a virtual function has no ids of its own, but all the rest */
	put_root_port(config);
	put_32(config, 0, 0xffffffff);
	decode(config, SIZE, true, &caps);
	g_assert_false(caps.malformed);
	g_assert_cmpint(caps.acs, ==, TRI_YES);
}

static void test_broken_standard(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	/* a loop; the kernel stops and has found no PCIe */
	put_header(config, 0x00);
	put_16(config, 0x06, 0x10);
	config[0x34] = 0x40;
	put_cap(config, 0x40, 0x05, 0x48);
	put_cap(config, 0x48, 0x09, 0x40);
	decode(config, 256, false, &caps);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_CONVENTIONAL);
	g_assert_cmpint(caps.n_list, ==, 2);

	put_cap(config, 0x48, 0x09, 0x48);
	decode(config, 256, false, &caps);
	g_assert_true(caps.malformed);

	/* a pointer into the header */
	put_cap(config, 0x48, 0x09, 0x10);
	decode(config, 256, false, &caps);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_CONVENTIONAL);

	/* the low bits of pointers are reserved and ignored */
	put_cap(config, 0x48, 0x09, 0x53);
	put_cap(config, 0x50, 0x10, 0x00);
	put_16(config, 0x52, 0x0002);
	decode(config, 256, false, &caps);
	g_assert_false(caps.malformed);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_ENDPOINT);

	/* an entry that reads ff ends the list; what came before it stays */
	put_cap(config, 0x50, 0xff, 0xff);
	decode(config, 256, false, &caps);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.n_list, ==, 2);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_CONVENTIONAL);

	/* a capability at the very end whose registers do not exist */
	put_cap(config, 0x48, 0x09, 0xfc);
	put_cap(config, 0xfc, 0x10, 0x00);
	put_16(config, 0xfe, 0x0042);
	decode(config, 256, false, &caps);
	g_assert_cmpint(caps.pcie_type, ==, PCIE_ROOT_PORT);
	g_assert_cmpint(caps.flr, ==, TRI_UNKNOWN);

	/* a header of no known type */
	put_root_port(config);
	config[0x0e] = 0x7f;
	decode(config, SIZE, true, &caps);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.header_type, ==, -1);
}

static void test_broken_extended(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	put_root_port(config);
	put_ecap(config, 0x160, 0x10, 0x140);
	decode(config, SIZE, true, &caps);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.acs, ==, TRI_YES);
	g_assert_cmpint(caps.n_list, ==, 5);
	g_assert_cmpint(caps.rebar, ==, TRI_NO);

	put_ecap(config, 0x160, 0x10, 0x0fc);
	decode(config, SIZE, true, &caps);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.rebar, ==, TRI_NO);

	/* the last word of all: its registers are cut off */
	put_ecap(config, 0x160, 0x10, 0xffc);
	put_ecap(config, 0xffc, 0x15, 0x000);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.rebar, ==, TRI_YES);
	g_assert_false(caps.malformed);

	put_ecap(config, 0x140, 0x0b, 0xffc);
	put_ecap(config, 0xffc, 0x0d, 0x000);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.acs, ==, TRI_YES);
	g_assert_false(caps.acs_bits_known);

	/* no extended space: zeros, or ones */
	put_32(config, 0x100, 0);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.acs, ==, TRI_NO);
	put_32(config, 0x100, UINT32_MAX);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.acs, ==, TRI_NO);
	g_assert_false(caps.malformed);
}

/* More capabilities than the list for show has room for: the answers are still right. */
static void test_long_list(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	put_root_port(config);
	for (unsigned at = 0x100; at < 0x800; at += 0x10)
		put_ecap(config, at, 0x0b, at + 0x10);
	put_ecap(config, 0x800, 0x0d, 0);
	put_16(config, 0x804, 0x5f);
	decode(config, SIZE, true, &caps);
	g_assert_cmpint(caps.n_list, ==, PCI_MAX_CAPS);
	g_assert_true(caps.malformed);
	g_assert_cmpint(caps.acs, ==, TRI_YES);
	g_assert_cmphex(caps.acs_cap, ==, 0x5f);
}

static void check_tri(enum tri cut, enum tri whole)
{
	if (cut != TRI_UNKNOWN)
		g_assert_cmpint(cut, ==, whole);
}

/* What a part of the bytes tells must be what all of them tell. */
static void check_part(const struct pci_caps *part, const struct pci_caps *whole)
{
	if (part->header_type >= 0)
		g_assert_cmpint(part->header_type, ==, whole->header_type);
	if (part->secondary_bus >= 0)
		g_assert_cmpint(part->secondary_bus, ==, whole->secondary_bus);
	if (part->pcie_type != PCIE_TYPE_UNKNOWN)
		g_assert_cmpint(part->pcie_type, ==, whole->pcie_type);
	check_tri(part->multifunction, whole->multifunction);
	check_tri(part->slot, whole->slot);
	check_tri(part->acs, whole->acs);
	check_tri(part->flr, whole->flr);
	check_tri(part->af_flr, whole->af_flr);
	check_tri(part->pm_reset, whole->pm_reset);
	check_tri(part->sriov, whole->sriov);
	check_tri(part->rebar, whole->rebar);
	if (part->acs_bits_known) {
		g_assert_cmphex(part->acs_cap, ==, whole->acs_cap);
		g_assert_cmphex(part->acs_ctrl, ==, whole->acs_ctrl);
	}
	g_assert_cmpint(part->n_list, <=, whole->n_list);
}

static void check_cuts(const uint8_t *config, size_t step)
{
	struct pci_caps whole, part;

	decode(config, SIZE, false, &whole);
	for (size_t length = 0; length < SIZE; length += step) {
		decode(config, length, false, &part);
		check_part(&part, &whole);
	}
}

static void test_cut_anywhere(void)
{
	uint8_t config[SIZE];

	put_root_port(config);
	check_cuts(config, 1);
	put_header(config, 0x00);
	check_cuts(config, 1);
}

static void test_random(void)
{
	uint8_t config[SIZE];
	struct pci_caps caps;

	for (unsigned round = 0; round < 2000; round++) {
		put_root_port(config);
		/* all random now and then; mostly a good port with some bytes changed */
		unsigned n = round % 10 == 0 ? SIZE : 1U << g_test_rand_int_range(0, 8);
		for (unsigned i = 0; i < n; i++) {
			int limit = i % 2 ? 0x200 : SIZE;
			config[g_test_rand_int_range(0, limit)] =
				(uint8_t)g_test_rand_int_range(0, 256);
		}
		check_cuts(config, 61);
		decode(config, (size_t)g_test_rand_int_range(0, SIZE + 1), true, &caps);
		g_assert_cmpint(caps.n_list, <=, PCI_MAX_CAPS);
	}
}

static void test_names(void)
{
	g_assert_cmpstr(pci_cap_name(0x10, false), ==, "PCI Express");
	g_assert_cmpstr(pci_cap_name(0x0d, true), ==, "Access Control Services");
	g_assert_null(pci_cap_name(0x00, false));
	g_assert_null(pci_cap_name(0x14, true));
	g_assert_null(pci_cap_name(0xffff, true));
	g_assert_null(pci_cap_name(0xffff, false));
	g_assert_cmpstr(pcie_type_name(PCIE_ROOT_PORT), ==, "root port");
	g_assert_cmpstr(pcie_type_name(PCIE_CONVENTIONAL), ==, "conventional");
	g_assert_cmpstr(pcie_type_name(PCIE_TYPE_UNKNOWN), ==, "unknown");
	g_assert_cmpstr(pcie_type_name((enum pcie_type)3), ==, "unknown");
	g_assert_cmpstr(pcie_type_name((enum pcie_type)15), ==, "unknown");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pci-caps/whole", test_whole);
	g_test_add_func("/pci-caps/registers", test_registers);
	g_test_add_func("/pci-caps/depths", test_depths);
	g_test_add_func("/pci-caps/conventional", test_conventional);
	g_test_add_func("/pci-caps/cardbus", test_cardbus);
	g_test_add_func("/pci-caps/dead", test_dead);
	g_test_add_func("/pci-caps/broken-standard", test_broken_standard);
	g_test_add_func("/pci-caps/broken-extended", test_broken_extended);
	g_test_add_func("/pci-caps/long-list", test_long_list);
	g_test_add_func("/pci-caps/cut-anywhere", test_cut_anywhere);
	g_test_add_func("/pci-caps/random", test_random);
	g_test_add_func("/pci-caps/names", test_names);
	return g_test_run();
}
