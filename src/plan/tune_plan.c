/* See tune_plan.h. Huge pages come first: whether they can be had is only known when they are there
 * (kernel: Documentation/admin-guide/mm/hugetlbpage.rst), and when they cannot, nothing else has
 * been touched. */
#include "plan/tune_plan.h"

#include <string.h>

/* ---- huge pages ---- */

static const struct hugepages *find_pool(const struct memory *memory, int node, uint64_t size)
{
	for (unsigned i = 0; i < memory->n_pools; i++)
		if (memory->pools[i].node == node && memory->pools[i].size == size)
			return &memory->pools[i];
	return NULL;
}

static char *pool_path(const struct hugepages *pool)
{
	if (pool->node < 0)
		return g_strdup_printf("/sys/kernel/mm/hugepages/hugepages-%" G_GUINT64_FORMAT
				       "kB/nr_hugepages",
				       pool->size >> 10);
	return g_strdup_printf(
		"/sys/devices/system/node/node%d/hugepages/hugepages-%" G_GUINT64_FORMAT
		"kB/nr_hugepages",
		pool->node, pool->size >> 10);
}

/* Moves memory together first: pages that are in use lie scattered. Done again it does no harm, and
 * there is nothing to take back. */
static void add_compaction(struct plan *plan)
{
	static const char *const argv[] = { "sysctl", "-q", "-w", "vm.compact_memory=1", NULL };
	struct step *step = plan_add(plan, STEP_RUN, NULL, NULL, NULL,
				     "moves memory together, so that huge pages can be had");

	step->argv = g_strdupv((char **)argv);
	step->undo = g_new0(char *, 1);
}

/* Makes the pool large enough for that many more pages than are in use. */
static void add_pool(struct plan *plan, const struct hugepages *pool, uint64_t pages,
		     bool *compacted)
{
	uint64_t free = (uint64_t)pool->free, total = (uint64_t)pool->total;
	g_autofree char *path = pool_path(pool);
	g_autofree char *old = g_strdup_printf("%" G_GUINT64_FORMAT, total);
	g_autofree char *wanted = g_strdup_printf("%" G_GUINT64_FORMAT, total + pages - free);
	g_autofree char *why = g_strdup_printf("the guest's memory: %" G_GUINT64_FORMAT
					       " pages, of which %" G_GUINT64_FORMAT " are free",
					       pages, free);

	if (!*compacted)
		add_compaction(plan);
	*compacted = true;
	plan_add(plan, STEP_SYSFS_WRITE, path, old, wanted, why);
}

static void plan_pages(const struct host *host, const struct tune_request *request,
		       struct plan *plan)
{
	const struct memory *memory = &host->platform.memory;
	const GArray *nodes = request->pinning->nodes;
	unsigned n = MAX(nodes->len, 1);
	bool compacted = false;

	if (request->page_size == 0 || request->memory == 0)
		return;
	uint64_t share = (request->memory + n - 1) / n;
	uint64_t pages = (share + request->page_size - 1) / request->page_size;
	for (unsigned i = 0; i < n; i++) {
		int node = nodes->len > 0 ? g_array_index(nodes, int, i) : -1;
		const struct hugepages *pool = find_pool(memory, node, request->page_size);
		if (!pool && n == 1)
			pool = find_pool(memory, -1, request->page_size);
		if (!pool || pool->total < 0 || pool->free < 0)
			plan_warn(plan, "hugepages-unknown",
				  "whether there are %" G_GUINT64_FORMAT
				  " huge pages of %" G_GUINT64_FORMAT " KiB for it is not known",
				  pages, request->page_size >> 10);
		else if ((uint64_t)pool->free < pages)
			add_pool(plan, pool, pages, &compacted);
	}
}

/* ---- the host's own work ---- */

static char **unit_command(const char *unit, const char *cpus)
{
	const char *argv[] = { "systemctl", "set-property", "--runtime", "--", unit, NULL, NULL };
	g_autofree char *property = g_strconcat("AllowedCPUs=", cpus, NULL);

	argv[5] = property;
	return g_strdupv((char **)argv);
}

/* Until the next restart. The kernel's own threads stay where they are. */
static void plan_units(const struct tune_request *request, struct plan *plan)
{
	g_autofree char *cpus = cpu_list_format(request->pinning->host);

	if (request->n_units > 0 && !*cpus) {
		plan_warn(plan, "no-host-cpus",
			  "the guest has all CPUs: there are none to keep "
			  "the host's work on");
		return;
	}
	for (unsigned i = 0; i < request->n_units; i++) {
		const struct tune_setting *unit = &request->units[i];
		if (strcmp(unit->now, cpus) == 0)
			continue;
		g_autofree char *why =
			g_strdup_printf("keeps what runs in %s off the guest's CPUs", unit->name);
		struct step *step = plan_add(plan, STEP_RUN, unit->path, NULL, cpus, why);
		step->argv = unit_command(unit->name, cpus);
		step->undo = unit_command(unit->name, unit->now);
	}
}

static void plan_governors(const struct tune_request *request, struct plan *plan)
{
	for (unsigned i = 0; i < request->n_governors; i++) {
		const struct tune_setting *governor = &request->governors[i];
		if (strcmp(governor->now, "performance") != 0)
			plan_add(plan, STEP_SYSFS_WRITE, governor->path, governor->now,
				 "performance", "a CPU of the guest: no waiting for its clock");
	}
}

void tune_plan(const struct host *host, const struct tune_request *request, struct plan *plan)
{
	plan_pages(host, request, plan);
	plan_governors(request, plan);
	plan_units(request, plan);
	if (request->interrupts)
		interrupts_plan(host, request->interrupts, plan);
	if (request->new_xml)
		plan_add(plan, STEP_GUEST, request->guest, request->old_xml, request->new_xml,
			 "CPUs, their order, and memory as they were chosen; counts from the next "
			 "start");
}
