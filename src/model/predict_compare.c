/* The prediction beside the kernel's groups, and what has to be said of it. */
#include "model/predict_parts.h"

#include <string.h>

/* ---- comparison ---- */

/* The kernel's group of a function: its index; -1: known to be in none; -2: not known. */
static int kernel_group(const struct host *host, int index)
{
	const struct pci_dev *dev = &host->pci[index];

	if (dev->group >= 0)
		return dev->group;
	return dev->group_known ? -1 : -2;
}

/* Is a predicted group the same set as the kernel's one of its members? Members of which the
 * kernel's group is not known are left out. */
static bool is_same_set(const struct host *host, const int *members, unsigned n)
{
	int group = -2;
	unsigned counted = 0;

	for (unsigned i = 0; i < n; i++) {
		int own = kernel_group(host, members[i]);
		if (own == -2)
			continue;
		if (group != -2 && own != group)
			return false;
		group = own;
		counted++;
	}
	return group < 0 || host->groups[group].n_members == counted;
}

static void add_differences(const struct host *host, struct prediction *prediction, unsigned group)
{
	for (unsigned i = prediction->starts[group]; i < prediction->starts[group + 1]; i++) {
		int index = prediction->members[i];
		if (kernel_group(host, index) < 0)
			continue;
		prediction->differences[prediction->n_differences++] =
			(struct prediction_difference){
				.pci = index,
				.predicted = (int)group,
				.group = host->pci[index].group,
			};
	}
}

/* Does the kernel split what the rules keep together, and nothing else? */
static bool only_splits(const struct host *host, const struct prediction *prediction)
{
	for (unsigned i = 0; i < prediction->n_differences; i++) {
		const struct prediction_difference *difference = &prediction->differences[i];
		const struct iommu_group *group = &host->groups[difference->group];
		for (unsigned k = 0; k < group->n_members; k++)
			if (prediction->fns[group->members[k]].group != difference->predicted)
				return false;
	}
	return prediction->n_differences > 0;
}

static int compare_differences(const void *a, const void *b)
{
	const struct prediction_difference *left = a, *right = b;

	return left->pci - right->pci;
}

static bool all_comparable(const struct host *host, const struct prediction *prediction)
{
	for (unsigned i = 0; i < prediction->n_fns; i++) {
		if (prediction->fns[i].group == PREDICTION_UNKNOWN)
			return false;
		if (prediction->fns[i].group >= 0 && kernel_group(host, (int)i) == -2)
			return false;
	}
	return true;
}

void predict_compare(const struct host *host, struct prediction *prediction)
{
	if (!prediction->host.iommu_on)
		return;
	prediction->differences = g_new(struct prediction_difference, host->n_pci + 1);
	for (unsigned i = 0; i < prediction->n_groups; i++)
		if (!is_same_set(host, &prediction->members[prediction->starts[i]],
				 prediction->starts[i + 1] - prediction->starts[i]))
			add_differences(host, prediction, i);
	qsort(prediction->differences, prediction->n_differences, sizeof(*prediction->differences),
	      compare_differences);
	prediction->overridden = only_splits(host, prediction);
	if (prediction->n_differences > 0)
		prediction->equal = TRI_NO;
	else if (all_comparable(host, prediction))
		prediction->equal = TRI_YES;
}

/* ---- notes ---- */

static void note(struct prediction *prediction, char *sentence)
{
	g_ptr_array_add(prediction->notes, sentence);
}

static char *short_address(const struct host *host, unsigned index)
{
	char buf[PCI_ADDR_SIZE];

	pci_addr_format(host->pci[index].addr, buf);
	return g_strdup(host->pci[index].addr.domain == 0 ? buf + 5 : buf);
}

/* "00:01.0, 00:1c.0 and 3 more" of the functions that pick chooses; NULL: none. */
static char *list_functions(const struct host *host, const struct prediction *prediction,
			    bool (*pick)(const struct prediction_fn *fn))
{
	enum { SHOWN = 4 };
	GString *text = g_string_new(NULL);
	unsigned n = 0;

	for (unsigned i = 0; i < prediction->n_fns; i++) {
		if (!pick(&prediction->fns[i]) || n++ >= SHOWN)
			continue;
		g_autofree char *address = short_address(host, i);
		g_string_append_printf(text, "%s%s", n > 1 ? ", " : "", address);
	}
	if (n > SHOWN)
		g_string_append_printf(text, " and %u more", n - SHOWN);
	return g_string_free(text, n == 0);
}

static bool is_assumed(const struct prediction_fn *fn)
{
	return fn->isolation.assumed && fn->isolation.why == WHY_ACS && fn->isolation.missing;
}

static bool is_chipset(const struct prediction_fn *fn)
{
	return fn->isolation.why == WHY_CHIPSET;
}

static bool is_unread(const struct prediction_fn *fn)
{
	return fn->group == PREDICTION_UNKNOWN &&
	       (fn->isolation.why == WHY_CAPS_UNREAD || fn->isolation.why == WHY_EXTENDED_UNREAD) &&
	       fn->isolation.isolated == TRI_UNKNOWN;
}

static bool is_bitless(const struct prediction_fn *fn)
{
	return fn->isolation.why == WHY_BITS_UNREAD;
}

static bool is_below_gap(const struct prediction_fn *fn)
{
	return fn->place == PLACE_GAP && fn->group == PREDICTION_UNKNOWN;
}

static bool is_uncovered(const struct prediction_fn *fn)
{
	return fn->group == PREDICTION_NONE;
}

static bool is_maybe_covered(const struct prediction_fn *fn)
{
	return fn->covered == TRI_UNKNOWN && fn->group == PREDICTION_UNKNOWN;
}

static bool is_homeless(const struct prediction_fn *fn)
{
	return fn->dma == PREDICTION_DMA_UNKNOWN;
}

/* A sentence with %s for the functions that it is about. */
static const struct {
	bool (*pick)(const struct prediction_fn *fn);
	const char *format;
} notes[] = {
	{ is_assumed,
	  "The IOMMU is off, so the ACS settings read are the firmware's. The kernel switches on "
	  "what a port implements as soon as it uses the IOMMU; taken for granted at %s." },
	{ is_chipset,
	  "Isolated by a chipset register that the kernel sets (that it can is taken for "
	  "granted): %s." },
	{ is_unread,
	  "Not all capabilities were read (everybody but root is shown the first 64 bytes "
	  "of config space only): %s." },
	{ is_bitless, "ACS bits are not in the text (lspci -vv as root prints them): %s." },
	{ is_below_gap, "The bridge above is not in the listing: %s." },
	{ is_homeless, "Behind an Intel VMD function that is not known: %s." },
	{ is_uncovered, "In no group, because the IOMMU does not cover them: %s." },
	{ is_maybe_covered, "Whether the IOMMU covers them is not recorded: %s." },
};

void predict_note(const struct host *host, struct prediction *prediction)
{
	const char *cmdline = host->platform.kernel.cmdline;
	const char *sentence;
	unsigned index = 0;

	prediction->notes = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(notes); i++) {
		g_autofree char *list = list_functions(host, prediction, notes[i].pick);
		if (!list)
			continue;
		g_auto(GStrv) halves = g_strsplit(notes[i].format, "%s", 2);
		note(prediction, g_strconcat(halves[0], list, halves[1], NULL));
	}
	if (prediction->overridden)
		note(prediction,
		     g_strdup("The kernel's groups are smaller than its own rules allow: that is "
			      "what the ACS override patch does, which some kernels carry."));
	while ((sentence = isolation_next_parameter(host, &index)))
		note(prediction, g_strdup(sentence));
	if (cmdline && strstr(cmdline, "igfx_off"))
		note(prediction, g_strdup("The command line has intel_iommu=igfx_off: integrated "
					  "graphics are in no group."));
}
