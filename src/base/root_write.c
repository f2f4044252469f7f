/* See root_write.h. The directory is opened inside the root first, then single names are used in
 * it. */
#include "base/root_write.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root.h"

int root_write(struct root *root, const char *path, const char *text)
{
	int fd = root_open_file(root, path, O_WRONLY | O_TRUNC, 0);

	if (fd < 0)
		return fd;
	ssize_t n = write(fd, text, strlen(text));
	int r = n < 0 ? -errno : (size_t)n < strlen(text) ? -EIO : 0;
	close(fd);
	return r;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Some file systems cannot sync, and what they hold is lost with the machine anyway. */
static int sync_fd(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : -errno;
}

int file_append(int fd, const char *text, size_t length, bool sync)
{
	int r = write_all(fd, text, length);

	return r < 0 || !sync ? r : sync_fd(fd);
}

/* The directory of path, open; *name is the last name in path. */
static int open_parent(struct root *root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	g_autofree char *parent = slash ? g_strndup(path, (gsize)(slash - path)) : g_strdup("");

	*name = slash ? slash + 1 : path;
	if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		return -EINVAL;
	return root_open_file(root, *parent ? parent : "/", O_RDONLY | O_DIRECTORY, 0);
}

/* The mode and the owner of what it replaces. */
static int take_over(int dir, const char *name, int fd, unsigned mode)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return fchmod(fd, mode) == 0 ? 0 : -errno;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int replace_in(int dir, const char *name, const char *data, size_t length, unsigned mode)
{
	g_autofree char *beside = g_strconcat(".", name, ".vfiokit-new", NULL);

	if (unlinkat(dir, beside, 0) < 0 && errno != ENOENT) /* of a run that was killed */
		return -errno;
	int fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int r = write_all(fd, data, length);
	if (r == 0)
		r = take_over(dir, name, fd, mode);
	if (r == 0)
		r = sync_fd(fd);
	close(fd);
	if (r == 0 && renameat(dir, beside, dir, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, beside, 0);
	return r == 0 ? sync_fd(dir) : r;
}

int root_replace(struct root *root, const char *path, const char *data, size_t length,
		 unsigned mode)
{
	const char *name;
	int dir = open_parent(root, path, &name);

	if (dir < 0)
		return dir;
	int r = replace_in(dir, name, data, length, mode);
	close(dir);
	return r;
}

int root_remove(struct root *root, const char *path)
{
	const char *name;
	int dir = open_parent(root, path, &name);

	if (dir < 0)
		return dir;
	int r = unlinkat(dir, name, 0) < 0 ? -errno : sync_fd(dir);
	close(dir);
	return r;
}

static int make_one(struct root *root, const char *path, unsigned mode)
{
	const char *name;
	int dir = open_parent(root, path, &name);

	if (dir < 0)
		return dir;
	int r = mkdirat(dir, name, mode) < 0 && errno != EEXIST ? -errno : sync_fd(dir);
	close(dir);
	return r;
}

int root_make_dir(struct root *root, const char *path, unsigned mode)
{
	g_autofree char *copy = g_strdup(path);

	if (root_exists(root, path))
		return 0;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int r = root_exists(root, copy) ? 0 : make_one(root, copy, mode);
		*slash = '/';
		if (r < 0)
			return r;
	}
	return make_one(root, copy, mode);
}
