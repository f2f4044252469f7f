/* What may never come back: attributes of the live machine, and writes. By way of a child, see
 * bounded.h. */
#include <errno.h>
#include <unistd.h>

#include "base/bounded.h"
#include "base/root_parts.h"
#include "base/root_write.h"

static struct bounded *bounded_of(struct root *root)
{
	if (!root->bounded)
		root->bounded = bounded_new(root);
	return root->bounded;
}

void root_read_ahead(struct root *root, const GPtrArray *paths)
{
	if (!root->live)
		return;
	root->ahead = true;
	bounded_read_ahead(bounded_of(root), paths);
}

void root_read_ahead_each(struct root *root, const char *folder, const GPtrArray *names,
			  const char *const *attributes, size_t n)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; root->live && i < names->len; i++)
		for (size_t j = 0; j < n; j++)
			g_ptr_array_add(paths, g_strjoin("/", folder, names->pdata[i],
							 attributes[j], NULL));
	root_read_ahead(root, paths);
}

void root_forget(struct root *root)
{
	root->ahead = false;
	if (root->bounded)
		bounded_forget(root->bounded);
}

ssize_t root_read_waiting(const struct root_dir *dir, const char *name, char *buf, size_t size)
{
	char self[32], folder[4096];
	struct root *root = dir->root;

	if (!root->live || !bounded_waits(name))
		return -ENOSYS;
	if (root->ahead && dir->path) {
		g_autofree char *path = g_strconcat(dir->path, "/", name, NULL);
		ssize_t n = bounded_take(bounded_of(root), path, buf, size);
		if (n != -ENOSYS)
			return n;
	}
	if (dir->fd == root->fd)
		return bounded_read(bounded_of(root), name, buf, size);
	g_snprintf(self, sizeof(self), "/proc/self/fd/%d", dir->fd);
	ssize_t n = readlink(self, folder, sizeof(folder) - 1);
	if (n <= 0)
		return -ENOSYS;
	folder[n] = '\0';
	g_autofree char *path = g_build_filename(folder, name, NULL);
	return bounded_read(bounded_of(root), path, buf, size);
}

int root_write_bounded(struct root *root, const char *path, const char *text, int lock,
		       unsigned seconds, pid_t *stuck)
{
	*stuck = 0;
	if (root->tree)
		return -EROFS;
	return bounded_write(bounded_of(root), path, text, lock, seconds, stuck);
}
