/* See change.h; as text it is in change_text.c. */
#include "apply/change.h"

#include <string.h>

static void memory_free(gpointer data)
{
	struct change_memory *memory = data;

	g_free(memory->path);
	g_free(memory->value);
	g_free(memory);
}

struct change *change_new(void)
{
	struct change *change = g_new0(struct change, 1);
	/* A plan knows how to own steps: only its array is kept. */
	struct plan *plan = plan_new(NULL);

	change->steps = g_ptr_array_ref(plan->steps);
	plan_free(plan);
	change->memories = g_ptr_array_new_with_free_func(memory_free);
	change->states = g_array_new(FALSE, TRUE, sizeof(enum step_state));
	return change;
}

void change_free(struct change *change)
{
	if (!change)
		return;
	g_free(change->id);
	g_free(change->when);
	g_free(change->boot);
	g_free(change->who);
	g_free(change->verb);
	g_free(change->line);
	g_free(change->reason);
	g_free(change->undoes);
	g_free(change->undone_by);
	g_ptr_array_unref(change->memories);
	g_ptr_array_unref(change->steps);
	g_array_unref(change->states);
	g_free(change);
}

void change_remember(struct change *change, const char *path, const char *value)
{
	struct change_memory *memory = g_new0(struct change_memory, 1);

	memory->path = g_strdup(path);
	memory->value = g_strdup(value);
	g_ptr_array_add(change->memories, memory);
}

bool change_recall(const struct change *change, const char *path, const char **value)
{
	for (guint i = 0; i < change->memories->len; i++) {
		const struct change_memory *memory = change->memories->pdata[i];
		if (strcmp(memory->path, path) != 0)
			continue;
		*value = memory->value;
		return true;
	}
	return false;
}

enum step_state change_step_state(const struct change *change, unsigned step)
{
	return step < change->states->len ? g_array_index(change->states, enum step_state, step)
					  : STEP_PLANNED;
}

static const char *const state_names[] = {
	[CHANGE_EMPTY] = "empty",   [CHANGE_UNFINISHED] = "unfinished", [CHANGE_DONE] = "done",
	[CHANGE_FAILED] = "failed", [CHANGE_BROKEN] = "broken",         [CHANGE_UNDONE] = "undone",
};

static const char *const step_state_names[] = {
	[STEP_PLANNED] = "planned",
	[STEP_BEGUN] = "begun",
	[STEP_DONE] = "done",
	[STEP_FAILED] = "failed",
};

const char *change_state_name(enum change_state state)
{
	return state_names[state];
}

const char *step_state_name(enum step_state state)
{
	return step_state_names[state];
}
