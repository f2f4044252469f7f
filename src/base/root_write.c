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
#include <sys/xattr.h>
#include <unistd.h>

#include "base/root.h"

#define COPY_BYTES ((size_t)256 * 1024)

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

/* Labels, access lists and whatever else hangs on a file, from one to another. A file system that
 * has none of that has nothing to lose. */
static int copy_attributes(int from, int to)
{
	ssize_t size = flistxattr(from, NULL, 0);

	if (size < 0)
		return errno == ENOTSUP ? 0 : -errno;
	g_autofree char *names = g_malloc((size_t)size + 1);
	size = flistxattr(from, names, (size_t)size);
	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		ssize_t length = fgetxattr(from, name, NULL, 0);
		g_autofree char *value = g_malloc((size_t)MAX(length, 0) + 1);
		if (length >= 0)
			length = fgetxattr(from, name, value, (size_t)length);
		if (length < 0 || fsetxattr(to, name, value, (size_t)length, 0) < 0)
			return -errno;
	}
	return 0;
}

/* The mode, the owner and the labels of what it replaces. */
static int take_over(int dir, const char *name, int fd, unsigned mode)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return fchmod(fd, mode) == 0 ? 0 : -errno;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 07777) < 0)
		return -errno;
	int old = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0)
		return -errno;
	int r = copy_attributes(old, fd);
	close(old);
	return r;
}

/* Where there is no room for a second file: into the file that is there, which has room for what is
 * no longer than it. */
static int overwrite(int dir, const char *name, const char *data, size_t length)
{
	struct stat st;
	int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ENOSPC : -errno;
	bool fits = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size >= length;
	int r = fits ? write_all(fd, data, length) : -ENOSPC;
	if (r == 0 && ftruncate(fd, (off_t)length) < 0)
		r = -errno;
	if (r == 0)
		r = sync_fd(fd);
	close(fd);
	return r;
}

static char *name_beside(const char *name)
{
	return g_strconcat(".", name, ".vfiokit-new", NULL);
}

static int remove_beside(int dir, const char *name)
{
	g_autofree char *beside = name_beside(name);

	return unlinkat(dir, beside, 0) == 0 || errno == ENOENT ? 0 : -errno;
}

/* What a file gets: a text, or all that is in another one, which is open. */
struct content {
	const char *data;
	size_t length;
	int from; /* -1: the text */
};

static int copy_all(int from, int fd)
{
	g_autofree char *buf = g_malloc(COPY_BYTES);
	ssize_t n;

	while ((n = read(from, buf, COPY_BYTES)) > 0 || (n < 0 && errno == EINTR)) {
		int r = n > 0 ? write_all(fd, buf, (size_t)n) : 0;
		if (r < 0)
			return r;
	}
	return n < 0 ? -errno : 0;
}

static int write_content(int fd, const struct content *content)
{
	return content->from < 0 ? write_all(fd, content->data, content->length)
				 : copy_all(content->from, fd);
}

static int replace_in(int dir, const char *name, const struct content *content, unsigned mode)
{
	g_autofree char *beside = name_beside(name);
	int r = remove_beside(dir, name); /* of a run that was killed */

	if (r < 0)
		return r;
	int fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_content(fd, content);
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
	const struct content content = { .data = data, .length = length, .from = -1 };
	const char *name;
	int dir = open_parent(root, path, &name);

	if (dir < 0)
		return dir;
	int r = replace_in(dir, name, &content, mode);
	if (r == -ENOSPC || r == -EDQUOT)
		r = overwrite(dir, name, data, length);
	close(dir);
	return r;
}

/* Do both files hold the same, from here on? */
static bool is_same(int a, int b)
{
	g_autofree char *left = g_malloc(COPY_BYTES), *right = g_malloc(COPY_BYTES);
	off_t at = 0;
	ssize_t n, m;

	do {
		n = pread(a, left, COPY_BYTES, at);
		m = pread(b, right, COPY_BYTES, at);
		if (n != m || n < 0 || memcmp(left, right, (size_t)n) != 0)
			return false;
		at += n;
	} while (n > 0);
	return true;
}

int root_copy(struct root *root, const char *from, const char *path)
{
	const char *name;
	struct stat st;
	struct content content = { .from = root_open_file(root, from, O_RDONLY, 0) };
	int dir = content.from < 0 ? content.from : open_parent(root, path, &name);

	if (dir < 0) {
		if (content.from >= 0)
			close(content.from);
		return dir;
	}
	int r = fstat(content.from, &st) < 0 ? -errno
					     : replace_in(dir, name, &content, st.st_mode & 0777);
	int copy = r == 0 ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (r == 0 && (copy < 0 || !is_same(content.from, copy)))
		r = -EIO;
	if (copy >= 0)
		close(copy);
	close(dir);
	close(content.from);
	return r;
}

/* The nearest folder above path that is there, open. */
static int open_ancestor(struct root *root, const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);

	for (;;) {
		int fd = root_open_file(root, parent, O_RDONLY | O_DIRECTORY, 0);
		if (fd != -ENOENT || strcmp(parent, "/") == 0 || strcmp(parent, ".") == 0)
			return fd;
		char *above = g_path_get_dirname(parent);
		g_free(parent);
		parent = above;
	}
}

/* A file without a name: when whoever holds it is killed, or the power is cut, nothing is left. */
static int open_nameless(int dir)
{
	static const char name[] = ".vfiokit-room";
	int fd = openat(dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return -errno;
	/* A file system that knows none such: FAT, for one. */
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (unlinkat(dir, name, 0) == 0)
		return fd;
	int r = -errno;
	close(fd);
	return r;
}

int root_try_room(struct root *root, const char *path, const char *data, size_t length)
{
	int dir = open_ancestor(root, path);

	if (dir < 0)
		return dir;
	int fd = open_nameless(dir);
	close(dir);
	if (fd < 0)
		return fd;
	int r = write_all(fd, data, length);
	if (r == 0)
		r = sync_fd(fd);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

void root_leave_room(int room)
{
	close(room);
}

int root_clear_beside(struct root *root, const char *path)
{
	const char *name;
	int dir = open_parent(root, path, &name);

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	int r = remove_beside(dir, name);
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

int root_remove_dir(struct root *root, const char *path)
{
	const char *name;
	int dir = open_parent(root, path, &name);

	if (dir < 0)
		return dir;
	int r = unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : sync_fd(dir);
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
