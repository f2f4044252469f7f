/* Functions → host. What only the whole machine tells is found here: which functions are virtual
 * ones, which buses are root buses, and whether the groups are all there are.
 */
#include "probe/posted_parts.h"

/* ---- virtual functions ---- */

static gint64 key_of(struct pci_addr addr)
{
	return (gint64)pci_addr_key(addr);
}

static GHashTable *index_fns(const GPtrArray *fns)
{
	GHashTable *index = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	for (unsigned i = 0; i < fns->len; i++) {
		struct posted_fn *fn = fns->pdata[i];
		gint64 *key = g_new(gint64, 1);
		*key = key_of(fn->dev.addr);
		g_hash_table_insert(index, key, fn);
	}
	return index;
}

/* Routing ids of virtual functions: PCIe Base Specification, "First VF Offset" and "VF Stride". */
static void mark_virtual(GHashTable *index, const struct posted_fn *pf)
{
	unsigned base =
		(unsigned)(pf->dev.addr.bus << 8 | pf->dev.addr.slot << 3 | pf->dev.addr.function);

	for (unsigned i = 0; i < pf->vf_n; i++) {
		unsigned place = base + pf->vf_offset + i * pf->vf_stride;
		struct pci_addr addr = {
			.domain = pf->dev.addr.domain,
			.bus = (uint8_t)(place >> 8),
			.slot = place >> 3 & 0x1f,
			.function = place & 7,
		};
		if (place > 0xffff || pf->vf_offset == 0)
			return;
		gint64 key = key_of(addr);
		struct posted_fn *vf = g_hash_table_lookup(index, &key);
		if (!vf || vf == pf)
			continue;
		vf->dev.is_virtfn = true;
		vf->dev.physfn = pf->dev.addr;
	}
}

/* ---- root buses ---- */

/* What is known of the buses of one domain. */
struct buses {
	uint8_t below[256]; /* behind a bridge */
	uint8_t root[256];  /* something on it can only sit on a root bus */
	bool first;         /* 00:00.0 is there: the listing begins at the beginning */
	bool whole;         /* every function is shown with what is behind it (lspci -v) */
	unsigned n_bridges;
};

static bool is_only_on_root_bus(const struct posted_fn *fn)
{
	enum pcie_type type = fn->dev.caps ? fn->dev.caps->pcie_type : PCIE_TYPE_UNKNOWN;

	return type == PCIE_ROOT_PORT || type == PCIE_RC_ENDPOINT ||
	       type == PCIE_RC_EVENT_COLLECTOR || fn->dev.class_code >> 8 == 0x0600;
}

static void look_at(struct buses *buses, const struct posted_fn *fn)
{
	const struct pci_addr *addr = &fn->dev.addr;
	const struct pci_caps *caps = fn->dev.caps;

	if (addr->bus == 0 && addr->slot == 0 && addr->function == 0)
		buses->first = true;
	if (is_only_on_root_bus(fn))
		buses->root[addr->bus] = 1;
	if (!caps || caps->depth == CONFIG_NONE)
		buses->whole = false;
	if (fn->dev.class_code >> 8 != 0x0604 && fn->dev.class_code >> 8 != 0x0607)
		return;
	buses->n_bridges++;
	if (!caps || caps->secondary_bus < 0 || caps->subordinate_bus < caps->secondary_bus) {
		buses->whole = false;
		return;
	}
	for (int bus = caps->secondary_bus; bus <= caps->subordinate_bus; bus++)
		buses->below[bus] = 1;
}

static bool is_root_bus(const struct buses *buses, unsigned bus)
{
	if (bus == 0)
		return true;
	if (buses->below[bus])
		return false;
	return buses->root[bus] || (buses->first && buses->whole && buses->n_bridges > 0);
}

/* fns are of one domain. */
static void mark_root_buses(struct posted_fn **fns, unsigned n)
{
	struct buses buses = { .whole = true };

	for (unsigned i = 0; i < n; i++)
		look_at(&buses, fns[i]);
	for (unsigned i = 0; i < n; i++)
		fns[i]->dev.on_root_bus |= is_root_bus(&buses, fns[i]->dev.addr.bus);
}

static int compare_fns(const void *a, const void *b)
{
	const struct posted_fn *const *left = a, *const *right = b;
	uint64_t x = pci_addr_key((*left)->dev.addr), y = pci_addr_key((*right)->dev.addr);

	return x < y ? -1 : x > y;
}

static void mark_all_root_buses(GPtrArray *fns)
{
	struct posted_fn **list = (struct posted_fn **)(void *)fns->pdata;

	qsort(list, fns->len, sizeof(*list), compare_fns);
	for (unsigned first = 0, end; first < fns->len; first = end) {
		end = first + 1;
		while (end < fns->len && list[end]->dev.addr.domain == list[first]->dev.addr.domain)
			end++;
		mark_root_buses(list + first, end - first);
	}
}

/* ---- into the host ---- */

static void add_fn(struct host *host, const struct posted_fn *fn)
{
	struct pci_dev *dev = host_add_pci(host, fn->dev.addr);

	*dev = fn->dev;
	dev->kind = (int8_t)pci_class_kind(dev->class_code);
	if (dev->device >= 0) {
		dev->candidates = NULL;
		dev->n_candidates = 0;
	}
	if (fn->dev.caps) {
		dev->caps = host_alloc(host, sizeof(*dev->caps));
		*dev->caps = fn->caps;
		host->privileged |= fn->caps.depth >= CONFIG_STANDARD;
	}
	if (fn->dev.detail) {
		dev->detail = host_alloc(host, sizeof(*dev->detail));
		*dev->detail = fn->detail;
	}
}

/* lspci -v names the group of every function, so none is missing where the numbers have no holes;
 * a listing of groups may have been cut at its end. */
static void judge_groups(struct host *host, const GPtrArray *fns)
{
	bool lines = false;

	for (unsigned i = 0; i < fns->len; i++) {
		const struct posted_fn *fn = fns->pdata[i];
		lines |= fn->group_line;
		if (!fn->dev.group_known)
			return;
	}
	host->iommu.groups_known = lines && host->n_groups > 0 &&
				   host->groups[host->n_groups - 1].id == (int)host->n_groups - 1;
}

void posted_host_fill(struct host *host, GPtrArray *fns)
{
	g_autoptr(GHashTable) index = index_fns(fns);

	for (unsigned i = 0; i < fns->len; i++)
		mark_virtual(index, fns->pdata[i]);
	mark_all_root_buses(fns);
	for (unsigned i = 0; i < fns->len; i++)
		add_fn(host, fns->pdata[i]);
	host_link(host);
	judge_groups(host, fns);
}
