/* What could split a group, in the order of preference: another slot, a setting of the firmware, a
 * newer kernel; then living with it: the whole group, or the others without a driver; last, the
 * override that only pretends. Each row is offered where it applies.
 */
#include "model/explain_parts.h"

#include <string.h>

enum { SHOWN_PORTS = 3 };

/* What ties the group together, seen once. */
struct ties {
	GArray *others;    /* of int: members of other slots that are no bridges */
	GArray *endpoints; /* of int: all members that are no bridges */
	bool port_without_acs;
	bool function_without_acs;
	bool conventional;
	bool vmd;
	int lacking; /* a member whose ACS bits are off; -1: none */
};

/* ---- what ties ---- */

static bool is_port(const struct host *host, int index)
{
	const struct pci_caps *caps = host->pci[index].caps;

	return caps &&
	       (caps->pcie_type == PCIE_ROOT_PORT || caps->pcie_type == PCIE_DOWNSTREAM_PORT);
}

static void add_tie(const struct explain *explain, int index, struct ties *ties)
{
	switch (explain->prediction->fns[index].isolation.why) {
	case WHY_NO_ACS:
		if (is_port(explain->host, index))
			ties->port_without_acs = true;
		else
			ties->function_without_acs = true;
		break;
	case WHY_ACS_LACKING:
		ties->lacking = index;
		break;
	case WHY_CONVENTIONAL:
	case WHY_BRIDGE_TYPE:
		ties->conventional = true;
		break;
	default:
		break;
	}
}

static void find_ties(const struct explain *explain, struct ties *ties)
{
	struct pci_addr own = explain->host->pci[explain->index].addr;

	for (unsigned i = 0; i < explain->n_members; i++) {
		int index = explain->members[i];
		const struct prediction_fn *fn = &explain->prediction->fns[index];
		if (!pci_dev_is_bridge(&explain->host->pci[index])) {
			g_array_append_val(ties->endpoints, index);
			if (!pci_addr_same_slot(explain->host->pci[index].addr, own))
				g_array_append_val(ties->others, index);
		}
		ties->vmd |= fn->join == JOIN_DMA;
		if (fn->join == JOIN_PATH && fn->via >= 0)
			add_tie(explain, fn->via, ties);
		else if (fn->join == JOIN_BUS)
			ties->conventional = true;
		else if (fn->join == JOIN_SIBLING)
			add_tie(explain, index, ties);
	}
}

static char *list_of(const struct explain *explain, const GArray *array)
{
	return explain_list(explain->host, (const int *)(const void *)array->data, array->len);
}

/* ---- another slot ---- */

static bool is_above_subject(const struct explain *explain, int port)
{
	const struct prediction_fn *fns = explain->prediction->fns;

	for (int up = fns[explain->index].up; up >= 0; up = fns[up].up)
		if (up == port)
			return true;
	return false;
}

/* Ports with a slot that isolate what is in it. */
static bool is_good_port(const struct explain *explain, int index)
{
	const struct pci_caps *caps = explain->host->pci[index].caps;

	return is_port(explain->host, index) && caps->slot == TRI_YES &&
	       explain->prediction->fns[index].path == TRI_YES && !is_above_subject(explain, index);
}

static bool *find_occupied(const struct explain *explain)
{
	bool *occupied = g_new0(bool, explain->prediction->n_fns + 1);

	for (unsigned i = 0; i < explain->prediction->n_fns; i++)
		if (explain->prediction->fns[i].up >= 0)
			occupied[explain->prediction->fns[i].up] = true;
	return occupied;
}

struct ports {
	int list[SHOWN_PORTS];
	unsigned n;
};

static void find_ports(const struct explain *explain, struct ports *empty, struct ports *used)
{
	bool *occupied = find_occupied(explain);

	empty->n = used->n = 0;
	for (unsigned i = 0; i < explain->prediction->n_fns; i++) {
		struct ports *ports = occupied[i] ? used : empty;
		if (ports->n < SHOWN_PORTS && is_good_port(explain, (int)i))
			ports->list[ports->n++] = (int)i;
	}
	g_free(occupied);
}

/* Parts of the chipset, and what is soldered on, cannot move. */
static bool is_movable(const struct explain *explain)
{
	int up = explain->prediction->fns[explain->index].up;

	if (up < 0)
		return false;
	return !is_port(explain->host, up) || explain->host->pci[up].caps->slot != TRI_NO;
}

static void remedy_slot(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	struct ports empty, used;

	if (ties->vmd || !is_movable(explain))
		return;
	find_ports(explain, &empty, &used);
	g_autofree char *names = empty.n > 0 ? explain_list(explain->host, empty.list, empty.n)
					     : explain_list(explain->host, used.list, used.n);
	if (empty.n > 0)
		explain_add(
			list,
			"Move the card to another slot, below an isolated port that has nothing "
			"behind it: %s.",
			names);
	else if (used.n > 0)
		explain_add(list, "Let the card change places with one below an isolated port: %s.",
			    names);
}

/* ---- settings ---- */

static void remedy_cmdline(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	const char *cmdline = explain->host->platform.kernel.cmdline;

	if (cmdline && strstr(cmdline, "disable_acs_redir=") && ties->lacking >= 0)
		explain_add(list, "Take pci=disable_acs_redir= off the kernel command line: it "
				  "switches the isolation off.");
}

static void remedy_vmd(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	if (ties->vmd)
		explain_add(list, "Switch Intel VMD off in the firmware settings: each drive then "
				  "does its DMA under its own address. (A system that was "
				  "installed with VMD on must be able to boot without it.)");
}

static void remedy_firmware(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	if (ties->port_without_acs || ties->lacking >= 0)
		explain_add(list, "Look in the firmware settings for ACS (also called ACS Enable, "
				  "PCIe ARI Support, or hidden behind AER), and update the "
				  "firmware: some boards offer ACS only then.");
}

/* "x1x1" for the bits from 6 down to 0, as pci=config_acs= wants them. */
static void remedy_config_acs(const struct explain *explain, const struct ties *ties,
			      GPtrArray *list)
{
	char flags[8] = "xxxxxxx";
	char buf[PCI_ADDR_SIZE];

	if (ties->lacking < 0)
		return;
	for (unsigned bit = 0; bit < 7; bit++)
		if (explain->prediction->fns[ties->lacking].isolation.missing >> bit & 1)
			flags[6 - bit] = '1';
	explain_add(list,
		    "A kernel that knows it (6.11 and later) switches the missing ACS bits on with "
		    "pci=config_acs=%s@%s on its command line.",
		    flags, pci_addr_format(explain->host->pci[ties->lacking].addr, buf));
}

static void remedy_kernel(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	if (ties->port_without_acs || ties->function_without_acs)
		explain_add(list, "Try a newer kernel: it knows more devices that are isolated "
				  "though they do not say so (pci_dev_acs_enabled quirks).");
}

static void remedy_conventional(const struct explain *explain, const struct ties *ties,
				GPtrArray *list)
{
	if (ties->conventional && explain->prediction->fns[explain->index].up >= 0)
		explain_add(list, "Use a PCI Express card instead: on a conventional PCI bus, "
				  "nothing can tell the devices apart.");
}

/* ---- living with it ---- */

static void remedy_whole(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	g_autofree char *endpoints = list_of(explain, ties->endpoints);

	explain_add(list, "Give the guest the whole group: %s. Bridges stay with the host.",
		    endpoints);
}

static void remedy_idle(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	g_autofree char *others = list_of(explain, ties->others);

	explain_add(list,
		    "What the host can do without may stay unused: take it out of the machine, or "
		    "bind it to vfio-pci (%s). The guest need not get it.",
		    others);
}

static void remedy_override(const struct explain *explain, const struct ties *ties, GPtrArray *list)
{
	const char *cmdline = explain->host->platform.kernel.cmdline;

	if (!ties->port_without_acs && !ties->function_without_acs && ties->lacking < 0)
		return;
	if (cmdline && strstr(cmdline, "pcie_acs_override="))
		return;
	explain_add(list, "Last, and at your own risk: pcie_acs_override= in a kernel with that "
			  "patch. It only pretends isolation: the devices can still reach each "
			  "other past the IOMMU, and through them a guest can reach the host.");
}

void explain_remedies(const struct explain *explain, GPtrArray *list)
{
	static void (*const rows[])(const struct explain *explain, const struct ties *ties,
				    GPtrArray *list) = {
		remedy_cmdline,    remedy_slot,     remedy_vmd,          remedy_firmware,
		remedy_config_acs, remedy_kernel,   remedy_conventional, remedy_whole,
		remedy_idle,       remedy_override,
	};
	struct ties ties = {
		.others = g_array_new(FALSE, FALSE, sizeof(int)),
		.endpoints = g_array_new(FALSE, FALSE, sizeof(int)),
		.lacking = -1,
	};

	find_ties(explain, &ties);
	for (size_t i = 0; ties.others->len > 0 && i < G_N_ELEMENTS(rows); i++)
		rows[i](explain, &ties, list);
	g_array_free(ties.others, TRUE);
	g_array_free(ties.endpoints, TRUE);
}
