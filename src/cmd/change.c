/* See change.h. */
#include "cmd/change.h"

#include <stdlib.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/restore.h"
#include "base/root.h"
#include "plan/interrupts_plan.h"
#include "plan/refusal.h"
#include "view/plan.h"

static char *command_line(const struct context *context, const char *verb)
{
	GString *line = g_string_new("vfiokit ");

	g_string_append(line, verb);
	for (unsigned i = 0; i < context->n_arguments; i++)
		g_string_append_printf(line, " %s", context->arguments[i]);
	return g_string_free(line, FALSE);
}

/* Who asked for it: the user behind sudo, where there is one. */
static char *find_who(void)
{
	const char *user = getenv("SUDO_USER");

	if (user && *user)
		return g_strdup_printf("%s (sudo)", user);
	return g_strdup_printf("uid %u", (unsigned)getuid());
}

/* ---- why not ---- */

bool change_check_offline(const struct context *context, const struct change_options *options,
			  GError **error)
{
	if (!options->offline || context->root_path)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "option '--offline' goes with '--root' only");
	return false;
}

bool change_check_allowed(const struct change_options *options, GError **error)
{
	for (guint i = 0; options->allow && i < options->allow->len; i++) {
		bool known;
		refusal_is_overridable(options->allow->pdata[i], &known);
		if (known)
			continue; /* one that cannot be overridden stays: see plan_allow() */
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "there is no rule '%s'",
			    (const char *)options->allow->pdata[i]);
		error_hint(error,
			   "the plan names those that stand in its way: 'refused: RULE (…)'");
		return false;
	}
	return true;
}

/* What makes the refusals pass. */
struct way {
	bool group; /* --group */
	unsigned n; /* rules that are overridden */
	GString *words;
};

static void add_word(struct way *way, const char *word)
{
	if (!strstr(way->words->str, word))
		g_string_append_printf(way->words, "%s%s", way->words->len > 0 ? " " : "", word);
}

/* False where there is none: one of the rules cannot be overridden. */
static bool find_way(const struct plan *plan, struct way *way)
{
	for (guint i = 0; i < plan->refusals->len; i++)
		way->group |= ((const struct refusal *)plan->refusals->pdata[i])->group;
	if (way->group)
		add_word(way, "--group");
	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		g_autofree char *word = g_strdup_printf("--allow %s", refusal->id);
		size_t length = way->words->len;
		if (!refusal->group && !refusal->overridable)
			return false;
		if (!refusal->group)
			add_word(way, word);
		way->n += way->words->len > length;
	}
	return true;
}

static void hint_way(const struct plan *plan, GError **error)
{
	g_autoptr(GString) words = g_string_new(NULL);
	struct way way = { .words = words };

	if (!find_way(plan, &way))
		return;
	if (way.n == 0)
		error_hint(error, "'%s' takes the whole group", words->str);
	else
		error_hint(error, "'%s' %soverrides %s; read first what %s", words->str,
			   way.group ? "takes the whole group and " : "",
			   way.n == 1 ? "that rule" : "these rules",
			   way.n == 1 ? "it guards" : "they guard");
}

static void set_refused(const struct plan *plan, GError **error)
{
	g_autoptr(GString) ids = g_string_new(NULL);

	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		g_string_append_printf(ids, "%s%s (%s)", i > 0 ? ", " : "", refusal->id,
				       refusal->subject ? refusal->subject : "host");
	}
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED, "'%s' is refused: %s", plan->command,
		    ids->str);
	hint_way(plan, error);
}

static void set_elsewhere(const struct plan *plan, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
		    "'%s' changes the running machine only: this plan is not done", plan->command);
	error_hint(error, "leave '--root' and '--host' away to do it here");
}

static bool is_live(const struct context *context)
{
	return context->root && root_is_live(context->root);
}

static bool may_apply(const struct context *context, const struct change_options *options,
		      const struct plan *plan, GError **error)
{
	bool offline = options->offline && context->root_path;

	if (plan->refusals->len > 0)
		set_refused(plan, error);
	else if (!offline && !is_live(context))
		set_elsewhere(plan, error);
	else if (!offline && geteuid() != 0)
		g_set_error(error, VFIOKIT_ERROR, STATUS_NEED_ROOT, "'%s' needs root",
			    plan->command);
	else
		return true;
	if (plan->refusals->len == 0 && is_live(context))
		error_hint(error, "run it with sudo, or look at the plan with --dry-run");
	return false;
}

/* ---- telling ---- */

static void print_json(struct context *context, const struct plan *plan, const char *id)
{
	struct json json;

	context_json(context, &json, "vfiokit.plan/1");
	json_text(&json, "command", plan->command);
	plan_json(&json, plan);
	json_text(&json, "change", id);
	json_object_end(&json);
	json_end(&json);
}

void change_print_plan(struct context *context, const struct plan *plan)
{
	if (context->json)
		print_json(context, plan, NULL);
	else
		plan_print(&context->term, plan);
}

static void print_done(struct context *context, const struct plan *plan, const char *id,
		       const char *made)
{
	if (context->json) {
		print_json(context, plan, id);
		return;
	}
	plan_print_notes(&context->term, plan);
	if (context->quiet)
		return;
	if (context->verbose)
		plan_print(&context->term, plan);
	if (made)
		fprintf(context->term.out, "%s\n", made);
	fprintf(context->term.out, "change %s, %u steps; take it back with: ", id,
		plan->steps->len);
	term_print(&context->term, ROLE_COMMAND, "vfiokit undo %s", id);
	fputc('\n', context->term.out);
}

/* ---- without running programs ---- */

void change_drop_programs(struct plan *plan)
{
	for (guint i = plan->steps->len; i > 0; i--) {
		const struct step *step = plan->steps->pdata[i - 1];
		if (step->kind == STEP_FILE || step->kind == STEP_FOLDER || step->kind == STEP_COPY)
			continue;
		bool guards = step->last && step->undo; /* what is built anew here and now */
		if (step->kind == STEP_RUN && !guards) {
			g_autofree char *words = g_strjoinv(" ", step->argv);
			plan_warn(plan, "offline", "To be run in the finished system: %s", words);
		}
		g_ptr_array_remove_index(plan->steps, i - 1);
	}
}

/* ---- all of it ---- */

int change_finish(struct context *context, const struct change_options *options, struct plan *plan,
		  const struct change *undoes, const char *made, GError **error)
{
	g_autofree char *line = command_line(context, plan->command);
	g_autofree char *who = find_who();
	g_autofree char *id = NULL;

	plan_allow(plan, options->allow);
	if (options->dry_run || (plan->steps->len == 0 && plan->refusals->len == 0)) {
		change_print_plan(context, plan);
		if (plan->refusals->len == 0)
			return STATUS_OK;
		set_refused(plan, error);
		return -1;
	}
	if (!may_apply(context, options, plan, error)) {
		change_print_plan(context, plan);
		return -1;
	}
	const struct apply_request request = {
		.root = context->root,
		.plan = plan,
		.line = line,
		.who = who,
		.undoes = undoes,
		.limits = step_limits_default,
	};
	if (!apply_plan(&request, &id, error)) {
		g_prefix_error(error, "'%s' was not done: ", plan->command);
		return -1;
	}
	interrupts_note_kept(plan);
	if (undoes)
		restore_look(context->root, undoes, plan);
	print_done(context, plan, id, made);
	return STATUS_OK;
}
