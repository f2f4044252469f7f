/* See undo_plan.h. */
#include "plan/undo_plan.h"

#include "plan/refusal.h"

/* The step that takes a driver off the function; NULL: none does. */
static const struct step *find_unbind(const struct plan *plan, const struct pci_dev *dev)
{
	char address[PCI_ADDR_SIZE];

	pci_addr_format(dev->addr, address);
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		if (step->kind == STEP_UNBIND && g_strcmp0(step->address, address) == 0)
			return step;
	}
	return NULL;
}

GArray *undo_list_moving(const struct host *host, const struct plan *plan)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < host->n_pci; i++) {
		int pci = (int)i;
		if (find_unbind(plan, &host->pci[i]))
			g_array_append_val(list, pci);
	}
	return list;
}

static void judge(const struct host *host, const GArray *functions, enum refusal_when when,
		  struct plan *plan)
{
	const struct refusal_query query = {
		.when = when,
		.functions = (const int *)(const void *)functions->data,
		.n = functions->len,
	};

	if (functions->len > 0)
		refusal_judge(host, &query, plan);
}

void undo_judge(const struct host *host, struct plan *plan)
{
	g_autoptr(GArray) all = undo_list_moving(host, plan);
	g_autoptr(GArray) of_host = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GArray) of_guests = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < all->len; i++) {
		int pci = g_array_index(all, int, i);
		const struct step *step = find_unbind(plan, &host->pci[pci]);
		g_array_append_val(pci_driver_is_vfio(step->old) ? of_guests : of_host, pci);
	}
	judge(host, of_host, REFUSAL_UNDO, plan);
	judge(host, of_guests, REFUSAL_UNBIND, plan);
}
