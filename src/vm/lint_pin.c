/* Rules about pinning: which of the host's CPUs the guest's run on. */
#include "base/int_list.h"
#include "model/pinning.h"
#include "vm/lint_parts.h"

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
		if (!topology_cpu(topology, cpu) && !int_list_has(none, cpu))
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
				int_list_has(all, topology->cpus[j].os);
		if (other && !int_list_has(all, cpu->os))
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
			 "the guest shares cores with the host: CPUs %s are their other threads",
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
		left += !int_list_has(all, topology->cpus[i].os);
	bool first = int_list_has(all, topology->cpus[0].os);
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

static bool is_pinned(const struct guest *guest, int vcpu)
{
	for (guint i = 0; i < guest->pins->len; i++)
		if (g_array_index(guest->pins, struct guest_pin, i).vcpu == vcpu)
			return true;
	return false;
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

/* Pins of some CPUs only leave the others to run anywhere, also where the pinned ones do. */
void lint_pin_incomplete(struct lint *lint)
{
	const struct guest *guest = lint->guest;
	unsigned n = guest->vcpus_now ? MIN(guest->vcpus_now, guest->vcpus) : guest->vcpus;
	g_autoptr(GArray) without = g_array_new(FALSE, FALSE, sizeof(int));

	if (guest->pins->len == 0 || n == 0)
		return;
	lint_ask(lint);
	for (int i = 0; i < (int)n; i++)
		if (!guest->vcpus_placed && !is_pinned(guest, i))
			g_array_append_val(without, i);
	if (without->len == 0)
		return;
	g_autofree char *list = cpu_list_format(without);
	struct finding *finding = lint_add(lint, FINDING_WARN, NULL,
					   "of %u CPUs of the guest, %s %s not pinned, others are",
					   n, list, without->len > 1 ? "are" : "is");
	finding_cause(finding, "those run anywhere, also on the CPUs of the pinned ones");
	fix_pinning(lint, finding);
}

/* Two CPUs of the guest on one of the host, and nowhere else. */
void lint_pin_shared(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	if (guest->pins->len < 2)
		return;
	lint_ask(lint);
	for (int i = 0; i < (int)guest->vcpus; i++) {
		int cpu = pin_of(guest, i), other = i + 1;
		while (other < (int)guest->vcpus && (cpu < 0 || pin_of(guest, other) != cpu))
			other++;
		if (other >= (int)guest->vcpus)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, NULL,
				 "CPUs %d and %d of the guest are both pinned to CPU %d", i, other,
				 cpu);
		finding_cause(finding, "one of them always waits for the other");
		fix_pinning(lint, finding);
	}
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
		if (!int_list_has(all, cpu))
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

/* libvirt: virDomainVcpuPinDefParseXML() leaves them out. */
void lint_pin_vcpus(struct lint *lint)
{
	const struct guest *guest = lint->guest;

	for (guint i = 0; i < guest->pins->len && guest->vcpus > 0; i++) {
		const struct guest_pin *pin = &g_array_index(guest->pins, struct guest_pin, i);
		lint_ask(lint);
		if (pin->vcpu < 0 || (unsigned)pin->vcpu < guest->vcpus)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_WARN, NULL,
				 "vCPU %d is pinned, but the guest has %u, counted from 0",
				 pin->vcpu, guest->vcpus);
		fix_pinning(lint, finding);
	}
}

/* libvirt: virDomainIOThreadPinDefParseXML(), "Cannot find 'iothread'". */
void lint_pin_iothreads(struct lint *lint)
{
	const GArray *helpers = lint->guest->helpers;

	for (guint i = 0; i < helpers->len; i++) {
		const struct guest_pin *pin = &g_array_index(helpers, struct guest_pin, i);
		if (pin->iothread < 0)
			continue;
		lint_ask(lint);
		if (pin->iothread > 0 && (unsigned)pin->iothread <= lint->guest->iothreads)
			continue;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, NULL,
				 "there is no I/O thread %d to pin: the guest has %u",
				 pin->iothread, lint->guest->iothreads);
		finding_fix(finding, "# in <cputune>: remove its <iothreadpin>");
	}
}
