/* What bears on the group of each function: what is above it, whether it is one of several in its
 * slot, isolated, covered by the IOMMU, and under whose address it does its DMA.
 */
#include "model/predict_parts.h"

#define FIRST_VMD_DOMAIN 0x10000 /* kernel: vmd_find_free_domain() */

/* What is known of a bus with functions on it. */
struct bus {
	uint64_t key;  /* domain << 8 | bus */
	int cover;     /* the innermost bridge whose range of buses holds this one; -1 */
	bool evidence; /* something is on it that only root buses have */
};

struct facts {
	const struct host *host;
	struct prediction *ret;
	struct bus *buses; /* ascending */
	unsigned n_buses;
	int vmd; /* the only VMD function; -1: none; -2: several */
};

static bool known_bridge(const struct pci_dev *dev)
{
	return dev->caps && dev->caps->header_type > 0;
}

/* The first bus that is not below key. */
static unsigned find_bus(const struct facts *facts, uint64_t key)
{
	unsigned low = 0, high = facts->n_buses;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (facts->buses[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t bus_key(struct pci_addr addr)
{
	return pci_addr_key(addr) >> 8;
}

/* ---- buses ---- */

/* Root ports, integrated endpoints and event collectors are parts of a root complex, and host
 * bridges and AMD's IOMMUs sit there, too. */
static bool is_root_evidence(const struct pci_dev *dev)
{
	enum pcie_type type = dev->caps ? dev->caps->pcie_type : PCIE_TYPE_UNKNOWN;

	if (type == PCIE_ROOT_PORT || type == PCIE_RC_ENDPOINT || type == PCIE_RC_EVENT_COLLECTOR)
		return true;
	if ((int)type >= 0 || known_bridge(dev) || dev->class_code < 0)
		return false;
	return dev->class_code >> 8 == 0x0600 || dev->class_code >> 8 == 0x0806;
}

/* Bridges come in the order of their own buses, so that inner ranges overwrite outer ones. */
static void cover_buses(struct facts *facts, int index)
{
	const struct pci_dev *dev = &facts->host->pci[index];
	uint64_t first, last;

	if (!dev->caps || dev->caps->secondary_bus <= dev->addr.bus)
		return;
	first = (uint64_t)dev->addr.domain << 8 | (unsigned)dev->caps->secondary_bus;
	last = first;
	if (dev->caps->subordinate_bus > dev->caps->secondary_bus)
		last += (unsigned)(dev->caps->subordinate_bus - dev->caps->secondary_bus);
	for (unsigned i = find_bus(facts, first); i < facts->n_buses && facts->buses[i].key <= last;
	     i++) {
		int old = facts->buses[i].cover;
		if (old < 0 || facts->host->pci[old].caps->secondary_bus <= (int)(first & 0xff))
			facts->buses[i].cover = index;
	}
}

static void find_buses(struct facts *facts)
{
	const struct host *host = facts->host;

	facts->buses = g_new(struct bus, host->n_pci + 1);
	for (unsigned i = 0; i < host->n_pci; i++) {
		uint64_t key = bus_key(host->pci[i].addr);
		if (i == 0 || bus_key(host->pci[i - 1].addr) != key)
			facts->buses[facts->n_buses++] = (struct bus){ .key = key, .cover = -1 };
		if (is_root_evidence(&host->pci[i]))
			facts->buses[facts->n_buses - 1].evidence = true;
	}
	for (unsigned i = 0; i < host->n_pci; i++)
		cover_buses(facts, (int)i);
}

/* ---- what is above ---- */

static bool is_above(const struct pci_dev *bridge, const struct pci_dev *dev)
{
	return bridge->addr.domain == dev->addr.domain && bridge->addr.bus < dev->addr.bus;
}

/* A virtual function may be on a bus of its own, which has no bridge: what is above its physical
 * function is above it. */
static bool place_by_physfn(struct facts *facts, const struct pci_dev *dev,
			    struct prediction_fn *fn)
{
	int index = dev->is_virtfn ? host_find_pci(facts->host, dev->physfn) : -1;
	const struct prediction_fn *physfn;

	/* lower addresses have been placed before */
	if (index < 0 || &facts->host->pci[index] >= dev ||
	    facts->host->pci[index].addr.domain != dev->addr.domain)
		return false;
	physfn = &facts->ret->fns[index];
	fn->up = physfn->up;
	fn->place = physfn->place;
	return true;
}

static void place_function(struct facts *facts, unsigned index)
{
	const struct pci_dev *dev = &facts->host->pci[index];
	struct prediction_fn *fn = &facts->ret->fns[index];
	const struct bus *bus;

	fn->up = -1;
	fn->place = PLACE_ROOT;
	if (dev->parent >= 0 && is_above(&facts->host->pci[dev->parent], dev)) {
		fn->up = dev->parent;
		fn->place = PLACE_BRIDGE;
		return;
	}
	if (dev->on_root_bus || dev->addr.bus == 0 ||
	    (dev->has_path_parent && dev->path_parent.domain != dev->addr.domain))
		return;
	bus = &facts->buses[find_bus(facts, bus_key(dev->addr))];
	if (bus->cover < 0 && bus->evidence && !dev->has_path_parent)
		return;
	if (place_by_physfn(facts, dev, fn))
		return;
	fn->up = bus->cover;
	fn->place = PLACE_GAP;
}

/* ---- the slot ---- */

static bool has_sibling(const struct host *host, unsigned index)
{
	struct pci_addr addr = host->pci[index].addr;

	return (index > 0 && pci_addr_same_slot(host->pci[index - 1].addr, addr)) ||
	       (index + 1 < host->n_pci && pci_addr_same_slot(host->pci[index + 1].addr, addr));
}

/* As pci_scan_slot() and pci_iov_add_virtfn() set it. Words of lspci do not tell the header's bit:
 * there, what is listed has to do. */
static enum tri multifunction_of(const struct host *host, unsigned index)
{
	const struct pci_dev *dev = &host->pci[index];

	if (dev->is_virtfn)
		return TRI_NO;
	if (dev->addr.function > 0)
		return TRI_YES;
	if (dev->caps && dev->caps->multifunction != TRI_UNKNOWN)
		return dev->caps->multifunction;
	if (has_sibling(host, index))
		return TRI_YES;
	return host->source == HOST_POSTED ? TRI_NO : TRI_UNKNOWN;
}

/* ---- the IOMMU ---- */

/* AMD's firmware leaves out the IOMMU's own function and the root complex in its slot on the
 * machines seen so far, but the table that says so is not recorded. */
static bool is_amd_iommu_slot(const struct host *host, unsigned index)
{
	struct pci_addr addr = host->pci[index].addr;

	for (unsigned i = index; i < host->n_pci && pci_addr_same_slot(host->pci[i].addr, addr);
	     i++)
		if (host->pci[i].class_code >= 0 && host->pci[i].class_code >> 8 == 0x0806)
			return true;
	return false;
}

static enum tri covered_by_iommu(const struct facts *facts, unsigned index)
{
	const struct pci_dev *dev = &facts->host->pci[index];

	if (dev->group_id >= 0 && facts->ret->host.iommu_on)
		return TRI_YES;
	if (facts->ret->host.iommu_on)
		return dev->group_known ? TRI_NO : TRI_UNKNOWN;
	return is_amd_iommu_slot(facts->host, index) ? TRI_UNKNOWN : TRI_YES;
}

/* ---- addresses ---- */

static bool type_aliases(unsigned type, bool keeps_address)
{
	return type == 16 || type == PCI_TO_PCIE_BRIDGE ||
	       (type == PCIE_TO_PCI_BRIDGE && !keeps_address);
}

/* pci_for_each_dma_alias(): conventional bridges, and those to and from conventional PCI. */
static enum tri alias_of(const struct pci_dev *dev)
{
	uint32_t types = isolation_types(dev);
	bool keeps = dev->vendor >= 0 && dev->device >= 0 &&
		     quirk_bridge_keeps_address((uint16_t)dev->vendor, (uint16_t)dev->device);
	bool yes = false, no = false;

	for (unsigned type = 0; type <= 16; type++) {
		if (!(types >> type & 1))
			continue;
		if (type_aliases(type, keeps))
			yes = true;
		else
			no = true;
	}
	return yes && no ? TRI_UNKNOWN : yes ? TRI_YES : TRI_NO;
}

static const struct alias_quirk *alias_by_id(const struct pci_dev *dev, uint32_t id)
{
	return quirk_alias((uint16_t)(id >> 16), (uint16_t)id, dev->subsystem_vendor,
			   dev->subsystem_device);
}

static void find_alias_quirk(const struct pci_dev *dev, struct prediction_fn *fn)
{
	if (dev->vendor >= 0 && dev->device >= 0) {
		fn->quirk = alias_by_id(dev, (uint32_t)dev->vendor << 16 | (uint32_t)dev->device);
		fn->quirk_unknown = fn->quirk && fn->quirk->subsystem_vendor &&
				    (dev->subsystem_vendor < 0 || dev->subsystem_device < 0);
		return;
	}
	for (unsigned i = 0; i < dev->n_candidates; i++) {
		const struct alias_quirk *quirk = alias_by_id(dev, dev->candidates[i]);
		if (i > 0 && quirk != fn->quirk)
			fn->quirk_unknown = true;
		if (quirk && (!fn->quirk || quirk->kind > fn->quirk->kind))
			fn->quirk = quirk;
	}
	/* all of these are chips on cards or boards, behind a port */
	if (dev->n_candidates == 0 && fn->place != PLACE_ROOT) {
		fn->quirk = quirk_alias_possible(dev->vendor, dev->class_code);
		fn->quirk_unknown = fn->quirk;
	}
}

/* ---- all of it ---- */

static void judge_function(const struct facts *facts, unsigned index)
{
	const struct pci_dev *dev = &facts->host->pci[index];
	struct prediction_fn *fn = &facts->ret->fns[index];
	struct isolation_place place = {
		.multifunction = fn->multifunction,
		.root_bus = fn->place == PLACE_BRIDGE ? TRI_NO
			    : fn->place == PLACE_ROOT ? TRI_YES
						      : TRI_UNKNOWN,
	};

	isolation_judge(&facts->ret->host, dev, &place, &fn->isolation);
}

/* pci_real_dma_dev(): functions in a domain that a VMD function made use its address. */
static int real_dma_function(const struct facts *facts, unsigned index)
{
	const struct host *host = facts->host;
	const struct prediction_fn *fns = facts->ret->fns;
	int top = (int)index;

	if (host->pci[index].addr.domain < FIRST_VMD_DOMAIN)
		return PREDICTION_DMA_OWN;
	while (fns[top].up >= 0)
		top = fns[top].up;
	const struct pci_dev *dev = &host->pci[top];
	if (dev->has_path_parent && dev->path_parent.domain < FIRST_VMD_DOMAIN) {
		int vmd = host_find_pci(host, dev->path_parent);
		return vmd < 0 ? PREDICTION_DMA_UNKNOWN : vmd;
	}
	if (dev->on_root_bus && host->source != HOST_POSTED)
		return PREDICTION_DMA_OWN;
	return facts->vmd < 0 ? PREDICTION_DMA_UNKNOWN : facts->vmd;
}

static void find_vmd(struct facts *facts)
{
	facts->vmd = -1;
	for (unsigned i = 0; i < facts->host->n_pci; i++) {
		const struct pci_dev *dev = &facts->host->pci[i];
		if (dev->addr.domain < FIRST_VMD_DOMAIN && dev->vendor >= 0 && dev->device >= 0 &&
		    quirk_is_vmd((uint16_t)dev->vendor, (uint16_t)dev->device))
			facts->vmd = facts->vmd == -1 ? (int)i : -2;
	}
}

void predict_facts(const struct host *host, struct prediction *ret)
{
	struct facts facts = { .host = host, .ret = ret };

	isolation_host_init(host, &ret->host);
	ret->n_fns = host->n_pci;
	ret->fns = g_new0(struct prediction_fn, host->n_pci + 1);
	find_buses(&facts);
	find_vmd(&facts);
	for (unsigned i = 0; i < host->n_pci; i++) {
		struct prediction_fn *fn = &ret->fns[i];
		place_function(&facts, i);
		fn->multifunction = multifunction_of(host, i);
		fn->covered = covered_by_iommu(&facts, i);
		fn->alias = alias_of(&host->pci[i]);
		fn->dma = real_dma_function(&facts, i);
		find_alias_quirk(&host->pci[i], fn);
		judge_function(&facts, i);
	}
	g_free(facts.buses);
}
