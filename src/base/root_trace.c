/* See root_parts.h: what was read is put into a tree, the links on the way with it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root_parts.h"
#include "base/tree.h"

void root_trace_links(const struct root *root, const char *path, bool last)
{
	const struct root_dir top = { .root = (struct root *)root, .fd = root->fd };
	g_autofree char *copy = g_strdup(path + strspn(path, "/"));
	char target[4096];
	int error;

	for (char *slash = copy; slash; slash++) {
		slash = strchr(slash, '/');
		if (!slash && !last)
			return;
		if (slash)
			*slash = '\0';
		if (!tree_find(root->trace, NULL, copy, false, &error) &&
		    root_link_file(&top, copy, target, sizeof(target)) > 0)
			tree_put_link(root->trace, copy, target);
		if (!slash)
			return;
		*slash = '/';
	}
}

char *root_trace_path(const struct root_dir *dir, const char *name)
{
	return g_strconcat(dir->path ? dir->path : "", "/", name, NULL);
}

/* A file may be read more than once, and cut to different lengths: the longest is kept. */
void root_trace_data(const struct root_dir *dir, const char *name, const void *data, ssize_t n)
{
	struct tree *trace = dir->root->trace;
	g_autofree char *path = root_trace_path(dir, name);
	int error;

	root_trace_links(dir->root, path, true);
	const struct tree_node *old = tree_find(trace, NULL, path, true, &error);
	if (n >= 0 && !(old && old->kind == TREE_FILE && old->length >= (size_t)n))
		tree_put_file(trace, path, data, (size_t)n);
	else if (n < 0 && n != -ENOENT && n != -ENOTDIR && !(old && old->kind == TREE_FILE))
		tree_put_error(trace, path, (int)-n);
}

/* A name that was seen, but not read (yet). */
static void trace_name(const struct root_dir *dir, const char *name)
{
	struct tree *trace = dir->root->trace;
	g_autofree char *path = root_trace_path(dir, name);
	char target[4096];
	struct stat st;
	int error;

	if (tree_find(trace, NULL, path, false, &error))
		return;
	ssize_t n = readlinkat(dir->fd, name, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		tree_put_link(trace, path, target);
	} else if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		tree_put_dir(trace, path);
	} else {
		tree_put_error(trace, path, ENODATA);
	}
}

void root_trace_list(const struct root_dir *dir, int result, const GPtrArray *names)
{
	if (result < 0)
		return;
	if (dir->path)
		tree_put_dir(dir->root->trace, dir->path);
	for (guint i = 0; i < names->len; i++)
		trace_name(dir, names->pdata[i]);
}
