/* The door: another tree never leaks into the live machine, and memory behaves like a file system.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/root.h"
#include "base/tree.h"

#define SECRET "planted outside of the root"

struct fixture {
	char *outside; /* a directory that holds the root and a secret beside it */
	char *inside;
};

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void put_link(const char *dir, const char *name, const char *target)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_cmpint(symlink(target, path), ==, 0);
}

static void set_up(struct fixture *fixture, gconstpointer data)
{
	fixture->outside = g_dir_make_tmp("vfiokit-root-XXXXXX", NULL);
	fixture->inside = g_build_filename(fixture->outside, "root", NULL);
	put(fixture->outside, "secret", SECRET);
	put(fixture->inside, "sys/plain", "text\n");
	put(fixture->inside, "sys/dir/file", "deep\n");
	put_link(fixture->inside, "sys/to-plain", "plain");
	put_link(fixture->inside, "sys/absolute", "/sys/plain");
	put_link(fixture->inside, "sys/to-dir", "dir");
	put_link(fixture->inside, "sys/climb", "../../../../../../secret");
	put_link(fixture->inside, "sys/loop", "loop");
	put_link(fixture->inside, "sys/dangling", "nowhere");
	g_autofree char *secret = g_build_filename(fixture->outside, "secret", NULL);
	put_link(fixture->inside, "sys/leak", secret);
	put_link(fixture->inside, "sys/leak-dir", fixture->outside);
	g_autofree char *fifo = g_build_filename(fixture->inside, "sys/fifo", NULL);
	g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->outside);

	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->inside);
	g_free(fixture->outside);
}

/* What reading each name gives: a length, or -errno. The same in a directory and in memory. */
static const struct {
	const char *path;
	ssize_t result;
} readings[] = {
	{ "/sys/plain", 5 },
	{ "sys/plain", 5 },
	{ "/sys/to-plain", 5 },
	{ "/sys/absolute", 5 },
	{ "/sys/to-dir/file", 5 },
	{ "/../../sys/plain", 5 },
	{ "/sys/nothing", -ENOENT },
	{ "/sys/dangling", -ENOENT },
	{ "/sys/plain/below", -ENOTDIR },
	{ "/sys/loop", -ELOOP },
	{ "/sys/climb", -ENOENT },
	{ "/sys/leak", -ENOENT },
	{ "/sys/leak-dir/secret", -ENOENT },
};

static void check_readings(struct root *root)
{
	for (size_t i = 0; i < G_N_ELEMENTS(readings); i++) {
		char buf[128] = "";
		ssize_t n = root_read(root, readings[i].path, buf, sizeof(buf));
		g_test_message("%s: %zd", readings[i].path, n);
		g_assert_cmpint(n, ==, readings[i].result);
		g_assert_null(strstr(buf, SECRET));
	}
}

static void test_directory(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	struct root *root ROOT_AUTO = root_open(fixture->inside, &error);
	char buf[128];

	g_assert_no_error(error);
	g_assert_false(root_is_live(root));
	check_readings(root);
	/* A pipe must neither block nor be read. */
	g_assert_cmpint(root_read(root, "/sys/fifo", buf, sizeof(buf)), ==, -EINVAL);
	g_assert_cmpint(root_link(root, "/sys/leak-dir/secret", buf, sizeof(buf)), ==, -ENOENT);
	g_assert_cmpint(root_link(root, "/sys/climb", buf, sizeof(buf)), >, 0);
	g_assert_false(root_exists(root, "/sys/leak"));
	g_assert_true(root_exists(root, "/sys/absolute"));
}

static struct tree *same_tree(void)
{
	struct tree *tree = tree_new();

	g_assert_cmpint(tree_put_file(tree, "/sys/plain", "text\n", 5), ==, 0);
	g_assert_cmpint(tree_put_file(tree, "/sys/dir/file", "deep\n", 5), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/to-plain", "plain"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/absolute", "/sys/plain"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/to-dir", "dir"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/climb", "../../../../../../secret"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/loop", "loop"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/dangling", "nowhere"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/leak", "/somewhere/secret"), ==, 0);
	g_assert_cmpint(tree_put_link(tree, "/sys/leak-dir", "/somewhere"), ==, 0);
	return tree;
}

static void test_memory(void)
{
	struct root *root ROOT_AUTO = root_from_tree(same_tree());

	check_readings(root);
}

static void test_errors_in_memory(void)
{
	struct tree *tree = tree_new();
	char buf[16];

	g_assert_cmpint(tree_put_error(tree, "/sys/denied", EACCES), ==, 0);
	g_assert_cmpint(tree_put_file(tree, "/sys/denied/below", "", 0), ==, -ENOTDIR);
	g_assert_cmpint(tree_put_file(tree, "/sys", "", 0), ==, -EISDIR);
	g_assert_cmpint(tree_put_file(tree, "/sys/..", "", 0), ==, -EINVAL);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	g_assert_cmpint(root_read(root, "/sys/denied", buf, sizeof(buf)), ==, -EACCES);
}

static void test_cut_at_size(struct fixture *fixture, gconstpointer data)
{
	struct root *root ROOT_AUTO = root_open(fixture->inside, NULL);
	char buf[3];
	size_t length = 0;

	g_assert_cmpint(root_read(root, "/sys/plain", buf, sizeof(buf)), ==, 2);
	g_assert_cmpstr(buf, ==, "te");
	g_autofree char *text = root_read_all(root, "/sys/plain", 3, &length, NULL);
	g_assert_cmpstr(text, ==, "tex");
	g_assert_cmpint(length, ==, 3);
}

static void test_list(struct fixture *fixture, gconstpointer data)
{
	struct root *root ROOT_AUTO = root_open(fixture->inside, NULL);
	g_autoptr(GPtrArray) names = NULL;

	g_assert_cmpint(root_list(root, "/sys/leak-dir", &names), ==, -ENOENT);
	g_assert_cmpint(root_list(root, "/sys", &names), ==, 0);
	g_assert_cmpint(names->len, ==, 11);
	g_assert_cmpstr(names->pdata[0], ==, "absolute");
	g_assert_cmpstr(names->pdata[10], ==, "to-plain");
}

static void test_live(void)
{
	struct root *root ROOT_AUTO = root_open("/", NULL);
	char buf[64];

	g_assert_true(root_is_live(root));
	g_assert_cmpint(root_read(root, "/proc/sys/kernel/osrelease", buf, sizeof(buf)), >, 0);
}

static void test_no_root(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(root_open("/no/such/directory", &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
}

/* What was read through a traced root reads the same from the trace. */
static void test_trace(struct fixture *fixture, gconstpointer data)
{
	struct root *root ROOT_AUTO = root_open(fixture->inside, NULL);
	struct tree *trace = tree_new();
	char buf[64];

	root_trace(root, trace);
	root_read(root, "/sys/to-dir/file", buf, sizeof(buf));
	root_read(root, "/sys/absolute", buf, sizeof(buf));
	root_link(root, "/sys/climb", buf, sizeof(buf));
	root_trace(root, NULL);

	struct root *replay ROOT_AUTO = root_from_tree(trace);
	g_assert_cmpint(root_read(replay, "/sys/to-dir/file", buf, sizeof(buf)), ==, 5);
	g_assert_cmpint(root_read(replay, "/sys/dir/file", buf, sizeof(buf)), ==, 5);
	g_assert_cmpint(root_read(replay, "/sys/absolute", buf, sizeof(buf)), ==, 5);
	g_assert_cmpint(root_link(replay, "/sys/climb", buf, sizeof(buf)), >, 0);
	g_assert_cmpint(root_read(replay, "/sys/climb", buf, sizeof(buf)), ==, -ENOENT);
}

#define ADD(name, function) g_test_add(name, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/root/directory", test_directory);
	ADD("/root/cut-at-size", test_cut_at_size);
	ADD("/root/list", test_list);
	ADD("/root/trace", test_trace);
	g_test_add_func("/root/memory", test_memory);
	g_test_add_func("/root/errors-in-memory", test_errors_in_memory);
	g_test_add_func("/root/live", test_live);
	g_test_add_func("/root/none", test_no_root);
	return g_test_run();
}
