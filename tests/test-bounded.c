/* Attributes that may never come: what does not answer is given up, and all else is read as ever. A
 * pipe without a writer stands for the device that hangs: opening it waits as such a read does. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bounded.h"
#include "base/root.h"

struct fixture {
	char *folder;
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
	fixture->bounded = bounded_new();
	put(fixture, "answers", "vfio-pci\n");
	put(fixture, "hangs", NULL);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	static const char *const names[] = { "answers", "hangs" };

	bounded_free(fixture->bounded);
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
	return g_test_run();
}
