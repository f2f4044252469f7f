/* Making a change: the plan as it was shown, and nothing else, or nothing at all.
 *
 * In this order: take the lock; refuse while a change of before is unfinished; compare every `old`
 * of the plan with the machine (one that differs ends it: the plan was made for another state);
 * find out whether its programs are there and its files can be written;
 * write the journal; do the steps, each told to the journal before and after; at the first that
 * fails, bring back what was before, in the order of restore.h. SIGINT, SIGTERM and SIGHUP are
 * answered between two steps, as if the next had failed.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apply/change.h"
#include "apply/step.h"
#include "plan/plan.h"

struct root;

struct apply_request {
	struct root *root;
	const struct plan *plan; /* with steps, without refusals */
	const char *line;        /* the command as typed */
	const char *who;
	const struct change *undoes; /* the change that it takes back; NULL: none */
	struct step_limits limits;
};

/* Makes the change; true when every step is done and was read back. *id is its name in the history,
 * the caller's (NULL when it did not come so far). Else false:
 * STATUS_REFUSED  another change runs, or one is unfinished: nothing was done
 * STATUS_FAILED   a step failed; the error says which, why, and whether all is as it was */
bool apply_plan(const struct apply_request *request, char **id, GError **error);

/* The newest change that was begun in this boot (or changes files) and has no end; NULL: none.
 * changes: as journal_list() gives them. Only meaningful while no change is being made. */
const struct change *apply_unfinished(struct root *root, const GPtrArray *changes);

/* Marks a change as taken back without doing anything: nothing of it is left. */
bool apply_close(struct root *root, const struct change *change, GError **error);

/* Is nothing left of it, since it changed what a restart resets, and there was one? */
bool change_is_past(const struct change *change, const char *boot);
