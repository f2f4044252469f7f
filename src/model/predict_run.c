/* One run of the kernel's algorithm, function by function in the order of addresses.
 *
 * The kernel adds all functions of a bus, then goes down its bridges depth first. Here it is bus
 * after bus: a function joins only groups of what is above it and of its own bus, both of which
 * come first in either order, so the groups are the same.
 */
#include "model/predict_parts.h"

#include <string.h>

struct run {
	const struct host *host;
	const struct prediction_fn *fns;
	bool high;
	struct predict_run *ret;
	int *blocker;    /* bridges: the lowest one at or above it that is not isolated; -1 */
	unsigned *begin; /* for each function: the range of its bus */
	unsigned *end;
	bool *aliased; /* for each function: DMA alias quirks are on its bus */
	int gap_group; /* of the bus that is worked on: what a bridge that is not listed holds */
};

/* ---- facts, bound to one side ---- */

static bool bound(const struct run *run, enum tri value, bool unknown_high)
{
	return value == TRI_UNKNOWN ? run->high == unknown_high : value == TRI_YES;
}

static bool is_isolated(const struct run *run, int index)
{
	return bound(run, run->fns[index].isolation.isolated, false);
}

static bool is_multifunction(const struct run *run, int index)
{
	return bound(run, run->fns[index].multifunction, true);
}

static bool is_covered(const struct run *run, int index)
{
	return bound(run, run->fns[index].covered, true);
}

static bool is_alias_bridge(const struct run *run, int index)
{
	return bound(run, run->fns[index].alias, true);
}

static bool is_translation_root(const struct run *run, int index)
{
	const struct pci_dev *dev = &run->host->pci[index];

	return dev->vendor >= 0 && dev->device >= 0 &&
	       quirk_is_translation_root((uint16_t)dev->vendor, (uint16_t)dev->device);
}

/* Does index also use the address of other, by a quirk? */
static bool covers(const struct run *run, int index, int other)
{
	const struct prediction_fn *fn = &run->fns[index];
	struct pci_addr addr = run->host->pci[index].addr;
	struct pci_addr to = run->host->pci[other].addr;

	if (!fn->quirk || (fn->quirk_unknown && !run->high))
		return false;
	return quirk_alias_covers(fn->quirk, addr, (uint8_t)(to.slot << 3 | to.function));
}

/* ---- preparation ---- */

static void find_ranges(struct run *run)
{
	const struct host *host = run->host;
	unsigned first = 0;

	for (unsigned i = 1; i <= host->n_pci; i++) {
		bool aliased = false;
		if (i < host->n_pci && pci_addr_key(host->pci[i].addr) >> 8 ==
					       pci_addr_key(host->pci[first].addr) >> 8)
			continue;
		for (unsigned k = first; k < i; k++)
			aliased |= run->fns[k].quirk != NULL;
		for (unsigned k = first; k < i; k++) {
			run->begin[k] = first;
			run->end[k] = i;
			run->aliased[k] = aliased && i - first > 1;
		}
		first = i;
	}
}

/* pci_acs_path_enabled() from each bridge to the root. A bridge that is not listed may be anything.
 */
static void find_path(struct run *run, unsigned index)
{
	const struct prediction_fn *fn = &run->fns[index];
	bool isolated = is_isolated(run, (int)index);
	bool above = true;

	if (fn->up >= 0)
		above = run->ret->path[fn->up];
	if (fn->place == PLACE_GAP && run->high)
		above = false;
	run->ret->path[index] = isolated && above;
	if (!isolated)
		run->blocker[index] = (int)index;
	else
		run->blocker[index] = fn->up >= 0 ? run->blocker[fn->up] : -1;
}

/* ---- joining ---- */

static void join(struct run *run, int index, int group, enum join how, int joined)
{
	run->ret->group[index] = group;
	run->ret->join[index] = (uint8_t)how;
	run->ret->joined[index] = joined;
}

static void join_fn(struct run *run, int index, enum join how, int joined)
{
	join(run, index, run->ret->group[joined], how, joined);
}

static int new_group(struct run *run)
{
	return (int)run->ret->n_groups++;
}

struct visited {
	uint64_t devfns[4]; /* as in the kernel, against loops of aliases */
};

static bool visit(struct visited *visited, struct pci_addr addr)
{
	unsigned devfn = (unsigned)(addr.slot << 3 | addr.function);
	uint64_t bit = UINT64_C(1) << devfn % 64;

	if (visited->devfns[devfn / 64] & bit)
		return false;
	visited->devfns[devfn / 64] |= bit;
	return true;
}

static int find_alias_group(const struct run *run, int index, struct visited *visited);

/* get_pci_function_alias_group(): returns the function whose group is found, or -1. */
static int find_sibling_group(const struct run *run, int index, struct visited *visited)
{
	const struct pci_dev *pci = run->host->pci;
	int first = index;

	if (!is_multifunction(run, index) || is_isolated(run, index))
		return -1;
	while (first > 0 && pci_addr_same_slot(pci[first - 1].addr, pci[index].addr))
		first--;
	for (int i = first;
	     i < (int)run->host->n_pci && pci_addr_same_slot(pci[i].addr, pci[index].addr); i++) {
		int found;
		if (i == index || is_isolated(run, i))
			continue;
		found = find_alias_group(run, i, visited);
		if (found >= 0)
			return found;
	}
	return -1;
}

/* get_pci_alias_group(): returns the function whose group is found, or -1. */
static int find_alias_group(const struct run *run, int index, struct visited *visited)
{
	if (!visit(visited, run->host->pci[index].addr))
		return -1;
	if (run->ret->group[index] >= 0)
		return index;
	if (!run->aliased[index])
		return -1;
	for (unsigned i = run->begin[index]; i < run->end[index]; i++) {
		int found;
		if ((int)i == index || (!covers(run, index, (int)i) && !covers(run, (int)i, index)))
			continue;
		found = find_alias_group(run, (int)i, visited);
		if (found < 0)
			found = find_sibling_group(run, (int)i, visited);
		if (found >= 0)
			return found;
	}
	return -1;
}

/* pci_for_each_dma_alias(): *last is where the walk ended. True: joined. Bridges that are not
 * listed on the way are taken not to be translation roots, of which there are two, on one family of
 * ARM servers. */
static bool join_alias_bridge(struct run *run, int index, int *last)
{
	for (int up = run->fns[*last].up, next; up >= 0; up = next) {
		next = run->fns[up].up;
		if (is_translation_root(run, up))
			return false;
		if (!is_alias_bridge(run, up))
			continue;
		*last = up;
		if (run->ret->group[up] >= 0) {
			join_fn(run, index, JOIN_BUS, up);
			return true;
		}
	}
	return false;
}

/* The walk to the root in pci_device_group(). True: joined. */
static bool join_path(struct run *run, int index, int *last)
{
	for (int up = run->fns[*last].up; up >= 0; up = run->fns[up].up) {
		if (run->ret->path[up])
			return false;
		*last = up;
		if (run->ret->group[up] >= 0) {
			join_fn(run, index, JOIN_PATH, up);
			run->ret->via[index] = run->blocker[up];
			return true;
		}
	}
	return false;
}

/* Below a bridge that is not listed and not isolated, all are with it, whatever it is with. */
static bool join_gap(struct run *run, int index)
{
	const struct prediction_fn *fn = &run->fns[index];

	if (!run->high || fn->place != PLACE_GAP || (fn->up >= 0 && !run->ret->path[fn->up]))
		return false;
	if (run->gap_group < 0) {
		run->gap_group = new_group(run);
		run->ret->open[run->gap_group] = true;
	}
	join(run, index, run->gap_group, JOIN_NONE, -1);
	return true;
}

static bool join_dma(struct run *run, int index, int *last)
{
	int dma = run->fns[index].dma;

	if (dma < 0)
		return false;
	*last = dma;
	if (run->ret->group[dma] < 0)
		return false;
	join_fn(run, index, JOIN_DMA, dma);
	return true;
}

/* pci_device_group() */
static void add_function(struct run *run, int index)
{
	struct visited visited = { { 0 } };
	int last = index, found;
	enum join how = JOIN_ALIAS;

	if (!is_covered(run, index) || join_dma(run, index, &last) ||
	    join_alias_bridge(run, index, &last) || join_gap(run, index) ||
	    join_path(run, index, &last))
		return;
	found = find_alias_group(run, last, &visited);
	if (found < 0) {
		found = find_sibling_group(run, last, &visited);
		how = JOIN_SIBLING;
	}
	if (found >= 0)
		join_fn(run, index, how, found);
	else
		join(run, index, new_group(run), JOIN_NONE, -1);
}

/* ---- all of it ---- */

static void run_init(struct predict_run *run, unsigned n)
{
	*run = (struct predict_run){
		.group = g_new(int, n + 1),
		.path = g_new0(bool, n + 1),
		.joined = g_new(int, n + 1),
		.join = g_new0(uint8_t, n + 1),
		.via = g_new(int, n + 1),
		.open = g_new0(bool, 2 * (size_t)n + 1),
	};
	for (unsigned i = 0; i < n; i++)
		run->group[i] = run->joined[i] = run->via[i] = -1;
}

void predict_run_clear(struct predict_run *run)
{
	g_free(run->group);
	g_free(run->path);
	g_free(run->joined);
	g_free(run->join);
	g_free(run->via);
	g_free(run->open);
	memset(run, 0, sizeof(*run));
}

void predict_run(const struct host *host, const struct prediction *facts, enum predict_bound bound,
		 struct predict_run *ret)
{
	struct run run = {
		.host = host,
		.fns = facts->fns,
		.high = bound == BOUND_HIGH,
		.ret = ret,
		.blocker = g_new(int, host->n_pci + 1),
		.begin = g_new(unsigned, host->n_pci + 1),
		.end = g_new(unsigned, host->n_pci + 1),
		.aliased = g_new0(bool, host->n_pci + 1),
		.gap_group = -1,
	};

	run_init(ret, host->n_pci);
	if (host->n_pci > 0)
		find_ranges(&run);
	for (unsigned i = 0; i < host->n_pci; i++) {
		if (run.begin[i] == i)
			run.gap_group = -1;
		find_path(&run, i);
		add_function(&run, (int)i);
	}
	g_free(run.blocker);
	g_free(run.begin);
	g_free(run.end);
	g_free(run.aliased);
}
