/* Finding the best cores. A machine is divided into domains in three ways (packages, nodes, L3
 * caches); narrowing keeps as few domains of one kind as hold the guest, the best of them first.
 * Which order of the three is best differs between machines (a node may hold several packages, or
 * the reverse), so all are tried and judged. */
#include "vm/pinning_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model/topology.h"

/* ---- cores ---- */

static void add_cpu(struct cores *cores, GHashTable *by_number, const struct topology *topology,
		    const struct topo_cpu *cpu)
{
	struct core *core = NULL;
	void *index;

	if (g_hash_table_lookup_extended(by_number, GINT_TO_POINTER(cpu->core), NULL, &index))
		core = &cores->list[GPOINTER_TO_INT(index)];
	if (!core || core->n == CORE_THREADS) {
		const struct topo_node *node = topology_node(topology, cpu->node);
		g_hash_table_insert(by_number, GINT_TO_POINTER(cpu->core),
				    GINT_TO_POINTER((int)cores->n));
		core = &cores->list[cores->n++];
		*core = (struct core){
			.package = cpu->package,
			.node = cpu->node,
			.l3 = cpu->l3,
			.l3_size = cpu->l3_size,
			.no_memory = !node || node->memory == 0,
			.efficient = cpu->efficient,
		};
	}
	core->cpus[core->n++] = cpu->os;
}

void cores_init(struct cores *cores, const struct topology *topology, int node)
{
	g_autoptr(GHashTable) by_number = g_hash_table_new(NULL, NULL);

	*cores = (struct cores){ .list = g_new0(struct core, topology->n_cpus + 1), .node = node };
	for (unsigned i = 0; i < topology->n_cpus; i++)
		add_cpu(cores, by_number, topology, &topology->cpus[i]);
}

void cores_clear(struct cores *cores)
{
	g_free(cores->list);
}

unsigned cores_capacity(const struct cores *cores, const bool *mask)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cores->n; i++)
		n += mask[i] ? cores->list[i].n : 0;
	return n;
}

/* ---- domains ---- */

/* What two cores of one domain have in common. L3 numbers below 0 mean "none": such cores of one
 * node are taken as one domain. */
typedef bool (*same_domain)(const struct core *a, const struct core *b);

static bool same_package(const struct core *a, const struct core *b)
{
	return a->package == b->package;
}

static bool same_node(const struct core *a, const struct core *b)
{
	return a->node == b->node;
}

static bool same_l3(const struct core *a, const struct core *b)
{
	return a->l3 == b->l3 && (a->l3 >= 0 || a->node == b->node);
}

struct domain {
	const struct core *first; /* stands for it */
	unsigned capacity;        /* threads of cores that may be used */
	bool of_device;           /* holds cores of the device's node */
	bool no_memory;           /* all of its nodes are without */
	int64_t l3_size;          /* the largest */
	bool of_core_0;
	bool used; /* chosen already */
};

static struct domain *find_domain(GArray *domains, const struct core *core, same_domain same)
{
	for (guint i = 0; i < domains->len; i++) {
		struct domain *domain = &g_array_index(domains, struct domain, i);
		if (same(domain->first, core))
			return domain;
	}
	const struct domain domain = { .first = core, .no_memory = true, .l3_size = -1 };
	g_array_append_val(domains, domain);
	return &g_array_index(domains, struct domain, domains->len - 1);
}

static GArray *make_domains(const struct cores *cores, const bool *mask, same_domain same)
{
	GArray *domains = g_array_new(FALSE, FALSE, sizeof(struct domain));

	for (unsigned i = 0; i < cores->n; i++) {
		const struct core *core = &cores->list[i];
		if (!mask[i])
			continue;
		struct domain *domain = find_domain(domains, core, same);
		domain->capacity += core->n;
		domain->of_device |= cores->node >= 0 && core->node == cores->node;
		domain->no_memory &= core->no_memory;
		domain->l3_size = MAX(domain->l3_size, core->l3_size);
		domain->of_core_0 |= same(core, &cores->list[0]);
	}
	return domains;
}

static unsigned count_domains(const struct cores *cores, const bool *mask, same_domain same)
{
	g_autoptr(GArray) domains = make_domains(cores, mask, same);

	return domains->len;
}

unsigned cores_count_nodes(const struct cores *cores, const bool *mask)
{
	return count_domains(cores, mask, same_node);
}

unsigned cores_count_l3(const struct cores *cores, const bool *mask)
{
	return count_domains(cores, mask, same_l3);
}

/* ---- narrowing ---- */

static int larger_capacity(const void *a, const void *b)
{
	const struct domain *x = a, *y = b;

	return (x->capacity < y->capacity) - (x->capacity > y->capacity);
}

/* The first of two domains is better. */
static bool is_better(const struct domain *a, const struct domain *b)
{
	if (a->of_device != b->of_device)
		return a->of_device;
	if (a->no_memory != b->no_memory)
		return b->no_memory;
	if (a->l3_size != b->l3_size)
		return a->l3_size > b->l3_size;
	if (a->of_core_0 != b->of_core_0)
		return b->of_core_0;
	return a->first->cpus[0] < b->first->cpus[0];
}

/* The most threads that count domains have which are not used yet; without leaves one out. They are
 * sorted by capacity. */
static unsigned best_capacity(const GArray *domains, unsigned count, const struct domain *without)
{
	unsigned sum = 0;

	for (guint i = 0; i < domains->len && count > 0; i++) {
		const struct domain *domain = &g_array_index(domains, struct domain, i);
		if (domain->used || domain == without)
			continue;
		sum += domain->capacity;
		count--;
	}
	return sum;
}

/* How few of them hold need threads? */
static unsigned count_needed(const GArray *domains, unsigned need)
{
	unsigned count = 1;

	while (best_capacity(domains, count, NULL) < need && count < domains->len)
		count++;
	return count;
}

/* The best domain that leaves the rest of need to count - 1 others; NULL: there is none. */
static struct domain *next_domain(GArray *domains, unsigned count, unsigned need)
{
	struct domain *best = NULL;

	for (guint i = 0; i < domains->len; i++) {
		struct domain *domain = &g_array_index(domains, struct domain, i);
		unsigned others = best_capacity(domains, count - 1, domain);
		if (domain->used || domain->capacity + others < need)
			continue;
		if (!best || is_better(domain, best))
			best = domain;
	}
	return best;
}

static void keep_used(const struct cores *cores, bool *mask, GArray *domains, same_domain same)
{
	for (unsigned i = 0; i < cores->n; i++)
		mask[i] = mask[i] && find_domain(domains, &cores->list[i], same)->used;
}

/* Leaves in the mask the cores of as few domains as hold need threads. */
static void narrow(const struct cores *cores, bool *mask, unsigned need, same_domain same)
{
	g_autoptr(GArray) domains = make_domains(cores, mask, same);
	unsigned rest = need;

	g_array_sort(domains, larger_capacity);
	for (unsigned count = count_needed(domains, need); count > 0; count--) {
		struct domain *domain = next_domain(domains, count, rest);
		if (!domain)
			break;
		domain->used = true;
		rest -= MIN(rest, domain->capacity);
	}
	keep_used(cores, mask, domains, same);
}

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
	COST_AWAY, /* cores that are not on the device's node */
	COST_PACKAGES,
	COST_L3,
	COST_NO_MEMORY,
	COST_SMALL_L3,
	COST_CORE_0, /* shares a cache with CPU 0 */
	COST_WASTE,  /* threads that stay spare */
	N_COSTS,
};

static void judge(const struct cores *cores, const bool *chosen, unsigned need, int64_t *cost)
{
	int64_t smallest = INT64_MAX;

	memset(cost, 0, N_COSTS * sizeof(*cost));
	for (unsigned i = 0; i < cores->n; i++) {
		const struct core *core = &cores->list[i];
		if (!chosen[i])
			continue;
		cost[COST_EFFICIENT] += core->efficient ? core->n : 0;
		cost[COST_AWAY] += cores->node >= 0 && core->node != cores->node;
		cost[COST_NO_MEMORY] += core->no_memory;
		cost[COST_CORE_0] |= same_l3(core, &cores->list[0]);
		smallest = MIN(smallest, core->l3_size);
	}
	cost[COST_NODES] = cores_count_nodes(cores, chosen);
	cost[COST_PACKAGES] = count_domains(cores, chosen, same_package);
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

void cores_choose(const struct cores *cores, const bool *usable, unsigned need, bool *chosen)
{
	size_t size = (cores->n + 1) * sizeof(bool);
	g_autofree bool *mask = g_malloc(size);
	g_autofree bool *attempt = g_malloc(size);
	int64_t best[N_COSTS] = { INT64_MAX };

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		int64_t cost[N_COSTS];
		memcpy(mask, usable, size);
		memset(attempt, 0, size);
		for (size_t j = 0; j < G_N_ELEMENTS(orders[i]); j++)
			narrow(cores, mask, need, orders[i][j]);
		fill(cores, mask, need, attempt);
		judge(cores, attempt, need, cost);
		if (!is_cheaper(cost, best))
			continue;
		memcpy(best, cost, sizeof(best));
		memcpy(chosen, attempt, size);
	}
}
