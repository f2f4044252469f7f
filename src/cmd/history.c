/* vfiokit history: the changes that were made to this machine, the newest first; of those that were
 * stopped on the way, how far they came. */
#include "apply/apply.h"
#include "apply/journal.h"
#include "cmd/command.h"
#include "view/plan.h"
#include "view/table.h"

struct history {
	struct context *context;
	GPtrArray *changes;
	char *boot;
	bool locked; /* a change is being made now */
};

/* What became of it: the newest unfinished one runs while the lock is held. */
static const char *state_of(const struct history *history, guint index)
{
	const struct change *change = history->changes->pdata[index];

	if (change->state == CHANGE_UNFINISHED && history->locked && index == 0)
		return "running";
	return change_state_name(change->state);
}

/* ---- JSON ---- */

static void json_steps(struct json *json, const struct change *change)
{
	json_array(json, "steps");
	for (guint i = 0; i < change->steps->len; i++) {
		json_object(json, NULL);
		step_json(json, change->steps->pdata[i]);
		json_text(json, "state", step_state_name(change_step_state(change, i)));
		json_object_end(json);
	}
	json_array_end(json);
}

static void print_json(const struct history *history)
{
	struct json json;

	context_json(history->context, &json, "vfiokit.history/1");
	json_array(&json, "changes");
	for (guint i = 0; i < history->changes->len; i++) {
		const struct change *change = history->changes->pdata[i];
		json_object(&json, NULL);
		json_text(&json, "id", change->id);
		json_text(&json, "when", change->when);
		json_text(&json, "who", change->who);
		json_text(&json, "command", change->line);
		json_text(&json, "effect", change->effect == EFFECT_NOW ? "now" : "next-boot");
		json_text(&json, "state", state_of(history, i));
		json_bool(&json, "gone_with_restart", change_is_past(change, history->boot));
		json_text(&json, "reason", change->reason);
		json_text(&json, "undoes", change->undoes);
		json_text(&json, "undone_by", change->undone_by);
		json_steps(&json, change);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	json_end(&json);
}

/* ---- for people ---- */

enum { COLUMN_ID, COLUMN_WHEN, COLUMN_STATE, COLUMN_COMMAND };

static const struct column columns[] = {
	[COLUMN_ID] = { .heading = "ID" },
	[COLUMN_WHEN] = { .heading = "WHEN" },
	[COLUMN_STATE] = { .heading = "STATE" },
	[COLUMN_COMMAND] = { .heading = "COMMAND", .width = 0.4, .wrap = true },
};

static enum role role_of(const struct history *history, const struct change *change)
{
	bool past = change_is_past(change, history->boot);

	if (change->state == CHANGE_UNFINISHED || change->state == CHANGE_BROKEN)
		return past ? ROLE_DIM : ROLE_BAD;
	return change->state == CHANGE_DONE && !past ? ROLE_PLAIN : ROLE_DIM;
}

static void print_table(const struct history *history)
{
	struct table *table = table_new(&history->context->term, columns, G_N_ELEMENTS(columns));

	for (guint i = 0; i < history->changes->len; i++) {
		const struct change *change = history->changes->pdata[i];
		enum role role = role_of(history, change);
		struct table_row *row = table_add(table, NULL);
		bool past = change_is_past(change, history->boot) &&
			    change->state != CHANGE_UNDONE && change->state != CHANGE_FAILED;
		g_autofree char *state = g_strconcat(state_of(history, i),
						     past ? ", gone with a restart" : "", NULL);
		table_set_role(table, row, COLUMN_ID, change->id, role);
		table_set_role(table, row, COLUMN_WHEN, change->when, role);
		table_set_role(table, row, COLUMN_STATE, state, role);
		table_set_role(table, row, COLUMN_COMMAND, change->line, role);
	}
	table_print(table);
}

static void print_unfinished(const struct history *history, const struct change *change)
{
	const struct term *term = &history->context->term;

	fputc('\n', term->out);
	term_print(term, ROLE_BAD, "%s was stopped on the way:\n", change->id);
	for (guint i = 0; i < change->steps->len; i++) {
		g_autofree char *phrase = step_phrase(change->steps->pdata[i]);
		fprintf(term->out, "  %-8s %s\n", step_state_name(change_step_state(change, i)),
			phrase);
	}
	fprintf(term->out, "take back what was done: ");
	term_print(term, ROLE_COMMAND, "vfiokit undo\n");
}

static void print_text(const struct history *history)
{
	struct context *context = history->context;

	if (history->changes->len == 0) {
		fprintf(context->term.out, "no change was made yet\n");
		return;
	}
	print_table(history);
	const struct change *change =
		history->locked ? NULL : apply_unfinished(context->root, history->changes);
	if (change)
		print_unfinished(history, change);
}

static int run_history(struct context *context, GError **error)
{
	struct history history = { .context = context };

	if (!context->root) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "a posted text has no history of changes");
		return -1;
	}
	/* Asked first: a change that ends meanwhile is then shown as it ended. */
	history.locked = journal_is_locked(context->root);
	history.changes = journal_list(context->root, error);
	if (!history.changes)
		return -1;
	history.boot = journal_boot_id(context->root);
	if (context->json)
		print_json(&history);
	else
		print_text(&history);
	g_ptr_array_unref(history.changes);
	g_free(history.boot);
	return STATUS_OK;
}

const struct command command_history = {
	.name = "history",
	.summary = "the changes that were made, and what became of them",
	.help = "States: done; failed, a step failed and all was taken back; broken, not all could "
		"be taken back; unfinished, it was stopped on the way; undone; running.",
	.run = run_history,
};
