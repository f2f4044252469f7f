/* See fixture.h. */
#include "fixture.h"

#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "base/root.h"
#include "base/tree.h"
#include "model/host.h"
#include "probe/pci.h"
#include "probe/usage.h"
#include "probe/usb.h"

static bool run(const char *const *argv)
{
	int status = 0;

	return g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
			    &status, NULL) &&
	       g_spawn_check_exit_status(status, NULL);
}

char *fixture_unpack(const char *name)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *archive = g_build_filename(data ? data : "", name, NULL);

	if (!g_file_test(archive, G_FILE_TEST_IS_REGULAR)) {
		g_test_skip("the data collection is not there");
		return NULL;
	}
	char *directory = g_dir_make_tmp("vfiokit-test-XXXXXX", NULL);
	const char *argv[] = { "tar", "-xf", archive, "-C", directory, NULL };
	g_assert_true(run(argv));
	return directory;
}

void fixture_remove(char *directory)
{
	const char *modes[] = { "chmod", "-R", "u+rwX", directory, NULL };
	const char *argv[] = { "rm", "-rf", directory, NULL };

	run(modes);
	g_assert_true(run(argv));
	g_free(directory);
}

static void put_line(struct tree *tree, const char *line)
{
	const char *link = strstr(line, " -> ");
	const char *file = strstr(line, " = ");
	int r;

	if (link) {
		g_autofree char *path = g_strndup(line, (gsize)(link - line));
		r = tree_put_link(tree, path, link + 4);
	} else if (file) {
		g_autofree char *path = g_strndup(line, (gsize)(file - line));
		g_autofree char *text = g_strconcat(file + 3, "\n", NULL);
		r = tree_put_file(tree, path, text, strlen(text));
	} else {
		r = tree_put_dir(tree, line);
	}
	if (r != 0)
		g_error("cannot put '%s': %s", line, g_strerror(-r));
}

void fixture_put(struct tree *tree, const char *const *lines)
{
	for (; *lines; lines++)
		put_line(tree, *lines);
}

struct host *fixture_host(struct root *root)
{
	struct host *host = host_new(HOST_TREE);

	pci_probe(root, host, 0);
	host_link(host);
	usb_probe(root, host);
	usage_probe(root, host, &(struct usage_request){ .holders = true });
	return host;
}

struct host *fixture_host_of(struct tree *tree)
{
	struct root *root = root_from_tree(tree);
	struct host *host = fixture_host(root);

	root_free(root);
	return host;
}
