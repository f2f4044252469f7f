/* vfiokit probe: opens functions through VFIO as a virtual machine monitor does, and prints what it
 * met, step by step as it happens: a step may take long, or never come back. */
#include <linux/vfio.h>

#include "base/root.h"
#include "cmd/command.h"
#include "probe/probe.h"
#include "vfio/probe_steps.h"
#include "view/device.h"

#define PROBE_PARTS (PROBE_DETAIL | PROBE_REGIONS | PROBE_USAGE | PROBE_HOLDERS)

struct probe_command_options {
	bool reset;
};

static const struct option_row probe_option_rows[] = {
	{ .name = "reset",
	  .kind = OPTION_FLAG,
	  .help = "also reset the functions that can be reset alone, and see what comes back",
	  .offset = offsetof(struct probe_command_options, reset) },
	{ 0 },
};

/* ---- JSON ---- */

static void json_result(struct json *json, const struct probe_result *result)
{
	json_object(json, NULL);
	json_text(json, "id", result->id);
	json_text(json, "verdict", probe_verdict_name(result->verdict));
	json_text(json, "what", result->what);
	json_text(json, "meaning", result->meaning);
	json_object_end(json);
}

static void json_region(struct json *json, const struct vfio_region *region)
{
	char name[16];

	json_object(json, NULL);
	json_text(json, "name", vfio_region_name(region->index, name));
	json_uint(json, "size", region->size);
	json_bool(json, "readable", region->readable);
	json_bool(json, "writable", region->writable);
	json_bool(json, "mappable", region->mappable);
	json_object_end(json);
}

static void json_report(struct json *json, const struct host *host,
			const struct probe_report *report)
{
	char address[PCI_ADDR_SIZE];

	json_object(json, NULL);
	json_text(json, "address", pci_addr_format(host->pci[report->index].addr, address));
	json_array(json, "steps");
	for (int i = 0; i < PROBE_N_STEPS; i++)
		json_result(json, &report->results[i]);
	json_array_end(json);
	json_array(json, "regions");
	for (unsigned i = 0; i < report->n_regions; i++)
		json_region(json, &report->regions[i]);
	json_array_end(json);
	json_object_end(json);
}

/* ---- for people ---- */

static const struct {
	const char *word;
	enum role role;
} verdict_looks[] = {
	[PROBE_PASS] = { "pass", ROLE_GOOD },   [PROBE_WARN] = { "warn", ROLE_WARN },
	[PROBE_FAIL] = { "FAIL", ROLE_BAD },    [PROBE_UNKNOWN] = { "unknown", ROLE_WARN },
	[PROBE_SKIPPED] = { "skip", ROLE_DIM },
};

#define WORD_WIDTH  8
#define TITLE_WIDTH 16

/* What failed is explained; what did not, and what was not tried, only when asked for. */
static void print_result(const struct probe_result *result, void *data)
{
	struct context *context = data;
	const struct term *term = &context->term;
	enum role role = verdict_looks[result->verdict].role;
	bool bad = result->verdict == PROBE_FAIL || result->verdict == PROBE_WARN;

	if (!context->verbose && (result->verdict == PROBE_SKIPPED || (context->quiet && !bad)))
		return;
	term_print(term, role, "  %-*s", WORD_WIDTH, verdict_looks[result->verdict].word);
	term_print(term, bad ? ROLE_STRONG : ROLE_PLAIN, "%-*s", TITLE_WIDTH, result->title);
	term_paragraph(term, result->verdict == PROBE_SKIPPED ? ROLE_DIM : ROLE_PLAIN,
		       2 + WORD_WIDTH + TITLE_WIDTH, 2 + WORD_WIDTH + TITLE_WIDTH,
		       2 + WORD_WIDTH + TITLE_WIDTH, result->what);
	if (result->meaning && (bad || context->verbose))
		term_paragraph(term, ROLE_PLAIN, 2 + WORD_WIDTH + TITLE_WIDTH, 0,
			       2 + WORD_WIDTH + TITLE_WIDTH, result->meaning);
	fflush(term->out);
}

static void print_heading(struct context *context, const struct host *host, int index)
{
	struct device_view view;
	char address[PCI_ADDR_SIZE];

	device_view_init(&view, host, context_names(context));
	g_autofree char *name = device_name(&view, &host->pci[index], DEVICE_MAKER);
	term_print(&context->term, ROLE_STRONG, "%s",
		   device_address(&view, host->pci[index].addr, address));
	fprintf(context->term.out, " %s\n", name);
}

static void print_skipped(struct context *context, const struct probe_report *report)
{
	int n = 0;

	for (int i = 0; i < PROBE_N_STEPS; i++)
		n += report->results[i].verdict == PROBE_SKIPPED;
	if (n > 0 && !context->verbose)
		term_print(&context->term, ROLE_DIM, "  %-*s%d %s (--verbose names them)\n",
			   WORD_WIDTH, "skip", n, n == 1 ? "step" : "steps");
}

static void print_conclusion(struct context *context, const struct probe_report *report)
{
	if (context->quiet)
		return;
	print_skipped(context, report);
	if (probe_report_failed(report))
		term_print(&context->term, ROLE_BAD,
			   "As it is, a guest could not use this function.\n");
	else
		term_print(&context->term, ROLE_GOOD, "Nothing here keeps a guest from it.\n");
}

/* ---- the command ---- */

static bool probe_all(struct context *context, const struct host *host, const GArray *found,
		      const struct probe_options *options)
{
	bool failed = false;
	struct json json;

	if (context->json) {
		context_json(context, &json, "vfiokit.probe/1");
		json_array(&json, "devices");
	}
	for (guint i = 0; i < found->len; i++) {
		int index = g_array_index(found, int, i);
		if (!context->json) {
			fputs(i > 0 ? "\n" : "", context->term.out);
			print_heading(context, host, index);
		}
		struct probe_report *report =
			probe_device(context->root, host, index, options,
				     context->json ? NULL : print_result, context);
		if (context->json)
			json_report(&json, host, report);
		else
			print_conclusion(context, report);
		failed |= probe_report_failed(report);
		probe_report_free(report);
	}
	if (context->json) {
		json_array_end(&json);
		json_object_end(&json);
		json_end(&json);
	}
	return failed;
}

/* The same function named twice is probed once. */
static bool find_all(struct context *context, const struct host *host, GArray *found,
		     GError **error)
{
	for (unsigned i = 0; i < context->n_arguments; i++)
		if (!context_find_devices(host, context->arguments[i], found, error))
			return false;
	for (guint i = 0; i < found->len; i++)
		for (guint j = found->len - 1; j > i; j--)
			if (g_array_index(found, int, i) == g_array_index(found, int, j))
				g_array_remove_index(found, j);
	return true;
}

static int run_probe(struct context *context, GError **error)
{
	const struct probe_command_options *values = context->options;
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));
	/* sudo keeps the limits of whoever called it: theirs are what their guests will have. */
	struct probe_options options = { .reset = values->reset,
					 .for_other_user = g_getenv("SUDO_USER") != NULL };

	if (context->n_arguments == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'probe' needs a DEVICE");
		error_hint(error, "'vfiokit check' lists them; then for example 'vfiokit probe "
				  "01:00.0'");
		return -1;
	}
	if (!context->root || !root_is_live(context->root)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "only devices of the running machine can be probed");
		error_hint(error, "leave '--root' and '--host' away");
		return -1;
	}
	const struct host *host = context_host(context, PROBE_PARTS, error);
	if (!host || !find_all(context, host, found, error))
		return -1;
	return probe_all(context, host, found, &options) ? STATUS_FOUND : STATUS_OK;
}

const struct command command_probe = {
	.name = "probe",
	.arguments = "DEVICE…",
	.summary = "open devices as a guest would, and say what would fail",
	.help = "Goes through VFIO as QEMU does when a guest starts: group, container, IOMMU, DMA, "
		"the function's regions, config space, interrupts, resets. Says of each step what "
		"was seen and, where something is wrong, what that means for a guest. Exit status "
		"1: a step failed.\n"
		"\n"
		"The functions must be on vfio-pci ('vfiokit bind'). Opening one lets the kernel "
		"wake it and, where it can be reset alone, reset it, as the start of a guest does; "
		"beyond that nothing is changed without --reset. --verbose explains every step.",
	.options = probe_option_rows,
	.options_size = sizeof(struct probe_command_options),
	.flags = COMMAND_NEEDS_ROOT,
	.run = run_probe,
};
