/* Journals: whatever a power cut leaves of the text, it says what was said before, and no more. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "apply/change.h"
#include "apply/journal.h"
#include "base/error.h"
#include "base/root.h"

/* ---- texts ---- */

static struct change *make_change(void)
{
	struct change *change = change_new();
	PLAN_AUTO struct plan *plan = plan_new("bind");
	const char *const argv[] = { "update-initramfs", "-u", "-k all", NULL };

	change->id = g_strdup("20261123-031500-bind");
	change->sequence = 7;
	change->when = g_strdup("2026-11-23T03:15:00Z");
	change->boot = g_strdup("5a1e");
	change->who = g_strdup("somebody (sudo)");
	change->verb = g_strdup("bind");
	change->line = g_strdup("vfiokit bind 01:00.0 100%");
	change_remember(change, "/sys/a/power/control", "on");
	change_remember(change, "/sys/a/d3cold_allowed", NULL);
	plan_add(plan, STEP_SYSFS_WRITE, "/sys/a/driver_override", NULL, "vfio-pci", "why not")
		->address = g_strdup("0000:01:00.0");
	struct step *file = plan_add(plan, STEP_FILE, "/etc/a b", "old\nlines\n%41", "", NULL);
	file->mode = 0755;
	file->own = true;
	plan_add(plan, STEP_RUN, NULL, NULL, NULL, "ümlaut")->argv = g_strdupv((char **)argv);
	plan_add(plan, STEP_SYSFS_WRITE, "/sys/a/power/control", "auto", "on", NULL)->loose = true;
	g_ptr_array_unref(change->steps);
	change->steps = g_ptr_array_ref(plan->steps);
	return change;
}

static const char *const events[] = { "begin n=1", "did n=1", "begin n=2", "did n=2", "begin n=3" };

static GString *make_text(void)
{
	CHANGE_AUTO struct change *change = make_change();
	g_autofree char *head = change_head(change);
	GString *text = g_string_new(head);
	g_autoptr(GString) fail = g_string_new("fail n=3");

	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		change_line(text, events[i]);
	change_word(fail, "reason", "it does not\nwork");
	change_line(text, fail->str);
	change_line(text, "end state=failed");
	return text;
}

/* All that was read, as one text. */
static char *dump(const char *text, size_t length)
{
	CHANGE_AUTO struct change *change = change_parse(text, length);
	GString *out = g_string_new(NULL);

	if (!change)
		return g_string_free(out, FALSE);
	g_string_append_printf(out, "%s %s %s %s %s %s|", change->id ? change->id : "-",
			       change->who ? change->who : "-", change->line ? change->line : "-",
			       change_state_name(change->state),
			       change->reason ? change->reason : "-",
			       change->undone_by ? change->undone_by : "-");
	for (guint i = 0; i < change->memories->len; i++) {
		const struct change_memory *memory = change->memories->pdata[i];
		g_string_append_printf(out, "%s=%s|", memory->path,
				       memory->value ? memory->value : "-");
	}
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		g_autofree char *args = step->argv ? g_strjoinv(",", step->argv) : NULL;
		g_string_append_printf(out, "%s %s %s %s %s %s %d %s %s|",
				       step_kind_name(step->kind), step->path ? step->path : "-",
				       step->old ? step->old : "-",
				       step->new_value ? step->new_value : "-",
				       step->address ? step->address : "-", args ? args : "-",
				       step->loose, step->why ? step->why : "-",
				       step_state_name(change_step_state(change, i)));
	}
	return g_string_free(out, FALSE);
}

static void test_round_trip(void)
{
	CHANGE_AUTO struct change *was = make_change();
	g_autofree char *head = change_head(was);
	CHANGE_AUTO struct change *is = change_parse(head, strlen(head));
	const char *value = "";

	g_assert_nonnull(is);
	g_assert_false(is->cut);
	g_assert_cmpint(is->state, ==, CHANGE_UNFINISHED);
	g_assert_cmpuint(is->sequence, ==, 7);
	g_assert_cmpstr(is->line, ==, was->line);
	g_assert_cmpuint(is->steps->len, ==, 4);
	const struct step *file = is->steps->pdata[1];
	g_assert_cmpstr(file->old, ==, "old\nlines\n%41");
	g_assert_cmpstr(file->new_value, ==, "");
	g_assert_cmpuint(file->mode, ==, 0755);
	g_assert_true(file->own);
	g_assert_cmpuint(((const struct step *)is->steps->pdata[0])->mode, ==, 0);
	const struct step *run = is->steps->pdata[2];
	g_assert_cmpstr(run->argv[2], ==, "-k all");
	g_assert_cmpstr(run->why, ==, "ümlaut");
	g_assert_null(run->path);
	g_assert_false(run->own);
	g_assert_true(((const struct step *)is->steps->pdata[3])->loose);
	g_assert_true(change_recall(is, "/sys/a/d3cold_allowed", &value));
	g_assert_null(value);
	g_assert_false(change_recall(is, "/sys/b", &value));
}

/* Cut at every byte: what is read is what the whole lines say. */
static void test_cut(void)
{
	g_autoptr(GString) text = make_text();
	g_autofree char *full = dump(text->str, text->len);
	guint different = 0;
	g_autofree char *last = g_strdup("");

	g_assert_nonnull(strstr(full, "failed it does not\nwork"));
	for (size_t length = 0; length <= text->len; length++) {
		/* In memory of its own, so that a read behind the end is seen. */
		g_autofree char *part = g_memdup2(text->str, length ? length : 1);
		const char *newline = length ? memrchr(part, '\n', length) : NULL;
		size_t whole = newline ? (size_t)(newline - part) + 1 : 0;
		g_autofree char *is = dump(part, length);
		g_autofree char *should = dump(text->str, whole);
		g_assert_cmpstr(is, ==, should);
		CHANGE_AUTO struct change *change = change_parse(part, length);
		if (change) {
			g_assert_cmpint(change->cut, ==, whole != length);
			g_assert_cmpuint(change->whole, ==, whole);
		}
		different += strcmp(is, last) != 0;
		g_free(last);
		last = g_steal_pointer(&is);
	}
	g_assert_cmpuint(different, >=, 12); /* nearly each line says something new */
}

/* A block of zeros, or of something else, where the last lines should be. */
static void test_damage(void)
{
	g_autoptr(GString) text = make_text();

	for (size_t at = 0; at < text->len; at++) {
		g_autofree char *damaged = g_memdup2(text->str, text->len);
		damaged[at] ^= 1;
		const char *newline = at ? memrchr(damaged, '\n', at) : NULL;
		size_t whole = newline ? (size_t)(newline - damaged) + 1 : 0;
		g_autofree char *is = dump(damaged, text->len);
		g_autofree char *should = dump(text->str, whole);
		g_assert_cmpstr(is, ==, should);
		memset(damaged + at, 0, text->len - at);
		g_autofree char *zeros = dump(damaged, text->len);
		newline = at ? memrchr(text->str, '\n', at) : NULL;
		g_autofree char *before =
			dump(text->str, newline ? (size_t)(newline - text->str) + 1 : 0);
		g_assert_cmpstr(zeros, ==, before);
	}
}

/* ---- files ---- */

struct fixture {
	char *folder;
	struct root *root;
};

static void set_up(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->folder = g_dir_make_tmp("vfiokit-journal-XXXXXX", NULL);
	g_autofree char *run = g_build_filename(fixture->folder, "run", NULL);
	g_assert_cmpint(g_mkdir(run, 0755), ==, 0);
	fixture->root = root_open(fixture->folder, &error);
	g_assert_no_error(error);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->folder);

	root_free(fixture->root);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->folder);
}

static char *begin(struct fixture *fixture, const char *lines)
{
	g_autoptr(GError) error = NULL;
	CHANGE_AUTO struct change *change = make_change();

	g_clear_pointer(&change->id, g_free);
	g_clear_pointer(&change->when, g_free);
	g_clear_pointer(&change->boot, g_free);
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	struct journal *journal = journal_begin(fixture->root, changes, change, &error);
	g_assert_no_error(error);
	g_assert_true(journal_add(journal, lines, &error));
	journal_free(journal);
	return g_strdup(change->id);
}

static void test_files(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) none = journal_list(fixture->root, &error);
	g_autoptr(GString) lines = g_string_new(NULL);

	g_assert_no_error(error);
	g_assert_cmpuint(none->len, ==, 0);
	change_line(lines, "begin n=1");
	g_string_append(lines, "12345678 did n="); /* killed while it was written */
	g_autofree char *first = begin(fixture, lines->str);
	g_autofree char *second = begin(fixture, "");
	g_assert_cmpstr(first, !=, second);
	g_assert_true(journal_mark_undone(fixture->root, first, second, &error));
	g_assert_no_error(error);

	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	g_assert_cmpuint(changes->len, ==, 2);
	const struct change *newest = changes->pdata[0], *oldest = changes->pdata[1];
	g_assert_cmpstr(newest->id, ==, second);
	g_assert_cmpint(newest->state, ==, CHANGE_UNFINISHED);
	g_assert_cmpstr(oldest->id, ==, first);
	g_assert_cmpint(oldest->state, ==, CHANGE_UNDONE);
	g_assert_cmpstr(oldest->undone_by, ==, second);
	g_assert_false(oldest->cut);
	g_assert_cmpint(change_step_state(oldest, 0), ==, STEP_BEGUN);
}

static void test_strangers(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *id = begin(fixture, "");
	g_autofree char *folder = g_strconcat(fixture->folder, JOURNAL_DIR, NULL);
	const char *const names[] = { "notes", ".hidden", "UPPER", "empty" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);
		g_assert_true(g_file_set_contents(path, i == 3 ? "" : "none of ours\n", -1, NULL));
	}
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	g_assert_cmpuint(changes->len, ==, 1);
	g_assert_cmpstr(((const struct change *)changes->pdata[0])->id, ==, id);
}

static void test_lock(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *pid = g_strdup_printf("process %d", (int)getpid());

	g_assert_false(journal_is_locked(fixture->root));
	int lock = journal_lock(fixture->root, &error);
	g_assert_no_error(error);
	g_assert_true(journal_is_locked(fixture->root));
	g_assert_cmpint(journal_lock(fixture->root, &error), ==, -1);
	g_assert_error(error, VFIOKIT_ERROR, STATUS_REFUSED);
	g_assert_nonnull(strstr(error->message, pid));
	g_clear_error(&error);
	journal_unlock(lock);
	g_assert_false(journal_is_locked(fixture->root));
	lock = journal_lock(fixture->root, &error);
	g_assert_no_error(error);
	journal_unlock(lock);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/journal/round-trip", test_round_trip);
	g_test_add_func("/journal/cut", test_cut);
	g_test_add_func("/journal/damage", test_damage);
	g_test_add("/journal/files", struct fixture, NULL, set_up, test_files, tear_down);
	g_test_add("/journal/strangers", struct fixture, NULL, set_up, test_strangers, tear_down);
	g_test_add("/journal/lock", struct fixture, NULL, set_up, test_lock, tear_down);
	return g_test_run();
}
