/* See pinning.h. What may be used is tried in pools, each giving up more than the one before;
 * within the first that is large enough the best cores are chosen (pinning_choice.c). */
#include "vm/pinning.h"

#include "base/error.h"
#include "base/int_list.h"
#include "model/topology.h"
#include "vm/pinning_parts.h"

/* ---- pools ---- */

struct solver {
	struct cores cores;
	unsigned need;
	unsigned host_cores;
	bool *usable;
	bool *chosen;
	unsigned gave_way;
};

static void allow_all(struct solver *solver, bool efficient)
{
	for (unsigned i = 0; i < solver->cores.n; i++)
		solver->usable[i] = efficient || !solver->cores.list[i].efficient;
}

/* The core that the guest misses least, after those that are not usable anyway; -1: none. */
static int cheapest_core(const struct solver *solver)
{
	const struct core *list = solver->cores.list;
	int best = -1;

	for (unsigned i = 0; i < solver->cores.n; i++) {
		bool better = best < 0 || (list[i].efficient && !list[best].efficient) ||
			      (list[i].efficient == list[best].efficient &&
			       list[i].node == list[0].node && list[i].l3 == list[0].l3 &&
			       (list[best].node != list[0].node || list[best].l3 != list[0].l3));
		if (solver->usable[i] && better)
			best = (int)i;
	}
	return best;
}

/* Keeps CPU 0's core for the host, and as many as cores in all. */
static void reserve(struct solver *solver, unsigned cores)
{
	unsigned left = 0;

	solver->usable[0] = false;
	for (unsigned i = 0; i < solver->cores.n; i++)
		left += !solver->usable[i];
	for (; left < cores; left++) {
		int core = cheapest_core(solver);
		if (core < 0)
			return;
		solver->usable[core] = false;
	}
}

/* Keeps the smallest core for the host instead of CPU 0's. */
static void reserve_smallest(struct solver *solver)
{
	const struct core *list = solver->cores.list;
	unsigned best = 0;

	for (unsigned i = 1; i < solver->cores.n; i++)
		if (list[i].n < list[best].n ||
		    (list[i].n == list[best].n && list[i].efficient && !list[best].efficient))
			best = i;
	solver->usable[best] = false;
}

static bool try_pool(struct solver *solver, unsigned gave_way)
{
	if (cores_capacity(&solver->cores, solver->usable) < solver->need)
		return false;
	cores_choose(&solver->cores, solver->usable, solver->need, solver->chosen);
	solver->gave_way |= gave_way;
	return true;
}

/* Fills chosen; what is given up for it is noted. */
static void choose(struct solver *solver)
{
	unsigned asked = MAX(solver->host_cores, 1);

	for (unsigned cores = asked; cores > 0; cores--) {
		unsigned gave_way = cores < asked ? GAVE_WAY_HOST_RESERVE : 0;
		for (int efficient = 0; efficient < 2; efficient++) {
			allow_all(solver, efficient == 1);
			reserve(solver, cores);
			if (try_pool(solver, gave_way))
				return;
		}
	}
	unsigned fewer = asked > 1 ? GAVE_WAY_HOST_RESERVE : 0;
	allow_all(solver, true);
	reserve_smallest(solver);
	if (try_pool(solver, fewer | GAVE_WAY_TAKES_CORE_0))
		return;
	allow_all(solver, true);
	try_pool(solver, fewer | GAVE_WAY_NO_HOST_CORE);
}

/* ---- the result ---- */

static GArray *new_list(void)
{
	return g_array_new(FALSE, FALSE, sizeof(int));
}

static int compare_numbers(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void add_core(GArray *list, const struct core *core)
{
	g_array_append_vals(list, core->cpus, core->n);
}

/* The order of the guest's cores: those that share something are neighbours; CPU 0's comes last, so
 * that its threads are what is left over. */
static int compare_cores(const void *a, const void *b, void *data)
{
	const struct core *list = data;
	unsigned i = *(const unsigned *)a, j = *(const unsigned *)b;
	const struct core *x = &list[i], *y = &list[j];

	if ((i == 0) != (j == 0))
		return i == 0 ? 1 : -1;
	if (x->node != y->node)
		return x->node - y->node;
	if (x->l3 != y->l3)
		return x->l3 - y->l3;
	return x->cpus[0] - y->cpus[0];
}

static unsigned greatest_divisor(unsigned a, unsigned b)
{
	while (b > 0) {
		unsigned rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Gives the guest the threads of a core that it still needs. What is over is spare, or the host's
 * where it has no core of its own: then its lowest CPU is left to it. */
static void give_core(struct solver *solver, struct pinning *pinning, const struct core *core)
{
	unsigned take = MIN(core->n, solver->need - pinning->vcpus->len);
	bool shared = take < core->n && (solver->gave_way & GAVE_WAY_NO_HOST_CORE);
	unsigned first = shared ? core->n - take : 0;

	g_array_append_vals(pinning->vcpus, core->cpus + first, take);
	pinning->threads = greatest_divisor(take, pinning->threads);
	if (shared)
		g_array_append_vals(pinning->host, core->cpus, first);
	else if (take > 0)
		g_array_append_vals(pinning->spare, core->cpus + take, core->n - take);
	else
		add_core(pinning->host, core);
	if (shared && take > 0)
		solver->gave_way |= GAVE_WAY_SPLITS_CORE;
}

static void give_cores(struct solver *solver, struct pinning *pinning)
{
	g_autofree unsigned *order = g_new(unsigned, solver->cores.n + 1);
	unsigned n = 0;

	for (unsigned i = 0; i < solver->cores.n; i++)
		if (solver->chosen[i])
			order[n++] = i;
		else
			add_core(pinning->host, &solver->cores.list[i]);
	g_qsort_with_data(order, (int)n, sizeof(*order), compare_cores, solver->cores.list);
	for (unsigned i = 0; i < n; i++) {
		const struct core *core = &solver->cores.list[order[i]];
		solver->chosen[order[i]] = pinning->vcpus->len < solver->need;
		give_core(solver, pinning, core);
		if (solver->chosen[order[i]] && core->node >= 0)
			int_list_add_once(pinning->nodes, core->node);
	}
}

/* Emulator and I/O threads: the first host core of the guest's nodes, and the second for I/O where
 * a third one is left for everything else. */
static void place_helpers(struct solver *solver, struct pinning *pinning)
{
	const struct cores *cores = &solver->cores;
	g_autofree const struct core **near = g_new0(const struct core *, cores->n + 1);
	unsigned n = 0;

	for (int anywhere = 0; anywhere < 2 && n == 0; anywhere++) {
		for (unsigned i = 0; i < cores->n; i++)
			if (!solver->chosen[i] &&
			    (anywhere || int_list_has(pinning->nodes, cores->list[i].node) ||
			     pinning->nodes->len == 0))
				near[n++] = &cores->list[i];
		if (anywhere && n > 0)
			solver->gave_way |= GAVE_WAY_EMULATOR_AWAY;
	}
	if (n > 0) {
		add_core(pinning->emulator, near[0]);
		add_core(pinning->iothreads, near[n >= 3 ? 1 : 0]);
		return;
	}
	const GArray *shared = pinning->host->len > 0 ? pinning->host : pinning->vcpus;
	if (shared == pinning->vcpus)
		solver->gave_way |= GAVE_WAY_EMULATOR_SHARES;
	g_array_append_vals(pinning->emulator, shared->data, shared->len);
	g_array_append_vals(pinning->iothreads, shared->data, shared->len);
}

static void note_domains(struct solver *solver)
{
	const struct cores *cores = &solver->cores;

	if (cores_count_nodes(cores, solver->chosen) > 1)
		solver->gave_way |= GAVE_WAY_SPANS_NODES;
	if (cores_count_l3(cores, solver->chosen) > 1)
		solver->gave_way |= GAVE_WAY_SPANS_L3;
	for (unsigned i = 0; i < cores->n; i++) {
		const struct core *core = &cores->list[i];
		if (!solver->chosen[i])
			continue;
		if (core->efficient)
			solver->gave_way |= GAVE_WAY_EFFICIENCY;
	}
}

static void note_away(struct solver *solver, const struct pinning *pinning)
{
	int node = solver->cores.node;

	if (node >= 0 && pinning->nodes->len > 0 && !int_list_has(pinning->nodes, node))
		solver->gave_way |= GAVE_WAY_AWAY;
}

static void sort_lists(struct pinning *pinning)
{
	GArray *const lists[] = { pinning->emulator, pinning->iothreads, pinning->host,
				  pinning->spare, pinning->nodes };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		g_array_sort(lists[i], compare_numbers);
}

static bool check(const struct topology *topology, unsigned n, GError **error)
{
	if (topology->n_cpus == 0)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "cannot pin CPUs: the processors of this machine are not known");
	else if (n == 0)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "a guest has at least one CPU");
	else if (n > topology->n_cpus)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "cannot pin %u CPUs of a guest: this machine has %u", n,
			    topology->n_cpus);
	else
		return true;
	if (n > topology->n_cpus && topology->n_cpus > 1)
		error_hint(error, "the host needs some, too: ask for %u at the most",
			   topology->n_cpus - 1);
	return false;
}

bool pinning_make(const struct topology *topology, const struct pinning_request *request,
		  struct pinning *pinning, GError **error)
{
	if (!check(topology, request->n, error))
		return false;
	struct solver solver = {
		.need = request->n,
		.host_cores = request->host_cores,
		.usable = g_new0(bool, topology->n_cpus + 1),
		.chosen = g_new0(bool, topology->n_cpus + 1),
	};
	*pinning = (struct pinning){
		.vcpus = new_list(),
		.emulator = new_list(),
		.iothreads = new_list(),
		.host = new_list(),
		.spare = new_list(),
		.nodes = new_list(),
	};
	cores_init(&solver.cores, topology, request->node);
	choose(&solver);
	give_cores(&solver, pinning);
	place_helpers(&solver, pinning);
	note_domains(&solver);
	note_away(&solver, pinning);
	sort_lists(pinning);
	pinning->gave_way = solver.gave_way;
	g_free(solver.usable);
	g_free(solver.chosen);
	cores_clear(&solver.cores);
	return true;
}
