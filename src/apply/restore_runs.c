/* See restore_runs.h; and what is asked of the history and of what programs made. */
#include "apply/restore_runs.h"

#include <string.h>

#include "apply/image_check.h"
#include "base/root.h"

#define MAX_MADE_BYTES ((size_t)4 * 1024 * 1024)

static bool has_reverse(const struct change *change, guint index)
{
	const struct step *step = change->steps->pdata[index];

	return step->kind == STEP_RUN && step->undo && *step->undo &&
	       change_step_state(change, index) != STEP_PLANNED;
}

/* Programs that others take back: the last first. */
static void add_reverse_runs(const struct change *change, struct plan *plan)
{
	for (guint i = change->steps->len; i > 0; i--) {
		const struct step *step = change->steps->pdata[i - 1];
		if (has_reverse(change, i - 1) && !step->last)
			plan_add_run(plan, (const char *const *)step->undo,
				     (const char *const *)step->argv, step->why);
	}
}

/* What turns a way back on is done again while images are built, and taken back after that. */
static void add_guards(const struct change *change, bool late, struct plan *plan)
{
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		const char *const *argv = (const char *const *)step->argv;
		const char *const *undo = (const char *const *)step->undo;
		if (!has_reverse(change, i) || !step->last)
			continue;
		plan_add_run(plan, late ? undo : argv, late ? plan_no_undo : undo,
			     late ? "all is built: the next start is as usual" : step->why)
			->last = true;
	}
}

static void add_run(const struct step *step, struct plan *plan)
{
	if (step->kind == STEP_RUN && !step->undo) {
		plan_add_run(plan, (const char *const *)step->argv, NULL, step->why)->last =
			step->last;
	} else if (step->kind == STEP_IMAGE) {
		g_autofree char *wanted = image_check_reverse(step->new_value);
		if (wanted)
			plan_add(plan, STEP_IMAGE, step->path, NULL, wanted, "as it was before");
	}
}

/* What is made of files is made again when one changes back now, or may have changed back before
 * without that: a change that has not come to its end, or whose undo has not. */
static bool is_made_again(const struct change *change, enum restore_past past,
			  const struct plan *plan)
{
	bool files = past == RESTORE_AGAIN || (past == RESTORE_NEW && change->state != CHANGE_DONE);

	for (guint i = 0; i < plan->steps->len; i++)
		files |= ((const struct step *)plan->steps->pdata[i])->kind == STEP_FILE;
	return files;
}

static void add_runs(const struct change *change, bool late, struct plan *plan)
{
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		if (change_step_state(change, i) != STEP_PLANNED && step->last == late)
			add_run(step, plan);
	}
}

bool restore_runs_plan(const struct change *change, enum restore_past past, struct plan *plan)
{
	add_reverse_runs(change, plan);
	if (!is_made_again(change, past, plan))
		return false;
	add_guards(change, false, plan);
	add_runs(change, false, plan);
	add_guards(change, true, plan);
	return true;
}

void restore_runs_last(const struct change *change, struct plan *plan)
{
	add_runs(change, true, plan);
}

/* Has an undo begun to take a way back away? */
static bool is_ending(const struct change *undo)
{
	for (guint i = 0; i < undo->steps->len; i++) {
		const struct step *step = undo->steps->pdata[i];
		if (step->last && !step->new_value && step->kind != STEP_RUN &&
		    change_step_state(undo, i) != STEP_PLANNED)
			return true;
	}
	return false;
}

enum restore_past restore_past(const GPtrArray *changes, const struct change *change)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct change *other = changes->pdata[i];
		if (g_strcmp0(other->undoes, change->id) != 0 || other->state == CHANGE_UNDONE)
			continue;
		bool failed = other->state != CHANGE_UNFINISHED && other->state != CHANGE_DONE;
		return !failed && is_ending(other) ? RESTORE_BUILT : RESTORE_AGAIN;
	}
	return RESTORE_NEW;
}

void restore_look(struct root *root, const struct change *change, struct plan *plan)
{
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		if (step->kind != STEP_RUN || step->undo || !step->path || !step->new_value)
			continue;
		g_autofree char *text = root_read_all(root, step->path, MAX_MADE_BYTES, NULL, NULL);
		if (text && strstr(text, step->new_value))
			plan_warn(
				plan, "still-there",
				"'%s' still holds '%s', though '%s' has written it anew: it stands "
				"in a file that is not of vfiokit",
				step->path, step->new_value, step->argv[0]);
	}
}
