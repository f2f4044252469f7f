/* Decisions about CPUs and memory: how many, which, on which nodes, in which pages. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "model/locality.h"
#include "model/topology.h"
#include "vm/decide.h"
#include "vm/pinning.h"

#define MIN_MEMORY   (128 * MIB) /* UEFI firmware does not start with less */
#define SPARE_MEMORY (1 * GIB)   /* what a host needs at the least */
#define MAX_VCPUS    255         /* more need a virtual IOMMU, for the sake of interrupts */

/* ---- memory ---- */

static char *say_size(uint64_t bytes)
{
	if (bytes % GIB == 0)
		return g_strdup_printf("%" PRIu64 " GiB", bytes / GIB);
	if (bytes > 8 * GIB)
		return g_strdup_printf("%.1f GiB", (double)bytes / (double)GIB);
	return g_strdup_printf("%" PRIu64 " MiB", bytes / MIB);
}

static uint64_t choose_memory(struct deciding *deciding)
{
	uint64_t total = deciding->host->platform.memory.total;
	const struct profile *profile = deciding->made->profile;
	uint64_t wished = profile->memory_gib * GIB;

	if (total == 0) {
		decide_note(deciding, "memory-assumed",
			    "how much memory this machine has is not known: the guest gets 8 GiB");
		return 8 * GIB;
	}
	uint64_t share = total / 4 * profile->share;
	uint64_t memory = MIN(wished, share);
	return MAX(memory >= GIB ? memory / GIB * GIB : memory / MIB * MIB, MIN_MEMORY);
}

/* All of a guest's memory is the guest's as long as it runs: a device may write anywhere in it. */
static bool check_memory(struct deciding *deciding, GError **error)
{
	uint64_t total = deciding->host->platform.memory.total;
	g_autofree char *size = say_size(deciding->made->memory);
	g_autofree char *all = say_size(total);

	if (deciding->made->memory < MIN_MEMORY || deciding->made->memory % MIB != 0)
		return decide_fail(error,
				   "a guest cannot have %" PRIu64 " bytes of memory: it "
				   "takes at least %" PRIu64 " MiB, and whole MiB",
				   deciding->made->memory, (uint64_t)(MIN_MEMORY / MIB));
	if (total > 0 && deciding->made->memory > total)
		return decide_fail(error,
				   "a guest of %s does not fit: this machine has %s of memory",
				   size, all);
	if (total > 0 && deciding->made->memory + SPARE_MEMORY > total)
		decide_note(deciding, "memory-tight",
			    "the guest takes %s of this machine's %s: little is left to the host",
			    size, all);
	return true;
}

bool decide_memory(struct deciding *deciding, GError **error)
{
	uint64_t asked = deciding->request->memory;

	deciding->made->memory = asked > 0 ? asked : choose_memory(deciding);
	return check_memory(deciding, error);
}

/* ---- how many CPUs ---- */

/* Cores of one kind near the devices, and threads on each. */
struct supply {
	unsigned cores;   /* that a guest could have, were there no host */
	unsigned threads; /* on each, at the least */
	unsigned cache;   /* the most cores that share an L3 cache */
};

static bool is_near(const struct topo_cpu *cpu, int node)
{
	return !cpu->efficient && (node < 0 || cpu->node == node);
}

static struct supply count_supply(const struct topology *topology, int node)
{
	struct supply supply = { .threads = UINT16_MAX };
	g_autoptr(GHashTable) threads = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) caches = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < topology->n_cpus; i++) {
		const struct topo_cpu *cpu = &topology->cpus[i];
		gpointer core = GINT_TO_POINTER(cpu->core + 1);
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(threads, core)) + 1;
		if (!is_near(cpu, node))
			continue;
		g_hash_table_insert(threads, core, GUINT_TO_POINTER(n));
		gpointer cache = GINT_TO_POINTER(cpu->l3 + 2);
		guint cores = GPOINTER_TO_UINT(g_hash_table_lookup(caches, cache)) + (n == 1);
		g_hash_table_insert(caches, cache, GUINT_TO_POINTER(cores));
		if (cpu->l3 >= 0)
			supply.cache = MAX(supply.cache, cores);
	}
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, threads);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		supply.threads = MIN(supply.threads, GPOINTER_TO_UINT(value));
	supply.cores = g_hash_table_size(threads);
	return supply;
}

/* Cards that compute or show, near a node: the host's own screen is none. */
static unsigned count_cards(const struct host *host, int node)
{
	unsigned n = 0;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		n += pci_dev_is_kind(dev, KIND_GPU) && dev->boot_vga != TRI_YES &&
		     !dev->is_virtfn && host_node_of(host, dev) == node;
	}
	return n;
}

/* Where there are several cards, each guest has the cores that are its card's share. */
static unsigned share_cores(const struct deciding *deciding, unsigned cores, int node)
{
	unsigned cards = count_cards(deciding->host, node);
	unsigned own = deciding->request->n_gpus;

	return own == 0 || own >= cards ? cores : MAX(cores * own / cards, 1);
}

#define MIN_ONE_CACHE 4 /* cores: with less than these, more caches are the lesser evil */

/* A quarter of the cores, and two at least, stay with the host where there are enough; a guest that
 * plays stays within one L3 cache where that has some. */
static unsigned choose_cpus(struct deciding *deciding, int node)
{
	const struct topology *topology = &deciding->host->platform.topology;
	const struct profile *profile = deciding->made->profile;
	struct supply supply = count_supply(topology, node);

	if (supply.cores == 0)
		supply = count_supply(topology, -1);
	if (supply.cores == 0) {
		decide_note(deciding, "cpus-assumed",
			    "the CPUs of this machine are not known: the guest gets 4");
		return 4;
	}
	unsigned keep = supply.cores > 3 ? MAX(2, supply.cores / 4) : 1;
	unsigned cores = supply.cores > keep ? supply.cores - keep : 1;
	if (profile->max_cores > 0)
		cores = MIN(cores, profile->max_cores);
	else
		cores = share_cores(deciding, cores, node);
	if (profile->one_cache && supply.cache >= MIN_ONE_CACHE)
		cores = MIN(cores, supply.cache);
	return MIN(cores * supply.threads, MAX_VCPUS);
}

static bool check_cpus(struct deciding *deciding, GError **error)
{
	unsigned n = deciding->made->vcpus;
	unsigned all = deciding->host->platform.topology.n_cpus;

	if (all > 0 && n > all)
		return decide_fail(error, "a guest of %u CPUs does not fit: this machine has %u", n,
				   all);
	if (n > MAX_VCPUS)
		return decide_fail(error,
				   "a guest cannot have %u CPUs: without a virtual IOMMU it "
				   "takes %u at most",
				   n, (unsigned)MAX_VCPUS);
	if (all > 0 && n == all)
		decide_note(deciding, "cpus-all",
			    "the guest has all CPUs of this machine: nothing is left to the host");
	return true;
}

/* ---- which ---- */

static bool pin(struct deciding *deciding, int node, GError **error)
{
	const struct topology *topology = &deciding->host->platform.topology;
	const struct pinning_request request = { .n = deciding->made->vcpus, .node = node };
	struct pinning *pinning = &deciding->made->pinning;

	if (!deciding->request->pin)
		return true;
	if (topology->n_cpus == 0) {
		decide_note(deciding, "not-pinned",
			    "the CPUs of this machine are not known: the guest's are not pinned");
		return true;
	}
	if (!pinning_make(topology, &request, pinning, error))
		return false;
	deciding->made->pinned = true;
	for (unsigned bit = 0; bit < GAVE_WAY_N; bit++)
		if (pinning->gave_way & 1U << bit)
			decide_note(deciding, gave_way_name(1U << bit), "pinning gave way: %s",
				    gave_way_text(1U << bit));
	return true;
}

/* Of the first GPU, which is what the guest is about; else of any device. */
static int node_of_devices(const struct deciding *deciding)
{
	const GArray *functions = deciding->made->functions;

	return functions->len == 0
		       ? -1
		       : host_node_of(
				 deciding->host,
				 &deciding->host->pci[g_array_index(functions,
								    struct definition_function, 0)
							      .pci]);
}

bool decide_cpus(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	const char *vendor = deciding->host->platform.cpu.vendor;
	int node = node_of_devices(deciding);
	unsigned asked = deciding->request->cpus;

	made->vcpus = asked > 0 ? asked : choose_cpus(deciding, node);
	if (!check_cpus(deciding, error) || !pin(deciding, node, error))
		return false;
	made->threads = made->pinned ? made->pinning.threads : 1;
	made->sockets = 1;
	made->cores = made->vcpus / made->threads;
	made->amd =
		g_strcmp0(vendor, "AuthenticAMD") == 0 || g_strcmp0(vendor, "HygonGenuine") == 0;
	made->topoext = made->amd && made->threads > 1;
	return true;
}

/* ---- nodes ---- */

static int node_of_vcpu(const struct deciding *deciding, unsigned vcpu)
{
	const GArray *vcpus = deciding->made->pinning.vcpus;
	const struct topo_cpu *cpu =
		topology_cpu(&deciding->host->platform.topology, g_array_index(vcpus, int, vcpu));

	return cpu ? cpu->node : -1;
}

static bool memory_fits(const struct deciding *deciding, int node, uint64_t memory)
{
	const struct topo_node *found = topology_node(&deciding->host->platform.topology, node);

	return found && (found->memory < 0 || (uint64_t)found->memory >= memory);
}

/* One cell for each node, with the share of the memory that its CPUs are of all, in whole GiB where
 * that goes. Cells with as many CPUs each are also sockets. */
static bool fill_cells(struct deciding *deciding)
{
	struct definition *made = deciding->made;
	const GArray *nodes = made->pinning.nodes;
	uint64_t unit = made->memory % (GIB * nodes->len) == 0 ? GIB : 2 * MIB;
	uint64_t left = made->memory;
	unsigned threads = MAX(made->threads, 1);
	bool equal = true;

	made->cells = g_new0(struct definition_cell, nodes->len);
	for (guint i = 0; i < nodes->len; i++) {
		struct definition_cell *cell = &made->cells[i];
		g_autoptr(GArray) vcpus = g_array_new(FALSE, FALSE, sizeof(int));
		cell->node = g_array_index(nodes, int, i);
		for (int vcpu = 0; vcpu < (int)made->vcpus; vcpu++)
			if (node_of_vcpu(deciding, (unsigned)vcpu) == cell->node)
				g_array_append_val(vcpus, vcpu);
		bool last = i + 1 == nodes->len;
		cell->memory =
			last ? left : made->memory * vcpus->len / MAX(made->vcpus, 1) / unit * unit;
		left -= MIN(left, cell->memory);
		g_autofree char *list = cpu_list_format(vcpus);
		cell->vcpus = decide_text(deciding, "%s", list);
		equal &= vcpus->len * nodes->len == made->vcpus && vcpus->len % threads == 0;
		if (cell->memory == 0 || vcpus->len == 0 ||
		    !memory_fits(deciding, cell->node, cell->memory))
			return false;
	}
	made->n_cells = nodes->len;
	if (equal) {
		made->sockets = made->n_cells;
		made->cores = made->vcpus / threads / made->sockets;
	}
	return true;
}

/* Memory on the nodes of the CPUs; where it does not fit there, wherever there is some. */
bool decide_nodes(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	const GArray *nodes = made->pinned ? made->pinning.nodes : NULL;

	if (!nodes || nodes->len == 0 || deciding->host->platform.topology.n_numa < 2)
		return true;
	bool fits = nodes->len == 1
			    ? memory_fits(deciding, g_array_index(nodes, int, 0), made->memory)
			    : fill_cells(deciding);
	if (!fits) {
		g_clear_pointer(&made->cells, g_free);
		made->n_cells = 0;
		decide_note(deciding, "memory-spans-nodes",
			    "the memory does not fit on the NUMA nodes of the guest's CPUs: the "
			    "rest of it will be far from them");
		return true;
	}
	g_autofree char *list = cpu_list_format(nodes);
	made->nodes = decide_text(deciding, "%s", list);
	return true;
}

/* ---- pages ---- */

static int64_t pages_of(const struct memory *memory, uint64_t size, int node)
{
	for (unsigned i = 0; i < memory->n_pools; i++)
		if (memory->pools[i].size == size && memory->pools[i].node == node)
			return memory->pools[i].total;
	return -1;
}

/* Are there pages of that size for all of the guest, where its memory is bound to? -1: that is not
 * known. */
static enum tri has_pages(const struct deciding *deciding, uint64_t size)
{
	const struct definition *made = deciding->made;
	const struct memory *memory = &deciding->host->platform.memory;
	bool unknown = memory->n_pools == 0;

	for (unsigned i = 0; i < made->n_cells; i++) {
		int64_t pages = pages_of(memory, size, made->cells[i].node);
		if (pages >= 0 && (uint64_t)pages * size < made->cells[i].memory)
			return TRI_NO;
		unknown |= pages < 0;
	}
	int node =
		made->nodes && made->n_cells == 0 ? g_array_index(made->pinning.nodes, int, 0) : -1;
	int64_t pages = pages_of(memory, size, node);
	if (pages >= 0 && (uint64_t)pages * size < made->memory)
		return TRI_NO;
	return unknown || pages < 0 ? TRI_UNKNOWN : TRI_YES;
}

static bool divides(const struct definition *made, uint64_t size)
{
	for (unsigned i = 0; i < made->n_cells; i++)
		if (made->cells[i].memory % size != 0)
			return false;
	return made->memory % size == 0;
}

static const struct {
	enum definition_pages asked;
	const char *name;
	uint64_t size;
} page_sizes[] = {
	{ PAGES_1G, "1G", GIB },
	{ PAGES_2M, "2M", 2 * MIB },
};

static void choose_pages(struct deciding *deciding)
{
	struct definition *made = deciding->made;
	bool unknown = false;

	for (size_t i = 0; made->page_size == 0 && i < G_N_ELEMENTS(page_sizes); i++) {
		enum tri there = divides(made, page_sizes[i].size)
					 ? has_pages(deciding, page_sizes[i].size)
					 : TRI_NO;
		unknown |= there == TRI_UNKNOWN;
		if (there == TRI_YES)
			made->page_size = page_sizes[i].size;
	}
	if (made->page_size == 0)
		decide_note(deciding, "no-hugepages", "no huge pages are used: %s",
			    unknown ? "whether the host has any set aside is not known"
				    : "the host has not enough of them set aside for this guest");
}

bool decide_pages(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	enum definition_pages asked = deciding->request->pages;

	if (asked == PAGES_AUTO)
		choose_pages(deciding);
	for (size_t i = 0; i < G_N_ELEMENTS(page_sizes); i++) {
		if (page_sizes[i].asked != asked)
			continue;
		made->page_size = page_sizes[i].size;
		if (asked == PAGES_1G && deciding->host->platform.cpu.pdpe1gb == TRI_NO)
			return decide_fail(error, "this CPU has no pages of 1 GiB");
		if (!divides(made, made->page_size))
			return decide_fail(error,
					   "the guest's memory is not a multiple of its "
					   "pages (%s)",
					   page_sizes[i].name);
		if (has_pages(deciding, made->page_size) == TRI_NO)
			decide_note(deciding, "hugepages-missing",
				    "the host has not enough pages of %s: the guest does not start "
				    "before it has",
				    page_sizes[i].name);
	}
	return true;
}
