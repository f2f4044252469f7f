/* What may never come back: what does not answer is given up, and all else is read and written as
 * ever. A pipe that nobody opens on its other side stands for the device that hangs: opening it
 * waits as such a read or write does. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bounded.h"
#include "base/root.h"

struct fixture {
	char *folder;
	struct root *root;
	struct bounded *bounded;
};

static char *in(const struct fixture *fixture, const char *name)
{
	return g_build_filename(fixture->folder, name, NULL);
}

static void put(const struct fixture *fixture, const char *folder, const char *text)
{
	g_autofree char *directory = in(fixture, folder);
	g_autofree char *path = g_build_filename(directory, "driver_override", NULL);

	g_assert_cmpint(g_mkdir(directory, 0755), ==, 0);
	if (text)
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	else
		g_assert_cmpint(mkfifo(path, 0644), ==, 0);
}

static void set_up(struct fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vfiokit-bounded-XXXXXX", NULL);
	fixture->root = root_open("/", NULL);
	g_assert_nonnull(fixture->root);
	fixture->bounded = bounded_new(fixture->root);
	put(fixture, "answers", "vfio-pci\n");
	put(fixture, "hangs", NULL);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	static const char *const names[] = { "answers", "hangs" };

	bounded_free(fixture->bounded);
	root_free(fixture->root);
	while (waitpid(-1, NULL, 0) > 0) /* until its child has ended, too: the next test counts */
		;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *directory = in(fixture, names[i]);
		g_autofree char *path = g_build_filename(directory, "driver_override", NULL);
		g_unlink(path);
		g_rmdir(directory);
	}
	g_rmdir(fixture->folder);
	g_free(fixture->folder);
}

static ssize_t read_in(struct fixture *fixture, const char *folder, char *buf, size_t size)
{
	g_autofree char *name = g_build_filename(folder, "driver_override", NULL);
	g_autofree char *path = in(fixture, name);

	return bounded_read(fixture->bounded, path, buf, size);
}

static void test_names(void)
{
	g_assert_true(bounded_waits("driver_override"));
	g_assert_true(bounded_waits("/sys/bus/pci/devices/0000:01:00.0/uevent"));
	g_assert_false(bounded_waits("driver_overrides"));
	g_assert_false(bounded_waits("uevent/vendor"));
}

static void test_answers(struct fixture *fixture, gconstpointer data)
{
	char buf[64];

	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 9);
	g_assert_cmpstr(buf, ==, "vfio-pci\n");
	g_assert_cmpint(read_in(fixture, "answers", buf, 5), ==, 4);
	g_assert_cmpstr(buf, ==, "vfio");
	g_assert_cmpint(read_in(fixture, "not-there", buf, sizeof(buf)), ==, -ENOENT);
}

static void test_gives_up(struct fixture *fixture, gconstpointer data)
{
	char buf[64];

	g_assert_cmpint(read_in(fixture, "hangs", buf, sizeof(buf)), ==, -ETIMEDOUT);
	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 9);
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, 0); /* the one child that answers */
}

/* A child forked later asks for itself: it must not take the answers of its parent. */
static void test_forked(struct fixture *fixture, gconstpointer data)
{
	char buf[64];
	int status;

	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 9);
	pid_t pid = fork();
	if (pid == 0) {
		ssize_t n = read_in(fixture, "answers", buf, sizeof(buf));
		bounded_free(fixture->bounded);
		while (waitpid(-1, NULL, 0) > 0) /* until its child has ended, too */
			;
		_exit(n == 9 ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 9);
}

static char *attribute_in(const struct fixture *fixture, const char *folder)
{
	g_autofree char *name = g_build_filename(folder, "driver_override", NULL);

	return in(fixture, name);
}

/* What is read ahead is kept for one reading; what hangs, and what comes after it, is not. */
static void test_ahead(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	char buf[64];

	g_ptr_array_add(paths, attribute_in(fixture, "answers"));
	g_ptr_array_add(paths, attribute_in(fixture, "not-there"));
	bounded_read_ahead(fixture->bounded, paths);
	g_assert_cmpint(bounded_take(fixture->bounded, paths->pdata[1], buf, sizeof(buf)), ==,
			-ENOENT);
	g_assert_cmpint(bounded_take(fixture->bounded, paths->pdata[0], buf, 5), ==, 4);
	g_assert_cmpstr(buf, ==, "vfio");
	g_assert_cmpint(bounded_take(fixture->bounded, paths->pdata[0], buf, 5), ==, -ENOSYS);
	bounded_read_ahead(fixture->bounded, paths);
	bounded_forget(fixture->bounded);
	g_assert_cmpint(bounded_take(fixture->bounded, paths->pdata[0], buf, 5), ==, -ENOSYS);
	g_ptr_array_insert(paths, 0, attribute_in(fixture, "hangs"));
	bounded_read_ahead(fixture->bounded, paths);
	g_assert_cmpint(bounded_take(fixture->bounded, paths->pdata[1], buf, 5), ==, -ENOSYS);
	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 9);
}

/* More than there is room for at once: all of them come, in their order. */
static void test_ahead_many(struct fixture *fixture, gconstpointer data)
{
	enum { MANY = 500 };
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *folder = in(fixture, "answers");
	char buf[64];

	for (unsigned i = 0; i < MANY; i++) {
		g_autofree char *slashes = g_strnfill(i + 1, '/');
		g_ptr_array_add(paths, g_strconcat(folder, slashes, "driver_override", NULL));
	}
	bounded_read_ahead(fixture->bounded, paths);
	for (unsigned i = 0; i < MANY; i++)
		g_assert_cmpint(bounded_take(fixture->bounded, paths->pdata[i], buf, sizeof(buf)),
				==, 9);
}

/* The live machine's door reads so, another tree's does not: a pipe there is no attribute at all.
 */
static void test_door(struct fixture *fixture, gconstpointer data)
{
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	struct root *live ROOT_AUTO = root_open("/", NULL);
	struct root *tree ROOT_AUTO = root_open(fixture->folder, NULL);
	g_autofree char *path = in(fixture, "hangs");
	char buf[64];

	g_assert_nonnull(live);
	g_assert_cmpint(root_dir_open(live, path, &dir), ==, 0);
	g_assert_cmpint(root_dir_attribute(&dir, "driver_override", buf, sizeof(buf)), ==,
			-ETIMEDOUT);
	g_assert_cmpint(root_dir_attribute(&dir, "../answers/driver_override", buf, sizeof(buf)),
			==, 9);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *answers = in(fixture, "answers");
	g_ptr_array_add(paths, attribute_in(fixture, "answers"));
	root_read_ahead(live, paths);
	root_dir_close(&dir);
	g_assert_cmpint(root_dir_open(live, answers, &dir), ==, 0);
	g_assert_true(g_file_set_contents(paths->pdata[0], "none\n", -1, NULL));
	g_assert_cmpint(root_dir_attribute(&dir, "driver_override", buf, sizeof(buf)), ==, 9);
	g_assert_cmpint(root_dir_attribute(&dir, "driver_override", buf, sizeof(buf)), ==, 5);
	root_forget(live);
	if (tree)
		g_assert_cmpint(root_read(tree, "/hangs/driver_override", buf, sizeof(buf)), ==,
				-EINVAL);
}

/* ---- writing ---- */

#define LONG 60 /* s: nothing here takes so long, however busy the machine is */

static int write_in(struct fixture *fixture, const char *folder, const char *text, int lock,
		    unsigned seconds, pid_t *stuck)
{
	g_autofree char *path = attribute_in(fixture, folder);

	return bounded_write(fixture->bounded, path, text, lock, seconds, stuck);
}

/* The child of a process; 0: it has none. */
static pid_t child_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", pid, pid);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return (pid_t)strtol(text, NULL, 10);
}

/* The child that reads is the one that writes. */
static void test_writes(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *long_text = g_strnfill(8192, 'x');
	char buf[64];
	pid_t stuck, child;

	g_assert_cmpint(write_in(fixture, "answers", "none\n", -1, LONG, &stuck), ==, 0);
	g_assert_cmpint(stuck, ==, 0);
	child = child_of(getpid());
	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 5);
	g_assert_cmpstr(buf, ==, "none\n");
	g_assert_cmpint(write_in(fixture, "not-there", "x", -1, LONG, &stuck), ==, -ENOENT);
	g_assert_cmpint(write_in(fixture, "answers", long_text, -1, LONG, &stuck), ==, -E2BIG);
	g_assert_cmpint(bounded_write(fixture->bounded, "/dev/full", "x", -1, LONG, &stuck), ==,
			-ENOSPC);
	g_assert_cmpint(child_of(getpid()), ==, child);
}

static void test_write_hangs(struct fixture *fixture, gconstpointer data)
{
	pid_t stuck;

	g_assert_cmpint(write_in(fixture, "hangs", "x", -1, 1, &stuck), ==, -ETIMEDOUT);
	g_assert_cmpint(stuck, ==, 0); /* a pipe lets go of who is killed */
	g_assert_cmpint(child_of(getpid()), ==, 0);
	g_assert_cmpint(write_in(fixture, "answers", "x", -1, LONG, &stuck), ==, 0);
}

/* A child that somebody has killed is no driver that hangs. */
static void test_killed(struct fixture *fixture, gconstpointer data)
{
	char buf[64];
	pid_t stuck;

	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 9);
	g_assert_cmpint(kill(child_of(getpid()), SIGKILL), ==, 0);
	g_assert_cmpint(write_in(fixture, "answers", "x", -1, LONG, &stuck), ==, -ECHILD);
	g_assert_cmpint(stuck, ==, 0);
	g_assert_cmpint(write_in(fixture, "answers", "x", -1, LONG, &stuck), ==, 0);
	g_assert_cmpint(kill(child_of(getpid()), SIGKILL), ==, 0);
	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, -ECHILD);
	g_assert_cmpint(read_in(fixture, "answers", buf, sizeof(buf)), ==, 1);
}

/* ---- what it has open ---- */

/* How many descriptors a process has; *lock: is the file of that name among them? */
static unsigned count_open(pid_t pid, const char *name, bool *lock)
{
	g_autofree char *folder = g_strdup_printf("/proc/%d/fd", pid);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *entry;
	unsigned n = 0;

	*lock = false;
	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, entry, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);
		*lock = *lock || (target && strcmp(target, name) == 0);
		n++;
	}
	return n;
}

static int open_lock(const char *path, int operation)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (flock(fd, operation) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Starts a process that writes into the pipe under a lock, and waits until its child has that lock,
 * its root and its socket, and nothing else: at first it has all that its parent has. Twice, for
 * one look may fall into its closing them. */
static pid_t start_locked(struct fixture *fixture, const char *lock)
{
	unsigned seen = 0;
	pid_t stuck, pid = fork();

	if (pid == 0) {
		write_in(fixture, "hangs", "x", open_lock(lock, LOCK_EX), LONG, &stuck);
		_exit(0);
	}
	while (seen < 2) {
		bool locked = false;
		g_usleep(1000);
		pid_t child = child_of(pid);
		unsigned n = child > 0 ? count_open(child, lock, &locked) : 0;
		seen = locked && n == 3 ? seen + 1 : 0;
	}
	return pid;
}

/* It keeps the lock while the kernel is at its write, also when its parent is killed: until then
 * nobody else may begin anything. */
static void test_lock(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *lock = in(fixture, "lock"), *pipe = attribute_in(fixture, "hangs");
	char byte = 0;
	pid_t pid = start_locked(fixture, lock);

	kill(pid, SIGKILL);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	g_assert_cmpint(open_lock(lock, LOCK_EX | LOCK_NB), ==, -1);
	int reader = open(pipe, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(read(reader, &byte, 1), ==, 1);
	g_assert_true(byte == 'x');
	close(reader);
	int fd = open_lock(lock, LOCK_EX);
	g_assert_cmpint(fd, >=, 0);
	close(fd);
	g_assert_cmpint(g_unlink(lock), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bounded/names", test_names);
	g_test_add("/bounded/answers", struct fixture, NULL, set_up, test_answers, tear_down);
	g_test_add("/bounded/gives-up", struct fixture, NULL, set_up, test_gives_up, tear_down);
	g_test_add("/bounded/forked", struct fixture, NULL, set_up, test_forked, tear_down);
	g_test_add("/bounded/ahead", struct fixture, NULL, set_up, test_ahead, tear_down);
	g_test_add("/bounded/ahead-many", struct fixture, NULL, set_up, test_ahead_many, tear_down);
	g_test_add("/bounded/door", struct fixture, NULL, set_up, test_door, tear_down);
	g_test_add("/bounded/writes", struct fixture, NULL, set_up, test_writes, tear_down);
	g_test_add("/bounded/write-hangs", struct fixture, NULL, set_up, test_write_hangs,
		   tear_down);
	g_test_add("/bounded/killed", struct fixture, NULL, set_up, test_killed, tear_down);
	g_test_add("/bounded/lock", struct fixture, NULL, set_up, test_lock, tear_down);
	return g_test_run();
}
