/* Prediction with holes: of random machines, of which all is known, facts and bridges are taken
 * away. What is still said to be known must be what it was.
 */
#include <glib.h>

#include "holes.h"
#include "model/host.h"
#include "model/predict.h"

static int random_below(int n)
{
	return g_test_rand_int_range(0, n);
}

/* Ids with and without quirks of every kind, where they can be. */
enum { ON_ROOT = 1, BELOW = 2, BRIDGE = 4, EVERYWHERE = 7 };

static const struct {
	uint32_t id;
	int32_t class_code;
	unsigned where;
} some_ids[] = {
	{ 0x12340001, 0x030000, EVERYWHERE },      { 0x12340001, 0x020000, EVERYWHERE },
	{ 0x80860001, 0x0c0330, EVERYWHERE },      { 0x80861901, 0x060000, ON_ROOT | BRIDGE },
	{ 0x80861521, 0x020000, ON_ROOT | BELOW }, { 0x8086a110, 0x060400, BRIDGE },
	{ 0x80861c10, 0x060400, BRIDGE },          { 0x10024384, 0x060400, BRIDGE },
	{ 0x10227809, 0x0c0310, ON_ROOT },         { 0x1b4b9172, 0x010601, BELOW },
	{ 0x1180e832, 0x0c0010, BELOW },           { 0x10b587b0, 0x068000, BELOW },
	{ 0x111d80b5, 0x060400, BRIDGE },          { 0x1d170720, 0x060400, BRIDGE },
	{ 0x177da000, 0x060400, BRIDGE },          { 0x80882001, 0x020000, BELOW },
	{ 0x80882002, 0x020000, BELOW },           { 0x1a031150, 0x060400, BRIDGE },
};

static void give_id(struct pci_dev *dev, unsigned where)
{
	size_t i;

	do
		i = (size_t)random_below(G_N_ELEMENTS(some_ids));
	while (!(some_ids[i].where & where));
	dev->vendor = (int32_t)(some_ids[i].id >> 16);
	dev->device = (int32_t)(some_ids[i].id & 0xffff);
	dev->class_code = where == BRIDGE ? 0x060400 : some_ids[i].class_code;
}

/* What there can be: the first ones also below a root bus. */
static const enum pcie_type endpoint_types[] = {
	PCIE_CONVENTIONAL, PCIE_ENDPOINT,           PCIE_LEGACY_ENDPOINT,
	PCIE_RC_ENDPOINT,  PCIE_RC_EVENT_COLLECTOR,
};

static const enum pcie_type bridge_types[] = {
	PCIE_CONVENTIONAL,  PCIE_UPSTREAM_PORT, PCIE_DOWNSTREAM_PORT, PCIE_TO_PCI_BRIDGE,
	PCI_TO_PCIE_BRIDGE, PCIE_ROOT_PORT,     PCIE_ROOT_PORT,
};

static struct pci_dev *add_random(struct host *host, unsigned bus, unsigned slot, unsigned function)
{
	struct pci_addr addr = { 0, (uint8_t)bus, (uint8_t)slot, (uint8_t)function };
	struct pci_dev *dev = host_add_pci(host, addr);

	dev->caps = host_alloc(host, sizeof(*dev->caps));
	pci_caps_init(dev->caps);
	dev->caps->depth = CONFIG_EXTENDED;
	dev->caps->header_type = 0;
	dev->caps->pcie_type = endpoint_types[random_below(bus == 0 ? 5 : 3)];
	dev->caps->multifunction = random_below(4) ? TRI_YES : TRI_NO;
	dev->caps->acs = random_below(2) ? TRI_YES : TRI_NO;
	dev->caps->acs_bits_known = dev->caps->acs == TRI_YES;
	dev->caps->acs_cap = 0x1d;
	dev->caps->acs_ctrl = random_below(3) ? 0x1d : 0x19;
	dev->caps->acs_ctrl_spt = random_below(2) ? 0x1d : 0x00;
	dev->caps->acs_ctrl_spt_known = dev->caps->acs_bits_known;
	give_id(dev, bus == 0 ? ON_ROOT : BELOW);
	dev->on_root_bus = bus == 0;
	dev->group_known = true;
	dev->group_id = 0;
	return dev;
}

/* A bus with functions; some of them are bridges with a bus of their own. */
static void fill_bus(struct host *host, unsigned bus, unsigned *next_bus, unsigned depth)
{
	unsigned n_slots = 1 + (unsigned)random_below(3);
	unsigned parents[24], n_parents = 0;

	for (unsigned slot = 0; slot < n_slots; slot++) {
		unsigned n = random_below(2) ? 1 : 1 + (unsigned)random_below(3);
		for (unsigned function = 0; function < n; function++) {
			struct pci_dev *dev = add_random(host, bus, slot, function);
			if (n > 1) /* else the kernel would not have looked for the others */
				dev->caps->multifunction = TRI_YES;
			if (depth == 0 || *next_bus > 200 || random_below(2))
				continue;
			give_id(dev, BRIDGE);
			dev->caps->header_type = 1;
			dev->caps->pcie_type = bridge_types[random_below(bus == 0 ? 7 : 5)];
			parents[n_parents++] = host->pci_array->len - 1;
		}
	}
	for (unsigned i = 0; i < n_parents; i++) {
		unsigned secondary = (*next_bus)++;
		struct pci_caps *caps =
			g_array_index(host->pci_array, struct pci_dev, parents[i]).caps;
		caps->secondary_bus = (int)secondary;
		fill_bus(host, secondary, next_bus, depth - 1);
		caps->subordinate_bus = (int)*next_bus - 1;
	}
}

static bool same_group(const struct prediction *prediction, int a, int b)
{
	return prediction->fns[a].group >= 0 &&
	       prediction->fns[a].group == prediction->fns[b].group;
}

static void print_machine(const char *what, const struct host *host,
			  const struct prediction *prediction)
{
	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		char buf[PCI_ADDR_SIZE];
		g_test_message(
			"%s %s %04x:%04x type %d header %d mf %d acs %d %02x/%02x spt %02x bus "
			"%d-%d isolated %d group %d",
			what, pci_addr_format(dev->addr, buf), (unsigned)dev->vendor & 0xffff,
			(unsigned)dev->device & 0xffff, dev->caps->pcie_type,
			dev->caps->header_type, dev->caps->multifunction, dev->caps->acs,
			dev->caps->acs_cap, dev->caps->acs_ctrl, dev->caps->acs_ctrl_spt,
			dev->caps->secondary_bus, dev->caps->subordinate_bus,
			prediction->fns[i].isolation.isolated, prediction->fns[i].group);
	}
}

/* What is known of the copy must be so in the original. Returns how many are known. */
static unsigned check_copy(const struct host *host, const struct prediction *truth,
			   const struct host *copy, const struct prediction *guess)
{
	int *twin = g_new(int, copy->n_pci + 1);
	unsigned known = 0;

	for (unsigned i = 0; i < copy->n_pci; i++)
		twin[i] = host_find_pci(host, copy->pci[i].addr);
	for (unsigned i = 0; i < copy->n_pci; i++) {
		if (guess->fns[i].group < 0)
			continue;
		known++;
		for (unsigned k = 0; k < copy->n_pci; k++)
			if (same_group(guess, (int)i, (int)k) !=
			    same_group(truth, twin[i], twin[k])) {
				char a[PCI_ADDR_SIZE], b[PCI_ADDR_SIZE];
				print_machine("all", host, truth);
				print_machine("known", copy, guess);
				g_error("%s and %s", pci_addr_format(copy->pci[i].addr, a),
					pci_addr_format(copy->pci[k].addr, b));
			}
	}
	g_free(twin);
	return known;
}

static void test_random(void)
{
	unsigned known = 0, all = 0;

	for (unsigned round = 0; round < 3000; round++) {
		HOST_AUTO struct host *host = host_new(HOST_TREE);
		struct prediction truth, guess;
		unsigned next_bus = 1;

		host->iommu.has_ivrs = (enum tri)random_below(2);
		fill_bus(host, 0, &next_bus, 3);
		host_link(host);
		predict_groups(host, &truth);
		g_assert_cmpuint(truth.n_unknown, ==, 0);
		for (int i = 0; i < 4; i++) {
			HOST_AUTO struct host *copy = holes_copy(host, i * 10 + 2, i % 2 * 15);
			predict_groups(copy, &guess);
			known += check_copy(host, &truth, copy, &guess);
			all += copy->n_pci;
			prediction_clear(&guess);
		}
		prediction_clear(&truth);
	}
	g_test_message("%u of %u functions known", known, all);
	/* holes everywhere, but much is known: it is no use to call all unknown */
	g_assert_cmpuint(known, >, all / 4);
	g_assert_cmpuint(known, <, all);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/predict-random/random", test_random);
	return g_test_run();
}
