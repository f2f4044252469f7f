/* Decisions about memory: how much, on which nodes, in which pages. */
#include <inttypes.h>

#include "base/error.h"
#include "base/size.h"
#include "model/topology.h"
#include "vm/decide.h"

#define MIN_MEMORY   (128 * MIB) /* UEFI firmware does not start with less */
#define SPARE_MEMORY (1 * GIB)   /* what a host needs at the least */

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

/* What cells are rounded to: they are backed by whole pages. */
static uint64_t cell_unit(const struct deciding *deciding)
{
	const struct definition *made = deciding->made;
	bool pages = deciding->request->pages == PAGES_1G && made->memory % GIB == 0;

	return pages || made->memory % (GIB * made->pinning.nodes->len) == 0 ? GIB : 2 * MIB;
}

/* One cell for each node, with the share of the memory that its CPUs are of all, in whole GiB where
 * that goes. Cells with as many CPUs each are also sockets. */
static bool fill_cells(struct deciding *deciding)
{
	struct definition *made = deciding->made;
	const GArray *nodes = made->pinning.nodes;
	uint64_t unit = cell_unit(deciding), given = 0, seen = 0;
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
		seen += vcpus->len;
		uint64_t until = made->memory * seen / MAX(made->vcpus, 1) / unit * unit;
		cell->memory = (last ? made->memory : until) - given;
		given += cell->memory;
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
	bool known = false;

	for (unsigned i = 0; i < memory->n_pools; i++) {
		if (memory->pools[i].node != node)
			continue;
		if (memory->pools[i].size == size)
			return memory->pools[i].total;
		known = true;
	}
	return known ? 0 : -1; /* a size that is not listed is none that the kernel has */
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
		if (!divides(made, made->page_size)) {
			decide_fail(error, "the guest's memory is not a multiple of its pages (%s)",
				    page_sizes[i].name);
			error_hint(error, "ask for --memory %" PRIu64 "M",
				   (made->memory / made->page_size + 1) * made->page_size / MIB);
			return false;
		}
		if (has_pages(deciding, made->page_size) == TRI_NO)
			decide_note(deciding, "hugepages-missing",
				    "the host has not enough pages of %s: the guest does not start "
				    "before it has",
				    page_sizes[i].name);
	}
	return true;
}
