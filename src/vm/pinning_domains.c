/* Cores, and what divides them: packages, nodes, L3 caches. Narrowing keeps as few domains of one
 * kind as hold the guest, the best of them first. */
#include "vm/pinning_domains.h"

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

bool same_package(const struct core *a, const struct core *b)
{
	return a->package == b->package;
}

bool same_node(const struct core *a, const struct core *b)
{
	return a->node == b->node;
}

bool same_l3(const struct core *a, const struct core *b)
{
	return a->l3 == b->l3 && (a->l3 >= 0 || a->node == b->node);
}

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

GArray *domains_make(const struct cores *cores, const bool *mask, same_domain same)
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

unsigned domains_count(const struct cores *cores, const bool *mask, same_domain same)
{
	g_autoptr(GArray) domains = domains_make(cores, mask, same);

	return domains->len;
}

unsigned cores_count_nodes(const struct cores *cores, const bool *mask)
{
	return domains_count(cores, mask, same_node);
}

unsigned cores_count_l3(const struct cores *cores, const bool *mask)
{
	return domains_count(cores, mask, same_l3);
}

/* ---- narrowing ---- */

int domain_larger(const void *a, const void *b)
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
unsigned domains_needed(const GArray *domains, unsigned need)
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

void domains_keep(const struct cores *cores, bool *mask, GArray *domains, same_domain same)
{
	for (unsigned i = 0; i < cores->n; i++)
		mask[i] = mask[i] && find_domain(domains, &cores->list[i], same)->used;
}

/* Leaves in the mask the cores of as few domains as hold need threads. */
void domains_narrow(const struct cores *cores, bool *mask, unsigned need, same_domain same)
{
	g_autoptr(GArray) domains = domains_make(cores, mask, same);
	unsigned rest = need;

	g_array_sort(domains, domain_larger);
	for (unsigned count = domains_needed(domains, need); count > 0; count--) {
		struct domain *domain = next_domain(domains, count, rest);
		if (!domain)
			break;
		domain->used = true;
		rest -= MIN(rest, domain->capacity);
	}
	domains_keep(cores, mask, domains, same);
}
