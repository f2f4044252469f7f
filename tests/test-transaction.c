/* Changes of files and what is made of them, all or nothing: what full disks, folders that may not
 * be written, programs that fail or do nothing, signals and other people do to them. On small
 * trees; where a disk of its own is needed, on a tmpfs (skipped where none can be mounted). */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/journal.h"
#include "apply/restore.h"
#include "base/error.h"
#include "base/root.h"

struct box {
	char *folder;
	struct root *root;
	struct plan *plan;
	bool mounted; /* etc is a tmpfs */
};

static char *path_of(const struct box *box, const char *name)
{
	return g_build_filename(box->folder, name, NULL);
}

static void put(const struct box *box, const char *name, const char *text)
{
	g_autofree char *path = path_of(box, name);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void assert_file(const struct box *box, const char *name, const char *text)
{
	g_autofree char *path = path_of(box, name);
	g_autofree char *is = NULL;

	g_file_get_contents(path, &is, NULL, NULL);
	g_assert_cmpstr(is, ==, text);
}

static bool is_there(const struct box *box, const char *name)
{
	g_autofree char *path = path_of(box, name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void set_up(struct box *box, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	box->folder = g_dir_make_tmp("vfiokit-transaction-XXXXXX", NULL);
	put(box, "run/keep", "");
	put(box, "var/lib/keep", "");
	put(box, "etc/one", "1\n");
	put(box, "etc/two", "2\n");
	box->root = root_open(box->folder, &error);
	g_assert_no_error(error);
	box->plan = plan_new("setup");
	box->plan->effect = EFFECT_NEXT_BOOT;
}

static void tear_down(struct box *box, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", box->folder);
	g_autofree char *etc = path_of(box, "etc");

	if (box->mounted)
		g_assert_cmpint(umount(etc), ==, 0);
	plan_free(box->plan);
	root_free(box->root);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(box->folder);
}

static void add_file(struct box *box, const char *path, const char *old, const char *text)
{
	plan_add(box->plan, STEP_FILE, path, old, text, NULL);
}

static void add_files(struct box *box)
{
	add_file(box, "/etc/one", "1\n", "one\n");
	add_file(box, "/etc/new/deep/file", NULL, "text\n");
}

/* A program: a shell with a text; $0 is the folder of the box. */
static struct step *add_shell(struct box *box, const char *text)
{
	const char *const argv[] = { "sh", "-c", text, box->folder, NULL };

	return plan_add_run(box->plan, argv, NULL, NULL);
}

static bool apply(struct box *box, const struct plan *plan, const struct change *undoes,
		  GError **error)
{
	const struct apply_request request = {
		.root = box->root,
		.plan = plan,
		.line = "vfiokit setup",
		.who = "test",
		.undoes = undoes,
		.limits = { .driver = 1, .attribute = 1, .program = 20 },
	};
	g_autofree char *id = NULL;

	return apply_plan(&request, &id, error);
}

/* The plan that takes the newest change back. The caller's; so is *changes, which it stands on. */
static struct plan *plan_undo(struct box *box, GPtrArray **changes, const struct change **change)
{
	struct plan *plan = plan_new("undo");

	*changes = journal_list(box->root, NULL);
	*change = (*changes)->pdata[0];
	restore_plan(box->root, *change, RESTORE_NEW, NULL, plan);
	return plan;
}

static void undo(struct box *box, unsigned warnings)
{
	g_autoptr(GPtrArray) changes = NULL;
	g_autoptr(GError) error = NULL;
	const struct change *change;
	PLAN_AUTO struct plan *plan = plan_undo(box, &changes, &change);

	g_assert_cmpuint(plan->refusals->len, ==, 0);
	apply(box, plan, change, &error);
	g_assert_no_error(error);
	restore_look(box->root, change, plan);
	g_assert_cmpuint(plan->warnings->len, ==, warnings);
}

static void do_it(struct box *box)
{
	g_autoptr(GError) error = NULL;

	apply(box, box->plan, NULL, &error);
	g_assert_no_error(error);
}

static enum change_state fail_it(struct box *box, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(apply(box, box->plan, NULL, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_FAILED);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, words));
	g_autoptr(GPtrArray) changes = journal_list(box->root, NULL);
	return changes->len > 0 ? ((const struct change *)changes->pdata[0])->state : CHANGE_EMPTY;
}

static void assert_as_before(const struct box *box)
{
	assert_file(box, "etc/one", "1\n");
	assert_file(box, "etc/two", "2\n");
	g_assert_false(is_there(box, "etc/new"));
}

/* ---- what files are besides their text ---- */

static void test_attributes(struct box *box, gconstpointer data)
{
	g_autofree char *path = path_of(box, "etc/one");
	struct stat st;
	char value[8] = "";

	g_assert_cmpint(chmod(path, 0640), ==, 0);
	bool labelled = setxattr(path, "user.vfiokit", "kept", 4, 0) == 0;
	bool owned = geteuid() == 0 && chown(path, 12, 34) == 0;
	add_files(box);
	do_it(box);
	assert_file(box, "etc/one", "one\n");
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 07777, ==, 0640);
	if (owned)
		g_assert_true(st.st_uid == 12 && st.st_gid == 34);
	if (labelled)
		g_assert_cmpint((int)getxattr(path, "user.vfiokit", value, sizeof(value)), ==, 4);
	undo(box, 0);
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 07777, ==, 0640);
	assert_as_before(box);
}

static void test_folders(struct box *box, gconstpointer data)
{
	add_files(box);
	do_it(box);
	assert_file(box, "etc/new/deep/file", "text\n");
	undo(box, 0);
	g_assert_false(is_there(box, "etc/new"));
}

static void test_folder_in_use(struct box *box, gconstpointer data)
{
	add_files(box);
	do_it(box);
	put(box, "etc/new/theirs", "x");
	undo(box, 0);
	g_assert_false(is_there(box, "etc/new/deep"));
	assert_file(box, "etc/new/theirs", "x");
}

/* ---- other people ---- */

static void test_changed_elsewhere(struct box *box, gconstpointer data)
{
	add_file(box, "/etc/one", "1\n", "1\nours\n");
	do_it(box);
	put(box, "etc/one", "0\n1\nours\n2\n");
	undo(box, 0);
	assert_file(box, "etc/one", "0\n1\n2\n");
}

static void test_changed_at_the_same_place(struct box *box, gconstpointer data)
{
	g_autoptr(GPtrArray) changes = NULL;
	const struct change *change;

	add_files(box);
	do_it(box);
	put(box, "etc/one", "uno\n");
	PLAN_AUTO struct plan *plan = plan_undo(box, &changes, &change);
	g_assert_cmpuint(plan->refusals->len, ==, 1);
	const struct refusal *refusal = plan->refusals->pdata[0];
	g_assert_cmpstr(refusal->id, ==, "changed-since");
	g_assert_cmpstr(refusal->subject, ==, "/etc/one");
	g_assert_cmpstr(refusal->from, ==, "uno\n");
	g_assert_cmpstr(refusal->to, ==, "1\n");
}

/* A file of ours that a person went on writing in. */
static void test_ours_was_changed(struct box *box, gconstpointer data)
{
	g_autoptr(GPtrArray) changes = NULL;
	const struct change *change;

	add_files(box);
	do_it(box);
	put(box, "etc/new/deep/file", "text\nand theirs\n");
	PLAN_AUTO struct plan *plan = plan_undo(box, &changes, &change);
	g_assert_cmpuint(plan->refusals->len, ==, 1);
	g_assert_null(((const struct refusal *)plan->refusals->pdata[0])->to);
}

/* One that a tool changes with all others of its kind: nobody has to be asked. */
static void test_own_was_changed(struct box *box, gconstpointer data)
{
	add_files(box);
	((struct step *)box->plan->steps->pdata[1])->own = true;
	do_it(box);
	put(box, "etc/new/deep/file", "text\nand theirs\n");
	undo(box, 1); /* it is told */
	assert_as_before(box);
}

/* ---- programs ---- */

static void test_rebuilder_fails(struct box *box, gconstpointer data)
{
	add_files(box);
	add_shell(box, "cp $0/etc/one $0/made; grep -q 1 $0/etc/one || { echo no room; exit 1; }");
	g_assert_cmpint(fail_it(box, "no room"), ==, CHANGE_FAILED);
	assert_as_before(box);
	assert_file(box, "made", "1\n"); /* and it was made again of what was before */
}

/* ---- ways back ---- */

/* An entry that starts from a copy of /etc/two, and what builds that anew, in place: it says so
 * where there is no entry, or no such copy, meanwhile. */
static void add_way_back(struct box *box, const char *rest)
{
	g_autofree char *script = g_strconcat(
		"[ -e $0/etc/entry ] && [ \"$(cat $0/etc/kept)\" = 2 ] && [ -e $0/on ] || touch "
		"$0/unsafe; ",
		rest, NULL);
	const char *const on[] = { "sh", "-c", "touch $0/on", box->folder, NULL };
	const char *const off[] = { "sh", "-c", "rm $0/on", box->folder, NULL };
	struct step *entry;

	plan_add(box->plan, STEP_COPY, "/etc/kept", NULL, "/etc/two", NULL)->last = true;
	entry = plan_add(box->plan, STEP_FILE, "/etc/entry", NULL, "kept\n", NULL);
	entry->own = true;
	entry->last = true;
	plan_add_run(box->plan, on, off, NULL)->last = true;
	add_shell(box, script);
	plan_add_run(box->plan, off, plan_no_undo, NULL)->last = true;
}

static void assert_way_back(const struct box *box, bool there)
{
	g_assert_false(is_there(box, "unsafe"));
	g_assert_false(is_there(box, "on"));
	g_assert_true(is_there(box, "etc/entry") == there);
	assert_file(box, "etc/kept", there ? "2\n" : NULL);
}

#define BUILD "cp $0/etc/one $0/etc/two"

static void test_way_back(struct box *box, gconstpointer data)
{
	g_autofree char *two = path_of(box, "etc/two");
	struct stat st;

	g_assert_cmpint(chmod(two, 0600), ==, 0);
	add_files(box);
	add_way_back(box, BUILD);
	do_it(box);
	assert_way_back(box, true);
	assert_file(box, "etc/two", "one\n");
	g_autofree char *kept = path_of(box, "etc/kept");
	g_assert_cmpint(stat(kept, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
	undo(box, 0);
	assert_way_back(box, false);
	assert_file(box, "etc/two", "1\n");
}

/* An undo of which the building fails: what it was to take away is needed. */
static void test_way_back_stays(struct box *box, gconstpointer data)
{
	g_autoptr(GPtrArray) changes = NULL;
	g_autoptr(GError) error = NULL;
	const struct change *change;

	add_files(box);
	add_way_back(box, "grep -q one $0/etc/one && " BUILD);
	do_it(box);
	PLAN_AUTO struct plan *plan = plan_undo(box, &changes, &change);
	g_assert_false(apply(box, plan, change, &error));
	g_test_message("%s", error->message);
	assert_file(box, "etc/one", "one\n");
	assert_way_back(box, true);
}

/* Nothing can be built any more, so that not all can be taken back. */
static void test_way_back_of_broken(struct box *box, gconstpointer data)
{
	add_files(box);
	add_way_back(box, "false");
	g_assert_cmpint(fail_it(box, "not all could be taken back"), ==, CHANGE_BROKEN);
	g_assert_true(is_there(box, "etc/entry"));
	assert_file(box, "etc/kept", "2\n");
	assert_file(box, "etc/one", "1\n");
}

/* One that is taken back comes again before anything is built. */
static void test_way_back_again(struct box *box, gconstpointer data)
{
	add_files(box);
	add_way_back(box, BUILD);
	do_it(box);
	undo(box, 0);
	put(box, "etc/two", "2\n");
	undo(box, 0); /* of the undo */
	assert_way_back(box, true);
	assert_file(box, "etc/two", "one\n");
}

/* A way back that stands in a menu with other things: in it whenever something is built, when it is
 * done, undone, and done again. */
static void test_way_back_in_menu(struct box *box, gconstpointer data)
{
	put(box, "etc/menu", "menu\n");
	add_files(box);
	plan_add(box->plan, STEP_COPY, "/etc/kept", NULL, "/etc/two", NULL)->last = true;
	plan_add(box->plan, STEP_FILE, "/etc/menu", "menu\n", "menu\nkept\n", NULL)->last = true;
	add_shell(box, "grep -q kept $0/etc/menu && [ \"$(cat $0/etc/kept)\" = 2 ] || "
		       "touch $0/unsafe; " BUILD);
	do_it(box);
	assert_file(box, "etc/menu", "menu\nkept\n");
	undo(box, 0);
	assert_file(box, "etc/menu", "menu\n");
	assert_file(box, "etc/kept", NULL);
	g_assert_false(is_there(box, "unsafe"));
	put(box, "etc/two", "2\n");
	undo(box, 0); /* of the undo */
	assert_file(box, "etc/menu", "menu\nkept\n");
	assert_file(box, "etc/kept", "2\n");
	g_assert_false(is_there(box, "unsafe"));
}

/* What is to be copied is gone. */
static void test_nothing_to_copy(struct box *box, gconstpointer data)
{
	g_autofree char *two = path_of(box, "etc/two");

	add_files(box);
	add_way_back(box, BUILD);
	g_assert_cmpint(g_unlink(two), ==, 0);
	g_assert_cmpint(fail_it(box, "cannot copy '/etc/two'"), ==, CHANGE_FAILED);
	assert_way_back(box, false);
	assert_file(box, "etc/one", "1\n");
}

/* A program that is to make /made, which then is to hold "one". */
static void add_maker(struct box *box, const char *script)
{
	struct step *step = add_shell(box, script);

	step->path = g_strdup("/made");
	step->new_value = g_strdup("one");
}

static void test_result_is_missing(struct box *box, gconstpointer data)
{
	add_files(box);
	put(box, "made", "1\n");
	add_maker(box, "true");
	g_assert_cmpint(fail_it(box, "does not hold 'one' afterwards"), ==, CHANGE_FAILED);
	assert_as_before(box);
}

static void test_result_is_there(struct box *box, gconstpointer data)
{
	add_files(box);
	add_maker(box, "cp $0/etc/one $0/made");
	do_it(box);
	undo(box, 0);
	assert_as_before(box);
	assert_file(box, "made", "1\n");
}

/* Somebody else wants it there, too. */
static void test_result_stays(struct box *box, gconstpointer data)
{
	add_files(box);
	add_maker(box, "{ cat $0/etc/one; echo one; } > $0/made");
	do_it(box);
	undo(box, 1);
	assert_as_before(box);
}

static void test_program_that_another_takes_back(struct box *box, gconstpointer data)
{
	const char *const first[] = { "sh", "-c", "echo first >> $0/made", box->folder, NULL };
	const char *const first_undo[] = { "sh", "-c", "echo unfirst >> $0/made", box->folder,
					   NULL };
	const char *const second[] = { "sh", "-c", "echo second >> $0/made", box->folder, NULL };
	const char *const second_undo[] = { "sh", "-c", "echo unsecond >> $0/made", box->folder,
					    NULL };
	const char *const stays[] = { "sh", "-c", "echo stays >> $0/made", box->folder, NULL };

	plan_add_run(box->plan, first, first_undo, NULL);
	plan_add_run(box->plan, stays, plan_no_undo, NULL);
	plan_add_run(box->plan, second, second_undo, NULL);
	do_it(box);
	assert_file(box, "made", "first\nstays\nsecond\n");
	undo(box, 0);
	assert_file(box, "made", "first\nstays\nsecond\nunsecond\nunfirst\n");
}

/* ---- interrupts ---- */

#define IRQ(n) "proc/irq/" #n "/smp_affinity_list"

static void add_interrupt(struct box *box, const char *name, const char *old, const char *wanted)
{
	g_autofree char *path = g_strconcat("/", name, NULL);

	put(box, name, old);
	plan_add(box->plan, STEP_INTERRUPT, path, old, wanted, NULL);
}

/* Undo touches those that are as they were left: others have been moved since, are gone, or were
 * never moved. */
static void test_interrupts(struct box *box, gconstpointer data)
{
	box->plan->effect = EFFECT_NOW;
	add_interrupt(box, IRQ(30), "0-3", "0-1");
	add_interrupt(box, IRQ(31), "0-3", "0-1");
	add_interrupt(box, IRQ(32), "0-3", "0-1");
	do_it(box);
	assert_file(box, IRQ(30), "0-1");
	assert_file(box, IRQ(31), "0-1");
	put(box, IRQ(31), "3");
	g_autofree char *gone = path_of(box, IRQ(32));
	g_assert_cmpint(g_remove(gone), ==, 0);

	g_autoptr(GPtrArray) changes = NULL;
	const struct change *change;
	PLAN_AUTO struct plan *plan = plan_undo(box, &changes, &change);
	g_assert_cmpuint(plan->warnings->len, ==, 0);
	g_assert_cmpuint(plan->steps->len, ==, 1);
	undo(box, 0);
	assert_file(box, IRQ(30), "0-3");
	assert_file(box, IRQ(31), "3");
}

/* One that has been moved between plan and change is seen before anything is done. */
static void test_interrupt_was_moved(struct box *box, gconstpointer data)
{
	add_interrupt(box, IRQ(30), "0-3", "0-1");
	put(box, IRQ(30), "2");
	g_assert_cmpint(fail_it(box, "is 2 now and not 0-3"), ==, CHANGE_EMPTY);
	assert_file(box, IRQ(30), "2");
}

static void test_program_is_gone(struct box *box, gconstpointer data)
{
	const char *const argv[] = { "vfiokit-no-such-program", NULL };

	add_files(box);
	plan_add_run(box->plan, argv, NULL, NULL);
	g_assert_cmpint(fail_it(box, "nothing was done: there is no program"), ==, CHANGE_EMPTY);
	assert_as_before(box);
}

/* ---- signals ---- */

/* While the first program runs: it comes to its end, and the second is not started. */
static void test_signal(struct box *box, gconstpointer data)
{
	int number = GPOINTER_TO_INT(data);
	g_autofree char *text =
		g_strdup_printf("kill -%d %d; echo first >> $0/made", number, (int)getpid());

	add_files(box);
	add_shell(box, text);
	((struct step *)box->plan->steps->pdata[2])->undo = g_new0(char *, 1);
	add_shell(box, "echo second >> $0/made");
	g_assert_cmpint(fail_it(box, "it was stopped by a signal"), ==, CHANGE_FAILED);
	assert_as_before(box);
	assert_file(box, "made", "first\n");
}

/* During the last step all that is left is to be done. */
static void test_signal_at_the_end(struct box *box, gconstpointer data)
{
	g_autofree char *text = g_strdup_printf("kill -TERM %d", (int)getpid());

	add_files(box);
	add_shell(box, text);
	do_it(box);
	assert_file(box, "etc/one", "one\n");
}

/* ---- disks ---- */

static bool mount_etc(struct box *box, const char *options)
{
	g_autofree char *etc = path_of(box, "etc");

	if (mount("tmpfs", etc, "tmpfs", 0, options) < 0) {
		g_test_skip("no tmpfs can be mounted here");
		return false;
	}
	box->mounted = true;
	put(box, "etc/one", "1\n");
	put(box, "etc/two", "2\n");
	return true;
}

static char *fill(size_t length)
{
	char *text = g_malloc(length + 1);

	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

/* Room is looked for before anything is done. */
static void test_full_disk(struct box *box, gconstpointer data)
{
	g_autofree char *large = fill((size_t)64 * 1024);

	if (!mount_etc(box, "size=32k"))
		return;
	add_files(box);
	add_file(box, "/etc/two", "2\n", large);
	g_assert_cmpint(fail_it(box, "nothing was done: cannot write '/etc/two'"), ==,
			CHANGE_EMPTY);
	assert_as_before(box);
}

/* Each has room by itself, but not all of them. */
static void test_full_disk_together(struct box *box, gconstpointer data)
{
	g_autofree char *large = fill((size_t)20 * 1024);

	if (!mount_etc(box, "size=40k"))
		return;
	add_file(box, "/etc/one", "1\n", large);
	add_file(box, "/etc/two", "2\n", large);
	g_assert_cmpint(fail_it(box, "No space left"), ==, CHANGE_EMPTY);
	assert_as_before(box);
}

/* Not even room for the first file of the journal. */
static void test_full_journal(struct box *box, gconstpointer data)
{
	g_autofree char *large = fill((size_t)64 * 1024);
	g_autofree char *path = path_of(box, "var/lib/vfiokit");

	g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
	if (mount("tmpfs", path, "tmpfs", 0, "size=32k") < 0) {
		g_test_skip("no tmpfs can be mounted here");
		return;
	}
	put(box, "var/lib/vfiokit/changes/keep", "");
	g_autofree char *filler = path_of(box, "var/lib/vfiokit/filler");
	g_file_set_contents_full(filler, large, 32 * 1024, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
	add_files(box);
	g_assert_cmpint(fail_it(box, "No space left on device"), ==, CHANGE_EMPTY);
	assert_as_before(box);
	g_assert_cmpint(umount(path), ==, 0);
}

/* An image is built beside the one that is there: 24k more in 40k, which hold 24k; and in 80k. What
 * is looked for in it is another matter. */
static void test_room_for_image(struct box *box, gconstpointer data)
{
	g_autofree char *image = fill((size_t)24 * 1024);
	const char *const sizes[] = { "size=40k", "size=80k" };
	g_autofree char *etc = path_of(box, "etc");

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		if (!mount_etc(box, sizes[i]))
			return;
		put(box, "etc/image", image);
		plan_add(box->plan, STEP_IMAGE, "/etc/image", NULL, "file x", NULL)->beside = true;
		fail_it(box, i == 0 ? "no room in '/etc'" : "step 1 of 1 failed");
		g_ptr_array_set_size(box->plan->steps, 0);
		g_assert_cmpint(umount(etc), ==, 0);
		box->mounted = false;
	}
}

/* A program fills the disk: there is no room for a second file, and all is taken back. */
static void test_disk_fills_up(struct box *box, gconstpointer data)
{
	if (!mount_etc(box, "size=64k"))
		return;
	add_file(box, "/etc/one", "1\n", "one\n");
	add_shell(box, "cat /dev/zero > $0/etc/filler 2>/dev/null; grep -q 1 $0/etc/one");
	g_assert_cmpint(fail_it(box, "step 2 of 2 failed"), ==, CHANGE_FAILED);
	assert_as_before(box);
}

static void test_read_only(struct box *box, gconstpointer data)
{
	g_autofree char *etc = path_of(box, "etc");

	if (!mount_etc(box, "size=64k"))
		return;
	g_assert_cmpint(mount("tmpfs", etc, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
	add_files(box);
	g_assert_cmpint(fail_it(box, "Read-only file system"), ==, CHANGE_EMPTY);
	assert_as_before(box);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(struct box *box, gconstpointer data);
		int data;
	} tests[] = {
		{ "attributes", test_attributes },
		{ "folders", test_folders },
		{ "folder-in-use", test_folder_in_use },
		{ "changed-elsewhere", test_changed_elsewhere },
		{ "changed-at-the-same-place", test_changed_at_the_same_place },
		{ "ours-was-changed", test_ours_was_changed },
		{ "own-was-changed", test_own_was_changed },
		{ "way-back", test_way_back },
		{ "way-back-stays", test_way_back_stays },
		{ "way-back-of-broken", test_way_back_of_broken },
		{ "way-back-again", test_way_back_again },
		{ "way-back-in-menu", test_way_back_in_menu },
		{ "nothing-to-copy", test_nothing_to_copy },
		{ "rebuilder-fails", test_rebuilder_fails },
		{ "result-is-missing", test_result_is_missing },
		{ "result-is-there", test_result_is_there },
		{ "result-stays", test_result_stays },
		{ "program-that-another-takes-back", test_program_that_another_takes_back },
		{ "interrupts", test_interrupts },
		{ "interrupt-was-moved", test_interrupt_was_moved },
		{ "program-is-gone", test_program_is_gone },
		{ "signal-int", test_signal, SIGINT },
		{ "signal-term", test_signal, SIGTERM },
		{ "signal-hup", test_signal, SIGHUP },
		{ "signal-at-the-end", test_signal_at_the_end },
		{ "full-disk", test_full_disk },
		{ "full-disk-together", test_full_disk_together },
		{ "full-journal", test_full_journal },
		{ "room-for-image", test_room_for_image },
		{ "disk-fills-up", test_disk_fills_up },
		{ "read-only", test_read_only },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/transaction/", tests[i].name, NULL);
		g_test_add(path, struct box, GINT_TO_POINTER(tests[i].data), set_up, tests[i].test,
			   tear_down);
	}
	return g_test_run();
}
