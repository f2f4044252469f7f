/* See interrupts_plan.h. */
#include "plan/interrupts_plan.h"

#include <string.h>

#include "base/int_list.h"
#include "base/text.h"
#include "model/locality.h"

/* ---- CPUs ---- */

static bool is_guests(const struct pinning *pinning, int cpu)
{
	return int_list_has(pinning->vcpus, cpu) || int_list_has(pinning->spare, cpu);
}

/* Those of a list that are not the guest's; where it has no other, those of the host. */
static char *keep_off(const struct pinning *pinning, const char *cpus)
{
	g_autoptr(GArray) now = cpu_list_parse(cpus);
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < now->len; i++) {
		int cpu = g_array_index(now, int, i);
		if (!is_guests(pinning, cpu))
			g_array_append_val(left, cpu);
	}
	return cpu_list_format(left->len > 0 ? left : pinning->host);
}

/* The guest's CPUs on that node; all of them where it has none there, or that is not known. */
static char *bring_near(const struct host *host, const struct pinning *pinning, int node)
{
	g_autoptr(GArray) near = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GArray) all = g_array_copy(pinning->vcpus);

	for (guint i = 0; node >= 0 && i < all->len; i++) {
		int os = g_array_index(all, int, i);
		const struct topo_cpu *cpu = topology_cpu(&host->platform.topology, os);
		if (cpu && cpu->node == node)
			g_array_append_val(near, os);
	}
	cpu_list_sort(near);
	cpu_list_sort(all);
	return cpu_list_format(near->len > 0 ? near : all);
}

/* ---- interrupts ---- */

static bool is_function_of_guest(const struct interrupts_request *request, int pci)
{
	for (unsigned i = 0; i < request->n_functions; i++)
		if (pci >= 0 && request->functions[i] == pci)
			return true;
	return false;
}

/* Where it should go; NULL: where it does. The caller's. */
static char *choose(const struct host *host, const struct interrupts_request *request,
		    const struct interrupt *interrupt)
{
	bool own = is_function_of_guest(request, interrupt->pci);

	if (own && !interrupt_is_vfio(interrupt))
		return NULL;
	int node = own ? host_node_of(host, &host->pci[interrupt->pci]) : -1;
	g_autofree char *wanted = own ? bring_near(host, request->pinning, node)
				      : keep_off(request->pinning, interrupt->cpus);
	if (!*wanted || strcmp(wanted, interrupt->cpus) == 0)
		return NULL;
	return g_steal_pointer(&wanted);
}

static void add_step(const struct interrupts_request *request, const struct interrupt *interrupt,
		     const char *wanted, struct plan *plan)
{
	bool own = is_function_of_guest(request, interrupt->pci);
	g_autofree char *path =
		g_strdup_printf("/proc/irq/%u/smp_affinity_list", interrupt->number);
	g_autofree char *why = g_strdup_printf("%s: %s", interrupt->names,
					       own ? "for the guest, so on its CPUs"
						   : "not for the guest, so off its CPUs");

	plan_add(plan, STEP_INTERRUPT, path, interrupt->cpus, wanted, why);
}

static void warn_kept(const GArray *kept, struct plan *plan)
{
	g_autofree char *list = cpu_list_format(kept);

	if (kept->len > 0)
		plan_warn(plan, "interrupts-kept",
			  "the kernel chooses the CPUs of these interrupts itself (one for each "
			  "queue of a device, mostly), so they stay: %s",
			  list);
}

static void warn_irqbalance(const struct pinning *pinning, struct plan *plan)
{
	g_autoptr(GArray) all = g_array_copy(pinning->vcpus);

	g_array_append_vals(all, pinning->spare->data, pinning->spare->len);
	cpu_list_sort(all);
	g_autofree char *list = cpu_list_format(all);
	plan_warn(plan, "irqbalance-runs",
		  "irqbalance runs, and moves interrupts again every few seconds: stop it, or put "
		  "IRQBALANCE_BANNED_CPULIST=%s into its configuration",
		  list);
}

void interrupts_plan(const struct host *host, const struct interrupts_request *request,
		     struct plan *plan)
{
	guint before = plan->steps->len;
	g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(int));

	if (!request->interrupts) {
		plan_warn(plan, "interrupts-unknown",
			  "where interrupts go is not known: the kernel shows none in /proc/irq");
		return;
	}
	for (guint i = 0; i < request->interrupts->list->len; i++) {
		const struct interrupt *interrupt =
			&g_array_index(request->interrupts->list, struct interrupt, i);
		g_autofree char *wanted = choose(host, request, interrupt);
		if (wanted && interrupt->fixed)
			g_array_append_val(kept, interrupt->number);
		else if (wanted)
			add_step(request, interrupt, wanted, plan);
	}
	warn_kept(kept, plan);
	if (request->interrupts->irqbalance && plan->steps->len > before)
		warn_irqbalance(request->pinning, plan);
}

/* ---- afterwards ---- */

static bool is_kept(const struct step *step)
{
	return step->kind == STEP_INTERRUPT && g_strcmp0(step->old, step->new_value) == 0;
}

void interrupts_note_kept(struct plan *plan)
{
	g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		const char *text = is_kept(step) ? text_after(step->path, "/proc/irq/") : NULL;
		int number = text ? (int)g_ascii_strtoll(text, NULL, 10) : -1;
		if (text)
			g_array_append_val(kept, number);
	}
	warn_kept(kept, plan);
}
