/* Making changes, on a tree that has files where a machine has attributes: they do what they are
 * told, so drivers never come or go by themselves: good for all that can go wrong. What a kernel
 * does is tried in the lab. */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/image_check.h"
#include "apply/journal.h"
#include "apply/restore.h"
#include "base/error.h"
#include "base/root.h"
#include "small_root.h"

#define DEVICE "sys/bus/pci/devices/0000:01:00.0"

struct fixture {
	char *folder;
	struct root *root;
	struct plan *plan;
};

static void assert_file(const struct fixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = small_path(fixture->folder, name);
	g_autofree char *is = NULL;

	g_file_get_contents(path, &is, NULL, NULL);
	g_assert_cmpstr(is, ==, text);
}

static void set_up(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->folder = g_dir_make_tmp("vfiokit-apply-XXXXXX", NULL);
	small_put(fixture->folder, "run/keep", "", -1);
	small_put(fixture->folder, DEVICE "/driver_override", "(null)\n", -1);
	small_put(fixture->folder, DEVICE "/power/control", "auto\n", -1);
	small_put(fixture->folder, DEVICE "/d3cold_allowed", "1\n", -1);
	small_put(fixture->folder, "sys/bus/pci/drivers_probe", "", -1);
	small_put(fixture->folder, "sys/bus/pci/drivers/nouveau/unbind", "", -1);
	small_put(fixture->folder, "sys/bus/pci/drivers/nouveau/bind", "", -1);
	g_autofree char *link = small_path(fixture->folder, DEVICE "/driver");
	g_assert_cmpint(symlink("../../drivers/nouveau", link), ==, 0);
	small_put(fixture->folder, "etc/there", "one\ntwo\n", -1);
	fixture->root = root_open(fixture->folder, &error);
	g_assert_no_error(error);
	fixture->plan = plan_new("bind");
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->folder);

	plan_free(fixture->plan);
	root_free(fixture->root);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->folder);
}

static void add_override(struct fixture *fixture)
{
	plan_add(fixture->plan, STEP_SYSFS_WRITE, "/" DEVICE "/driver_override", NULL, "vfio-pci",
		 NULL)
		->address = g_strdup("0000:01:00.0");
}

static void add_unbind(struct fixture *fixture)
{
	plan_add(fixture->plan, STEP_UNBIND, "/sys/bus/pci/drivers/nouveau/unbind", "nouveau", NULL,
		 NULL)
		->address = g_strdup("0000:01:00.0");
}

static void add_files(struct fixture *fixture)
{
	plan_add(fixture->plan, STEP_FILE, "/etc/there", "one\ntwo\n", "one\n2\n", NULL);
	plan_add(fixture->plan, STEP_FILE, "/etc/new/deep", NULL, "text\n", NULL)->mode = 0750;
}

static void add_run(struct fixture *fixture, const char *program, const char *argument)
{
	const char *const argv[] = { program, argument, NULL };

	plan_add(fixture->plan, STEP_RUN, NULL, NULL, NULL, NULL)->argv = g_strdupv((char **)argv);
}

static bool apply(struct fixture *fixture, const struct plan *plan, const struct change *undoes,
		  GError **error)
{
	const struct apply_request request = {
		.root = fixture->root,
		.plan = plan,
		.line = "vfiokit bind 01:00.0",
		.who = "test",
		.undoes = undoes,
		.limits = { .driver = 1, .attribute = 1, .program = 6 },
	};
	g_autofree char *id = NULL;

	return apply_plan(&request, &id, error);
}

static void assert_mode(const struct fixture *fixture, const char *name, unsigned mode)
{
	g_autofree char *path = small_path(fixture->folder, name);
	GStatBuf st;

	g_assert_cmpint(g_stat(path, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 07777, ==, mode);
}

static void assert_as_before(const struct fixture *fixture)
{
	assert_file(fixture, "etc/there", "one\ntwo\n");
	assert_file(fixture, "etc/new/deep", NULL);
	assert_file(fixture, DEVICE "/power/control", "auto\n");
	g_autofree char *path = small_path(fixture->folder, DEVICE "/driver_override");
	g_autofree char *is = NULL;
	g_assert_true(g_file_get_contents(path, &is, NULL, NULL));
	g_strstrip(is);
	g_assert_true(strcmp(is, "") == 0 || strcmp(is, "(null)") == 0);
}

static enum change_state newest_state(const struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(changes->len, >, 0);
	return ((const struct change *)changes->pdata[0])->state;
}

/* Takes the newest change back that is no undo. */
static void undo(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	PLAN_AUTO struct plan *plan = plan_new("undo");
	guint i = 0;

	while (((const struct change *)changes->pdata[i])->undoes)
		i++;
	restore_plan(fixture->root, changes->pdata[i], RESTORE_NEW, NULL, plan);
	bool ok = plan->steps->len > 0 ? apply(fixture, plan, changes->pdata[i], &error)
				       : apply_close(fixture->root, changes->pdata[i], &error);
	g_assert_no_error(error);
	g_assert_true(ok);
}

static void test_done(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_override(fixture);
	add_files(fixture);
	add_run(fixture, "true", NULL);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	g_assert_no_error(error);
	assert_file(fixture, DEVICE "/driver_override", "vfio-pci");
	assert_file(fixture, "etc/there", "one\n2\n");
	assert_file(fixture, "etc/new/deep", "text\n");
	assert_mode(fixture, "etc/new/deep", 0750);
	assert_mode(fixture, "etc/there", 0644);
	g_assert_cmpint(newest_state(fixture), ==, CHANGE_DONE);

	undo(fixture);
	assert_as_before(fixture);
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	g_assert_cmpuint(changes->len, ==, 2);
	g_assert_cmpint(((const struct change *)changes->pdata[0])->state, ==, CHANGE_DONE);
	g_assert_cmpint(((const struct change *)changes->pdata[1])->state, ==, CHANGE_UNDONE);
}

/* The mode of a file that is replaced stays. */
static void test_mode(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = small_path(fixture->folder, "etc/there");
	struct stat st;

	g_assert_cmpint(chmod(path, 0640), ==, 0);
	add_files(fixture);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0640);
}

static void test_other_state(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_override(fixture);
	add_files(fixture);
	small_put(fixture->folder, "etc/there", "somebody was here\n", -1);
	g_assert_false(apply(fixture, fixture->plan, NULL, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_FAILED);
	g_assert_nonnull(strstr(error->message, "nothing was done"));
	assert_file(fixture, DEVICE "/driver_override", "(null)\n");
	assert_file(fixture, "etc/there", "somebody was here\n");
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, NULL);
	g_assert_cmpuint(changes->len, ==, 0);
}

/* Steps of one plan may build on each other. */
static void test_chain(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	plan_add(fixture->plan, STEP_FILE, "/etc/there", "one\ntwo\n", "a", NULL);
	plan_add(fixture->plan, STEP_FILE, "/etc/there", "a", "b", NULL);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	assert_file(fixture, "etc/there", "b");
	undo(fixture);
	assert_file(fixture, "etc/there", "one\ntwo\n");

	PLAN_AUTO struct plan *broken = plan_new("bind");
	plan_add(broken, STEP_FILE, "/etc/there", "one\ntwo\n", "a", NULL);
	plan_add(broken, STEP_FILE, "/etc/there", "x", "b", NULL);
	g_assert_false(apply(fixture, broken, NULL, &error));
	assert_file(fixture, "etc/there", "one\ntwo\n");
}

static void assert_rolled_back(struct fixture *fixture, const char *said)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(apply(fixture, fixture->plan, NULL, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_FAILED);
	if (!strstr(error->message, said))
		g_error("'%s' does not say '%s'", error->message, said);
	g_assert_nonnull(strstr(error->message, "everything is as it was"));
	assert_as_before(fixture);
	g_assert_cmpint(newest_state(fixture), ==, CHANGE_FAILED);
}

static void test_program_fails(struct fixture *fixture, gconstpointer data)
{
	const char *const argv[] = { "grep", "two", small_path(fixture->folder, "etc/there"),
				     NULL };

	add_override(fixture);
	add_files(fixture);
	plan_add(fixture->plan, STEP_RUN, NULL, NULL, NULL, NULL)->argv = g_strdupv((char **)argv);
	g_free((char *)argv[2]);
	assert_rolled_back(fixture, "'grep' ended with status 1"); /* it finds it afterwards */
}

/* A generator that takes a file in when it is told so by another; unless it is broken. */
static void add_generator(struct fixture *fixture, bool works)
{
	g_autofree char *script = g_strdup_printf(
		"cd '%s' && if grep -q 2 etc/there; then cp %s image; else cp without image; fi",
		fixture->folder, works ? "with" : "without");
	const char *const argv[] = { "sh", "-c", script, NULL };

	small_put_archive(fixture->folder, "with", "etc/rule");
	small_put_archive(fixture->folder, "without", "etc/other");
	add_files(fixture);
	plan_add(fixture->plan, STEP_RUN, NULL, NULL, NULL, NULL)->argv = g_strdupv((char **)argv);
	plan_add(fixture->plan, STEP_IMAGE, "/image", NULL, "file etc/rule", NULL);
}

static void test_image(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_generator(fixture, true);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	g_assert_true(image_check(fixture->root, "/image", "file etc/rule", &error));
	undo(fixture);
	assert_as_before(fixture);
	g_assert_true(image_check(fixture->root, "/image", "without etc/rule", &error));
}

static void test_image_lacks(struct fixture *fixture, gconstpointer data)
{
	add_generator(fixture, false);
	assert_rolled_back(fixture, "the image '/image' was built, but 'etc/rule' is not in it");
}

/* An undo that was stopped after the files were back builds the image all the same. */
static void test_image_again(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_generator(fixture, true);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	small_put(fixture->folder, "etc/there", "one\ntwo\n", -1);
	g_autofree char *deep = small_path(fixture->folder, "etc/new/deep");
	g_assert_cmpint(g_remove(deep), ==, 0);
	g_autofree char *folder = small_path(fixture->folder, "etc/new");
	g_assert_cmpint(g_rmdir(folder), ==, 0);

	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	PLAN_AUTO struct plan *nothing = plan_new("undo");
	PLAN_AUTO struct plan *rest = plan_new("undo");
	restore_plan(fixture->root, changes->pdata[0], RESTORE_NEW, NULL, nothing);
	g_assert_cmpuint(nothing->steps->len, ==, 0);
	restore_plan(fixture->root, changes->pdata[0], RESTORE_AGAIN, NULL, rest);
	g_assert_cmpuint(rest->steps->len, ==, 2);
	g_assert_true(apply(fixture, rest, changes->pdata[0], &error));
	g_assert_true(image_check(fixture->root, "/image", "without etc/rule", &error));
}

static void test_image_reverse(void)
{
	g_assert_cmpstr(image_check_reverse("module vfio-pci"), ==, NULL);
	g_autofree char *reverse = image_check_reverse("file a\nmodule b\nwithout c");
	g_assert_cmpstr(reverse, ==, "without a\nfile c");
}

static void test_program_hangs(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_files(fixture);
	add_run(fixture, "sleep", "1000");
	g_assert_false(apply(fixture, fixture->plan, NULL, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_FAILED);
	/* It was run again for the old files: in vain, too, and that is said. */
	g_assert_nonnull(strstr(error->message, "'sleep' does not end"));
	g_assert_nonnull(strstr(error->message, "not all could be taken back"));
	assert_as_before(fixture);
	g_assert_cmpint(newest_state(fixture), ==, CHANGE_BROKEN);
}

static void test_no_program(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_files(fixture);
	add_run(fixture, "no-such-program-of-vfiokit", NULL);
	g_assert_false(apply(fixture, fixture->plan, NULL, &error));
	g_assert_nonnull(strstr(error->message, "nothing was done: there is no program"));
	assert_as_before(fixture);
}

/* The write is accepted, and nothing happens: what a kernel does when a probe fails. */
static void test_driver_stays(struct fixture *fixture, gconstpointer data)
{
	add_files(fixture);
	add_override(fixture);
	add_unbind(fixture);
	assert_rolled_back(fixture, "afterwards it is nouveau");
	assert_file(fixture, "sys/bus/pci/drivers/nouveau/unbind", "0000:01:00.0");
}

static void test_driver_does_not_come(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *link = small_path(fixture->folder, DEVICE "/driver");

	g_assert_cmpint(unlink(link), ==, 0);
	add_override(fixture);
	plan_add(fixture->plan, STEP_PROBE, "/sys/bus/pci/drivers_probe", NULL, "vfio-pci", NULL)
		->address = g_strdup("0000:01:00.0");
	assert_rolled_back(fixture, "afterwards it has no driver");
}

/* A driver that does not return: a pipe that nobody reads is as patient. */
static void test_driver_hangs(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *path = small_path(fixture->folder, "sys/bus/pci/drivers/nouveau/unbind");
	gint64 start = g_get_monotonic_time();

	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	add_override(fixture);
	add_unbind(fixture);
	assert_rolled_back(fixture, "'nouveau' does not let go of '0000:01:00.0' within 1 s");
	g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
}

static void test_device_gone(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = small_path(fixture->folder, "sys/bus");
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", path);

	add_override(fixture);
	add_files(fixture);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	PLAN_AUTO struct plan *plan = plan_new("undo");
	restore_plan(fixture->root, changes->pdata[0], RESTORE_NEW, NULL, plan);
	g_assert_cmpuint(plan->warnings->len, ==, 1);
	g_assert_cmpstr(((const struct warning *)plan->warnings->pdata[0])->id, ==, "device-gone");
	g_assert_cmpuint(plan->steps->len, ==, 3); /* the files */
}

/* Of a device that the kernel holds nothing is even read. */
static void test_held(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_override(fixture);
	add_files(fixture);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	PLAN_AUTO struct plan *plan = plan_new("undo");
	restore_plan(fixture->root, changes->pdata[0], RESTORE_NEW, "0000:01:00.0", plan);
	g_assert_cmpuint(plan->warnings->len, ==, 1);
	g_assert_cmpstr(((const struct warning *)plan->warnings->pdata[0])->id, ==, "device-held");
	g_assert_cmpuint(plan->steps->len, ==, 3); /* the files */

	PLAN_AUTO struct plan *other = plan_new("undo");
	restore_plan(fixture->root, changes->pdata[0], RESTORE_NEW, "0000:01:00.1", other);
	g_assert_cmpuint(other->steps->len, >, 2);
}

static void set_driver(const struct fixture *fixture, const char *target)
{
	g_autofree char *link = small_path(fixture->folder, DEVICE "/driver");

	g_assert_cmpint(unlink(link), ==, 0);
	g_assert_cmpint(symlink(target, link), ==, 0);
}

/* A change that moved the device from one driver to another, and switched virtual functions. */
static struct change *virtual_change(const char *from, const char *to, const char *before,
				     const char *after)
{
	struct change *change = change_new();
	PLAN_AUTO struct plan *plan = plan_new("bind");
	const enum step_state done = STEP_DONE;

	plan_add(plan, STEP_SYSFS_WRITE, "/" DEVICE "/sriov_numvfs", before, after, NULL);
	plan_add(plan, STEP_UNBIND, "/x", from, NULL, NULL);
	plan_add(plan, STEP_PROBE, "/x", NULL, to, NULL);
	g_ptr_array_unref(change->steps);
	change->steps = g_ptr_array_ref(plan->steps);
	change->state = CHANGE_DONE;
	for (guint i = 0; i < plan->steps->len; i++) {
		struct step *step = plan->steps->pdata[i];
		step->address = g_strdup("0000:01:00.0");
		g_array_append_val(change->states, done);
	}
	return change;
}

static void expect_kinds(const struct fixture *fixture, const struct change *change,
			 const char *expected)
{
	PLAN_AUTO struct plan *plan = plan_new("undo");
	g_autoptr(GString) kinds = g_string_new(NULL);

	restore_plan(fixture->root, change, RESTORE_NEW, NULL, plan);
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		g_string_append_printf(kinds, "%s%s", i > 0 ? " " : "", step_kind_name(step->kind));
	}
	g_assert_cmpstr(kinds->str, ==, expected);
}

/* Only a driver makes virtual functions, or takes them away: undo comes with them after the driver
 * that is given back, and takes them away before the one that goes. */
static void test_virtual_functions(struct fixture *fixture, gconstpointer data)
{
	CHANGE_AUTO struct change *bind = virtual_change("nouveau", "vfio-pci", "4", "0");
	CHANGE_AUTO struct change *back = virtual_change("vfio-pci", "nouveau", "0", "4");

	small_put(fixture->folder, DEVICE "/sriov_numvfs", "0\n", -1);
	set_driver(fixture, "../../drivers/vfio-pci");
	expect_kinds(fixture, bind, "unbind probe sysfs-write");

	small_put(fixture->folder, DEVICE "/sriov_numvfs", "4\n", -1);
	set_driver(fixture, "../../drivers/nouveau");
	expect_kinds(fixture, back, "sysfs-write unbind probe");
}

/* An override that keeps the old driver out comes back after it; one that VFIO's needs, before. */
static void test_override_of_others(struct fixture *fixture, gconstpointer data)
{
	CHANGE_AUTO struct change *bind = virtual_change("nouveau", "vfio-pci", "0", "0");
	CHANGE_AUTO struct change *back = virtual_change("vfio-pci", "nouveau", "0", "0");
	struct step *step = bind->steps->pdata[0];

	small_put(fixture->folder, DEVICE "/sriov_numvfs", "0\n", -1);
	g_free(step->path);
	step->path = g_strdup("/" DEVICE "/driver_override");
	g_free(step->old);
	g_free(step->new_value);
	step->old = g_strdup("none");
	step->new_value = g_strdup("vfio-pci");
	small_put(fixture->folder, DEVICE "/driver_override", "vfio-pci\n", -1);
	set_driver(fixture, "../../drivers/vfio-pci");
	expect_kinds(fixture, bind, "unbind sysfs-write probe sysfs-write");

	step = back->steps->pdata[0];
	g_free(step->path);
	step->path = g_strdup("/" DEVICE "/driver_override");
	g_clear_pointer(&step->old, g_free);
	g_free(step->new_value);
	step->new_value = g_strdup("none");
	small_put(fixture->folder, DEVICE "/driver_override", "(null)\n", -1);
	set_driver(fixture, "../../drivers/nouveau");
	expect_kinds(fixture, back, "unbind sysfs-write probe sysfs-write");
}

static void test_changed_since(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_files(fixture);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	small_put(fixture->folder, "etc/there", "somebody was here\n", -1);
	undo(fixture);
	assert_file(fixture, "etc/there", "somebody was here\n");
	assert_file(fixture, "etc/new/deep", NULL);
}

/* ---- killed ---- */

static bool is_begun(struct fixture *fixture, unsigned step)
{
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, NULL);

	return changes && changes->len > 0 &&
	       change_step_state(changes->pdata[0], step) == STEP_BEGUN;
}

/* Applies in a child that is killed in the middle: while the program of the last step runs. What
 * writes for it comes to its end by itself. */
static void apply_killed(struct fixture *fixture, unsigned last)
{
	pid_t pid = fork();

	if (pid == 0) {
		apply(fixture, fixture->plan, NULL, NULL);
		_exit(0);
	}
	while (!is_begun(fixture, last))
		g_usleep(10000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (journal_is_locked(fixture->root))
		g_usleep(10000);
}

static void test_killed(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	PLAN_AUTO struct plan *other = plan_new("bind");

	add_override(fixture);
	add_files(fixture);
	add_run(fixture, "sleep", "4");
	apply_killed(fixture, 3);
	g_assert_cmpint(newest_state(fixture), ==, CHANGE_UNFINISHED);

	plan_add(other, STEP_FILE, "/etc/other", NULL, "x", NULL);
	g_assert_false(apply(fixture, other, NULL, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_REFUSED);
	g_assert_nonnull(strstr(error->message, "3 of its 4 steps are done"));
	g_clear_error(&error);

	undo(fixture);
	assert_as_before(fixture);
	g_assert_true(apply(fixture, other, NULL, &error));
	g_assert_no_error(error);
}

/* After a restart nothing is left of what was written into attributes, but of files. */
static void test_past(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	add_override(fixture);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	PLAN_AUTO struct plan *files = plan_new("usb attach");
	plan_add(files, STEP_FILE, "/etc/other", NULL, "x", NULL);
	g_assert_true(apply(fixture, files, NULL, &error));
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, &error);
	g_assert_cmpuint(changes->len, ==, 2);
	const struct change *newest = changes->pdata[0], *before = changes->pdata[1];
	g_assert_null(strchr(newest->id, ' '));
	g_assert_false(change_is_past(newest, newest->boot));
	g_assert_false(change_is_past(before, before->boot));
	g_assert_false(change_is_past(newest, "another"));
	g_assert_true(change_is_past(before, "another"));
}

/* Runs the program on the tree; returns what it printed, the caller's. */
static char *run_program_on(const struct fixture *fixture, const char *const *words, int *status)
{
	const char *argv[8] = { g_getenv("VFIOKIT_PROGRAM"), "--root", fixture->folder };
	char *output = NULL;

	for (unsigned n = 3; *words && n < G_N_ELEMENTS(argv) - 1; n++)
		argv[n] = *words++;
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				   NULL, &output, NULL, status, NULL));
	*status = WEXITSTATUS(*status);
	return output;
}

#define RUN(...) run_program_on(fixture, (const char *const[]){ __VA_ARGS__, NULL }, &status)

/* All changes of a tree, as they would be taken back; doing it is for the running machine only. */
static void test_undo_all(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	int status;

	g_autofree char *none = RUN("undo", "--all", "--dry-run");
	g_assert_cmpint(status, ==, 0);
	g_assert_true(g_str_has_prefix(none, "nothing to do"));

	add_files(fixture);
	g_assert_true(apply(fixture, fixture->plan, NULL, &error));
	PLAN_AUTO struct plan *other = plan_new("bind");
	plan_add(other, STEP_FILE, "/etc/other", NULL, "x", NULL);
	g_assert_true(apply(fixture, other, NULL, &error));
	g_autofree char *both = RUN("undo", "--all", "--dry-run");
	g_assert_cmpint(status, ==, 0);
	const char *newest = strstr(both, "/etc/other"), *before = strstr(both, "/etc/new/deep");
	g_assert_nonnull(newest);
	g_assert_nonnull(before);
	g_assert_true(newest < before);

	g_autofree char *refused = RUN("undo", "--all");
	g_assert_cmpint(status, ==, STATUS_REFUSED);
	g_autofree char *wrong = RUN("undo", "--all", "x");
	g_assert_cmpint(status, ==, STATUS_USAGE);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(struct fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "/apply/done", test_done },
		{ "/apply/mode", test_mode },
		{ "/apply/other-state", test_other_state },
		{ "/apply/chain", test_chain },
		{ "/apply/program-fails", test_program_fails },
		{ "/apply/image", test_image },
		{ "/apply/image-lacks", test_image_lacks },
		{ "/apply/image-again", test_image_again },
		{ "/apply/program-hangs", test_program_hangs },
		{ "/apply/no-program", test_no_program },
		{ "/apply/driver-stays", test_driver_stays },
		{ "/apply/driver-does-not-come", test_driver_does_not_come },
		{ "/apply/driver-hangs", test_driver_hangs },
		{ "/apply/device-gone", test_device_gone },
		{ "/apply/held", test_held },
		{ "/apply/virtual-functions", test_virtual_functions },
		{ "/apply/override-of-others", test_override_of_others },
		{ "/apply/changed-since", test_changed_since },
		{ "/apply/killed", test_killed },
		{ "/apply/past", test_past },
		{ "/apply/undo-all", test_undo_all },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/apply/image-reverse", test_image_reverse);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, struct fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
