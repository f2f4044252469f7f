/* A change of files, with an image that is built from them, killed at every call that leaves
 * something behind, and its undo likewise: each time the journal tells the truth, and an undo
 * brings back what was. It is the program's own code in a child; the disk lab does the same with
 * real machines, at some of the places. */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/image_check.h"
#include "apply/journal.h"
#include "apply/restore.h"
#include "base/root.h"
#include "small_root.h"

#define RULE  "/etc/udev/rules.d/10-vfiokit.rules"
#define WANTS "file etc/rule"

struct fixture {
	char *folder;
	struct root *root;
	struct plan *plan;
};

/* ---- a small machine ---- */

/* Files of ours, one of somebody's that is changed, an entry that starts from a copy of the image,
 * a generator that takes the rule in while it is there, and the look into what it built. It writes
 * in place, so that a power cut would leave half an image: it says so when there is no other. */
static void make_plan(struct fixture *fixture)
{
	g_autofree char *script =
		g_strdup_printf("cd '%s' && { [ -e etc/entry ] && cmp -s etc/kept without || touch "
				"unsafe; }; if [ -e .%s ]; then cp with image; else cp without "
				"image; fi",
				fixture->folder, RULE);
	const char *const argv[] = { "sh", "-c", script, NULL };

	fixture->plan = plan_new("bind");
	fixture->plan->effect = EFFECT_NEXT_BOOT;
	plan_add(fixture->plan, STEP_FILE, "/etc/vfiokit/bindings", NULL, "record\n", "why");
	plan_add(fixture->plan, STEP_FILE, RULE, NULL, "rule\n", "why");
	plan_add(fixture->plan, STEP_FILE, "/etc/there", "one\n", "one\ntwo\n", "why");
	plan_add(fixture->plan, STEP_COPY, "/etc/kept", NULL, "/image", "why")->last = true;
	plan_add(fixture->plan, STEP_FILE, "/etc/entry", NULL, "kept\n", "why")->last = true;
	plan_add_run(fixture->plan, argv, NULL, "why");
	plan_add(fixture->plan, STEP_IMAGE, "/image", NULL, WANTS, "why");
}

static void set_up(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->folder = g_dir_make_tmp("vfiokit-killed-XXXXXX", NULL);
	small_put(fixture->folder, "run/there", "", 0);
	small_put(fixture->folder, "var/lib/there", "", 0);
	small_put(fixture->folder, "etc/udev/rules.d/there", "", 0);
	small_put(fixture->folder, "proc/sys/kernel/random/boot_id", "boot\n", -1);
	small_put(fixture->folder, "etc/there", "one\n", -1);
	small_put_archive(fixture->folder, "with", "etc/rule");
	small_put_archive(fixture->folder, "without", "etc/other");
	small_put_archive(fixture->folder, "image", "etc/other");
	fixture->root = root_open(fixture->folder, &error);
	g_assert_no_error(error);
	make_plan(fixture);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	const char *argv[] = { "rm", "-rf", fixture->folder, NULL };

	plan_free(fixture->plan);
	root_free(fixture->root);
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   NULL, NULL, NULL));
	g_free(fixture->folder);
}

static bool is_there(const struct fixture *fixture, const char *name)
{
	g_autofree char *path = small_path(fixture->folder, name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Files that were not finished lie beside those that they were to be. */
static void assert_no_litter(const struct fixture *fixture)
{
	g_autofree char *command = g_strdup_printf("find '%s/etc' -name '.*'", fixture->folder);
	g_autofree char *found = NULL;

	g_assert_true(g_spawn_command_line_sync(command, &found, NULL, NULL, NULL));
	g_assert_cmpstr(found, ==, "");
}

static void assert_as_before(const struct fixture *fixture)
{
	g_autofree char *path = small_path(fixture->folder, "etc/there");
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	g_assert_cmpstr(text, ==, "one\n");
	g_assert_false(is_there(fixture, "etc/vfiokit/bindings"));
	g_assert_false(is_there(fixture, RULE));
	g_assert_false(is_there(fixture, "etc/entry"));
	g_assert_false(is_there(fixture, "etc/kept"));
	g_assert_false(is_there(fixture, "unsafe"));
	assert_no_litter(fixture);
	image_check(fixture->root, "/image", "without etc/rule", &error);
	g_assert_no_error(error);
}

/* ---- doing and undoing ---- */

static bool apply(struct fixture *fixture, const struct plan *plan, const struct change *undoes)
{
	const struct apply_request request = {
		.root = fixture->root,
		.plan = plan,
		.line = "vfiokit bind --persist 01:00.0",
		.who = "test",
		.undoes = undoes,
		.limits = step_limits_default,
	};
	g_autofree char *id = NULL;

	return apply_plan(&request, &id, NULL);
}

static bool do_change(struct fixture *fixture)
{
	return apply(fixture, fixture->plan, NULL);
}

/* The change that is not an undo, newest first; was an undo of it begun? */
static const struct change *find_change(const GPtrArray *changes, bool *half)
{
	*half = false;
	for (guint i = 0; i < changes->len; i++) {
		const struct change *change = changes->pdata[i];
		if (!change->undoes)
			return change;
		*half |= change->state != CHANGE_UNDONE;
	}
	return NULL;
}

static bool undo_change(struct fixture *fixture)
{
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, NULL);
	PLAN_AUTO struct plan *plan = plan_new("undo");
	bool half;
	const struct change *change = find_change(changes, &half);

	if (!change || change->state == CHANGE_EMPTY || change->state == CHANGE_UNDONE)
		return true;
	restore_plan(fixture->root, change, restore_past(changes, change), NULL, plan);
	return plan->steps->len > 0 ? apply(fixture, plan, change)
				    : apply_close(fixture->root, change, NULL);
}

/* ---- killing ---- */

static bool leaves_something(uint64_t number)
{
	static const long calls[] = {
		SYS_fsync, SYS_fdatasync, SYS_renameat,  SYS_unlinkat, SYS_mkdirat,
		SYS_clone, SYS_clone3,    SYS_ftruncate, SYS_sync,
#ifdef SYS_vfork
		SYS_vfork,
#endif
	};

	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
		if ((uint64_t)calls[i] == number)
			return true;
	return false;
}

/* Is the child, stopped by a call, about to make one that leaves something behind? */
static bool is_about_to(pid_t pid)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY && leaves_something(info.entry.nr);
}

/* Runs work in a child that is killed as it is about to make its Nth call that leaves something
 * behind. False: it ended before. */
static bool kill_at(struct fixture *fixture, bool (*work)(struct fixture *fixture), unsigned wanted)
{
	int status, signal_number = 0;
	unsigned seen = 0;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(work(fixture) ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	while (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_number) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		bool call = WSTOPSIG(status) == (SIGTRAP | 0x80);
		signal_number = call || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (!call || !is_about_to(pid) || ++seen < wanted)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return true;
	}
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return false;
}

/* What it had started comes to its end by itself. */
static void settle(const struct fixture *fixture)
{
	while (journal_is_locked(fixture->root))
		g_usleep(2000);
}

/* No step that is said to be planned may be seen, and none that is done may be missed. */
static void assert_truth(const struct fixture *fixture)
{
	g_autoptr(GPtrArray) changes = journal_list(fixture->root, NULL);
	bool half;
	const struct change *change = find_change(changes, &half);

	if (half)
		return;
	for (guint i = 0; i < 2; i++) {
		enum step_state state = change ? change_step_state(change, i) : STEP_PLANNED;
		const struct step *step = fixture->plan->steps->pdata[i];
		bool there = is_there(fixture, step->path + 1);
		g_assert_false(state == STEP_PLANNED && there);
		g_assert_false(state == STEP_DONE && !there && change->state != CHANGE_UNDONE);
	}
}

#define ENOUGH 20 /* calls, so that a test that kills nothing is seen */

static void test_change(struct fixture *fixture, gconstpointer data)
{
	unsigned n = 1;

	for (; kill_at(fixture, do_change, n); n++) {
		settle(fixture);
		assert_truth(fixture);
		g_assert_true(undo_change(fixture));
		assert_as_before(fixture);
	}
	g_test_message("killed at %u places", n - 1);
	g_assert_cmpuint(n, >, ENOUGH);
	g_assert_true(undo_change(fixture));
	assert_as_before(fixture);
}

static void test_undo(struct fixture *fixture, gconstpointer data)
{
	unsigned n = 1;

	g_assert_true(do_change(fixture));
	for (; kill_at(fixture, undo_change, n); n++) {
		settle(fixture);
		g_assert_true(undo_change(fixture));
		assert_as_before(fixture);
		g_assert_true(do_change(fixture));
	}
	g_test_message("killed at %u places", n - 1);
	g_assert_cmpuint(n, >, ENOUGH);
	assert_as_before(fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/killed/change", struct fixture, NULL, set_up, test_change, tear_down);
	g_test_add("/killed/undo", struct fixture, NULL, set_up, test_undo, tear_down);
	return g_test_run();
}
