/* See persist.h. */
#include "plan/persist.h"

#include "plan/bind_plan.h"
#include "plan/cmdline_plan.h"
#include "plan/fallback.h"
#include "plan/initramfs.h"
#include "plan/refusal.h"
#include "plan/trial.h"

/* ---- the record, as it shall be ---- */

static bool is_removed(const struct persist_request *request, struct pci_addr addr)
{
	for (unsigned i = 0; i < request->n_remove; i++)
		if (pci_addr_equal(request->remove[i], addr))
			return true;
	return false;
}

static const struct binding *find_in(const GArray *list, struct pci_addr addr)
{
	const struct bindings bindings = { .list = (const void *)list->data, .n = list->len };

	return bindings_find(&bindings, addr);
}

static GArray *choose(const struct host *host, const struct persist_request *request)
{
	const struct bind_request wanted = { .functions = request->functions,
					     .n = request->n,
					     .group = request->group };

	return bind_choose(host, &wanted);
}

/* What is chosen, and what of the record stays (of struct binding). */
static GArray *make_record(const struct host *host, const struct persist_request *request)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct binding));
	g_autoptr(GArray) chosen = choose(host, request);

	for (guint i = 0; i < chosen->len; i++) {
		const struct pci_dev *dev = &host->pci[g_array_index(chosen, int, i)];
		const struct binding binding = { .who = identity_of(host, dev),
						 .driver = bind_driver(dev) };
		if (!is_removed(request, dev->addr))
			g_array_append_val(list, binding);
	}
	for (unsigned i = 0; i < host->bindings.n; i++) {
		const struct binding *old = &host->bindings.list[i];
		if (!is_removed(request, old->who.addr) && !find_in(list, old->who.addr))
			g_array_append_vals(list, old, 1);
	}
	g_array_sort(list, binding_compare);
	return list;
}

/* ---- what forbids it ---- */

/* Those of the chosen that were not in the record as what they are, and what the record says of
 * their addresses. */
void persist_judge(const struct host *host, const struct persist_request *request,
		   struct plan *plan)
{
	g_autoptr(GArray) chosen = choose(host, request);
	g_autoptr(GArray) fresh = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GArray) expected = g_array_new(FALSE, FALSE, sizeof(struct identity));

	for (guint i = 0; i < chosen->len; i++) {
		int pci = g_array_index(chosen, int, i);
		const struct binding *old = bindings_find(&host->bindings, host->pci[pci].addr);
		const struct identity now = identity_of(host, &host->pci[pci]);
		if (old && identity_matches(&old->who, &now))
			continue;
		g_array_append_val(fresh, pci);
		if (old)
			g_array_append_val(expected, old->who);
	}
	const struct refusal_query query = {
		.when = request->judge,
		.functions = (const int *)(const void *)fresh->data,
		.n = fresh->len,
		.asked = request->functions,
		.n_asked = request->n,
		.group = request->group,
		.expected = (const void *)expected->data,
		.n_expected = expected->len,
	};
	refusal_judge(host, &query, plan);
}

/* ---- what must be in the initramfs ---- */

static const char *const rule_files[] = { PERSIST_RULES_PATH, NULL };

/* The drivers of the record, each once; NULL-terminated. They are modules of the same names. */
static GPtrArray *list_modules(const GArray *list)
{
	GPtrArray *modules = g_ptr_array_new();

	for (guint i = 0; i < list->len; i++) {
		const char *driver = g_array_index(list, struct binding, i).driver;
		if (!g_ptr_array_find_with_equal_func(modules, driver, g_str_equal, NULL))
			g_ptr_array_add(modules, (gpointer)driver);
	}
	g_ptr_array_add(modules, NULL);
	return modules;
}

static struct initramfs_wish wish_of(const GPtrArray *modules)
{
	return (struct initramfs_wish){ .files = rule_files,
					.modules = (const void *)modules->pdata };
}

void persist_add_rebuild(const struct host *host, const struct persist_request *request,
			 struct plan *plan)
{
	g_autoptr(GArray) list = make_record(host, request);
	g_autoptr(GPtrArray) modules = list_modules(list);
	const struct initramfs_wish wish = wish_of(modules);
	bool any = list->len > 0;

	initramfs_add_rebuild(host, any ? &wish : NULL, any ? NULL : rule_files, plan);
}

/* ---- the files ---- */

static char *unit_text(const struct persist_request *request)
{
	return g_strdup_printf("# Written by vfiokit from " BINDINGS_PATH "; changes here are "
			       "lost.\n"
			       "[Unit]\n"
			       "Description=Look whether what shall be bound to VFIO is\n"
			       "After=multi-user.target\n"
			       "ConditionPathExists=%s\n"
			       "\n"
			       "[Service]\n"
			       "Type=oneshot\n"
			       "RemainAfterExit=yes\n"
			       "ExecStart=%s verify --boot\n"
			       "SuccessExitStatus=1\n",
			       request->program, request->program);
}

static bool add_file(const struct host *host, struct plan *plan, const char *path, char *text,
		     const char *why)
{
	const char *now = boot_text(&host->boot, path);
	bool differs = g_strcmp0(now, text) != 0;

	if (differs)
		plan_add(plan, STEP_FILE, path, now, text,
			 text ? why : "nothing needs it any more");
	g_free(text);
	return differs;
}

static void add_unit(const struct host *host, const struct persist_request *request, bool any,
		     struct plan *plan)
{
	bool wanted = any && request->program;

	if (any && !request->program && host->source != HOST_RECORDING)
		plan_warn(plan, "not-installed",
			  "This program is not installed where only root may write, so nothing "
			  "looks at the end of each boot whether it went well. 'make install' "
			  "mends that.");
	add_file(host, plan, PERSIST_UNIT_PATH, wanted ? unit_text(request) : NULL,
		 "looks at the end of each boot whether it went well");
	add_file(host, plan, PERSIST_WANT_PATH,
		 wanted ? g_strdup("[Unit]\nWants=vfiokit-boot.service\n") : NULL,
		 "starts it at each boot");
}

/* What a trial left would stay behind, and nobody would know any more what it belongs to. */
static void refuse_during_trial(const struct host *host, const struct persist_request *request,
				struct plan *plan)
{
	if (!request->trial && boot_text(&host->boot, TRIAL_PATH))
		plan_refuse(plan, "trial-waits", NULL, false,
			    "A trial waits for the next start, or did not come up: 'vfiokit undo' "
			    "takes it back.");
}

/* Removing the one thing and adding another is one record, too. */
bool persist_add_files(const struct host *host, const struct persist_request *request,
		       struct plan *plan)
{
	g_autoptr(GArray) list = make_record(host, request);
	const struct binding *bindings = (const void *)list->data;
	bool any = list->len > 0;

	refuse_during_trial(host, request, plan);
	add_file(host, plan, BINDINGS_PATH, any ? bindings_format(bindings, list->len) : NULL,
		 "the record of what is bound at every boot");
	bool changed = add_file(host, plan, PERSIST_RULES_PATH,
				persist_rules(bindings, list->len, request->trial),
				"binds them before a driver of the host can take them");
	g_autoptr(GPtrArray) modules = list_modules(list);
	const struct initramfs_wish wish = wish_of(modules);
	changed |= initramfs_add_files(host, any ? &wish : NULL, plan);
	add_unit(host, request, any, plan);
	return changed;
}

/* It belongs to the change that made it, which may have brought parameters, too. */
static void warn_way_back(const struct host *host, const struct persist_request *request,
			  struct plan *plan)
{
	g_autoptr(GArray) list = make_record(host, request);

	if (list->len == 0 && fallback_is_there(&host->boot))
		plan_warn(plan, "way-back-stays",
			  "The entry without vfiokit stays in the loader's menu: 'vfiokit undo' "
			  "takes back the change that put it there.");
}

void persist_plan(const struct host *host, const struct persist_request *request, struct plan *plan)
{
	plan->effect = EFFECT_NEXT_BOOT;
	if (request->judge != 0)
		persist_judge(host, request, plan);
	if (!persist_add_files(host, request, plan))
		return;
	warn_way_back(host, request, plan);
	cmdline_keep_way_back(host, plan);
	persist_add_rebuild(host, request, plan);
	cmdline_end_way_back(plan);
}
