/* Finding the best cores. A machine is divided into domains in three ways (packages, nodes, L3
 * caches); narrowing keeps as few domains of one kind as hold the guest, the best of them first.
 * Which order of the three is best differs between machines (a node may hold several packages, or
 * the reverse), so all are tried and judged. */
#include "vm/pinning_domains.h"

#include <string.h>

#define MAX_NODES_TRIED 8 /* of these all choices are tried: 70 at the most */

/* ---- filling ---- */

struct filler {
	const struct cores *cores;
	const bool *mask;
	bool *chosen;
	unsigned rest; /* threads that are still wanted */
};

/* How late a core is taken: those of the device's node first, those beside CPU 0's core last. */
static int rank_of(const struct cores *cores, const struct core *core)
{
	bool away = cores->node >= 0 && core->node != cores->node;

	return 2 * away + same_l3(core, &cores->list[0]);
}

/* Takes whole cores of one kind with that many threads. */
static void fill_whole(struct filler *filler, bool efficient, unsigned threads)
{
	const struct core *list = filler->cores->list;

	for (int rank = 0; rank < 4; rank++)
		for (unsigned i = 0; i < filler->cores->n; i++) {
			bool fits = filler->mask[i] && !filler->chosen[i] && list[i].n == threads &&
				    list[i].efficient == efficient &&
				    rank_of(filler->cores, &list[i]) == rank;
			if (!fits || filler->rest < threads)
				continue;
			filler->chosen[i] = true;
			filler->rest -= threads;
		}
}

/* What no whole core fits into any more: the smallest core of that kind, filled in part. */
static void fill_part(struct filler *filler, bool efficient)
{
	const struct core *list = filler->cores->list;
	int best = -1;

	for (unsigned i = 0; i < filler->cores->n; i++)
		if (filler->mask[i] && !filler->chosen[i] && list[i].efficient == efficient &&
		    (best < 0 || list[i].n < list[best].n))
			best = (int)i;
	if (filler->rest == 0 || best < 0)
		return;
	filler->chosen[best] = true;
	filler->rest -= MIN(filler->rest, list[best].n);
}

/* Large cores first, so that all have equally many threads where that can be. */
static void fill(const struct cores *cores, const bool *mask, unsigned need, bool *chosen)
{
	struct filler filler = { .cores = cores, .mask = mask, .chosen = chosen, .rest = need };

	for (int efficient = 0; efficient < 2; efficient++) {
		for (unsigned threads = CORE_THREADS; threads > 0; threads--)
			fill_whole(&filler, efficient, threads);
		fill_part(&filler, efficient);
	}
}

/* ---- judging ---- */

/* What a choice costs, the most important first; smaller is better. */
enum cost {
	COST_EFFICIENT, /* threads of efficiency cores */
	COST_NODES,
	COST_AWAY, /* no core is on the device's node */
	COST_PACKAGES,
	COST_L3,
	COST_FAR, /* cores that are not on the device's node */
	COST_NO_MEMORY,
	COST_SMALL_L3,
	COST_CORE_0, /* shares a cache with CPU 0 */
	COST_WASTE,  /* threads that stay spare */
	N_COSTS,
};

static void judge(const struct cores *cores, const bool *chosen, unsigned need, int64_t *cost)
{
	int64_t smallest = INT64_MAX;
	bool near = cores->node < 0;

	memset(cost, 0, N_COSTS * sizeof(*cost));
	for (unsigned i = 0; i < cores->n; i++) {
		const struct core *core = &cores->list[i];
		if (!chosen[i])
			continue;
		cost[COST_EFFICIENT] += core->efficient ? core->n : 0;
		cost[COST_FAR] += cores->node >= 0 && core->node != cores->node;
		near |= core->node == cores->node;
		cost[COST_NO_MEMORY] += core->no_memory;
		cost[COST_CORE_0] |= same_l3(core, &cores->list[0]);
		smallest = MIN(smallest, core->l3_size);
	}
	cost[COST_AWAY] = !near;
	cost[COST_NODES] = cores_count_nodes(cores, chosen);
	cost[COST_PACKAGES] = domains_count(cores, chosen, same_package);
	cost[COST_L3] = cores_count_l3(cores, chosen);
	cost[COST_SMALL_L3] = -smallest;
	cost[COST_WASTE] = (int64_t)cores_capacity(cores, chosen) - need;
}

static bool is_cheaper(const int64_t *a, const int64_t *b)
{
	for (int i = 0; i < N_COSTS; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static const same_domain orders[][3] = {
	{ same_node, same_package, same_l3 },
	{ same_package, same_node, same_l3 },
	{ same_l3, same_node, same_package },
};

/* What is sought, and the best that was found. */
struct search {
	const struct cores *cores;
	const bool *usable;
	unsigned need;
	bool *mask; /* cores of this attempt */
	bool *attempt;
	bool *chosen;
	int64_t best[N_COSTS];
};

static size_t mask_size(const struct search *search)
{
	return (search->cores->n + 1) * sizeof(bool);
}

/* Fills the cores of the mask, and keeps them where that is cheaper than all before. */
static void consider(struct search *search)
{
	int64_t cost[N_COSTS];

	memset(search->attempt, 0, mask_size(search));
	fill(search->cores, search->mask, search->need, search->attempt);
	judge(search->cores, search->attempt, search->need, cost);
	if (!is_cheaper(cost, search->best))
		return;
	memcpy(search->best, cost, sizeof(cost));
	memcpy(search->chosen, search->attempt, mask_size(search));
}

static void try_order(struct search *search, const same_domain *order)
{
	memcpy(search->mask, search->usable, mask_size(search));
	for (size_t i = 0; i < G_N_ELEMENTS(orders[0]); i++)
		domains_narrow(search->cores, search->mask, search->need, order[i]);
	consider(search);
}

static unsigned use_nodes(GArray *domains, unsigned set)
{
	unsigned n = 0;

	for (guint i = 0; i < domains->len; i++) {
		struct domain *domain = &g_array_index(domains, struct domain, i);
		domain->used = set >> i & 1;
		n += domain->used;
	}
	return n;
}

/* Which of several choices of equally many nodes has the fewest caches cannot be told from the
 * nodes one by one: all are tried where they are few. */
static void try_nodes(struct search *search)
{
	g_autoptr(GArray) domains = domains_make(search->cores, search->usable, same_node);

	g_array_sort(domains, domain_larger);
	unsigned count = domains_needed(domains, search->need);
	if (domains->len > MAX_NODES_TRIED || count == domains->len)
		return;
	for (unsigned set = 1; set < 1U << domains->len; set++) {
		if (use_nodes(domains, set) != count)
			continue;
		memcpy(search->mask, search->usable, mask_size(search));
		domains_keep(search->cores, search->mask, domains, same_node);
		if (cores_capacity(search->cores, search->mask) < search->need)
			continue;
		domains_narrow(search->cores, search->mask, search->need, same_l3);
		consider(search);
	}
}

void cores_choose(const struct cores *cores, const bool *usable, unsigned need, bool *chosen)
{
	struct search search = {
		.cores = cores,
		.usable = usable,
		.need = need,
		.chosen = chosen,
		.best = { INT64_MAX },
	};

	search.mask = g_malloc(mask_size(&search));
	search.attempt = g_malloc(mask_size(&search));
	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
		try_order(&search, orders[i]);
	try_nodes(&search);
	g_free(search.mask);
	g_free(search.attempt);
}
