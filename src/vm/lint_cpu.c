/* Rules about the guest's CPUs: what they are told to be, and which of the host's they run on. */
#include <string.h>

#include "model/pinning.h"
#include "vm/lint_parts.h"

/* ---- what they are told to be ---- */

void lint_cpu_model(struct lint *lint)
{
	static const char *const slow[] = { "qemu64", "qemu32", "kvm64", "kvm32", "max" };
	const char *cpu = lint->guest->cpu;
	bool bad = cpu == NULL;

	if (!lint_has_hostdev(lint) || guest_is_q35(lint->guest) == TRI_UNKNOWN)
		return;
	lint_ask(lint);
	for (size_t i = 0; cpu && i + 1 < G_N_ELEMENTS(slow); i++)
		bad |= strcmp(cpu, slow[i]) == 0;
	if (!bad)
		return;
	struct finding *finding = lint_add(lint, FINDING_WARN, NULL,
					   "the guest's CPU is %s, without the instructions of the "
					   "last fifteen years",
					   cpu ? cpu : "the default one");
	finding_fix(finding, "%s",
		    lint->guest->form == GUEST_XML ? "# <cpu mode='host-passthrough'/>"
						   : "# -cpu host");
}

static unsigned product(const struct guest *guest)
{
	const int parts[] = { guest->sockets, guest->dies, guest->clusters, guest->cores,
			      guest->threads };
	unsigned n = 1;

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		n *= parts[i] > 0 ? (unsigned)MIN(parts[i], 4096) : 1;
	return n;
}

/* QEMU works out what is not said; libvirt wants all of it. */
void lint_topology(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	bool whole = guest->sockets > 0 && guest->cores > 0 && guest->threads > 0;

	if (!whole || guest->vcpus == 0)
		return;
	lint_ask(lint);
	if (product(guest) == guest->vcpus)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL,
			 "%d sockets of %d cores with %d threads are %u CPUs, but "
			 "the guest has %u",
			 guest->sockets, guest->cores, guest->threads, product(guest),
			 guest->vcpus);
	finding_cause(finding, "libvirt and QEMU refuse such a guest");
}

static bool is_host_cpu(const struct guest *guest)
{
	return g_strcmp0(guest->cpu, "host-passthrough") == 0;
}

static const char *cpu_vendor(const struct lint *lint)
{
	return lint->host ? lint->host->platform.cpu.vendor : NULL;
}

void lint_topoext(struct lint *lint)
{
	if (!is_host_cpu(lint->guest) || lint->guest->threads < 2 ||
	    guest_is_q35(lint->guest) == TRI_UNKNOWN)
		return;
	lint_ask(lint);
	if (lint->guest->topoext == TRI_YES)
		return;
	if (!cpu_vendor(lint)) {
		lint_add(lint, FINDING_UNKNOWN, NULL,
			 "the host's CPU is not known: on AMD's, two threads on a core also need "
			 "the feature topoext");
		return;
	}
	if (strcmp(cpu_vendor(lint), "AuthenticAMD") != 0)
		return;
	struct finding *finding = lint_add(lint, FINDING_WARN, NULL,
					   "the guest's cores have %d threads, but not the feature "
					   "topoext",
					   lint->guest->threads);
	finding_cause(finding, "on AMD's CPUs a guest sees threads only with it; without, it takes "
			       "each for a core of its own");
	finding_fix(finding, "%s",
		    lint->guest->form == GUEST_XML
			    ? "# in <cpu>: <feature policy='require' name='topoext'/>"
			    : "# -cpu host,topoext=on");
}

void lint_topoext_intel(struct lint *lint)
{
	if (lint->guest->topoext != TRI_YES || !cpu_vendor(lint))
		return;
	lint_ask(lint);
	if (strcmp(cpu_vendor(lint), "GenuineIntel") != 0)
		return;
	struct finding *finding = lint_add(lint, FINDING_FAIL, NULL,
					   "the guest requires the feature topoext, which Intel's "
					   "CPUs do not have");
	finding_fix(finding, "# remove topoext");
}

/* ---- pinning ---- */

static GArray *all_of(const GArray *pins)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < pins->len; i++) {
		g_autoptr(GArray) cpus =
			cpu_list_parse(g_array_index(pins, struct guest_pin, i).cpus);
		g_array_append_vals(all, cpus->data, cpus->len);
	}
	return all;
}

/* Are vCPUs pinned, and is the host's topology known? Says when it is not. */
static const struct topology *pinned(struct lint *lint, const char *what)
{
	const struct topology *topology = lint->host ? &lint->host->platform.topology : NULL;

	if (lint->guest->pins->len == 0)
		return NULL;
	lint_ask(lint);
	if (topology && topology->n_cpus > 0)
		return topology;
	lint_add(lint, FINDING_UNKNOWN, NULL,
		 "the host's processors are not known, so not either whether %s", what);
	return NULL;
}

void lint_pin_cpus(struct lint *lint)
{
	const struct topology *topology = pinned(lint, "the guest's are pinned to such as exist");
	g_autoptr(GArray) all = all_of(lint->guest->pins);
	g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; topology && i < all->len; i++) {
		int cpu = g_array_index(all, int, i);
		if (!topology_cpu(topology, cpu) && !cpu_list_has(none, cpu))
			g_array_append_val(none, cpu);
	}
	if (none->len == 0)
		return;
	cpu_list_sort(none);
	g_autofree char *list = cpu_list_format(none);
	lint_add(lint, FINDING_FAIL, NULL,
		 "CPUs of the guest are pinned to %s, which this machine does not have (or not "
		 "online)",
		 list);
}

/* The threads of cores of which the guest has some, but not all. */
static GArray *half_cores(const struct topology *topology, const GArray *all)
{
	GArray *halves = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < topology->n_cpus; i++) {
		const struct topo_cpu *cpu = &topology->cpus[i];
		bool other = false;
		for (unsigned j = 0; j < topology->n_cpus && !other; j++)
			other = topology->cpus[j].core == cpu->core &&
				cpu_list_has(all, topology->cpus[j].os);
		if (other && !cpu_list_has(all, cpu->os))
			g_array_append_val(halves, cpu->os);
	}
	return halves;
}

static void fix_pinning(const struct lint *lint, struct finding *finding)
{
	finding_fix(finding, "vfiokit tune --cpus %u", MAX(lint->guest->vcpus, 1));
}

void lint_pin_splits(struct lint *lint)
{
	const struct topology *topology = pinned(lint, "cores are shared with the host");
	g_autoptr(GArray) all = all_of(lint->guest->pins);

	if (!topology)
		return;
	g_autoptr(GArray) halves = half_cores(topology, all);
	if (halves->len == 0)
		return;
	g_autofree char *list = cpu_list_format(halves);
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL,
			 "the guest shares cores with the host: CPU %s are their other threads",
			 list);
	finding_cause(finding, "two threads of one core slow each other, and what one does can be "
			       "spied on by the other");
	fix_pinning(lint, finding);
}

void lint_pin_host(struct lint *lint)
{
	const struct topology *topology = pinned(lint, "enough is left to the host");
	g_autoptr(GArray) all = all_of(lint->guest->pins);
	unsigned left = 0;

	if (!topology)
		return;
	for (unsigned i = 0; i < topology->n_cpus; i++)
		left += !cpu_list_has(all, topology->cpus[i].os);
	bool first = cpu_list_has(all, topology->cpus[0].os);
	if (left > 0 && !first)
		return;
	struct finding *finding =
		lint_add(lint, FINDING_WARN, NULL, "%s",
			 left == 0
				 ? "the guest is pinned to every CPU: the host has none of its own"
				 : "the guest is pinned to the first CPU, where the host's "
				   "interrupts and timers are");
	fix_pinning(lint, finding);
}

/* The single CPU of vCPU n; -1: several, or not pinned. */
static int pin_of(const struct guest *guest, int vcpu)
{
	for (guint i = 0; i < guest->pins->len; i++) {
		const struct guest_pin *pin = &g_array_index(guest->pins, struct guest_pin, i);
		g_autoptr(GArray) cpus = pin->vcpu == vcpu ? cpu_list_parse(pin->cpus) : NULL;
		if (cpus && cpus->len == 1)
			return g_array_index(cpus, int, 0);
	}
	return -1;
}

/* With two threads on a core, vCPUs 0 and 1 are told to be on one: they should be. */
void lint_pin_siblings(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	unsigned threads = guest->threads > 1 ? (unsigned)guest->threads : 1;
	const struct topology *topology =
		threads > 1 ? pinned(lint, "the guest's threads are on one core") : NULL;

	for (unsigned i = 0; topology && i + 1 < guest->vcpus; i++) {
		int a = pin_of(guest, (int)i), b = pin_of(guest, (int)i + 1);
		const struct topo_cpu *first = a >= 0 ? topology_cpu(topology, a) : NULL;
		const struct topo_cpu *second = b >= 0 ? topology_cpu(topology, b) : NULL;
		if ((i + 1) % threads == 0 || !first || !second || first->core == second->core)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, NULL,
				 "vCPUs %u and %u are told to be threads of one core, but run on "
				 "CPUs %d and %d, which are not",
				 i, i + 1, a, b);
		finding_cause(finding, "the guest's scheduler puts work on the wrong ones");
		fix_pinning(lint, finding);
		return;
	}
}

void lint_pin_emulator(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	g_autoptr(GArray) all = all_of(guest->pins);
	g_autoptr(GArray) helpers = all_of(guest->helpers);

	if (guest->pins->len == 0 || guest->helpers->len == 0)
		return;
	lint_ask(lint);
	for (guint i = 0; i < helpers->len; i++) {
		int cpu = g_array_index(helpers, int, i);
		if (!cpu_list_has(all, cpu))
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, NULL,
				 "emulator or I/O threads are pinned to CPU %d, on which a CPU of "
				 "the guest runs",
				 cpu);
		finding_cause(finding, "each time they work, that one stands still");
		fix_pinning(lint, finding);
		return;
	}
}

void lint_pin_node(struct lint *lint)
{
	const struct topology *topology = pinned(lint, "the guest is near its devices");
	const struct guest_device *device;
	g_autoptr(GArray) all = all_of(lint->guest->pins);
	char address[PCI_ADDR_SIZE];

	for (guint i = 0; topology && (device = lint_next(lint, GUEST_HOSTDEV, &i));) {
		const struct pci_dev *dev = lint_find(lint, device);
		bool near = false, known = false;
		for (guint j = 0; dev && dev->numa_node >= 0 && j < all->len; j++) {
			const struct topo_cpu *cpu =
				topology_cpu(topology, g_array_index(all, int, j));
			known |= cpu && cpu->node >= 0;
			near |= cpu && cpu->node == dev->numa_node;
		}
		if (!known || near)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, device->shown,
				 "the guest runs on another NUMA node than %s, "
				 "which is on node %d",
				 pci_addr_format(dev->addr, address), dev->numa_node);
		fix_pinning(lint, finding);
	}
}

void lint_too_many_cpus(struct lint *lint)
{
	const struct topology *topology = lint->host ? &lint->host->platform.topology : NULL;

	if (!topology || topology->n_cpus == 0 || lint->guest->vcpus == 0)
		return;
	lint_ask(lint);
	if (lint->guest->vcpus > topology->n_cpus)
		lint_add(lint, FINDING_WARN, NULL,
			 "the guest has %u CPUs, more than this machine, which has %u",
			 lint->guest->vcpus, topology->n_cpus);
}
