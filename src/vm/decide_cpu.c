/* Decisions about CPUs: how many, and which. */
#include "model/locality.h"
#include "model/topology.h"
#include "vm/decide.h"
#include "vm/pinning.h"

#define MAX_VCPUS 255 /* more need a virtual IOMMU, for the sake of interrupts */

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
