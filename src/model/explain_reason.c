/* Why the members of a group are together: each of them but the first joined the group of another
 * one, for a reason that the prediction keeps. Members with the same reason share a sentence.
 */
#include "model/explain_parts.h"

#include <string.h>

enum { MAX_SENTENCES = 12 };

/* What is behind the same port that is not isolated is there for one reason, however deep. */
static bool same_reason(const struct prediction_fn *a, const struct prediction_fn *b)
{
	if (a->join != b->join)
		return false;
	if (a->join == JOIN_PATH && a->via >= 0)
		return a->via == b->via;
	return a->joined == b->joined;
}

static void reason_bus(const struct explain *explain, const struct prediction_fn *fn,
		       const char *who, bool many, GPtrArray *list)
{
	g_autofree char *bridge = explain_name(explain->host, fn->joined);

	explain_add(list,
		    "%s lie%s behind %s: on the bus above, all that is behind it uses one address, "
		    "so the IOMMU cannot tell them apart.",
		    who, many ? "" : "s", bridge);
}

static void reason_path(const struct explain *explain, const struct prediction_fn *fn,
			const char *who, bool many, GPtrArray *list)
{
	int port = fn->via < 0 ? fn->joined : fn->via;
	g_autofree char *name = explain_name(explain->host, port);
	g_autofree char *clause = explain_clause(explain, port);

	explain_add(list,
		    "%s lie%s behind %s, which %s, so the kernel cannot rule out peer-to-peer "
		    "traffic below it.",
		    who, many ? "" : "s", name, clause);
}

/* who: with the one that was there first. */
static void reason_sibling(const struct explain *explain, const struct prediction_fn *fn,
			   const char *who, int one, GPtrArray *list)
{
	g_autofree char *own = explain_clause(explain, one);
	g_autofree char *other = explain_clause(explain, fn->joined);
	struct explain_address joined = explain_address(explain->host, fn->joined);

	if (g_str_equal(own, other))
		explain_add(list,
			    "%s are functions of one slot that may reach each other inside the "
			    "device: each %s.",
			    who, own);
	else
		explain_add(list,
			    "%s are functions of one slot that may reach each other inside the "
			    "device: %s %s, %s %s.",
			    who, joined.text, other, explain_address(explain->host, one).text, own);
}

static const char *alias_function(const struct prediction *prediction, int a, int b)
{
	const struct alias_quirk *quirk =
		prediction->fns[a].quirk ? prediction->fns[a].quirk : prediction->fns[b].quirk;

	return quirk ? quirk->function : "DMA alias";
}

/* who: the members that fn stands for; one: the first of them. */
static void add_reason(const struct explain *explain, const char *who, int one, bool many,
		       GPtrArray *list)
{
	const struct prediction_fn *fn = &explain->prediction->fns[one];

	switch (fn->join) {
	case JOIN_NONE:
		break;
	case JOIN_DMA:
		explain_add(list, "%s %s behind Intel VMD and do%s DMA under the address of %s.",
			    who, many ? "are" : "is", many ? "" : "es",
			    explain_address(explain->host, fn->joined).text);
		break;
	case JOIN_BUS:
		reason_bus(explain, fn, who, many, list);
		break;
	case JOIN_PATH:
		reason_path(explain, fn, who, many, list);
		break;
	case JOIN_ALIAS:
		explain_add(list,
			    "%s and %s use each other's address for DMA: the kernel's quirk %s.",
			    who, explain_address(explain->host, fn->joined).text,
			    alias_function(explain->prediction, one, fn->joined));
		break;
	case JOIN_SIBLING:
		reason_sibling(explain, fn, who, one, list);
		break;
	}
}

/* ---- alone ---- */

static char *alone_in_slot(const struct explain *explain, const struct prediction_fn *fn)
{
	if (fn->multifunction != TRI_YES || fn->isolation.isolated == TRI_UNKNOWN)
		return g_strdup("no other function of its slot can reach it");
	if (fn->isolation.isolated == TRI_NO)
		return g_strdup("all other functions of its slot are isolated");
	g_autofree char *clause = explain_clause(explain, explain->index);
	return g_strconcat("it ", clause, NULL);
}

static void reason_alone(const struct explain *explain, GPtrArray *list)
{
	const struct prediction_fn *fn = &explain->prediction->fns[explain->index];
	g_autofree char *slot = alone_in_slot(explain, fn);

	explain_add(list, "%s is alone in its group: %s, and %s.",
		    explain_address(explain->host, explain->index).text,
		    fn->up >= 0 ? "every port above it is isolated" : "it sits on a root bus",
		    slot);
}

/* ---- known ---- */

/* A sentence for all members from `from` on with the reason of that one. */
static void reason_alike(const struct explain *explain, const int *members, unsigned n,
			 unsigned from, bool *done, GPtrArray *list)
{
	const struct prediction_fn *fns = explain->prediction->fns;
	const struct prediction_fn *fn = &fns[members[from]];
	int *same = g_new(int, n + 1);
	unsigned n_same = 0;

	if (fn->join == JOIN_SIBLING)
		same[n_same++] = fn->joined;
	for (unsigned i = 0; i < n; i++) {
		if (done[i] || !same_reason(fn, &fns[members[i]]))
			continue;
		done[i] = true;
		same[n_same++] = members[i];
	}
	g_autofree char *who = explain_list(explain->host, same, n_same);
	add_reason(explain, who, members[from], n_same > 1, list);
	g_free(same);
}

/* That of the function itself comes first. */
static void reason_members(const struct explain *explain, const int *members, unsigned n,
			   GPtrArray *list)
{
	const struct prediction_fn *fns = explain->prediction->fns;
	bool *done = g_new0(bool, n + 1);

	for (unsigned i = 0; i < n; i++)
		done[i] = fns[members[i]].join == JOIN_NONE;
	for (unsigned i = 0; i < n; i++)
		if (members[i] == explain->index && !done[i])
			reason_alike(explain, members, n, i, done, list);
	for (unsigned i = 0; i < n && list->len < MAX_SENTENCES; i++)
		if (!done[i])
			reason_alike(explain, members, n, i, done, list);
	g_free(done);
}

/* ---- not known ---- */

static bool add_unknown(const struct explain *explain, int index, GPtrArray *list)
{
	if (explain->prediction->fns[index].isolation.isolated != TRI_UNKNOWN)
		return false;
	g_autofree char *name = explain_name(explain->host, index);
	g_autofree char *clause = explain_clause(explain, index);
	explain_add(list, "It depends on %s, which %s.", name, clause);
	return true;
}

/* Other functions of the slot, and the function itself, where there are several. */
static bool add_unknown_slot(const struct explain *explain, GPtrArray *list)
{
	const struct pci_dev *pci = explain->host->pci;
	int first = explain->index;

	if (explain->prediction->fns[explain->index].multifunction == TRI_NO)
		return false;
	while (first > 0 && pci_addr_same_slot(pci[first - 1].addr, pci[explain->index].addr))
		first--;
	for (int i = first; i < (int)explain->host->n_pci &&
			    pci_addr_same_slot(pci[i].addr, pci[explain->index].addr);
	     i++)
		if (add_unknown(explain, i, list))
			return true;
	return false;
}

static void reason_unknown(const struct explain *explain, GPtrArray *list)
{
	const struct prediction_fn *fns = explain->prediction->fns;
	const struct prediction_fn *fn = &fns[explain->index];
	struct explain_address own = explain_address(explain->host, explain->index);
	bool found = false;

	if (explain->members)
		explain_add(list,
			    "Why the kernel made this group cannot be told by what is known.");
	else
		explain_add(list, "Which group %s would be in cannot be told by what is known.",
			    own.text);
	if (fn->covered == TRI_UNKNOWN)
		explain_add(list, "Whether the IOMMU covers %s is not recorded.", own.text);
	if (fn->dma == PREDICTION_DMA_UNKNOWN)
		explain_add(list, "Which Intel VMD function %s is behind is not known.", own.text);
	if (fn->place == PLACE_GAP)
		explain_add(list, "The bridge above %s is not in the listing.", own.text);
	for (int up = fn->up; up >= 0 && !found; up = fns[up].up) {
		if (fns[up].place == PLACE_GAP)
			explain_add(list, "The bridge above %s is not in the listing.",
				    explain_address(explain->host, up).text);
		found = add_unknown(explain, up, list);
	}
	if (!found && !add_unknown_slot(explain, list))
		add_unknown(explain, explain->index, list);
}

/* ---- other than predicted ---- */

static const struct prediction_difference *find_difference(const struct explain *explain)
{
	const struct prediction *prediction = explain->prediction;

	for (unsigned i = 0; i < prediction->n_differences; i++)
		if (prediction->differences[i].pci == explain->index)
			return &prediction->differences[i];
	return NULL;
}

static void reason_difference(const struct explain *explain,
			      const struct prediction_difference *difference, GPtrArray *list)
{
	const struct prediction *prediction = explain->prediction;
	unsigned start = prediction->starts[difference->predicted];
	unsigned n = prediction->starts[difference->predicted + 1] - start;
	const struct iommu_group *group = &explain->host->groups[difference->group];
	g_autofree char *predicted = explain_list(explain->host, &prediction->members[start], n);
	g_autofree char *real = explain_list(explain->host, group->members, group->n_members);

	explain_add(list,
		    "The kernel's group %d holds %s; by the rules and facts known here it would "
		    "hold %s. The kernel is right: %s.",
		    group->id, real, predicted,
		    group->n_members < n
			    ? "it splits what these rules keep together, as the ACS override patch "
			      "does, or a quirk of a newer kernel"
			    : "an older kernel without one of the quirks, an alias in a firmware "
			      "table, or a change since boot can be the cause");
}

/* In no group: the IOMMU does not cover it. Of Intel's own GPU that can be the kernel's choice
 * (CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF, drivers/iommu/intel/Kconfig). */
static void reason_uncovered(const struct explain *explain, GPtrArray *list)
{
	const struct pci_dev *dev = &explain->host->pci[explain->index];
	const struct kernel *kernel = &explain->host->platform.kernel;

	explain_add(list,
		    "The IOMMU does not cover %s: it is in no group, and cannot be given to a "
		    "guest.",
		    explain_address(explain->host, explain->index).text);
	if (pci_dev_is_kind(dev, KIND_GPU) && dev->vendor == 0x8086 &&
	    kernel->intel_default_igpu_off == 'y' &&
	    !(kernel->cmdline && strstr(kernel->cmdline, "intel_iommu=on")))
		explain_add(list, "This kernel leaves Intel's integrated GPU out, unless it is "
				  "booted with intel_iommu=on.");
}

void explain_reasons(const struct explain *explain, GPtrArray *list)
{
	const struct prediction *prediction = explain->prediction;
	const struct prediction_fn *fn = &prediction->fns[explain->index];
	const struct prediction_difference *difference = find_difference(explain);

	if (fn->group == PREDICTION_NONE) {
		reason_uncovered(explain, list);
		return;
	}
	if (fn->group == PREDICTION_UNKNOWN) {
		reason_unknown(explain, list);
		return;
	}
	if (difference)
		reason_difference(explain, difference, list);
	unsigned start = prediction->starts[fn->group];
	unsigned n = prediction->starts[fn->group + 1] - start;
	if (n == 1)
		reason_alone(explain, list);
	else
		reason_members(explain, &prediction->members[start], n, list);
}
