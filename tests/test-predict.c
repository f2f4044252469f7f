/* Prediction: a case and a nearly equal counter-case for each rule, and what cannot be known. */
#include <string.h>

#include <glib.h>

#include "model/host.h"
#include "model/predict.h"
#include "topology.h"

/* ---- small machines ---- */

struct machine {
	const char *name;
	const char *cmdline;
	enum host_source source;
	const char *lines[12];
	const char *groups;
};

static void check_machine(const struct machine *machine, struct host *host)
{
	struct prediction prediction;

	host->platform.kernel.cmdline = machine->cmdline;
	predict_groups(host, &prediction);
	g_autofree char *groups = topology_groups(host, &prediction);
	if (strcmp(groups, machine->groups) != 0)
		g_test_message("%s", machine->name);
	g_assert_cmpstr(groups, ==, machine->groups);
	prediction_clear(&prediction);
}

static void check_machines(const struct machine *machines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		HOST_AUTO struct host *host = topology_host(machines[i].lines, machines[i].source);
		check_machine(&machines[i], host);
	}
}

static const struct machine path_machines[] = {
	{ .name = "root port without ACS: one group with what is below",
	  .lines = { "00:01.0 8086:1901 root bus=1-1", "01:00.0 10de:1b80 leg mf",
		     "01:00.1 10de:10f0 ep mf" },
	  .groups = "00:01.0 01:00.0 01:00.1" },
	{ .name = "with ACS: apart, but functions of the card together",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 10de:1b80 leg mf",
		     "01:00.1 10de:10f0 ep mf" },
	  .groups = "00:01.0 | 01:00.0 01:00.1" },
	{ .name = "an implemented bit that is off, while the IOMMU is on",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs=1f/1b g=0", "01:00.0 10de:1b80 ep g=0" },
	  .groups = "00:01.0 01:00.0" },
	{ .name = "a bit that is off because it is not implemented",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs=1b/1b g=0", "01:00.0 10de:1b80 ep g=1" },
	  .groups = "00:01.0 | 01:00.0" },
	{ .name = "bits that nobody asks for do not count: TB, EC, DT",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs=7f/1d g=0", "01:00.0 10de:1b80 ep g=1" },
	  .groups = "00:01.0 | 01:00.0" },
	{ .name = "one port above that is not isolated is enough",
	  .lines = { "00:01.0 8086:1901 root bus=1-3", "01:00.0 10b5:8747 up bus=2-3",
		     "02:00.0 10b5:8747 down bus=3-3 acs", "03:00.0 10de:1b80 ep" },
	  .groups = "00:01.0 01:00.0 02:00.0 03:00.0" },
	{ .name = "all isolated",
	  .lines = { "00:01.0 8086:1901 root bus=1-3 acs", "01:00.0 10b5:8747 up bus=2-3",
		     "02:00.0 10b5:8747 down bus=3-3 acs", "03:00.0 10de:1b80 ep" },
	  .groups = "00:01.0 | 01:00.0 | 02:00.0 | 03:00.0" },
	{ .name = "downstream ports without ACS: those below the one, not its neighbour's",
	  .lines = { "00:01.0 8086:1901 root bus=1-4 acs", "01:00.0 10b5:8747 up bus=2-4",
		     "02:00.0 10b5:8747 down bus=3-3", "02:01.0 10b5:8747 down bus=4-4 acs",
		     "03:00.0 10de:1b80 ep", "04:00.0 10de:1b80 ep" },
	  .groups = "00:01.0 | 01:00.0 | 02:00.0 03:00.0 | 02:01.0 | 04:00.0" },
	{ .name = "an upstream port with other functions needs ACS",
	  .lines = { "00:01.0 8086:1901 root bus=1-2 acs", "01:00.0 10b5:8747 up mf bus=2-2",
		     "01:00.1 10b5:87d0 ep mf", "02:00.0 10b5:8747 down bus=0-0 acs" },
	  .groups = "00:01.0 | 01:00.0 01:00.1 02:00.0" },
};

static const struct machine slot_machines[] = {
	{ .name = "two root ports of one slot without ACS: all below both",
	  .lines = { "00:01.0 8086:1901 root mf bus=1-1", "00:01.1 8086:1905 root mf bus=2-2",
		     "01:00.0 10de:1b80 ep", "02:00.0 144d:a808 ep" },
	  .groups = "00:01.0 00:01.1 01:00.0 02:00.0" },
	{ .name = "one of them has ACS",
	  .lines = { "00:01.0 8086:1901 root mf bus=1-1", "00:01.1 8086:1905 root mf bus=2-2 acs",
		     "01:00.0 10de:1b80 ep", "02:00.0 144d:a808 ep" },
	  .groups = "00:01.0 01:00.0 | 00:01.1 | 02:00.0" },
	{ .name = "conventional functions of one slot",
	  .lines = { "00:1f.0 8086:a145 conv mf", "00:1f.2 8086:a121 conv mf",
		     "00:1f.6 8086:15b9 conv mf" },
	  .groups = "00:1f.0 00:1f.2 00:1f.6" },
	{ .name = "of two slots",
	  .lines = { "00:1e.0 8086:a145 conv", "00:1f.0 8086:a121 conv" },
	  .groups = "00:1e.0 | 00:1f.0" },
	{ .name = "a conventional function 0 without bit 7: later ones join it all the same",
	  .lines = { "00:1f.0 8086:a145 conv", "00:1f.2 8086:a121 conv" },
	  .groups = "00:1f.0 00:1f.2" },
	{ .name = "a PCIe function 0 without bit 7 is single",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 10de:1b80 ep",
		     "01:00.1 10de:10f0 ep" },
	  .groups = "00:01.0 | 01:00.0 | 01:00.1" },
	{ .name = "endpoints of one slot with ACS that does nothing wrong",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 1002:1681 ep mf acs=00/00",
		     "01:00.1 1002:1682 ep mf acs=00/00" },
	  .groups = "00:01.0 | 01:00.0 | 01:00.1" },
	{ .name = "virtual functions are single functions",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 15b3:1017 ep mf",
		     "01:00.1 15b3:1017 ep mf", "01:00.2 15b3:1018 ep vf=01:00.0",
		     "01:00.3 15b3:1018 ep vf=01:00.0" },
	  .groups = "00:01.0 | 01:00.0 01:00.1 | 01:00.2 | 01:00.3" },
	{ .name = "virtual functions on a bus of their own: as their physical one",
	  .lines = { "00:01.0 8086:1901 root bus=1-2", "01:00.0 15b3:1017 ep",
		     "02:00.0 15b3:1018 ep vf=01:00.0" },
	  .groups = "00:01.0 01:00.0 02:00.0" },
	{ .name = "event collectors are never isolated, integrated endpoints are if single",
	  .lines = { "00:05.0 1022:0001 rcec mf", "00:05.1 1022:0002 rciep mf",
		     "00:06.0 1022:0002 rciep" },
	  .groups = "00:05.0 00:05.1 | 00:06.0" },
};

static const struct machine alias_machines[] = {
	{ .name = "behind a PCIe-to-PCI bridge",
	  .lines = { "00:1c.0 8086:a110 root bus=1-2 acs spt=1d", "01:00.0 1b21:1080 topci bus=2-2",
		     "02:00.0 1102:0002 conv", "02:01.0 1102:0003 conv" },
	  .groups = "00:1c.0 | 01:00.0 02:00.0 02:01.0" },
	{ .name = "a bridge without PCIe capability is one, too",
	  .lines = { "00:1c.0 8086:a110 root bus=1-2 acs spt=1d", "01:00.0 1b21:1080 conv bus=2-2",
		     "02:00.0 1102:0002 conv" },
	  .groups = "00:1c.0 | 01:00.0 02:00.0" },
	{ .name = "two in a row",
	  .lines = { "00:1e.0 8086:244e conv bus=1-2", "01:00.0 1011:0026 conv bus=2-2",
		     "01:01.0 1102:0002 conv", "02:00.0 1102:0003 conv" },
	  .groups = "00:1e.0 01:00.0 01:01.0 02:00.0" },
	{ .name = "back to PCIe behind it",
	  .lines = { "00:1e.0 8086:244e conv bus=1-2", "01:00.0 10b5:8111 frompci bus=2-2",
		     "02:00.0 1102:0003 ep" },
	  .groups = "00:1e.0 01:00.0 02:00.0" },
	{ .name = "an alias bridge that a quirk calls isolated still aliases",
	  .lines = { "00:14.0 1002:4385 conv mf", "00:14.4 1002:4384 conv mf bus=1-1",
		     "00:00.2 1022:1419 conv class=0806", "01:00.0 1102:0003 conv" },
	  .groups = "00:14.0 | 00:14.4 01:00.0 ? 00:00.2" },
	{ .name = "function 1 as alias",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs spt=1d", "01:00.0 1b4b:9172 leg",
		     "01:00.1 1b4b:91a4 leg mf acs=00/00" },
	  .groups = "00:1c.0 | 01:00.0 01:00.1" },
	{ .name = "a chip without the quirk",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs spt=1d", "01:00.0 1b4b:9174 leg",
		     "01:00.1 1b4b:91a4 leg mf acs=00/00" },
	  .groups = "00:1c.0 | 01:00.0 | 01:00.1" },
	{ .name = "function 0 as alias: does not reach another slot",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs spt=1d", "01:00.0 1180:e823 ep mf acs=0/0",
		     "01:00.3 1180:e832 ep mf acs=0/0", "01:01.0 1180:e823 ep acs=0/0" },
	  .groups = "00:1c.0 | 01:00.0 01:00.3 | 01:01.0" },
	{ .name = "a fixed alias needs the subsystem",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs spt=1d", "01:01.0 9005:0286 ep acs=0/0",
		     "01:0e.0 9005:0285 ep sub=9005:02bb" },
	  .groups = "00:1c.0 | 01:01.0 01:0e.0" },
	{ .name = "another subsystem",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs spt=1d", "01:01.0 9005:0286 ep acs=0/0",
		     "01:0e.0 9005:0285 ep sub=9005:02bd" },
	  .groups = "00:1c.0 | 01:01.0 | 01:0e.0" },
	{ .name = "the whole bus as alias",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs spt=1d", "01:00.0 10b5:87b0 ep",
		     "01:02.0 1234:0001 ep", "01:03.0 1234:0001 ep" },
	  .groups = "00:1c.0 | 01:00.0 01:02.0 01:03.0" },
	{ .name = "no alias is looked for above a bridge where the IOMMU sits",
	  .lines = { "00:00.0 14e4:9000 conv bus=1-2", "01:00.0 14e4:9084 root bus=2-2 acs",
		     "02:00.0 15b3:1017 ep" },
	  .groups = "00:00.0 01:00.0 02:00.0" },
	{ .name = "VMD: the only one",
	  .lines = { "00:0e.0 8086:467f rciep", "00:1c.0 8086:7ab8 root acs",
		     "10000:00:06.0 8086:a74d root bus=1-1 acs", "10000:01:00.0 144d:a80c ep" },
	  .groups = "00:0e.0 10000:00:06.0 10000:01:00.0 | 00:1c.0" },
	{ .name = "VMD: two, told apart by the path",
	  .lines = { "00:0e.0 8086:467f rciep", "00:0f.0 8086:467f rciep",
		     "10000:00:06.0 8086:a74d root bus=1-1 acs above=00:0f.0",
		     "10000:01:00.0 144d:a80c ep above=10000:00:06.0" },
	  .groups = "00:0e.0 | 00:0f.0 10000:00:06.0 10000:01:00.0" },
	{ .name = "VMD: two, not told apart",
	  .lines = { "00:02.0 8086:0002 rciep", "00:0e.0 8086:467f rciep",
		     "00:0f.0 8086:467f rciep", "10000:00:06.0 8086:a74d root bus=1-1 acs",
		     "10000:01:00.0 144d:a80c ep" },
	  .groups = "00:02.0 ? 00:0e.0 00:0f.0 10000:00:06.0 10000:01:00.0" },
};

static const struct machine quirk_machines[] = {
	{ .name = "network cards that are said to be isolated",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 8086:1521 ep mf",
		     "01:00.1 8086:1521 ep mf" },
	  .groups = "00:01.0 | 01:00.0 | 01:00.1" },
	{ .name = "their successors are not",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 8086:1525 ep mf",
		     "01:00.1 8086:1525 ep mf" },
	  .groups = "00:01.0 | 01:00.0 01:00.1" },
	{ .name = "Intel integrated endpoints",
	  .lines = { "00:15.0 8086:7acc rciep mf", "00:15.1 8086:7acd rciep mf" },
	  .groups = "00:15.0 | 00:15.1" },
	{ .name = "those of others",
	  .lines = { "00:15.0 1022:7acc rciep mf", "00:15.1 1022:7acd rciep mf" },
	  .groups = "00:15.0 00:15.1" },
	{ .name = "PCH root ports with a chipset register",
	  .lines = { "00:1c.0 8086:1c10 root mf bus=1-1", "00:1c.4 8086:1c18 root mf bus=2-2",
		     "01:00.0 1234:0001 ep" },
	  .groups = "00:1c.0 | 00:1c.4 | 01:00.0" },
	{ .name = "of the 9 series, even ids only",
	  .lines = { "00:1c.0 8086:8c90 root bus=1-1", "00:1d.0 8086:8c91 root bus=2-2",
		     "01:00.0 1234:0001 ep", "02:00.0 1234:0001 ep" },
	  .groups = "00:1c.0 | 00:1d.0 02:00.0 | 01:00.0" },
	{ .name = "Sunrise Point: the word at + 8 counts",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs=1f/00 spt=1f g=0",
		     "01:00.0 1234:0001 ep g=1" },
	  .groups = "00:1c.0 | 01:00.0" },
	{ .name = "and only that one",
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs=1f/1f spt=00 g=0",
		     "01:00.0 1234:0001 ep g=0" },
	  .groups = "00:1c.0 01:00.0" },
	{ .name = "an id beyond the range: the word at + 6",
	  .lines = { "00:1c.0 8086:a120 root bus=1-1 acs=1f/1f spt=00 g=0",
		     "01:00.0 1234:0001 ep g=1" },
	  .groups = "00:1c.0 | 01:00.0" },
	{ .name = "in words of lspci the wrong word is printed",
	  .source = HOST_POSTED,
	  .lines = { "00:1c.0 8086:a110 root bus=1-1 acs=1f/00 g=0", "01:00.0 1234:0001 ep g=1" },
	  .groups = "00:1c.0 | 01:00.0" },
	{ .name = "AMD south bridge, and an AMD IOMMU",
	  .lines = { "00:00.2 1022:1419 conv class=0806", "00:14.0 1022:780b conv mf",
		     "00:14.2 1022:7809 conv mf", "00:14.3 1022:780e conv mf" },
	  .groups = "00:14.0 00:14.3 | 00:14.2 ? 00:00.2" },
	{ .name = "without one known, not known",
	  .lines = { "00:14.0 1022:780b conv mf", "00:14.2 1022:7809 conv mf",
		     "00:14.3 1022:780e conv mf" },
	  .groups = "? 00:14.0 00:14.2 00:14.3" },
	{ .name = "IDT switches are not asked for Source Validation",
	  .lines = { "00:01.0 8086:1901 root bus=1-3 acs g=0", "01:00.0 111d:80b5 up bus=2-3 g=1",
		     "02:00.0 111d:80b5 down bus=3-3 acs=1d/1c g=2", "03:00.0 1234:0001 ep g=3" },
	  .groups = "00:01.0 | 01:00.0 | 02:00.0 | 03:00.0" },
	{ .name = "others are",
	  .lines = { "00:01.0 8086:1901 root bus=1-3 acs g=0", "01:00.0 111d:80b6 up bus=2-3 g=1",
		     "02:00.0 111d:80b6 down bus=3-3 acs=1d/1c g=2", "03:00.0 1234:0001 ep g=2" },
	  .groups = "00:01.0 | 01:00.0 | 02:00.0 03:00.0" },
	{ .name = "Zhaoxin ports: others than those listed are not isolated, ACS or not",
	  .lines = { "00:01.0 1d17:0720 root bus=1-1 acs", "00:02.0 1d17:0721 root bus=2-2",
		     "01:00.0 1234:0001 ep", "02:00.0 1234:0001 ep" },
	  .groups = "00:01.0 01:00.0 | 00:02.0 | 02:00.0" },
	{ .name = "Cavium root ports, but not its endpoints",
	  .lines = { "00:01.0 177d:a000 root bus=1-1", "01:00.0 177d:a001 ep mf",
		     "01:00.1 177d:a001 ep mf" },
	  .groups = "00:01.0 | 01:00.0 01:00.1" },
};

static const struct machine unknown_machines[] = {
	{ .name = "64 bytes: single functions on the root bus are known, ports are not",
	  .lines = { "00:00.0 8086:191f ? acs? class=0600", "00:01.0 8086:1901 ? acs? bus=1-1",
		     "01:00.0 10de:1b80 ? acs?" },
	  .groups = "00:00.0 ? 00:01.0 01:00.0" },
	{ .name = "a port with nothing behind it is alone, whatever it is",
	  .lines = { "00:01.0 8086:1901 ? acs? bus=1-1" },
	  .groups = "00:01.0" },
	{ .name = "256 bytes: conventional functions are known",
	  .lines = { "00:1f.0 8086:a145 conv mf", "00:1f.2 8086:a121 conv mf",
		     "00:1b.0 8086:a167 root acs? bus=1-1", "01:00.0 144d:a808 ep acs?" },
	  .groups = "00:1f.0 00:1f.2 ? 00:1b.0 01:00.0" },
	{ .name = "256 bytes below a known bridge to conventional PCI",
	  .lines = { "00:1c.0 8086:a118 root acs? bus=1-2", "01:00.0 1b21:1080 topci acs? bus=2-2",
		     "02:00.0 1102:0002 conv" },
	  .groups = "? 00:1c.0 01:00.0 02:00.0" },
	{ .name = "a quirk by id alone decides without capabilities",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 8086:1521 ? acs? mf",
		     "01:00.1 8086:1521 ? acs? mf" },
	  .groups = "00:01.0 | 01:00.0 | 01:00.1" },
	{ .name = "ACS without its bits, IOMMU on",
	  .source = HOST_POSTED,
	  .lines = { "00:01.0 8086:1901 root bus=1-1 bits? g=0", "01:00.0 1234:0001 ep g=1" },
	  .groups = "? 00:01.0 01:00.0" },
	{ .name = "IOMMU off: what is implemented will be switched on",
	  .source = HOST_POSTED,
	  .lines = { "00:01.0 8086:1901 root bus=1-1 bits?", "01:00.0 1234:0001 ep",
		     "00:02.0 8086:1905 root bus=2-2 acs=1f/00", "02:00.0 1234:0001 ep" },
	  .groups = "00:01.0 | 00:02.0 | 01:00.0 | 02:00.0" },
	{ .name = "unless the command line has a say",
	  .cmdline = "quiet pci=disable_acs_redir=00:02.0",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs=1f/1f", "01:00.0 1234:0001 ep",
		     "00:02.0 8086:1905 root bus=2-2 acs=1f/00", "02:00.0 1234:0001 ep" },
	  .groups = "00:01.0 | 01:00.0 ? 00:02.0 02:00.0" },
	{ .name = "dead config space",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 17a0:9755 ? dead",
		     "00:02.0 8086:1901 ? dead" },
	  .groups = "00:01.0 | 00:02.0 | 01:00.0" },
	{ .name = "a bridge is missing: what is behind is not known",
	  .lines = { "00:00.0 8086:191f conv class=0600", "02:00.0 10de:1b80 ep" },
	  .groups = "00:00.0 ? 02:00.0" },
	{ .name = "a missing bridge may be a sibling of what is listed",
	  .lines = { "00:01.0 8086:1901 root mf bus=1-1", "01:00.0 10de:1b80 ep",
		     "00:03.0 8086:1901 root bus=3-3", "02:00.0 144d:a808 ep" },
	  .groups = "00:03.0 ? 00:01.0 01:00.0 02:00.0" },
	{ .name = "below a port that is not isolated, a missing bridge changes nothing",
	  .lines = { "00:01.0 8086:1901 root bus=1-3", "03:00.0 10de:1b80 ep" },
	  .groups = "00:01.0 03:00.0" },
	{ .name = "root ports and integrated endpoints prove a root bus",
	  .source = HOST_POSTED,
	  .lines = { "40:00.0 1022:1480 conv class=0600", "40:01.1 1022:1483 root bus=65-65 acs",
		     "41:00.0 10de:1b80 ep", "7f:08.0 8086:6f80 rciep", "7f:09.0 8086:6f81 conv" },
	  .groups = "40:00.0 | 40:01.1 | 41:00.0 | 7f:08.0 | 7f:09.0" },
	{ .name = "ids not known, but of what vendor",
	  .source = HOST_POSTED,
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs",
		     "01:00.0 - ep mf or=1002:1681 or=1002:1682", "01:00.1 - ep mf or=1002:1683" },
	  .groups = "00:01.0 | 01:00.0 01:00.1" },
	{ .name = "ids not known, and one of them has a quirk",
	  .source = HOST_POSTED,
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs",
		     "01:00.0 - ep mf or=8086:1521 or=8086:1525", "01:00.1 - ep mf or=8086:1525" },
	  .groups = "00:01.0 ? 01:00.0 01:00.1" },
	{ .name = "nothing of the ids known: a network card may have a quirk",
	  .source = HOST_POSTED,
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 - ep mf class=0200",
		     "01:00.1 - ep mf class=0200" },
	  .groups = "00:01.0 ? 01:00.0 01:00.1" },
	{ .name = "a graphics card has none",
	  .source = HOST_POSTED,
	  .lines = { "00:01.0 8086:1901 root bus=1-1 acs", "01:00.0 - ep mf class=0300",
		     "01:00.1 - ep mf class=0300" },
	  .groups = "00:01.0 | 01:00.0 01:00.1" },
	{ .name = "not covered by the IOMMU: out of the groups, and nothing to join",
	  .lines = { "00:00.0 1022:1480 conv mf g=none",
		     "00:00.2 1022:1481 conv mf class=0806 g=none",
		     "00:00.3 1022:1482 conv mf g=0" },
	  .groups = "00:00.3 - 00:00.0 00:00.2" },
	{ .name = "a bridge that is not covered: functions of one slot stay together",
	  .lines = { "00:01.0 8086:1901 root bus=1-1 g=none", "01:00.0 10de:1b80 ep mf g=0",
		     "01:00.1 10de:10f0 ep mf g=1" },
	  .groups = "01:00.0 | 01:00.1 - 00:01.0" },
	{ .name = "without the header, single is what stands alone in a text",
	  .source = HOST_POSTED,
	  .lines = { "00:1d.0 8086:a118 conv mf?", "00:1f.0 8086:a145 conv mf?",
		     "00:1f.2 8086:a121 conv mf?" },
	  .groups = "00:1d.0 | 00:1f.0 00:1f.2" },
};

static void test_path(void)
{
	check_machines(path_machines, G_N_ELEMENTS(path_machines));
}

static void test_slot(void)
{
	check_machines(slot_machines, G_N_ELEMENTS(slot_machines));
}

static void test_alias(void)
{
	check_machines(alias_machines, G_N_ELEMENTS(alias_machines));
}

static void test_quirks(void)
{
	check_machines(quirk_machines, G_N_ELEMENTS(quirk_machines));
}

static void test_unknown(void)
{
	check_machines(unknown_machines, G_N_ELEMENTS(unknown_machines));
}

/* ---- comparison ---- */

static void test_compare(void)
{
	static const struct {
		const char *lines[4];
		enum tri equal;
		unsigned differences;
	} cases[] = {
		{ { "00:01.0 8086:1901 root bus=1-1 g=5", "01:00.0 1234:0001 ep g=5" },
		  TRI_YES,
		  0 },
		{ { "00:01.0 8086:1901 root bus=1-1 g=5", "01:00.0 1234:0001 ep g=6" }, TRI_NO, 2 },
		{ { "00:01.0 8086:1901 root bus=1-1 acs g=5", "01:00.0 1234:0001 ep g=5" },
		  TRI_NO,
		  2 },
		{ { "00:01.0 8086:1901 root bus=1-1", "01:00.0 1234:0001 ep" }, TRI_UNKNOWN, 0 },
		{ { "00:01.0 8086:1901 root bus=1-1 acs? g=5", "01:00.0 1234:0001 ep g=5" },
		  TRI_UNKNOWN,
		  0 },
		{ { "00:01.0 8086:1901 root bus=1-1 acs g=5", "01:00.0 1234:0001 ep g=6",
		    "00:02.0 8086:0001 conv g=none" },
		  TRI_YES,
		  0 },
		{ { "00:01.0 8086:1901 root bus=1-1 acs g=5", "01:00.0 1234:0001 ep" },
		  TRI_UNKNOWN,
		  0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		HOST_AUTO struct host *host = topology_host(cases[i].lines, HOST_TREE);
		struct prediction prediction;
		predict_groups(host, &prediction);
		g_assert_cmpint(prediction.equal, ==, cases[i].equal);
		g_assert_cmpuint(prediction.n_differences, ==, cases[i].differences);
		g_assert_cmpint(prediction.overridden, ==, i == 1);
		prediction_clear(&prediction);
	}
}

static bool has_note(const struct prediction *prediction, const char *word)
{
	for (guint i = 0; i < prediction->notes->len; i++)
		if (strstr(prediction->notes->pdata[i], word))
			return true;
	return false;
}

static void test_notes(void)
{
	static const char *const off[] = { "00:01.0 8086:1901 root bus=1-1 acs=1f/00",
					   "01:00.0 1234:0001 ep", NULL };
	static const char *const on[] = { "00:01.0 8086:1901 root bus=1-1 acs g=0",
					  "01:00.0 1234:0001 ep g=1", NULL };
	HOST_AUTO struct host *a = topology_host(off, HOST_TREE);
	HOST_AUTO struct host *b = topology_host(on, HOST_TREE);
	struct prediction prediction;

	predict_groups(a, &prediction);
	g_assert_true(has_note(&prediction, "00:01.0"));
	g_assert_false(has_note(&prediction, "pcie_acs_override"));
	prediction_clear(&prediction);
	b->platform.kernel.cmdline = "pcie_acs_override=downstream pci=config_acs=1@00:01.0";
	predict_groups(b, &prediction);
	g_assert_true(has_note(&prediction, "pcie_acs_override"));
	g_assert_true(has_note(&prediction, "config_acs"));
	g_assert_cmpuint(prediction.notes->len, ==, 2);
	prediction_clear(&prediction);
}

static void test_empty(void)
{
	static const char *const none[] = { NULL };
	HOST_AUTO struct host *host = topology_host(none, HOST_TREE);
	struct prediction prediction;

	predict_groups(host, &prediction);
	g_assert_cmpuint(prediction.n_groups, ==, 0);
	g_assert_cmpint(prediction.equal, ==, TRI_UNKNOWN);
	prediction_clear(&prediction);
}

/* ---- speed ---- */

static void test_large(void)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	struct prediction prediction;

	for (unsigned domain = 0; domain < 8; domain++)
		for (unsigned i = 0; i < 2048; i++) {
			struct pci_addr addr = { domain, (uint8_t)(i / 64), (uint8_t)(i / 2 % 32),
						 (uint8_t)(i % 2) };
			struct pci_dev *dev = host_add_pci(host, addr);
			dev->vendor = 0x8086;
			dev->class_code = i % 64 == 0 ? 0x060400 : 0x020000;
		}
	host_link(host);
	gint64 start = g_get_monotonic_time();
	predict_groups(host, &prediction);
	double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
	g_test_message("%u functions of which nothing is known: %.3f s", host->n_pci, seconds);
	g_assert_cmpfloat(seconds, <, 5); /* far below, but sanitizers and busy machines are slow */
	g_assert_cmpuint(prediction.n_unknown, >, 0);
	prediction_clear(&prediction);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/predict/path", test_path);
	g_test_add_func("/predict/slot", test_slot);
	g_test_add_func("/predict/alias", test_alias);
	g_test_add_func("/predict/quirks", test_quirks);
	g_test_add_func("/predict/unknown", test_unknown);
	g_test_add_func("/predict/compare", test_compare);
	g_test_add_func("/predict/notes", test_notes);
	g_test_add_func("/predict/empty", test_empty);
	g_test_add_func("/predict/large", test_large);
	return g_test_run();
}
