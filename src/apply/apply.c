/* See apply.h. */
#include "apply/apply.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "apply/journal.h"
#include "apply/prepare.h"
#include "apply/restore.h"
#include "base/error.h"
#include "base/kmsg.h"
#include "base/root.h"
#include "base/root_write.h"
#include "base/text.h"

/* A change on its way. */
struct run {
	const struct apply_request *request;
	struct change *change;
	struct journal *journal;
	struct stepper stepper;
	struct kmsg_tail *said; /* by the kernel, since it was begun; NULL: not known */
};

/* ---- before ---- */

/* Files outlive a restart, whenever what is in them takes effect. */
static bool has_files(const struct change *change)
{
	for (guint i = 0; i < change->steps->len; i++)
		if (((const struct step *)change->steps->pdata[i])->kind == STEP_FILE)
			return true;
	return false;
}

bool change_is_past(const struct change *change, const char *boot)
{
	return change->effect == EFFECT_NOW && g_strcmp0(change->boot, boot) != 0 &&
	       !has_files(change);
}

static unsigned count_done(const struct change *change)
{
	unsigned n = 0;

	for (guint i = 0; i < change->steps->len; i++)
		n += change_step_state(change, i) == STEP_DONE;
	return n;
}

const struct change *apply_unfinished(struct root *root, const GPtrArray *changes)
{
	g_autofree char *boot = journal_boot_id(root);

	for (guint i = 0; i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (change->state == CHANGE_UNFINISHED && !change_is_past(change, boot))
			return change;
	}
	return NULL;
}

/* Only what takes an unfinished change back may be done before it is taken back. */
static bool check_unfinished(const struct apply_request *request, const GPtrArray *changes,
			     GError **error)
{
	const struct change *change = apply_unfinished(request->root, changes);

	if (!change || (request->undoes && strcmp(request->undoes->id, change->id) == 0))
		return true;
	if (request->undoes && g_strcmp0(change->undoes, request->undoes->id) == 0)
		return true; /* an undo that was stopped is begun again */
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
		    "the change %s was stopped on the way: %u of its %u steps are done", change->id,
		    count_done(change), change->steps->len);
	error_hint(error, "'vfiokit undo' takes back what was done of it");
	return false;
}

static bool set_moved(const struct step *step, const char *now, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
		    "nothing was done: %s is %s now and not %s, as when this was planned",
		    step->address ? step->address : step->path, now ? now : "empty",
		    step->old ? step->old : "empty");
	error_hint(error, "something else changes it, too; try again");
	return false;
}

static bool check_step(const struct apply_request *request, const struct step *step,
		       GHashTable *expected, GError **error)
{
	g_autofree char *key = step_key(step);
	g_autofree char *now = NULL;
	gpointer before;

	if (!key || step->loose || step->kind == STEP_COPY)
		return true; /* a copy that is there already is of this program alone */
	bool known = g_hash_table_lookup_extended(expected, key, NULL, &before);
	int r = known ? 0 : step_read(request->root, step, &now);
	if (r < 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "nothing was done: cannot read '%s': %s", step->path, g_strerror(-r));
		return false;
	}
	if (g_strcmp0(known ? before : now, step->old) != 0)
		return set_moved(step, known ? before : now, error);
	g_hash_table_insert(expected, g_steal_pointer(&key), step->new_value);
	return true;
}

/* Each thing must be as the first step that changes it says; what later steps say of it must be
 * what the one before leaves. */
static bool check_olds(const struct apply_request *request, GError **error)
{
	g_autoptr(GHashTable) expected =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < request->plan->steps->len; i++)
		if (!check_step(request, request->plan->steps->pdata[i], expected, error))
			return false;
	return true;
}

/* ---- the journal ---- */

static const char *const disturbed[] = { "power/control", "d3cold_allowed" };

/* What drivers set as they come and go. */
static void remember_device(struct root *root, struct change *change, const char *address)
{
	for (size_t i = 0; i < G_N_ELEMENTS(disturbed); i++) {
		g_autofree char *path =
			g_strdup_printf("/sys/bus/pci/devices/%s/%s", address, disturbed[i]);
		const struct step look = { .kind = STEP_SYSFS_WRITE, .path = path };
		g_autofree char *value = NULL;
		const char *known;
		if (!change_recall(change, path, &known) && step_read(root, &look, &value) == 0)
			change_remember(change, path, value);
	}
}

/* Folders that will be made for a file: "/etc/new/", the uppermost first. */
static void remember_folders(struct root *root, struct change *change, const char *path)
{
	const char *known;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *folder = g_strndup(path, (gsize)(slash - path) + 1);
		if (root_look(root, folder) == -ENOENT && !change_recall(change, folder, &known))
			change_remember(change, folder, NULL);
	}
}

static void fill_change(const struct apply_request *request, struct change *change)
{
	const GPtrArray *steps = request->plan->steps;

	change->verb = g_strdup(request->plan->command);
	change->line = g_strdup(request->line);
	change->who = g_strdup(request->who);
	change->undoes = request->undoes ? g_strdup(request->undoes->id) : NULL;
	change->effect = request->plan->effect;
	g_ptr_array_unref(change->steps);
	change->steps = g_ptr_array_ref(request->plan->steps);
	g_array_set_size(change->states, steps->len);
	change->state = CHANGE_UNFINISHED;
	for (guint i = 0; i < steps->len; i++) {
		const struct step *step = steps->pdata[i];
		if (step->address)
			remember_device(request->root, change, step->address);
		if (step->kind == STEP_FILE && step->new_value)
			remember_folders(request->root, change, step->path);
	}
}

static void add_number(GString *lines, const char *word, guint step)
{
	g_autofree char *words = g_strdup_printf("%s n=%u", word, step + 1);

	change_line(lines, words);
}

static void set_state(struct run *run, guint step, enum step_state state)
{
	g_array_index(run->change->states, enum step_state, step) = state;
}

/* ---- when it fails ---- */

#define REASON_LINES 3

/* What the kernel has said about the device since the change was begun: its last lines. */
static char *kernel_reason(const struct run *run, const char *address)
{
	GString *found = g_string_new(NULL);
	unsigned n = 0;

	if (!address || !run->said)
		return g_string_free(found, FALSE);
	const GPtrArray *lines = kmsg_tail_read(run->said);
	for (guint i = lines->len; i > 0 && n < REASON_LINES; i--) {
		const char *text = lines->pdata[i - 1];
		if (!strstr(text, address))
			continue;
		g_autofree char *shown = text_printable(text, strlen(text));
		g_string_prepend(found, shown);
		g_string_prepend(found, "; kernel: ");
		n++;
	}
	return g_string_free(found, FALSE);
}

static void add_left(GString *left, const GError *error)
{
	size_t length;

	error_split_hint(error->message, &length);
	g_string_append_printf(left, "; %.*s", (int)length, error->message);
}

/* Brings back what was before; what cannot be is told in left. held: a device that the kernel does
 * not let go of now; NULL. */
static void roll_back(struct run *run, const char *held, GString *left)
{
	PLAN_AUTO struct plan *plan = plan_new("undo");

	restore_plan(run->request->root, run->change, RESTORE_NEW, held, plan);
	for (guint i = 0; i < plan->warnings->len; i++) {
		const struct warning *warning = plan->warnings->pdata[i];
		g_string_append_printf(left, "; %s", warning->what);
	}
	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		g_string_append_printf(left, "; '%s' has been changed by something else meanwhile",
				       refusal->subject);
	}
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		g_autoptr(GError) error = NULL;
		bool guards = step->undo && *step->undo;
		if (step->last && !guards && left->len > 0)
			continue; /* the way back stays where it may be needed */
		if (!step_do(&run->stepper, step, &error))
			add_left(left, error);
	}
}

/* Tells the journal, takes back, tells the journal, and makes the message whole. */
static void fail_step(struct run *run, guint index, GError **error)
{
	const struct step *step = run->change->steps->pdata[index];
	g_autofree char *reason = kernel_reason(run, step->address);
	g_autoptr(GString) words = g_string_new("fail");
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autoptr(GString) left = g_string_new(NULL);
	g_autofree char *number = g_strdup_printf("%u", index + 1);
	size_t length;

	const char *hint = error_split_hint((*error)->message, &length);
	g_autofree char *said = g_strndup((*error)->message, length);
	g_autofree char *kept_hint = g_strdup(hint);
	g_autofree char *message = g_strconcat(said, reason, NULL);
	change_word(words, "n", number);
	change_word(words, "reason", message);
	change_line(lines, words->str);
	set_state(run, index, STEP_FAILED);
	journal_add(run->journal, lines->str, NULL); /* it is taken back with or without */
	roll_back(run, run->stepper.held ? step->address : NULL, left);

	g_string_truncate(lines, 0);
	change_line(lines, left->len > 0 ? "end state=broken" : "end state=failed");
	journal_add(run->journal, lines->str, NULL);
	g_clear_error(error);
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "step %u of %u failed: %s; %s%s",
		    index + 1, run->change->steps->len, message,
		    left->len > 0 ? "not all could be taken back" : "everything is as it was",
		    left->str);
	if (kept_hint)
		error_hint(error, "%s", kept_hint);
}

/* ---- signals ---- */

/* Those by which people and systems end a program: held back while a change is made, and looked at
 * between its steps. A step that has begun is finished first. */
static void fill_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* Takes one that is waiting; 0: none. */
static int take_signal(void)
{
	const struct timespec now = { 0 };
	sigset_t set;

	fill_signals(&set);
	int number = sigtimedwait(&set, NULL, &now);
	return MAX(number, 0);
}

static bool check_signals(GError **error)
{
	int number = take_signal();

	if (number == 0)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "it was stopped by a signal (%s)",
		    strsignal(number));
	return false;
}

/* ---- doing it ---- */

/* What came of the step takes the place of what was planned, here as in the journal. */
static void add_did(struct run *run, GString *lines, guint index)
{
	struct step *step = run->change->steps->pdata[index];
	g_autofree char *number = g_strdup_printf("%u", index + 1);
	g_autofree char *settled = step_settled(run->request->root, step);
	g_autoptr(GString) words = g_string_new("did");

	change_word(words, "n", number);
	change_word(words, "now", settled);
	change_line(lines, words->str);
	if (!settled)
		return;
	g_free(step->new_value);
	step->new_value = g_steal_pointer(&settled);
}

static bool do_steps(struct run *run, GError **error)
{
	const GPtrArray *steps = run->change->steps;
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; i < steps->len; i++) {
		add_number(lines, "begin", i);
		bool told = journal_add(run->journal, lines->str, error);
		if (told)
			set_state(run, i, STEP_BEGUN);
		if (!told || !step_do(&run->stepper, steps->pdata[i], error) ||
		    (i + 1 < steps->len && !check_signals(error))) {
			fail_step(run, i, error);
			return false;
		}
		set_state(run, i, STEP_DONE);
		g_string_truncate(lines, 0);
		add_did(run, lines, i);
	}
	/* All is done: a journal that cannot be written any more does not take it back. */
	change_line(lines, "end state=done");
	run->change->state = CHANGE_DONE;
	return journal_add(run->journal, lines->str, error);
}

/* An undo of it that was stopped on the way is done with, too. */
static bool mark_undone(struct root *root, const char *id, const char *by, GError **error)
{
	g_autoptr(GPtrArray) changes = journal_list(root, error);

	for (guint i = 0; changes && i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (change->state == CHANGE_UNFINISHED && g_strcmp0(change->undoes, id) == 0 &&
		    !journal_mark_undone(root, change->id, by, error))
			return false;
	}
	return changes && journal_mark_undone(root, id, by, error);
}

/* What was being written when a change, or an undo of it, was killed. */
static void clear_beside(struct root *root, const GPtrArray *changes, const char *id)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (strcmp(change->id, id) != 0 && g_strcmp0(change->undoes, id) != 0)
			continue;
		for (guint j = 0; j < change->steps->len; j++) {
			const struct step *step = change->steps->pdata[j];
			if (step_is_beside(step) && change_step_state(change, j) == STEP_BEGUN)
				root_clear_beside(root, step->path);
		}
	}
}

static bool close_locked(struct root *root, const char *id, GError **error)
{
	g_autoptr(GPtrArray) changes = journal_list(root, error);

	if (!changes)
		return false;
	clear_beside(root, changes, id);
	return mark_undone(root, id, NULL, error);
}

bool apply_close(struct root *root, const struct change *change, GError **error)
{
	int lock = journal_lock(root, error);
	bool ok = lock >= 0 && close_locked(root, change->id, error);

	journal_unlock(lock);
	return ok;
}

static bool apply_locked(const struct apply_request *request, int lock, char **id, GError **error)
{
	CHANGE_AUTO struct change *change = change_new();
	struct run run = {
		.request = request,
		.change = change,
		.stepper = { .root = request->root, .limits = request->limits, .lock = lock },
	};

	g_autoptr(GPtrArray) changes = journal_list(request->root, error);

	if (!changes || !check_unfinished(request, changes, error) || !check_olds(request, error) ||
	    !prepare_check(request->root, request->plan, !request->undoes, error))
		return false;
	fill_change(request, change);
	run.journal = journal_begin(request->root, changes, change, error);
	if (!run.journal)
		return false;
	*id = g_strdup(change->id);
	run.said = root_is_live(request->root) ? kmsg_tail_new() : NULL;
	if (request->undoes)
		clear_beside(request->root, changes, request->undoes->id);
	bool ok = do_steps(&run, error);
	kmsg_tail_free(run.said);
	if (ok && request->undoes)
		ok = mark_undone(request->root, request->undoes->id, change->id, error);
	journal_free(run.journal);
	return ok;
}

bool apply_plan(const struct apply_request *request, char **id, GError **error)
{
	sigset_t held, before;

	*id = NULL;
	int lock = journal_lock(request->root, error);
	if (lock < 0)
		return false;
	fill_signals(&held);
	sigprocmask(SIG_BLOCK, &held, &before);
	bool ok = apply_locked(request, lock, id, error);
	while (take_signal() > 0)
		; /* it has been answered: done, or taken back */
	sigprocmask(SIG_SETMASK, &before, NULL);
	journal_unlock(lock);
	return ok;
}
