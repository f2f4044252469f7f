/* Two runs of the kernel's algorithm hold all that can be between them: one takes every function
 * whose isolation is not known as isolated, the other takes it as not isolated.
 *
 * Why that is enough: less isolation never splits a group. A bridge that stops being isolated draws
 * its whole bus into its group; a function that stops being isolated joins the siblings of its slot
 * that are not isolated either; a bridge that turns out to alias draws in what is behind it; and a
 * function that turns out to be covered adds itself. So for all facts between the two bounds, the
 * group of a function lies between its groups in the two runs, and where those are the same, it is
 * known. Three things break that order, and what they touch is marked as open, hence unknown:
 * bridges that are missing in a partial listing (they can be siblings or children of what is
 * listed), VMD functions that are missing, and DMA aliases of functions about which something is
 * unknown (the kernel joins the first group it finds, so less isolation can lead elsewhere).
 */
#include "model/predict_parts.h"

#include <string.h>

struct bounds {
	const struct host *host;
	struct prediction *ret;
	struct predict_run low;
	struct predict_run high;
};

static void mark_open(struct bounds *bounds, unsigned index)
{
	int group = bounds->high.group[index];

	if (group >= 0)
		bounds->high.open[group] = true;
}

/* ---- missing bridges ---- */

/* Is what is above the function a bridge that is not listed, of which nothing more is known? */
static bool below_open_gap(const struct bounds *bounds, unsigned index)
{
	const struct prediction_fn *fn = &bounds->ret->fns[index];

	return fn->place == PLACE_GAP && (fn->up < 0 || bounds->high.path[fn->up]);
}

/* How many functions of its slot are listed. */
static unsigned count_slot(const struct host *host, unsigned index)
{
	unsigned n = 0;

	while (index > 0 && pci_addr_same_slot(host->pci[index - 1].addr, host->pci[index].addr))
		index--;
	while (index + n < host->n_pci &&
	       pci_addr_same_slot(host->pci[index].addr, host->pci[index + n].addr))
		n++;
	return n;
}

static bool has_unknown_buses(const struct pci_dev *dev)
{
	return isolation_may_be_bridge(dev) && (!dev->caps || dev->caps->secondary_bus < 0);
}

/* Can a missing bridge that leads to a bus up to last be in one group with the function, as another
 * function of its slot? certain: some bridge is missing for certain; then only the header itself
 * can deny it, and not that nothing else is listed. */
static bool may_have_missing_sibling(const struct bounds *bounds, unsigned index, int last,
				     bool certain)
{
	const struct prediction_fn *fn = &bounds->ret->fns[index];
	const struct pci_dev *dev = &bounds->host->pci[index];
	enum tri multifunction = fn->multifunction;
	unsigned n;

	if (last <= dev->addr.bus)
		return false;
	if (fn->quirk) /* it may also use the address of the missing one */
		return true;
	if (fn->isolation.isolated == TRI_YES)
		return false;
	if (certain)
		multifunction = dev->caps ? dev->caps->multifunction : TRI_UNKNOWN;
	n = count_slot(bounds->host, index);
	return n < 8 && (n > 1 || multifunction != TRI_NO);
}

/* The same, as a child: of a bridge of which is not known what is behind it? */
static bool may_have_missing_child(const struct bounds *bounds, unsigned index, int last)
{
	const struct pci_dev *dev = &bounds->host->pci[index];

	/* what it isolates is not with it, unless it aliases */
	if (bounds->high.path[index] && bounds->ret->fns[index].alias == TRI_NO)
		return false;
	return last > dev->addr.bus && has_unknown_buses(dev);
}

/* For the functions of one domain: from begin to end. under: for each bridge, the last bus below it
 * that is behind a missing one. */
static void open_domain(struct bounds *bounds, unsigned begin, unsigned end, int *under)
{
	const struct prediction_fn *fns = bounds->ret->fns;
	int top = -1, any = -1;
	bool certain = false;

	for (unsigned i = begin; i < end; i++) {
		const struct pci_caps *caps = bounds->host->pci[i].caps;
		/* where a listing tells buses at all, one that nothing leads to is a gap in it */
		certain |= caps && (caps->depth != CONFIG_NONE || caps->secondary_bus >= 0);
		if (!below_open_gap(bounds, i))
			continue;
		any = bounds->host->pci[i].addr.bus;
		if (fns[i].up >= 0)
			under[fns[i].up] = any;
		else
			top = any;
	}
	for (unsigned i = begin; any >= 0 && i < end; i++) {
		int last = fns[i].up >= 0 ? under[fns[i].up] : top;
		if (may_have_missing_sibling(bounds, i, last, certain) ||
		    may_have_missing_child(bounds, i, any))
			mark_open(bounds, i);
	}
}

static void open_gaps(struct bounds *bounds)
{
	const struct host *host = bounds->host;
	int *under = g_new(int, host->n_pci + 1);

	for (unsigned i = 0; i < host->n_pci; i++)
		under[i] = -1;
	for (unsigned begin = 0, end; begin < host->n_pci; begin = end) {
		for (end = begin + 1; end < host->n_pci; end++)
			if (host->pci[end].addr.domain != host->pci[begin].addr.domain)
				break;
		open_domain(bounds, begin, end, under);
	}
	g_free(under);
}

/* ---- missing VMD functions ---- */

static void open_vmd(struct bounds *bounds)
{
	const struct host *host = bounds->host;
	bool any = false;

	for (unsigned i = 0; i < host->n_pci; i++) {
		if (bounds->ret->fns[i].dma != PREDICTION_DMA_UNKNOWN)
			continue;
		mark_open(bounds, i);
		any = true;
	}
	for (unsigned i = 0; any && i < host->n_pci; i++)
		if (host->pci[i].vendor >= 0 && host->pci[i].device >= 0 &&
		    quirk_is_vmd((uint16_t)host->pci[i].vendor, (uint16_t)host->pci[i].device))
			mark_open(bounds, i);
}

/* ---- aliases of what is not known ---- */

static bool is_alias_doubtful(const struct prediction_fn *fn)
{
	return fn->quirk_unknown || fn->isolation.isolated == TRI_UNKNOWN ||
	       fn->multifunction == TRI_UNKNOWN || fn->covered == TRI_UNKNOWN;
}

static void open_range(struct bounds *bounds, unsigned begin, unsigned end)
{
	bool doubt = false;

	for (unsigned i = begin; i < end; i++)
		doubt |= is_alias_doubtful(&bounds->ret->fns[i]);
	for (unsigned i = begin; doubt && i < end; i++)
		mark_open(bounds, i);
}

/* Quirks for functions 0 and 1 stay in their slot. */
static bool alias_leaves_slot(const struct prediction_fn *fn)
{
	return fn->quirk && fn->quirk->kind != ALIAS_FUNCTION_0 &&
	       fn->quirk->kind != ALIAS_FUNCTION_1;
}

static void open_aliases(struct bounds *bounds, unsigned shift)
{
	const struct host *host = bounds->host;
	const struct prediction_fn *fns = bounds->ret->fns;

	for (unsigned begin = 0, end; begin < host->n_pci; begin = end) {
		uint64_t key = pci_addr_key(host->pci[begin].addr) >> shift;
		bool aliased = false;
		for (end = begin; end < host->n_pci; end++) {
			if (pci_addr_key(host->pci[end].addr) >> shift != key)
				break;
			aliased |= shift == 8 ? alias_leaves_slot(&fns[end])
					      : fns[end].quirk || fns[end].quirk_unknown;
		}
		if (aliased && end - begin > 1)
			open_range(bounds, begin, end);
	}
}

/* ---- what the bounds agree on ---- */

static int *count_groups(const struct predict_run *run, unsigned n)
{
	int *sizes = g_new0(int, run->n_groups + 1);

	for (unsigned i = 0; i < n; i++)
		if (run->group[i] >= 0)
			sizes[run->group[i]]++;
	return sizes;
}

/* For each group of the low run: its number in the prediction, or -1. A group is known when it is
 * the same set in the high run: all members in one group there, which is as large. */
static int *match_groups(struct bounds *bounds)
{
	unsigned n = bounds->host->n_pci;
	const struct predict_run *low = &bounds->low, *high = &bounds->high;
	int *low_sizes = count_groups(low, n);
	int *high_sizes = count_groups(high, n);
	int *twin = g_new(int, low->n_groups + 1);

	for (unsigned i = 0; i < low->n_groups; i++)
		twin[i] = -1;
	for (unsigned i = 0; i < n; i++) {
		int group = low->group[i];
		if (group >= 0 && (twin[group] == -1 || twin[group] == high->group[i]))
			twin[group] = high->group[i];
		else if (group >= 0)
			twin[group] = -2;
	}
	for (unsigned i = 0; i < low->n_groups; i++)
		if (twin[i] >= 0 && (low_sizes[i] != high_sizes[twin[i]] || high->open[twin[i]]))
			twin[i] = -2;
	g_free(low_sizes);
	g_free(high_sizes);
	return twin;
}

static void number_groups(struct bounds *bounds)
{
	struct prediction *ret = bounds->ret;
	int *twin = match_groups(bounds);
	int *numbers = g_new(int, bounds->low.n_groups + 1);

	for (unsigned i = 0; i < bounds->low.n_groups; i++)
		numbers[i] = -1;
	for (unsigned i = 0; i < ret->n_fns; i++) {
		int group = bounds->low.group[i];
		if (group < 0 || twin[group] < 0) {
			bool none = group < 0 && bounds->high.group[i] < 0;
			ret->fns[i].group = none ? PREDICTION_NONE : PREDICTION_UNKNOWN;
			ret->n_unknown += !none;
			continue;
		}
		if (numbers[group] < 0)
			numbers[group] = (int)ret->n_groups++;
		ret->fns[i].group = numbers[group];
	}
	g_free(twin);
	g_free(numbers);
}

/* What the low run joined, it joined for facts that are known. */
static void keep_reasons(struct bounds *bounds)
{
	for (unsigned i = 0; i < bounds->ret->n_fns; i++) {
		struct prediction_fn *fn = &bounds->ret->fns[i];
		fn->join = (enum join)bounds->low.join[i];
		fn->joined = bounds->low.joined[i];
		fn->via = bounds->low.via[i];
		fn->path = bounds->high.path[i]  ? TRI_YES
			   : bounds->low.path[i] ? TRI_UNKNOWN
						 : TRI_NO;
	}
}

static void list_members(struct prediction *ret)
{
	unsigned *at = g_new0(unsigned, ret->n_groups + 1);

	ret->starts = g_new0(unsigned, ret->n_groups + 1);
	ret->members = g_new(int, ret->n_fns + 1);
	for (unsigned i = 0; i < ret->n_fns; i++)
		if (ret->fns[i].group >= 0)
			ret->starts[ret->fns[i].group + 1]++;
	for (unsigned i = 0; i < ret->n_groups; i++) {
		ret->starts[i + 1] += ret->starts[i];
		at[i] = ret->starts[i];
	}
	for (unsigned i = 0; i < ret->n_fns; i++)
		if (ret->fns[i].group >= 0)
			ret->members[at[ret->fns[i].group]++] = (int)i;
	g_free(at);
}

void predict_groups(const struct host *host, struct prediction *ret)
{
	struct bounds bounds = { .host = host, .ret = ret };

	*ret = (struct prediction){ .equal = TRI_UNKNOWN };
	predict_facts(host, ret);
	predict_run(host, ret, BOUND_LOW, &bounds.low);
	predict_run(host, ret, BOUND_HIGH, &bounds.high);
	open_gaps(&bounds);
	open_vmd(&bounds);
	open_aliases(&bounds, 3);
	open_aliases(&bounds, 8);
	number_groups(&bounds);
	keep_reasons(&bounds);
	list_members(ret);
	predict_run_clear(&bounds.low);
	predict_run_clear(&bounds.high);
	predict_compare(host, ret);
	predict_note(host, ret);
}

void prediction_clear(struct prediction *prediction)
{
	g_free(prediction->fns);
	g_free(prediction->members);
	g_free(prediction->starts);
	g_free(prediction->differences);
	if (prediction->notes)
		g_ptr_array_free(prediction->notes, TRUE);
	memset(prediction, 0, sizeof(*prediction));
}
