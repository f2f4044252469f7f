/* See persist.h. */
#include "cmd/persist.h"

#include <string.h>

#include "cmd/trial.h"
#include "plan/persist.h"
#include "plan/refusal.h"

/* The command that makes a trial last; the caller's. */
static GPtrArray *lasting_command(const struct host *host, const GArray *functions,
				  const struct persist_options *options)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	const GPtrArray *allow = options->change->allow;

	g_ptr_array_add(argv, g_strdup("bind"));
	g_ptr_array_add(argv, g_strdup("--persist"));
	g_ptr_array_add(argv, g_strdup("--yes"));
	if (options->group)
		g_ptr_array_add(argv, g_strdup("--group"));
	for (guint i = 0; allow && i < allow->len; i++)
		g_ptr_array_add(argv, g_strdup_printf("--allow=%s", (const char *)allow->pdata[i]));
	for (guint i = 0; i < functions->len; i++) {
		char address[PCI_ADDR_SIZE];
		int pci = g_array_index(functions, int, i);
		g_ptr_array_add(argv, g_strdup(pci_addr_format(host->pci[pci].addr, address)));
	}
	g_ptr_array_add(argv, NULL);
	return argv;
}

int persist_bind(struct context *context, const struct host *host, const GArray *functions,
		 const struct persist_options *options, GError **error)
{
	g_autofree char *program = context_program(context);
	PLAN_AUTO struct plan *plan =
		plan_new(options->trial ? "bind --persist --trial" : "bind --persist");
	const struct persist_request request = {
		.functions = (const int *)(const void *)functions->data,
		.n = functions->len,
		.group = options->group,
		.program = program,
		.trial = options->trial,
		.judge = REFUSAL_BIND,
	};

	persist_plan(host, &request, plan);
	if (options->trial && plan->steps->len > 0) {
		g_autoptr(GPtrArray) argv = lasting_command(host, functions, options);
		trial_add(context, host, NULL, (const void *)argv->pdata, plan);
	}
	return change_finish(context, options->change, plan, NULL,
			     options->trial ? "for the next boot only; when that goes well, it is "
					      "made to last"
					    : "from the next boot on; 'vfiokit verify' then says "
					      "what came of it",
			     error);
}

/* ---- unbind: by what the record says ---- */

/* Of context_find_devices(), on what may not be there: an address, ids, or "01:00", all functions
 * of the slot. */
static bool is_meant(const char *argument, const struct identity *who)
{
	g_autofree char *first = g_strconcat(argument, ".0", NULL);
	struct pci_addr addr;
	char ids[16];

	if (pci_addr_parse(argument, &addr))
		return pci_addr_equal(addr, who->addr);
	if (pci_addr_parse(first, &addr))
		return pci_addr_same_slot(addr, who->addr);
	g_snprintf(ids, sizeof(ids), "%04x:%04x", (unsigned)who->vendor, (unsigned)who->device);
	return g_ascii_strcasecmp(argument, ids) == 0;
}

/* What is on this machine and not in the record is as it shall be; what is in neither is a slip. */
static bool find_meant(const struct host *host, const char *argument, GArray *found, GError **error)
{
	g_autoptr(GArray) there = g_array_new(FALSE, FALSE, sizeof(int));
	guint before = found->len;

	for (unsigned i = 0; i < host->bindings.n; i++)
		if (is_meant(argument, &host->bindings.list[i].who))
			g_array_append_val(found, host->bindings.list[i].who.addr);
	return found->len > before || context_find_devices(host, argument, there, error);
}

int persist_unbind(struct context *context, const struct host *host,
		   const struct change_options *options, GError **error)
{
	g_autofree char *program = context_program(context);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct pci_addr));

	for (unsigned i = 0; i < context->n_arguments; i++)
		if (!find_meant(host, context->arguments[i], found, error))
			return -1;
	const struct persist_request request = {
		.remove = (const void *)found->data,
		.n_remove = found->len,
		.program = program,
	};
	PLAN_AUTO struct plan *plan = plan_new("unbind --persist");
	persist_plan(host, &request, plan);
	return change_finish(context, options, plan, NULL, "from the next boot on", error);
}
