/* Taking turns: one works, one waits, the others may go, and none of them too early. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "base/root.h"
#include "base/turn.h"

#define PATH "/run/x/turn"
#define DUE  "/run/due"

struct fixture {
	char *directory;
	struct root *root;
};

static void set_up(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->directory = g_dir_make_tmp("vfiokit-turn-XXXXXX", NULL);
	fixture->root = root_open(fixture->directory, &error);
	g_assert_no_error(error);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	static const char *const names[] = { "run/x/turn", "run/x/turn.next", "run/x", "run", "" };

	root_free(fixture->root);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(fixture->directory, names[i], NULL);
		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_free(fixture->directory);
}

/* Waits until somebody holds the lock of the next one. */
static void await_next(const struct fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->directory, "run/x/turn.next", NULL);

	for (;;) {
		int fd = g_open(path, O_RDWR | O_CLOEXEC, 0);
		g_assert_cmpint(fd, >=, 0);
		bool taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
		close(fd);
		if (taken)
			return;
		g_usleep(1000);
	}
}

static gpointer take(gpointer data)
{
	const struct fixture *fixture = data;

	return GINT_TO_POINTER(turn_take(fixture->root, PATH, DUE));
}

static bool is_due(const struct fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->directory, DUE, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void set_due(const struct fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->directory, DUE, NULL);

	g_assert_true(g_file_set_contents(path, "", 0, NULL));
}

static void test_turns(struct fixture *fixture, gconstpointer data)
{
	int first = turn_take(fixture->root, PATH, DUE);
	g_assert_cmpint(first, >=, 0);
	set_due(fixture);
	GThread *next = g_thread_new("next", take, fixture);
	await_next(fixture);
	for (unsigned i = 0; i < 500; i++)
		g_assert_cmpint(turn_take(fixture->root, PATH, DUE), ==, -EALREADY);
	g_assert_true(is_due(fixture)); /* the one that waits has not looked */
	close(first);
	int second = GPOINTER_TO_INT(g_thread_join(next));
	g_assert_cmpint(second, >=, 0);

	g_assert_false(is_due(fixture));

	/* Now there is room for one more to wait. */
	next = g_thread_new("next", take, fixture);
	await_next(fixture);
	close(second);
	int third = GPOINTER_TO_INT(g_thread_join(next));
	g_assert_cmpint(third, >=, 0);
	close(third);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/turn", struct fixture, NULL, set_up, test_turns, tear_down);
	return g_test_run();
}
