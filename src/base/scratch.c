/* See scratch.h. */
#include "base/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root.h"

#define MAX_DEPTH   8
#define MAX_ENTRIES 200000
#define MAX_FILE    (64 * 1024)

struct scratch {
	char *path;
	unsigned entries; /* copied so far */
	char buf[MAX_FILE + 1];
};

struct scratch *scratch_new(void)
{
	char *path = g_dir_make_tmp("vfiokit-XXXXXX", NULL);

	if (!path)
		return NULL;
	struct scratch *scratch = g_new0(struct scratch, 1);
	scratch->path = path;
	return scratch;
}

const char *scratch_path(const struct scratch *scratch)
{
	return scratch->path;
}

/* Removes name in the directory at; never follows a link, though there should be none. */
static void remove_at(int at, const char *name, unsigned depth)
{
	int fd = depth > 0 ? openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		unlinkat(at, name, 0);
		return;
	}
	while ((entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_at(fd, entry->d_name, depth - 1);
	closedir(stream);
	unlinkat(at, name, AT_REMOVEDIR);
}

void scratch_free(struct scratch *scratch)
{
	if (!scratch)
		return;
	remove_at(AT_FDCWD, scratch->path, 2 * MAX_DEPTH);
	g_free(scratch->path);
	g_free(scratch);
}

static void write_file(const char *path, const char *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	while (length > 0) {
		ssize_t n = write(fd, data, length);
		if (n <= 0 && errno != EINTR)
			break;
		data += MAX(n, 0);
		length -= (size_t)MAX(n, 0);
	}
	close(fd);
}

/* A link that cannot lead out: no more steps up, all of them in front, than its directory is deep.
 */
static bool is_inside(const char *path, const char *target)
{
	unsigned depth = 0;

	for (const char *at = path; *at; at++)
		depth += *at == '/';
	if (*target == '/')
		return false;
	while (g_str_has_prefix(target, "../")) {
		if (depth-- == 0)
			return false;
		target += 3;
	}
	return !strstr(target, "..");
}

static void copy_file(struct scratch *scratch, const struct root_dir *dir, const char *name,
		      const char *to)
{
	ssize_t n = root_dir_read(dir, name, scratch->buf, MAX_FILE + 1);

	if (n >= 0)
		write_file(to, scratch->buf, (size_t)n);
}

/* path: of the entry called name in dir, in the root and in scratch. */
static void copy_entry(struct scratch *scratch, const struct root_dir *dir, const char *name,
		       const char *path, unsigned depth)
{
	g_autofree char *to = g_build_filename(scratch->path, path, NULL);
	struct root_dir inside ROOT_DIR_AUTO = ROOT_DIR_CLOSED;
	g_autoptr(GPtrArray) names = NULL;
	char target[4096];

	if (++scratch->entries > MAX_ENTRIES)
		return;
	if (root_dir_link(dir, name, target, sizeof(target)) >= 0) {
		if (is_inside(path, target) && symlink(target, to) < 0)
			return; /* a full disk: left out */
		return;
	}
	if (root_dir_open_at(dir, name, &inside) < 0) {
		copy_file(scratch, dir, name, to);
		return;
	}
	if (depth == 0 || g_mkdir(to, 0700) < 0 || root_dir_list(&inside, &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
		copy_entry(scratch, &inside, names->pdata[i], below, depth - 1);
	}
}

void scratch_copy(struct scratch *scratch, struct root *root, const char *path)
{
	g_autofree char *to = g_build_filename(scratch->path, path, NULL);
	g_autofree char *to_parent = g_path_get_dirname(to);
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	struct root_dir dir ROOT_DIR_AUTO = ROOT_DIR_CLOSED;

	if (root_dir_open(root, parent, &dir) == 0 && g_mkdir_with_parents(to_parent, 0700) == 0)
		copy_entry(scratch, &dir, name, path, MAX_DEPTH);
}
