/* vfiokit bind, vfiokit unbind: functions to VFIO and back. What is to be done is plan/'s business,
 * doing it is apply/'s: here they are brought together, and the result is looked at once more. */
#include <string.h>

#include "base/root.h"
#include "cmd/bind_memory.h"
#include "cmd/change.h"
#include "cmd/persist.h"
#include "plan/bind_plan.h"
#include "probe/probe.h"

/* The rest of what bind_plan.h wants is read of what may change hands alone: context_handover(). */
#define PROBE_FOR_BIND PROBE_FEW

struct bind_options {
	struct change_options change;
	bool group;
	bool persist;
	bool trial;
};

static const struct option_row bind_option_rows[] = {
	{ .name = "group",
	  .letter = 'g',
	  .kind = OPTION_FLAG,
	  .help = "take everything that is in the same IOMMU groups, too",
	  .offset = offsetof(struct bind_options, group) },
	{ .name = "persist",
	  .letter = 'p',
	  .kind = OPTION_FLAG,
	  .help = "at every boot, from the next one on, instead of now",
	  .offset = offsetof(struct bind_options, persist) },
	{ .name = "trial",
	  .kind = OPTION_FLAG,
	  .help = "with --persist: for one boot; it lasts once that went well",
	  .offset = offsetof(struct bind_options, trial) },
	OPTION_DRY_RUN(struct bind_options),
	OPTION_ALLOW(struct bind_options),
	OPTION_YES(struct bind_options),
	{ 0 },
};

static const struct option_row unbind_option_rows[] = {
	{ .name = "group",
	  .letter = 'g',
	  .kind = OPTION_FLAG,
	  .help = "give back everything that is in the same IOMMU groups, too",
	  .offset = offsetof(struct bind_options, group) },
	{ .name = "persist",
	  .letter = 'p',
	  .kind = OPTION_FLAG,
	  .help = "leave them as they are now, and bind them no more from the next boot on",
	  .offset = offsetof(struct bind_options, persist) },
	OPTION_DRY_RUN(struct bind_options),
	OPTION_ALLOW(struct bind_options),
	OPTION_YES(struct bind_options),
	{ 0 },
};

/* ---- what is asked for ---- */

static bool is_ids(const char *argument)
{
	struct pci_addr addr;

	return strchr(argument, ':') && strlen(argument) == 9 && !pci_addr_parse(argument, &addr) &&
	       argument[4] == ':';
}

/* Ids that several functions have do not say which card is meant. */
static bool check_single(const struct host *host, const char *argument, const GArray *found,
			 guint before, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (!is_ids(argument) || found->len - before <= 1)
		return true;
	for (guint i = before; i < found->len; i++) {
		char buf[PCI_ADDR_SIZE];
		const struct pci_dev *dev = &host->pci[g_array_index(found, int, i)];
		g_string_append_printf(names, "%s%s", i > before ? ", " : "",
				       pci_addr_format(dev->addr, buf));
	}
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is more than one device: %s",
		    argument, names->str);
	error_hint(error, "name the one that is meant by its address");
	return false;
}

/* The functions that are named, each once (of int). */
static GArray *find_functions(const struct context *context, const struct host *host,
			      GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));
	GArray *functions = g_array_new(FALSE, FALSE, sizeof(int));
	g_autofree bool *seen = g_new0(bool, host->n_pci + 1);

	for (unsigned i = 0; i < context->n_arguments; i++) {
		guint before = found->len;
		if (!context_find_devices(host, context->arguments[i], found, error) ||
		    !check_single(host, context->arguments[i], found, before, error)) {
			g_array_unref(functions);
			return NULL;
		}
	}
	for (guint i = 0; i < found->len; i++) {
		int index = g_array_index(found, int, i);
		if (!seen[index])
			g_array_append_val(functions, index);
		seen[index] = true;
	}
	return functions;
}

/* ---- what came of it ---- */

static bool is_probed(const struct plan *plan, const char *address)
{
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		if (step->kind == STEP_PROBE && strcmp(step->address, address) == 0)
			return true;
	}
	return false;
}

/* "0000:01:00.0 is on vfio-pci", for each. */
static char *say_made(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		const char *newline = text->len > 0 ? "\n" : "";
		if (step->kind == STEP_PROBE && step->new_value)
			g_string_append_printf(text, "%s%s is on %s", newline, step->address,
					       step->new_value);
		else if (step->kind == STEP_PROBE)
			g_string_append_printf(text, "%s%s is back", newline, step->address);
		else if (step->kind == STEP_UNBIND && !is_probed(plan, step->address))
			g_string_append_printf(text, "%s%s has no driver, as before", newline,
					       step->address);
	}
	if (text->len > 0)
		return g_string_free(text, FALSE);
	g_string_free(text, TRUE);
	return NULL;
}

/* The driver that a function has now; NULL: none, or it is not known. The caller's. */
static char *driver_now(struct root *root, const char *address)
{
	g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/driver", address);
	char target[512];

	return root_link(root, path, target, sizeof(target)) > 0 ? g_path_get_basename(target)
								 : NULL;
}

/* Is the function on a driver now that keeps its group from guests? */
static bool is_with_host(struct root *root, const struct pci_dev *dev)
{
	char address[PCI_ADDR_SIZE];
	g_autofree char *driver = driver_now(root, pci_addr_format(dev->addr, address));

	return driver && !pci_dev_is_bridge(dev) && !pci_driver_is_harmless(driver);
}

/* Looks at the machine once more: can the groups of these functions be given away now? */
static void warn_not_viable(struct context *context, const struct host *host,
			    const GArray *functions)
{
	g_autofree bool *seen = g_new0(bool, host->n_groups + 1);

	for (guint i = 0; i < functions->len; i++) {
		int group = host->pci[g_array_index(functions, int, i)].group;
		g_autoptr(GString) names = g_string_new(NULL);
		if (group < 0 || seen[group])
			continue;
		seen[group] = true;
		for (unsigned j = 0; j < host->groups[group].n_members; j++) {
			const struct pci_dev *dev = &host->pci[host->groups[group].members[j]];
			char address[PCI_ADDR_SIZE];
			if (is_with_host(context->root, dev))
				g_string_append_printf(names, " %s",
						       pci_addr_format(dev->addr, address));
		}
		if (names->len > 0)
			term_warn("group %d cannot be given to a guest yet: the host still uses%s",
				  host->groups[group].id, names->str);
	}
}

/* Where no driver was remembered the kernel had the choice, and it has only what is loaded. */
static void warn_no_driver(struct context *context, const struct host *host,
			   const struct plan *plan)
{
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		struct pci_addr addr;
		if (step->kind != STEP_PROBE || step->new_value ||
		    !pci_addr_parse(step->address, &addr))
			continue;
		g_autofree char *driver = driver_now(context->root, step->address);
		int pci = host_find_pci(host, addr);
		if (driver)
			continue;
		if (pci >= 0) /* which modules there are is asked only now */
			context_detail(context, &pci, 1);
		const struct pci_detail *detail = pci >= 0 ? host->pci[pci].detail : NULL;
		const char *modules = detail && detail->modules ? detail->modules : "";
		term_warn("%s has no driver now: none that is loaded takes it%s%s%s", step->address,
			  *modules ? " (load one of: " : "", modules, *modules ? ")" : "");
	}
}

/* ---- the commands ---- */

static int finish(struct context *context, const struct host *host, const GArray *functions,
		  struct plan *plan, GError **error)
{
	const struct bind_options *options = context->options;
	g_autofree char *made = say_made(plan);
	bool binds = strcmp(plan->command, "bind") == 0 && plan->steps->len > 0;
	int status = change_finish(context, &options->change, plan, NULL, made, error);

	if (status != STATUS_OK || options->change.dry_run)
		return status;
	if (binds)
		warn_not_viable(context, host, functions);
	else
		warn_no_driver(context, host, plan);
	return status;
}

static int run_persist(struct context *context, bool bind, GError **error)
{
	const struct bind_options *options = context->options;
	const struct host *host = context_host(context, PROBE_FOR_PERSIST, error);

	if (!host)
		return -1;
	if (!bind)
		return persist_unbind(context, host, &options->change, error);
	g_autoptr(GArray) functions = find_functions(context, host, error);
	if (!functions)
		return -1;
	const struct persist_options persist = { options->group, options->trial, &options->change };
	return persist_bind(context, host, functions, &persist, error);
}

static int run(struct context *context, const char *verb,
	       void (*make)(const struct host *host, const struct bind_request *request,
			    struct plan *plan),
	       GError **error)
{
	const struct bind_options *options = context->options;

	if (context->n_arguments == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' needs a DEVICE", verb);
		error_hint(error, "'vfiokit check' lists what there is");
		return -1;
	}
	if (options->trial && (!options->persist || make != bind_plan)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "--trial goes with 'bind --persist' only");
		return -1;
	}
	if (!change_check_allowed(&options->change, error))
		return -1;
	if (options->persist)
		return run_persist(context, make == bind_plan, error);
	const struct host *host = context_host(context, PROBE_FOR_BIND, error);
	g_autoptr(GArray) functions = host ? find_functions(context, host, error) : NULL;
	struct bind_memories memories = { 0 };
	if (!functions)
		return -1;

	context_handover(context, (const int *)(const void *)functions->data, functions->len);
	PLAN_AUTO struct plan *plan = plan_new(verb);
	int status = -1;
	if (!context->root || bind_memories_read(context->root, host, &memories, error)) {
		const struct bind_request request = {
			.functions = (const int *)(const void *)functions->data,
			.n = functions->len,
			.group = options->group,
			.before = memories.list ? (const void *)memories.list->data : NULL,
			.n_before = memories.list ? memories.list->len : 0,
		};
		make(host, &request, plan);
		status = finish(context, host, functions, plan, error);
	}
	if (memories.list)
		bind_memories_clear(&memories);
	return status;
}

static int run_bind(struct context *context, GError **error)
{
	return run(context, "bind", bind_plan, error);
}

static int run_unbind(struct context *context, GError **error)
{
	return run(context, "unbind", unbind_plan, error);
}

const struct command command_bind = {
	.name = "bind",
	.arguments = "DEVICE…",
	.summary = "hand devices to vfio-pci, for a guest",
	.help = "Takes the functions off their drivers and gives them to vfio-pci (or to the "
		"variant of it that was made for them), until the machine is restarted or they are "
		"given back with 'unbind'. Nothing else is touched: also of two equal cards the "
		"other one stays where it is.\n"
		"\n"
		"With --persist nothing happens now: the functions are recorded, and bound at "
		"every boot before a driver of the host can take them, while they are what was "
		"chosen: the same device, in the same place. The initramfs is built anew, and "
		"looked into. 'vfiokit verify' says what came of it; 'vfiokit undo' takes it "
		"back.\n"
		"\n"
		"What the host needs itself is refused, each rule with an id; --allow ID overrides "
		"one where that can be sane. When a step fails, all is taken back.\n"
		"\n"
		"DEVICE is an address (01:00.0), a slot with all its functions (01:00) or ids "
		"(10de:1c03).",
	.options = bind_option_rows,
	.options_size = sizeof(struct bind_options),
	.flags = COMMAND_CHANGES,
	.run = run_bind,
};

const struct command command_unbind = {
	.name = "unbind",
	.arguments = "DEVICE…",
	.summary = "give devices back to the drivers that they had",
	.help = "Takes the functions off vfio-pci and gives each the driver, the override and the "
		"power settings back that it had before 'bind'; where no 'bind' is remembered, the "
		"driver that the kernel chooses. With --persist they stay as they are now, and are "
		"not bound at the next boots.",
	.options = unbind_option_rows,
	.options_size = sizeof(struct bind_options),
	.flags = COMMAND_CHANGES,
	.run = run_unbind,
};
