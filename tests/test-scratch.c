/* What is done outside the process, or beside the machine: the child process, the private copy of a
 * part of a root, the file that is written whole or not at all, and errors by name. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/errno_name.h"
#include "base/error.h"
#include "base/output.h"
#include "base/root.h"
#include "base/scratch.h"
#include "base/tree.h"

/* ---- the child ---- */

static char *say_environment(void *data)
{
	setenv("VFIOKIT_TEST_CHILD", "set", 1);
	return g_strdup_printf("%s %s", (const char *)data, getenv("VFIOKIT_TEST_CHILD"));
}

static char *say_nothing(void *data)
{
	return NULL;
}

static char *say_much(void *data)
{
	return g_strnfill(3 * 1000 * 1000, 'x');
}

static char *crash(void *data)
{
	raise(SIGKILL);
	return g_strdup("not reached");
}

static char *hang(void *data)
{
	while (!data)
		sleep(1000);
	return NULL;
}

static void test_child(void)
{
	g_autofree char *text = child_text(say_environment, (char *)"data", 20);
	g_assert_cmpstr(text, ==, "data set");
	g_assert_null(getenv("VFIOKIT_TEST_CHILD")); /* stayed in the child */

	g_autofree char *much = child_text(say_much, NULL, 60);
	g_assert_cmpuint(strlen(much), ==, 3 * 1000 * 1000);
	g_assert_null(child_text(say_nothing, NULL, 20));
	g_assert_null(child_text(crash, NULL, 20));

	g_autoptr(GTimer) timer = g_timer_new();
	g_assert_null(child_text(hang, NULL, 1));
	g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 15);
}

/* ---- the copy ---- */

static bool is_there(const struct scratch *scratch, const char *path)
{
	g_autofree char *full = g_build_filename(scratch_path(scratch), path, NULL);

	return g_file_test(full, G_FILE_TEST_EXISTS) || g_file_test(full, G_FILE_TEST_IS_SYMLINK);
}

static void put_links(struct tree *tree)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{ "good", "../other/file" },      { "deep", "../../../sys/a/file" },
		{ "climbs", "../../../../etc" },  { "absolute", "/etc" },
		{ "later", "x/../../../../etc" }, { "hidden", "../..//../../../etc" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *path = g_strconcat("/sys/a/b/", links[i].name, NULL);
		g_assert_cmpint(tree_put_link(tree, path, links[i].target), ==, 0);
	}
}

static void test_copy(void)
{
	struct tree *tree = tree_new();
	put_links(tree);
	tree_put_file(tree, "/sys/a/file", "text", 4);
	tree_put_file(tree, "/sys/a/none", "", 0);
	tree_put_error(tree, "/sys/a/denied", EACCES);
	tree_put_file(tree, "/sys/other", "text", 4);
	tree_put_file(tree, "/d/1/2/3/4/5/6/7/8/9/10/file", "text", 4);
	struct root *root = root_from_tree(tree);
	struct scratch *scratch = scratch_new();
	g_autofree char *top = g_strdup(scratch_path(scratch));

	scratch_copy(scratch, root, "sys/a");
	scratch_copy(scratch, root, "d");
	scratch_copy(scratch, root, "nowhere");
	g_assert_true(is_there(scratch, "sys/a/file"));
	g_assert_true(is_there(scratch, "sys/a/none"));
	g_assert_false(is_there(scratch, "sys/a/denied"));
	g_assert_false(is_there(scratch, "sys/other"));
	g_assert_true(is_there(scratch, "sys/a/b/good"));
	g_assert_true(is_there(scratch, "sys/a/b/deep"));
	g_assert_false(is_there(scratch, "sys/a/b/climbs"));
	g_assert_false(is_there(scratch, "sys/a/b/absolute"));
	g_assert_false(is_there(scratch, "sys/a/b/later"));
	g_assert_false(is_there(scratch, "sys/a/b/hidden"));
	g_assert_true(is_there(scratch, "d/1/2"));
	g_assert_false(is_there(scratch, "d/1/2/3/4/5/6/7/8/9/10"));
	scratch_free(scratch);
	g_assert_false(g_file_test(top, G_FILE_TEST_EXISTS));
	root_free(root);
}

/* ---- the file ---- */

static void assert_contents(const char *path, const char *text)
{
	g_autofree char *found = NULL;

	g_assert_true(g_file_get_contents(path, &found, NULL, NULL));
	g_assert_cmpstr(found, ==, text);
}

static void test_output(void)
{
	g_autofree char *dir = g_dir_make_tmp("vfiokit-test-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "file", NULL);
	g_autofree char *bad = g_build_filename(dir, "none", "file", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(output_write(path, "one\n", 4, false, &error));
	assert_contents(path, "one\n");
	g_assert_false(output_write(path, "two\n", 4, false, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_REFUSED);
	assert_contents(path, "one\n");
	g_clear_error(&error);
	g_assert_true(output_write(path, "three\n", 6, true, &error));
	assert_contents(path, "three\n");
	g_assert_false(output_write(bad, "x", 1, false, &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);

	g_unlink(path);
	g_assert_cmpint(g_rmdir(dir), ==, 0); /* nothing else was left in it */
}

static void test_errno_names(void)
{
	g_assert_cmpstr(errno_name(EACCES), ==, "EACCES");
	g_assert_cmpint(errno_by_name("EACCES"), ==, EACCES);
	g_assert_null(errno_name(0));
	g_assert_null(errno_name(123456));
	g_assert_cmpint(errno_by_name("EFUNNY"), ==, 0);
	g_assert_cmpint(errno_by_name(""), ==, 0);
	for (int i = 1; i < 200; i++)
		if (errno_name(i))
			g_assert_cmpint(errno_by_name(errno_name(i)), ==, i);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scratch/child", test_child);
	g_test_add_func("/scratch/copy", test_copy);
	g_test_add_func("/scratch/output", test_output);
	g_test_add_func("/scratch/errno-names", test_errno_names);
	return g_test_run();
}
