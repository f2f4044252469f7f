/* vfiokit undo: takes back a change of the history, whatever became of it, by bringing back what
 * was there before. */
#include "apply/apply.h"
#include "apply/journal.h"
#include "apply/restore.h"
#include "base/root.h"
#include "cmd/change.h"
#include "plan/undo_plan.h"
#include "probe/probe.h"

struct undo_options {
	struct change_options change;
	bool all;
};

static const struct option_row undo_option_rows[] = {
	{ .name = "all",
	  .kind = OPTION_FLAG,
	  .help = "take back all changes, the newest first",
	  .offset = offsetof(struct undo_options, all) },
	OPTION_DRY_RUN(struct undo_options),
	OPTION_ALLOW(struct undo_options),
	OPTION_OFFLINE(struct undo_options),
	OPTION_YES(struct undo_options),
	{ 0 },
};

static const struct change *find_change(const GPtrArray *changes, const char *id)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (g_strcmp0(change->id, id) == 0)
			return change;
	}
	return NULL;
}

static bool may_have_left(const struct change *change)
{
	return change->state == CHANGE_DONE || change->state == CHANGE_UNFINISHED ||
	       change->state == CHANGE_BROKEN;
}

/* Unfinished ones first, those that an unfinished undo takes back among them; then the newest. An
 * undo is taken back only by its ID: else two would go back and forth. */
static const struct change *choose(struct root *root, const GPtrArray *changes)
{
	const struct change *unfinished = apply_unfinished(root, changes);
	g_autofree char *boot = journal_boot_id(root);

	if (unfinished && unfinished->undoes)
		return find_change(changes, unfinished->undoes);
	if (unfinished)
		return unfinished;
	for (guint i = 0; i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (may_have_left(change) && !change->undoes && !change_is_past(change, boot))
			return change;
	}
	return NULL;
}

static bool takes_drivers_off(const struct plan *plan)
{
	for (guint i = 0; i < plan->steps->len; i++)
		if (((const struct step *)plan->steps->pdata[i])->kind == STEP_UNBIND)
			return true;
	return false;
}

/* Since the change was made somebody may have come to use what it would take away. The machine is
 * looked at anew each time: with --all the change before has altered it. */
static bool judge(const struct context *context, struct plan *plan, GError **error)
{
	if (!takes_drivers_off(plan))
		return true;
	HOST_AUTO struct host *host = host_probe(context->root, PROBE_FEW, error);
	if (!host)
		return false;
	g_autoptr(GArray) moving = undo_list_moving(host, plan);
	host_probe_handover(context->root, host, (const int *)(const void *)moving->data,
			    moving->len);
	undo_judge(host, plan);
	return true;
}

static int undo_change(struct context *context, const GPtrArray *changes,
		       const struct change *change, GError **error)
{
	const struct undo_options *options = context->options;
	PLAN_AUTO struct plan *plan = plan_new("undo");
	g_autofree char *made = g_strdup_printf("%s (%s) is taken back", change->id, change->line);

	restore_plan(context->root, change, restore_past(changes, change), NULL, plan);
	if (!judge(context, plan, error))
		return -1;
	if (options->change.offline)
		change_drop_programs(plan);
	bool empty = plan->steps->len == 0;
	int status = change_finish(context, &options->change, plan, change, made, error);
	if (status == STATUS_OK && empty && !options->change.dry_run &&
	    root_is_live(context->root) && root_is_privileged() &&
	    !apply_close(context->root, change, error))
		return -1;
	return status;
}

static int undo_nothing(struct context *context, GError **error)
{
	const struct undo_options *options = context->options;
	PLAN_AUTO struct plan *nothing = plan_new("undo");

	return change_finish(context, &options->change, nothing, NULL, NULL, error);
}

/* Each as a change of its own: where one cannot be taken back, those after it are. What was chosen
 * and is still there to be chosen (without privilege, or in another root) ends it. */
static int undo_all(struct context *context, GError **error)
{
	g_autofree char *last = NULL;

	for (;;) {
		g_autoptr(GPtrArray) changes = journal_list(context->root, error);
		const struct change *change = changes ? choose(context->root, changes) : NULL;
		if (!changes)
			return -1;
		if (!change || g_strcmp0(change->id, last) == 0)
			return last ? STATUS_OK : undo_nothing(context, error);
		g_free(last);
		last = g_strdup(change->id);
		int status = undo_change(context, changes, change, error);
		if (status != STATUS_OK)
			return status;
	}
}

/* As they would be taken back, one after the other. */
static int show_all(struct context *context, const GPtrArray *changes, GError **error)
{
	g_autofree char *boot = journal_boot_id(context->root);
	int status = STATUS_OK;
	unsigned n = 0;

	for (guint i = 0; status == STATUS_OK && i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (!may_have_left(change) || change->undoes || change_is_past(change, boot))
			continue;
		n++;
		status = undo_change(context, changes, change, error);
	}
	return n == 0 ? undo_nothing(context, error) : status;
}

static int run_all(struct context *context, const GPtrArray *changes, GError **error)
{
	const struct undo_options *options = context->options;

	if (context->json) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'undo --all' has no JSON form: it is more than one change");
		return -1;
	}
	return options->change.dry_run ? show_all(context, changes, error)
				       : undo_all(context, error);
}

static bool check_arguments(const struct context *context, GError **error)
{
	const struct undo_options *options = context->options;

	if (!context->root)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "a posted text has no history of changes");
	else if (options->all && context->n_arguments > 0)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "option '--all' and an ID exclude each other");
	else if (context->n_arguments > 1)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'undo' takes back one change at a time");
	else
		return change_check_offline(context, &options->change, error);
	return false;
}

static int run_undo(struct context *context, GError **error)
{
	if (!check_arguments(context, error))
		return -1;
	const struct undo_options *options = context->options;
	const char *id = context->n_arguments > 0 ? context->arguments[0] : NULL;
	g_autoptr(GPtrArray) changes = journal_list(context->root, error);
	if (!changes)
		return -1;
	if (options->all)
		return run_all(context, changes, error);

	const struct change *change =
		id ? find_change(changes, id) : choose(context->root, changes);
	if (id && !change) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "there is no change '%s'", id);
		error_hint(error, "'vfiokit history' lists them");
		return -1;
	}
	if (change && may_have_left(change))
		return undo_change(context, changes, change, error);
	return undo_nothing(context, error);
}

const struct command command_undo = {
	.name = "undo",
	.arguments = "[ID]",
	.summary = "take back the newest change, or the one with that ID",
	.help = "Brings back what was there before the change: drivers, overrides, power settings, "
		"files. Where it was stopped on the way, as far as it came. What something else "
		"has changed since stays as it is, and is named; of a file that a person has "
		"changed, only what was added goes. Where that is the same place, nothing is done "
		"and the difference is shown.\n"
		"\n"
		"A device that it would take from the host, or from a guest, is judged first as "
		"'bind' and 'unbind' do: whoever has come to use it since is in the way, by a rule "
		"with an id that --allow takes.",
	.options = undo_option_rows,
	.options_size = sizeof(struct undo_options),
	.flags = COMMAND_CHANGES,
	.run = run_undo,
};
