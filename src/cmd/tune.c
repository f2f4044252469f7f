/* vfiokit tune: which CPUs a guest gets, from the machine's real topology. */
#include <string.h>

#include "base/names.h"
#include "base/text.h"
#include "cmd/change.h"
#include "model/locality.h"
#include "probe/probe.h"
#include "view/machine.h"
#include "view/pinning.h"
#include "view/plan.h"
#include "vm/pinning.h"

#define MAX_VCPUS 65535

struct tune_options {
	struct change_options change;
	const char *cpus;
	const char *gpu;
	const char *host_cores;
	bool show;
};

static const struct option_row tune_option_rows[] = {
	{ .name = "cpus",
	  .letter = 'c',
	  .kind = OPTION_TEXT,
	  .argument = "N",
	  .help = "CPUs of the guest",
	  .offset = offsetof(struct tune_options, cpus) },
	{ .name = "gpu",
	  .letter = 'g',
	  .kind = OPTION_TEXT,
	  .argument = "DEVICE",
	  .help = "stay on the NUMA node of this device",
	  .offset = offsetof(struct tune_options, gpu) },
	{ .name = "host-cores",
	  .kind = OPTION_TEXT,
	  .argument = "N",
	  .help = "whole cores that the host keeps (default: 1)",
	  .offset = offsetof(struct tune_options, host_cores) },
	{ .name = "show",
	  .letter = 's',
	  .kind = OPTION_FLAG,
	  .help = "draw the machine, with who gets which CPUs",
	  .offset = offsetof(struct tune_options, show) },
	OPTION_DRY_RUN(struct tune_options),
	OPTION_ALLOW(struct tune_options),
	OPTION_YES(struct tune_options),
	{ 0 },
};

/* ---- what is asked for ---- */

static bool read_number(const char *option, const char *text, unsigned *ret, GError **error)
{
	uint32_t value;

	if (!text)
		return true;
	if (!text_to_u32(text, 10, MAX_VCPUS, &value) || value == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'--%s' takes a number from 1 to %d, not '%s'", option, MAX_VCPUS,
			    text);
		return false;
	}
	*ret = value;
	return true;
}

/* The device that --gpu names; of a slot its first function. *index is -1 without the option. */
static bool find_gpu(const struct host *host, const char *argument, int *index, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));

	*index = -1;
	if (!argument)
		return true;
	if (!context_find_devices(host, argument, found, error))
		return false;
	for (guint i = 1; i < found->len; i++) {
		const struct pci_dev *first = &host->pci[g_array_index(found, int, 0)];
		const struct pci_dev *other = &host->pci[g_array_index(found, int, i)];
		if (pci_addr_same_slot(first->addr, other->addr))
			continue;
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'%s' is more than one device: name the one that is meant by its "
			    "address",
			    argument);
		return false;
	}
	*index = g_array_index(found, int, 0);
	return true;
}

/* ---- showing ---- */

static void draw(struct context *context, const struct host *host, const struct pinning *pinning,
		 int gpu)
{
	g_autofree char *text = NULL;
	struct machine_note note = { .node = -1 };

	if (gpu >= 0) {
		const struct pci_dev *dev = &host->pci[gpu];
		char address[PCI_ADDR_SIZE];
		char name[NAMES_SIZE];
		text = g_strdup_printf("%s %s", pci_addr_format(dev->addr, address),
				       names_device(context_names(context), dev->vendor,
						    dev->device, name));
		note = (struct machine_note){ .node = host_node_of(host, dev), .text = text };
	}
	machine_print(&context->term, &host->platform.topology, pinning, &note, gpu >= 0);
}

static void print_json(struct context *context, const struct pinning *pinning,
		       const struct plan *plan)
{
	struct json json;

	context_json(context, &json, "vfiokit.plan/1");
	json_text(&json, "command", plan->command);
	plan_json(&json, plan);
	pinning_json(&json, pinning);
	json_object_end(&json);
	json_end(&json);
}

static void print_all(struct context *context, const struct host *host,
		      const struct pinning *pinning, int gpu)
{
	const struct tune_options *options = context->options;
	PLAN_AUTO struct plan *plan = plan_new("tune");

	if (context->json) {
		print_json(context, pinning, plan);
		return;
	}
	if (options->show)
		draw(context, host, pinning, gpu);
	if (options->show && pinning)
		fputc('\n', context->term.out);
	if (pinning)
		pinning_print(&context->term, pinning);
}

/* ---- the command ---- */

static int run_tune(struct context *context, GError **error)
{
	const struct tune_options *options = context->options;
	struct pinning_request request = { .node = -1 };
	struct pinning pinning = { 0 };
	int gpu;

	if (!options->cpus && !options->show) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'tune' needs --cpus N or --show");
		return -1;
	}
	if (!read_number("cpus", options->cpus, &request.n, error) ||
	    !read_number("host-cores", options->host_cores, &request.host_cores, error))
		return -1;
	const struct host *host =
		context_host(context, PROBE_TOPOLOGY | (options->gpu ? PROBE_DETAIL : 0), error);
	if (!host || !find_gpu(host, options->gpu, &gpu, error))
		return -1;
	if (gpu >= 0)
		request.node = host_node_of(host, &host->pci[gpu]);
	if (host->platform.topology.n_cpus == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "the processors of this machine are not known");
		return -1;
	}
	if (request.n > 0 && !pinning_make(&host->platform.topology, &request, &pinning, error))
		return -1;
	print_all(context, host, request.n > 0 ? &pinning : NULL, gpu);
	if (request.n > 0)
		pinning_clear(&pinning);
	return STATUS_OK;
}

const struct command command_tune = {
	.name = "tune",
	.summary = "CPUs for a guest, from the machine's real topology",
	.help = "Chooses the host CPUs of a guest with N CPUs: whole cores, within one NUMA node "
		"(that of --gpu) and one L3 cache where it fits, no efficiency cores; the core of "
		"CPU 0 stays with the host, where emulator and I/O threads run. What could not be "
		"held is said.",
	.options = tune_option_rows,
	.options_size = sizeof(struct tune_options),
	.run = run_tune,
};
