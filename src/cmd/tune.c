/* vfiokit tune: which CPUs a guest gets, from the machine's real topology. */
#include "cmd/tune.h"

#include "base/names.h"
#include "base/text.h"
#include "model/locality.h"
#include "probe/probe.h"
#include "view/machine.h"
#include "view/pinning.h"
#include "view/threads.h"
#include "vm/libvirt.h"
#include "vm/pinning.h"

#define MAX_VCPUS 65535

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
	{ .name = "hugepages",
	  .kind = OPTION_CHOICE,
	  .argument = "SIZE",
	  .choices = "keep 2M 1G",
	  .help = "huge pages of DOMAIN: as its definition says, or of this size",
	  .offset = offsetof(struct tune_options, hugepages) },
	{ .name = "isolate",
	  .kind = OPTION_FLAG,
	  .help = "keep the host's services and sessions off the guest's CPUs until the next "
		  "restart",
	  .offset = offsetof(struct tune_options, isolate) },
	{ .name = "interrupts",
	  .kind = OPTION_FLAG,
	  .help = "keep interrupts of the host's devices off the guest's CPUs, and those of a "
		  "running guest's devices on them, until the next restart",
	  .offset = offsetof(struct tune_options, interrupts) },
	{ .name = "performance",
	  .kind = OPTION_FLAG,
	  .help = "run the guest's CPUs at their full clock until the next restart",
	  .offset = offsetof(struct tune_options, performance) },
	{ .name = "connect",
	  .kind = OPTION_TEXT,
	  .argument = "URI",
	  .help = "connection of libvirt (default: " LIBVIRT_SYSTEM ")",
	  .offset = offsetof(struct tune_options, connect) },
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
			    "option '--%s' cannot be '%s': it is a number from 1 to %d", option,
			    text, MAX_VCPUS);
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
	if (!context_find_slot(host, argument, found, error))
		return false;
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

static void print_all(struct context *context, const struct tune_made *made)
{
	const struct tune_options *options = context->options;
	const struct pinning *pinning = made->pinned ? &made->pinning : NULL;
	PLAN_AUTO struct plan *plan = plan_new("tune");

	plan->pinning = pinning;
	plan->threads = made->threads;
	if (context->json) {
		change_print_plan(context, plan);
		return;
	}
	if (options->show)
		draw(context, made->host, pinning, made->gpu);
	if (options->show && pinning)
		fputc('\n', context->term.out);
	if (pinning)
		pinning_print(&context->term, pinning);
	if (pinning && made->threads)
		threads_print(&context->term, made->threads, pinning);
}

/* ---- the command ---- */

/* The node of the first device of the guest that has one, graphics cards first. */
static int node_of_guest(const struct host *host, const struct guest *guest)
{
	g_autoptr(GArray) functions = tune_functions(host, guest);
	int node = -1;

	for (guint i = 0; i < functions->len; i++) {
		const struct pci_dev *dev = &host->pci[g_array_index(functions, int, i)];
		int own = host_node_of(host, dev);
		if (own >= 0 && (node < 0 || dev->kind == KIND_GPU))
			node = own;
	}
	return node;
}

static bool make(struct context *context, struct tune_made *made, GError **error)
{
	const struct tune_options *options = context->options;
	struct pinning_request request = { .node = -1, .n = made->guest ? made->guest->vcpus : 0 };

	if (!read_number("cpus", options->cpus, &request.n, error) ||
	    !read_number("host-cores", options->host_cores, &request.host_cores, error))
		return false;
	made->host =
		context_host(context,
			     PROBE_TOPOLOGY | PROBE_DETAIL | PROBE_PLATFORM | PROBE_MACHINE, error);
	if (!made->host || !find_gpu(made->host, options->gpu, &made->gpu, error))
		return false;
	request.node = made->gpu >= 0 ? host_node_of(made->host, &made->host->pci[made->gpu])
				      : node_of_guest(made->host, made->guest);
	if (made->host->platform.topology.n_cpus == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "the processors of this machine are not known");
		return false;
	}
	if (request.n == 0)
		return true;
	made->pinned =
		pinning_make(&made->host->platform.topology, &request, &made->pinning, error);
	return made->pinned;
}

static int run_tune(struct context *context, GError **error)
{
	const struct tune_options *options = context->options;
	const char *domain = context->n_arguments > 0 ? context->arguments[0] : NULL;
	struct tune_made made = { .gpu = -1 };
	int status = -1;

	if (context->n_arguments > 1 || (!domain && !options->cpus && !options->show)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'tune' needs one DOMAIN, --cpus N or --show");
		error_hint(error,
			   "'virsh list --all' lists the guests; '--cpus 8' chooses for one that "
			   "is not there yet");
		return -1;
	}
	if ((!domain || tune_read_guest(context, domain, &made, error)) &&
	    make(context, &made, error)) {
		status = STATUS_OK;
		if (domain && !options->show)
			status = tune_guest(context, domain, &made, error);
		else
			print_all(context, &made);
	}
	tune_made_clear(&made);
	return status;
}

const struct command command_tune = {
	.name = "tune",
	.arguments = "[DOMAIN]",
	.summary = "CPUs for a guest, from the machine's real topology",
	.help = "Chooses the host CPUs of a guest with N CPUs: whole cores, within one NUMA node "
		"(that of --gpu) and one L3 cache where it fits, no efficiency cores; the core of "
		"CPU 0 stays with the host, where emulator and I/O threads run. What could not be "
		"held is said.\n"
		"\n"
		"With the name of a guest of libvirt its definition is changed to run so, and its "
		"memory comes from the same NUMA node; huge pages that it needs are made, and when "
		"they cannot be had all is as it was. --isolate keeps the host's own work off its "
		"CPUs, --interrupts what its devices ask for. 'vfiokit undo' takes all of it back.",
	.options = tune_option_rows,
	.options_size = sizeof(struct tune_options),
	.flags = COMMAND_CHANGES,
	.run = run_tune,
};
