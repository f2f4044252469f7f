/* Rules about the guest's memory: all of it is pinned, since devices may write anywhere in it. */
#include <string.h>

#include "base/size.h"
#include "model/pinning.h"
#include "vm/lint_parts.h"

/* libvirt adds a balloon where none is told. */
void lint_balloon(struct lint *lint)
{
	if (!lint_has_hostdev(lint))
		return;
	lint_ask(lint);
	if (lint->guest->balloon == TRI_NO)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL, "%s",
			 lint->guest->balloon == TRI_YES
				 ? "the guest has a memory balloon"
				 : "libvirt adds a memory balloon, since none is told");
	finding_cause(finding,
		      "with a device of the host all memory is held, so a balloon can give "
		      "nothing back; it only costs");
	lint_fix(lint, finding, "# in <devices>: <memballoon model='none'/>",
		 "# remove -device virtio-balloon-pci");
}

void lint_current_memory(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (!lint_has_hostdev(lint) || guest->memory == 0 || guest->current == 0)
		return;
	lint_ask(lint);
	if (guest->current >= guest->memory)
		return;
	struct finding *finding = lint_add(
		lint, FINDING_WARN, NULL,
		"the guest starts with less memory (<currentMemory>) than it has (<memory>)");
	finding_cause(finding,
		      "the rest is held by the host all the same, and the guest cannot use "
		      "it");
	finding_fix(finding, "# <currentMemory> as <memory>");
}

void lint_memory(struct lint *lint)
{
	uint64_t total = lint->host ? lint->host->platform.memory.total : 0;

	if (total == 0 || lint->guest->memory == 0)
		return;
	lint_ask(lint);
	if (lint->guest->memory < total)
		return;
	lint_add(lint, FINDING_FAIL, NULL,
		 "the guest has %.1f GiB of memory, this machine only %.1f GiB",
		 (double)lint->guest->memory / (double)GIB, (double)total / (double)GIB);
}

/* libvirt: virDomainDefPostParseMemory(). */
void lint_cells(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (guest->cells == 0 || guest->memory == 0)
		return;
	lint_ask(lint);
	if (guest->cells == guest->memory)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL,
			 "its NUMA cells have %.1f GiB of memory, and that is what it gets; "
			 "<memory> says %.1f GiB",
			 (double)guest->cells / (double)GIB, (double)guest->memory / (double)GIB);
	finding_fix(finding, "# <memory> as the sum of the cells");
}

/* ---- huge pages ---- */

static const struct hugepages *find_pool(const struct memory *memory, uint64_t size)
{
	for (unsigned i = 0; i < memory->n_pools; i++)
		if (memory->pools[i].node < 0 && memory->pools[i].size == size)
			return &memory->pools[i];
	return NULL;
}

static const char *size_name(uint64_t size)
{
	return size == GIB ? "1 GiB" : size == GIB / 512 ? "2 MiB" : "that size";
}

static void fix_pool(struct finding *finding, uint64_t size, uint64_t pages)
{
	finding_fix(finding,
		    "echo %" G_GUINT64_FORMAT
		    " > /sys/kernel/mm/hugepages/hugepages-%" G_GUINT64_FORMAT "kB/nr_hugepages",
		    pages, size >> 10);
}

/* Without a size it is the kernel's default one, 2 MiB unless it was told otherwise. */
void lint_hugepages(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	const struct memory *memory = lint->host ? &lint->host->platform.memory : NULL;
	uint64_t size = guest->hugepage_size ? guest->hugepage_size : GIB / 512;
	const char *cmdline = lint->host ? lint->host->platform.kernel.cmdline : NULL;

	if (!guest->hugepages || guest->memory == 0)
		return;
	lint_ask(lint);
	if (guest->hugepage_size == 0 && cmdline && strstr(cmdline, "default_hugepagesz=1G"))
		size = GIB;
	if (!memory || memory->n_pools == 0) {
		lint_add(lint, FINDING_UNKNOWN, NULL,
			 "the host's huge pages are not known, so not either whether they suffice");
		return;
	}
	const struct hugepages *pool = find_pool(memory, size);
	uint64_t pages = (guest->memory + size - 1) / size;
	if (pool && pool->total < 0)
		return;
	if (pool && (uint64_t)pool->total >= pages)
		return;
	struct finding *finding = lint_add(lint, FINDING_FAIL, NULL,
					   "the guest needs %" G_GUINT64_FORMAT
					   " huge pages of %s, the host has %" G_GINT64_FORMAT,
					   pages, size_name(size), pool ? pool->total : (int64_t)0);
	if (guest->hugepage_size == 0)
		finding_cause(finding, "%s",
			      guest->form == GUEST_XML
				      ? "<hugepages/> without a <page size=…> means the kernel's "
					"default size, whatever other pools there are"
				      : "no size is told, so it is taken for the kernel's default "
					"one");
	fix_pool(finding, size, pages);
}

/* ---- the limit for held memory ---- */

void lint_memlock(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	uint64_t limit = guest->form == GUEST_XML ? guest->hard_limit : guest->memlock;

	if (!lint_has_hostdev(lint) || guest->memory == 0)
		return;
	if (limit == 0) {
		if (guest->form == GUEST_XML)
			return;
		lint_ask(lint);
		struct finding *finding = lint_add(
			lint, FINDING_UNKNOWN, NULL,
			"whether its user may lock %.1f GiB of memory is not known; root may",
			(double)(guest->memory + MEMLOCK_EXTRA) / (double)GIB);
		finding_fix(finding, "ulimit -l");
		return;
	}
	lint_ask(lint);
	if (limit >= guest->memory + MEMLOCK_EXTRA)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL,
			 "the guest may lock %.1f GiB of memory only, but has %.1f GiB and its "
			 "devices need 1 GiB more",
			 (double)limit / (double)GIB, (double)guest->memory / (double)GIB);
	finding_cause(finding, "a device of the host needs all of it locked: the guest does not "
			       "start, or is killed");
	lint_fix(lint, finding, "# in <memtune>: remove <hard_limit>",
		 "# ulimit -l with the memory and 1 GiB more, in KiB");
}

/* ---- nodes ---- */

void lint_nodeset(struct lint *lint)
{
	const struct topology *topology = lint->host ? &lint->host->platform.topology : NULL;

	if (!lint->guest->nodeset || !topology || topology->n_numa == 0)
		return;
	lint_ask(lint);
	g_autoptr(GArray) nodes = cpu_list_parse(lint->guest->nodeset);
	for (guint i = 0; i < nodes->len; i++) {
		int node = g_array_index(nodes, int, i);
		if (!topology_node(topology, node))
			lint_add(lint, FINDING_FAIL, NULL,
				 "its memory is to come from NUMA node %d, which this machine does "
				 "not have",
				 node);
	}
}

void lint_shmem(struct lint *lint)
{
	const struct guest_device *device;

	for (guint i = 0; (device = lint_next(lint, GUEST_SHMEM, &i));) {
		if (device->size == 0)
			continue;
		lint_ask(lint);
		if ((device->size & (device->size - 1)) == 0)
			continue;
		lint_add(lint, FINDING_FAIL, device->shown,
			 "the size of shared memory must be a power of two (%" G_GUINT64_FORMAT
			 " bytes are not)",
			 device->size);
	}
}
