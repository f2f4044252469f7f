/* vfiokit alone: one screen that says whether this machine can pass devices through, which GPUs and
 * USB controllers are candidates, what is in the way, and the next command. */
#include <string.h>

#include "cmd/command.h"
#include "cmd/trial.h"
#include "model/obstacle.h"
#include "probe/probe.h"
#include "view/binding.h"
#include "view/device.h"
#include "view/verdict.h"

struct overview {
	struct context *context;
	const struct host *host;
	const struct iommu_verdict *verdict;
	struct device_view view;
};

/* ---- printing ---- */

static void print_machine(const struct overview *overview)
{
	const struct platform *platform = &overview->host->platform;
	const struct term *term = &overview->context->term;
	const char *product =
		platform->firmware.product ? platform->firmware.product : platform->firmware.board;
	g_autoptr(GString) text = g_string_new(NULL);

	if (product)
		g_string_append_printf(text, "%s; ", product);
	if (platform->cpu.model_name)
		g_string_append_printf(text, "%s; ", platform->cpu.model_name);
	if (platform->topology.cores > 0)
		g_string_append_printf(text, "%d cores, %d threads; ", platform->topology.cores,
				       platform->topology.threads);
	if (platform->memory.total > 0)
		g_string_append_printf(text, "%.0f GiB; ",
				       (double)platform->memory.total / (1 << 30));
	if (platform->kernel.release)
		g_string_append_printf(text, "Linux %s; ", platform->kernel.release);
	if (text->len == 0)
		return;
	g_string_truncate(text, text->len - 2);
	term_print(term, ROLE_STRONG, "Machine: ");
	term_paragraph(term, ROLE_PLAIN, 9, 9, 9, text->str);
}

static void print_device(const struct overview *overview, const struct pci_dev *dev,
			 const char *name)
{
	const struct term *term = &overview->context->term;
	g_autoptr(GString) text = g_string_new(name);
	char buf[PCI_ADDR_SIZE];
	const char *address = device_address(&overview->view, dev->addr, buf);
	unsigned printed = (unsigned)strlen(address) + 4;

	if (dev->group_id >= 0)
		g_string_append_printf(text, ", group %d", dev->group_id);
	if (dev->driver)
		g_string_append_printf(text, ", %s", dev->driver);
	fprintf(term->out, "  %s  ", address);
	term_paragraph(term, ROLE_PLAIN, printed, printed, printed, text->str);
}

static void print_candidate(const struct overview *overview, int index)
{
	static const enum role roles[] = {
		[OBSTACLE_NONE] = ROLE_GOOD,
		[OBSTACLE_WARN] = ROLE_WARN,
		[OBSTACLE_STOP] = ROLE_BAD,
	};
	const struct host *host = overview->host;
	const struct pci_dev *dev = &host->pci[index];
	const struct term *term = &overview->context->term;
	g_autofree char *name = device_name(&overview->view, dev, DEVICE_SHORT);
	g_autoptr(GString) why = g_string_new(NULL);
	struct obstacles way;
	bool bound = pci_driver_is_vfio(dev->driver);

	obstacles_find(host, overview->verdict->state, index, &way);
	for (unsigned i = 0; i < way.n; i++)
		g_string_append_printf(why, "%s%s", i ? ", " : "", way.list[i].what);
	if (way.n == 0)
		g_string_append(why, bound ? "bound, ready for a guest" : "can be given away");
	print_device(overview, dev, name);
	term_paragraph(term, roles[obstacles_weight(&way)], 11, 0, 11, why->str);
}

#define SHOWN 8 /* of a kind, so that it stays one screen */

static void print_kind(const struct overview *overview, enum pci_kind kind, const char *heading)
{
	const struct host *host = overview->host;
	const struct term *term = &overview->context->term;
	unsigned n = 0;

	fputc('\n', term->out);
	term_print(term, ROLE_STRONG, "%s\n", heading);
	for (unsigned i = 0; i < host->n_pci; i++) {
		if (!pci_dev_is_kind(&host->pci[i], kind))
			continue;
		if (n++ < SHOWN || overview->context->verbose)
			print_candidate(overview, (int)i);
	}
	if (n > SHOWN && !overview->context->verbose)
		fprintf(term->out, "  and %u more (--verbose shows them)\n", n - SHOWN);
	if (n == 0)
		fprintf(term->out, "  none\n");
}

/* ---- the next step ---- */

/* The best GPU to give away: the one with the least in the way; -1 where something stops each. */
static int best_candidate(const struct overview *overview, enum pci_kind kind)
{
	const struct host *host = overview->host;
	unsigned best_cost = OBSTACLE_STOP * MAX_OBSTACLES;
	int best = -1;

	for (unsigned i = 0; i < host->n_pci; i++) {
		struct obstacles way;
		if (!pci_dev_is_kind(&host->pci[i], kind))
			continue;
		obstacles_find(host, overview->verdict->state, (int)i, &way);
		unsigned cost = obstacles_weight(&way) * MAX_OBSTACLES + way.n;
		if (cost < best_cost) {
			best_cost = cost;
			best = (int)i;
		}
	}
	return best;
}

/* The first function of a kind; -1 where there is none. */
static int first_of_kind(const struct host *host, enum pci_kind kind)
{
	for (unsigned i = 0; i < host->n_pci; i++)
		if (pci_dev_is_kind(&host->pci[i], kind))
			return (int)i;
	return -1;
}

struct next_step {
	const char *command;
	int device; /* its argument; -1: none */
	const char *what;
};

static struct next_step choose_next(const struct overview *overview)
{
	const struct host *host = overview->host;
	int gpu = best_candidate(overview, KIND_GPU);
	int usb = best_candidate(overview, KIND_USB_CONTROLLER);
	int stuck = first_of_kind(host, KIND_GPU);

	if (overview->verdict->state != IOMMU_ENABLED && host->n_pci > 0)
		return (struct next_step){ "check --predict", -1,
					   "the groups there would be with the IOMMU on" };
	if (gpu >= 0)
		return (struct next_step){ "show", gpu, "all about it, and what it would take" };
	if (stuck >= 0)
		return (struct next_step){ "show", stuck,
					   "why no GPU can be given away as things are" };
	if (usb >= 0)
		return (struct next_step){ "show", usb, "all about it, and what it would take" };
	return (struct next_step){ "check", -1, "all devices and groups" };
}

static void print_step(const struct overview *overview, const char *label,
		       const struct next_step *step)
{
	const struct term *term = &overview->context->term;
	g_autofree char *prefix = context_command(overview->context);
	const char *address = "";
	char buf[PCI_ADDR_SIZE];

	if (step->device >= 0)
		address = device_address(&overview->view, overview->host->pci[step->device].addr,
					 buf);
	term_print(term, ROLE_STRONG, "%s", label);
	term_print(term, ROLE_COMMAND, "%s %s%s%s", prefix, step->command, *address ? " " : "",
		   address);
	fputc('\n', term->out);
	term_paragraph(term, ROLE_DIM, 6, 0, 6, step->what);
}

static void print_next(const struct overview *overview)
{
	static const struct next_step doctor = {
		"doctor", -1, "what keeps guests from starting, and how to mend it"
	};
	const struct next_step next = choose_next(overview);

	fputc('\n', overview->context->term.out);
	print_step(overview, "Next: ", &next);
	print_step(overview, "  or: ", &doctor);
}

/* ---- JSON ---- */

static void json_candidate(const struct overview *overview, struct json *json, int index)
{
	const struct pci_dev *dev = &overview->host->pci[index];
	struct obstacles way;

	obstacles_find(overview->host, overview->verdict->state, index, &way);
	json_object(json, NULL);
	device_json_fields(json, &overview->view, dev);
	json_count(json, "group", dev->group_id);
	json_array(json, "in_the_way");
	for (unsigned i = 0; i < way.n; i++)
		json_text(json, NULL, way.list[i].what);
	json_array_end(json);
	json_object_end(json);
}

static void print_json(const struct overview *overview)
{
	static const struct {
		const char *key;
		enum pci_kind kind;
	} kinds[] = { { "gpus", KIND_GPU }, { "usb_controllers", KIND_USB_CONTROLLER } };
	const struct host *host = overview->host;
	struct json json;

	context_json(overview->context, &json, "vfiokit.overview/1");
	verdict_json(&json, host, overview->verdict);
	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		json_array(&json, kinds[k].key);
		for (unsigned i = 0; i < host->n_pci; i++)
			if (pci_dev_is_kind(&host->pci[i], kinds[k].kind))
				json_candidate(overview, &json, (int)i);
		json_array_end(&json);
	}
	bindings_json(&json, host);
	context_json_gaps(&json, host);
	json_object_end(&json);
	json_end(&json);
}

/* ---- what is bound at every boot ---- */

/* Where a function is: its own name and those of the bridges above it are needed. */
static void look_at_bindings(struct context *context)
{
	const struct host *host = context->host;
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; host && i < host->bindings.n; i++)
		for (int pci = host_find_pci(host, host->bindings.list[i].who.addr); pci >= 0;
		     pci = host->pci[pci].parent)
			if (!host->pci[pci].detail)
				g_array_append_val(list, pci);
	context_detail(context, (const int *)(const void *)list->data, list->len);
}

static void print_bindings(const struct overview *overview)
{
	const struct term *term = &overview->context->term;

	if (overview->host->bindings.n == 0)
		return;
	fputc('\n', term->out);
	term_print(term, ROLE_STRONG, "Bound at every boot:\n");
	bindings_print(term, overview->host, 2);
}

/* ---- the command ---- */

static void print_trial(struct context *context)
{
	struct trial trial;

	trial_find(context, &trial);
	trial_print(&context->term, &trial);
	trial_clear(&trial);
}

static int run_overview(struct context *context, GError **error)
{
	const struct host *host =
		context_host(context,
			     PROBE_USB | PROBE_USAGE | PROBE_HOLDERS | PROBE_PLATFORM |
				     PROBE_TOPOLOGY | PROBE_BINDINGS,
			     error);
	struct iommu_verdict verdict;

	if (!host)
		return -1;
	look_at_bindings(context);
	iommu_judge(host, &verdict);
	struct overview overview = { .context = context, .host = host, .verdict = &verdict };
	device_view_init(&overview.view, host, context_names(context));
	if (context->json) {
		print_json(&overview);
	} else {
		print_machine(&overview);
		verdict_print(&context->term, host, &verdict, context->verbose);
		print_kind(&overview, KIND_GPU, "GPUs:");
		print_kind(&overview, KIND_USB_CONTROLLER, "USB controllers:");
		print_bindings(&overview);
		print_trial(context);
		print_next(&overview);
		if (context->verbose)
			context_print_gaps(context, host);
	}
	int status = verdict_is_good(&verdict) ? STATUS_OK : STATUS_FOUND;
	iommu_verdict_clear(&verdict);
	return status;
}

const struct command command_overview = {
	.name = "overview",
	.summary = "this machine at a glance, and the next step (as without a command)",
	.help = "Can this machine pass devices through, which GPUs and USB controllers are "
		"candidates, what is in the way, and what to do next.",
	.run = run_overview,
};
