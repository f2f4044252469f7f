/* Puts an explanation together: the way to the root, reasons, remedies, notes. */
#include "model/explain_parts.h"

#include <string.h>

/* The kernel's group, else the predicted one. */
static void find_members(struct explain *explain)
{
	const struct prediction *prediction = explain->prediction;
	int kernel = explain->host->pci[explain->index].group;
	int predicted = prediction->fns[explain->index].group;

	if (kernel >= 0 && prediction->host.iommu_on) {
		explain->members = explain->host->groups[kernel].members;
		explain->n_members = explain->host->groups[kernel].n_members;
	} else if (predicted >= 0) {
		explain->members = &prediction->members[prediction->starts[predicted]];
		explain->n_members =
			prediction->starts[predicted + 1] - prediction->starts[predicted];
	}
}

static void add_steps(const struct explain *explain, struct explanation *ret)
{
	const struct prediction_fn *fns = explain->prediction->fns;

	for (int up = fns[explain->index].up; up >= 0; up = fns[up].up)
		ret->n_steps++;
	ret->steps = g_new0(struct explain_step, ret->n_steps + 1);
	ret->n_steps = 0;
	for (int up = fns[explain->index].up; up >= 0; up = fns[up].up)
		ret->steps[ret->n_steps++] = (struct explain_step){
			.pci = up,
			.isolated = fns[up].isolation.isolated,
			.text = explain_step_text(explain, up),
		};
}

static bool path_is(const struct explain *explain, bool (*test)(const struct isolation *isolation))
{
	const struct prediction_fn *fns = explain->prediction->fns;

	for (int index = explain->index; index >= 0; index = fns[index].up)
		if (test(&fns[index].isolation))
			return true;
	return false;
}

static bool is_assumed(const struct isolation *isolation)
{
	return isolation->why == WHY_ACS && isolation->assumed && isolation->missing;
}

static bool is_chipset(const struct isolation *isolation)
{
	return isolation->why == WHY_CHIPSET;
}

static void add_notes(const struct explain *explain, GPtrArray *list)
{
	const char *sentence;
	unsigned index = 0;

	if (!explain->prediction->host.iommu_on)
		explain_add(list, "There are no groups to compare with: this is a prediction for "
				  "when the IOMMU is on.");
	if (path_is(explain, is_assumed))
		explain_add(list, "The ACS bits read are the firmware's. That the kernel will "
				  "switch on what is implemented is taken for granted.");
	if (path_is(explain, is_chipset))
		explain_add(list, "That the kernel could set the chipset's register is taken for "
				  "granted.");
	while ((sentence = isolation_next_parameter(explain->host, &index)))
		explain_add(list, "%s", sentence);
}

static char **take_list(GPtrArray *list, unsigned *n)
{
	*n = list->len;
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

void explain_group(const struct host *host, const struct prediction *prediction, int index,
		   struct explanation *ret)
{
	struct explain explain = { .host = host, .prediction = prediction, .index = index };
	GPtrArray *reasons = g_ptr_array_new();
	GPtrArray *remedies = g_ptr_array_new();
	GPtrArray *notes = g_ptr_array_new();

	*ret = (struct explanation){ 0 };
	find_members(&explain);
	add_steps(&explain, ret);
	explain_reasons(&explain, reasons);
	if (explain.members)
		explain_remedies(&explain, remedies);
	add_notes(&explain, notes);
	ret->reasons = take_list(reasons, &ret->n_reasons);
	ret->remedies = take_list(remedies, &ret->n_remedies);
	ret->notes = take_list(notes, &ret->n_notes);
}

void explanation_clear(struct explanation *explanation)
{
	for (unsigned i = 0; i < explanation->n_steps; i++)
		g_free(explanation->steps[i].text);
	g_free(explanation->steps);
	g_strfreev(explanation->reasons);
	g_strfreev(explanation->remedies);
	g_strfreev(explanation->notes);
	memset(explanation, 0, sizeof(*explanation));
}
