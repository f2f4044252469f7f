/* See trial.h. */
#include "cmd/trial.h"

#include <string.h>

#include "apply/journal.h"
#include "base/root.h"
#include "base/run.h"
#include "plan/trial.h"

#define MENU_MAX     ((size_t)1024 * 1024)
#define KEEP_SECONDS 3600

bool trial_add(struct context *context, const struct host *host, const GPtrArray *words,
	       const char *const *argv, struct plan *plan)
{
	const char *menu = host->boot.grub_cfg;
	g_autofree char *grub_cfg =
		context->root && menu ? root_read_all(context->root, menu, MENU_MAX, NULL, NULL)
				      : NULL;
	g_autofree char *mounts =
		context->root
			? root_read_all(context->root, "/proc/self/mountinfo", MENU_MAX, NULL, NULL)
			: NULL;
	g_autofree char *program = context_program(context);
	const struct trial_request request = {
		.words = words,
		.argv = argv,
		.grub_cfg = grub_cfg,
		.mounts = mounts,
		.installed = program != NULL,
	};

	return trial_plan(host, &request, plan);
}

/* ---- in the boots that follow ---- */

static bool makes_trial(const struct change *change)
{
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		if (step->kind == STEP_FILE && strcmp(step->path, TRIAL_PATH) == 0)
			return step->new_value != NULL;
	}
	return false;
}

/* The newest change that made one, and is not taken back. */
static const struct change *find_change(const GPtrArray *changes)
{
	for (guint i = 0; changes && i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (change->state == CHANGE_DONE && makes_trial(change))
			return change;
	}
	return NULL;
}

static bool has_word(struct context *context)
{
	char cmdline[4096];

	return root_read(context->root, "/proc/cmdline", cmdline, sizeof(cmdline)) > 0 &&
	       cmdline_has(cmdline, TRIAL_WORD);
}

static char *find_words(const struct change *change)
{
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		char *words = step->kind == STEP_FILE && step->new_value
				      ? trial_entry_words(step->new_value)
				      : NULL;
		if (words && *words)
			return words;
		g_free(words);
	}
	return NULL;
}

void trial_find(struct context *context, struct trial *trial)
{
	*trial = (struct trial){ .state = TRIAL_NONE };
	if (!context->root || !root_exists(context->root, TRIAL_PATH))
		return;
	g_autoptr(GPtrArray) changes = journal_list(context->root, NULL);
	g_autofree char *boot = journal_boot_id(context->root);
	const struct change *change = find_change(changes);
	if (!change)
		return;
	trial->id = g_strdup(change->id);
	trial->words = find_words(change);
	if (has_word(context))
		trial->state = TRIAL_RUNS;
	else if (g_strcmp0(change->boot, boot) == 0)
		trial->state = TRIAL_WAITS;
	else
		trial->state = TRIAL_LOST;
}

void trial_clear(struct trial *trial)
{
	g_free(trial->id);
	g_free(trial->words);
}

void trial_print(const struct term *term, const struct trial *trial)
{
	g_autofree char *with = trial->words ? g_strdup_printf(" (with %s)", trial->words) : NULL;
	g_autofree char *text = NULL;

	if (trial->state == TRIAL_WAITS)
		text = g_strdup_printf("the trial %s%s waits for the next start", trial->id,
				       with ? with : "");
	else if (trial->state == TRIAL_LOST)
		text = g_strdup_printf(
			"the trial %s%s did not come to its end: it crashed, it hung, it was "
			"switched off before it was looked at, or another entry of the menu was "
			"chosen. This is the machine as it was before; 'vfiokit undo' takes away "
			"what is left of the trial",
			trial->id, with ? with : "");
	if (text)
		term_paragraph(term, trial->state == TRIAL_LOST ? ROLE_BAD : ROLE_PLAIN, 0, 0, 4,
			       text);
}

bool trial_keep(struct context *context, const char *id, GError **error)
{
	g_autofree char *program = context_program(context);
	g_autofree char *text = root_read_all(context->root, TRIAL_PATH, MENU_MAX, NULL, NULL);
	g_auto(GStrv) words = text ? trial_argv(text) : NULL;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	if (!program || !words) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot read '%s'", TRIAL_PATH);
		return false;
	}
	const char *const undo[] = { program, "undo", "--yes", id, NULL };
	g_ptr_array_add(argv, program);
	for (char **word = words; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	if (run_program(undo, KEEP_SECONDS, error) &&
	    run_program((const char *const *)(const void *)argv->pdata, KEEP_SECONDS, error))
		return true;
	g_prefix_error(error, "the trial went well, but could not be made to last: ");
	return false;
}
