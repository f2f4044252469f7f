/* See root.h. Two kinds of root behind each function: a directory handle and a tree in memory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bounded.h"
#include "base/container.h"
#include "base/error.h"
#include "base/root_parts.h"
#include "base/root_write.h"
#include "base/text.h"
#include "base/tree.h"

#define MAX_RETRIES     10000   /* of an open that meets a rename: each lasts microseconds */
#define MAX_DIR_ENTRIES 1000000 /* more than any kernel directory: a listing must end */

static int open_inside(int dirfd, const char *name, int flags, unsigned mode)
{
	struct open_how how = {
		/* openat2 refuses what means nothing together with O_PATH. */
		.flags = (unsigned)(flags | O_CLOEXEC |
				    (flags & (O_PATH | O_WRONLY | O_RDWR) ? 0 : O_NONBLOCK) |
				    (flags & O_PATH ? 0 : O_NOCTTY)),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* openat2(2): while anything is renamed anywhere, the kernel cannot be sure of "..". */
	for (unsigned i = 0; i < MAX_RETRIES; i++) {
		fd = syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
		sched_yield();
	}
	return fd < 0 ? -errno : (int)fd;
}

/* A single name that is no link cannot lead anywhere else: plain openat is enough, and faster.
 * Where it is a link, the answer is ELOOP, and openat2 follows it inside. */
static int open_plain_name(int dirfd, const char *name, int flags)
{
	if (strchr(name, '/') || name[0] == '\0' || (name[0] == '.' && name[1] == '.'))
		return -ELOOP;

	int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		return fd;
	/* With O_DIRECTORY a link gives ENOTDIR, as any other file does. */
	return errno == ENOTDIR && flags & O_DIRECTORY ? -ELOOP : -errno;
}

/* Where openat2 is missing or filtered, only the live root works: there is nothing to leak. */
int root_open_from(const struct root *root, int dirfd, const char *name, int flags)
{
	while (root->live && *name == '/')
		name++;
	if (*name == '\0')
		name = ".";
	if (root->live) {
		int fd = openat(dirfd, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		return fd < 0 ? -errno : fd;
	}
	int fd = flags & O_PATH ? -ELOOP : open_plain_name(dirfd, name, flags);
	return fd == -ELOOP ? open_inside(dirfd, name, flags, 0) : fd;
}

int root_open_file(struct root *root, const char *path, int flags, unsigned mode)
{
	if (root->tree)
		return -EROFS;
	if (!root->live)
		return open_inside(root->fd, path, flags, mode);
	path += strspn(path, "/");
	int fd = openat(root->fd, *path ? path : ".", flags | O_CLOEXEC | O_NOCTTY, mode);
	return fd < 0 ? -errno : fd;
}

struct root *root_open(const char *path, GError **error)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "cannot open root '%s': %s", path,
			    g_strerror(errno));
		return NULL;
	}

	struct stat here, live;
	bool is_live = fstat(fd, &here) == 0 && stat("/", &live) == 0 &&
		       here.st_dev == live.st_dev && here.st_ino == live.st_ino;
	int probe = is_live ? 0 : open_inside(fd, ".", O_PATH | O_DIRECTORY, 0);
	if (probe < 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "cannot shut '%s' in as a root: openat2: %s", path, g_strerror(-probe));
		error_hint(error, "reading another tree needs Linux 5.6 or later");
		close(fd);
		return NULL;
	}
	if (!is_live)
		close(probe);

	struct root *root = g_new0(struct root, 1);
	root->fd = fd;
	root->live = is_live;
	root->part = is_live && container_hides();
	return root;
}

struct root *root_from_tree(struct tree *tree)
{
	struct root *root = g_new0(struct root, 1);

	root->fd = -1;
	root->tree = tree;
	return root;
}

void root_free(struct root *root)
{
	if (!root)
		return;
	if (root->fd >= 0)
		close(root->fd);
	tree_free(root->tree);
	bounded_free(root->bounded);
	g_free(root);
}

bool root_is_live(const struct root *root)
{
	return root->live;
}

bool root_is_part(const struct root *root)
{
	int error;
	const struct tree_node *reader =
		root->tree ? tree_find(root->tree, NULL, ROOT_READER, true, &error) : NULL;

	return root->part ||
	       (reader && (reader->kind != TREE_FILE || strstr(reader->data, "part")));
}

bool root_is_whole(const struct root *root)
{
	int error;

	return (root->live ||
		(root->tree && tree_find(root->tree, NULL, ROOT_READER, true, &error))) &&
	       !root_is_part(root);
}

void root_trace(struct root *root, struct tree *tree)
{
	root->trace = tree;
}

/* ---- directories ---- */

static int dir_opened(struct root *root, int fd, char *path, struct root_dir *ret)
{
	if (fd < 0) {
		g_free(path);
		return fd;
	}
	*ret = (struct root_dir){ .root = root, .fd = fd, .path = path };
	return 0;
}

static int dir_open_memory(struct root *root, const struct tree_node *from, const char *path,
			   struct root_dir *ret)
{
	int error = ENOENT;
	const struct tree_node *node = tree_find(root->tree, from, path, true, &error);

	if (!node)
		return -error;
	if (node->kind == TREE_ERROR)
		return -node->error;
	if (node->kind != TREE_DIR)
		return -ENOTDIR;
	*ret = (struct root_dir){ .root = root, .fd = -1, .node = node };
	return 0;
}

int root_dir_open(struct root *root, const char *path, struct root_dir *ret)
{
	if (root->tree)
		return dir_open_memory(root, NULL, path, ret);

	if (root->trace)
		root_trace_links(root, path, true);
	int fd = root_open_from(root, root->fd, path, O_RDONLY | O_DIRECTORY);
	if (root->trace && fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
		tree_put_error(root->trace, path, -fd);
	return dir_opened(root, fd, fd < 0 ? NULL : g_strdup(path), ret);
}

int root_dir_open_at(const struct root_dir *dir, const char *name, struct root_dir *ret)
{
	if (!dir->root)
		return -ENOENT;
	if (dir->node)
		return dir_open_memory(dir->root, dir->node, name, ret);
	if (dir->root->trace) {
		g_autofree char *path = root_trace_path(dir, name);
		return root_dir_open(dir->root, path, ret);
	}
	return dir_opened(dir->root,
			  root_open_from(dir->root, dir->fd, name, O_RDONLY | O_DIRECTORY), NULL,
			  ret);
}

void root_dir_close(struct root_dir *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
	g_free(dir->path);
	*dir = ROOT_DIR_CLOSED;
}

/* ---- files ---- */

/* once: one read is enough. Files of /proc come in pieces. */
static ssize_t read_fd(int fd, char *buf, size_t size, bool once)
{
	size_t n = 0;

	while (n < size - 1) {
		ssize_t r = read(fd, buf + n, size - 1 - n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		n += (size_t)r;
		if (r == 0 || once)
			break;
	}
	buf[n] = '\0';
	return (ssize_t)n;
}

/* Another tree may hold pipes and device nodes where files are expected. */
static bool is_readable_kind(const struct root *root, int fd)
{
	struct stat st;

	return root->live || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
}

static ssize_t read_file(const struct root_dir *dir, const char *name, char *buf, size_t size,
			 bool once)
{
	ssize_t waited = root_read_waiting(dir, name, buf, size);
	if (waited != -ENOSYS)
		return waited;

	int fd = root_open_from(dir->root, dir->fd, name, O_RDONLY);
	if (fd < 0)
		return fd;

	ssize_t n = is_readable_kind(dir->root, fd) ? read_fd(fd, buf, size, once) : -EINVAL;
	close(fd);
	return n;
}

/* In a tree in memory. NULL and *error (an errno value): it is not there, or not for us. */
static const struct tree_node *find_memory(const struct root_dir *dir, const char *name,
					   bool follow, int *error)
{
	*error = ENOENT;
	const struct tree_node *node = tree_find(dir->root->tree, dir->node, name, follow, error);
	if (!node || node->kind != TREE_ERROR)
		return node;
	*error = node->error;
	return NULL;
}

static ssize_t read_memory(const struct root_dir *dir, const char *name, char *buf, size_t size)
{
	int error;
	const struct tree_node *node = find_memory(dir, name, true, &error);

	if (!node)
		return -error;
	if (node->kind != TREE_FILE)
		return -EISDIR;
	size_t n = MIN(node->length, size - 1);
	memcpy(buf, node->data, n);
	buf[n] = '\0';
	return (ssize_t)n;
}

static ssize_t dir_read(const struct root_dir *dir, const char *name, void *buf, size_t size,
			bool once)
{
	if (!dir->root)
		return -ENOENT;
	if (dir->node)
		return read_memory(dir, name, buf, size);

	ssize_t n = read_file(dir, name, buf, size, once);
	if (dir->root->trace)
		root_trace_data(dir, name, buf, n);
	return n;
}

ssize_t root_dir_read(const struct root_dir *dir, const char *name, void *buf, size_t size)
{
	return dir_read(dir, name, buf, size, false);
}

ssize_t root_dir_attribute(const struct root_dir *dir, const char *name, void *buf, size_t size)
{
	return dir_read(dir, name, buf, size, true);
}

static ssize_t link_memory(const struct root_dir *dir, const char *name, char *buf, size_t size)
{
	int error;
	const struct tree_node *node = find_memory(dir, name, false, &error);

	if (!node)
		return -error;
	if (node->kind != TREE_LINK)
		return -EINVAL;
	if (node->length >= size)
		return -ENAMETOOLONG;
	memcpy(buf, node->data, node->length + 1);
	return (ssize_t)node->length;
}

/* The directory part of a link's path must stay inside, too: opened first, then the link is read.
 * The live root has no outside. */
ssize_t root_link_file(const struct root_dir *dir, const char *name, char *buf, size_t size)
{
	bool live = dir->root->live;
	ssize_t n;

	while (live && *name == '/')
		name++;
	const char *slash = live ? NULL : strrchr(name, '/');
	if (slash) {
		g_autofree char *path = g_strndup(name, (gsize)(slash - name));
		int fd = root_open_from(dir->root, dir->fd, path, O_PATH | O_DIRECTORY);
		if (fd < 0)
			return fd;
		n = readlinkat(fd, slash + 1, buf, size);
		int saved = errno;
		close(fd);
		errno = saved;
	} else {
		n = readlinkat(dir->fd, name, buf, size);
	}
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

ssize_t root_dir_link(const struct root_dir *dir, const char *name, char *buf, size_t size)
{
	if (!dir->root)
		return -ENOENT;
	if (dir->node)
		return link_memory(dir, name, buf, size);

	ssize_t n = root_link_file(dir, name, buf, size);
	if (dir->root->trace && n >= 0) {
		g_autofree char *path = root_trace_path(dir, name);
		root_trace_links(dir->root, path, false);
		tree_put_link(dir->root->trace, path, buf);
	}
	return n;
}

/* Entries of one getdents64() call are added; names are inside the buffer. */
static void add_entries(const char *buf, ssize_t n, GPtrArray *names)
{
	const struct dirent64 *entry;

	for (ssize_t at = 0; at < n; at += entry->d_reclen) {
		entry = (const struct dirent64 *)(const void *)(buf + at);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
}

/* Without opendir(), which would open the directory once more: a host has thousands of them. */
static int list_fd(int fd, GPtrArray *names)
{
	_Alignas(struct dirent64) char buf[32 * 1024];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while (names->len < MAX_DIR_ENTRIES && (n = getdents64(fd, buf, sizeof(buf))) != 0) {
		if (n < 0)
			return -errno;
		add_entries(buf, n, names);
	}
	return 0;
}

static void list_memory(const struct tree_node *node, GPtrArray *names)
{
	g_autoptr(GPtrArray) found = tree_names(node);

	for (guint i = 0; i < found->len; i++)
		g_ptr_array_add(names, g_strdup(found->pdata[i]));
}

int root_dir_list(const struct root_dir *dir, GPtrArray **ret)
{
	if (!dir->root)
		return -ENOENT;

	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	int r = 0;
	if (dir->node)
		list_memory(dir->node, names);
	else
		r = list_fd(dir->fd, names);
	g_ptr_array_sort(names, text_compare);
	if (dir->root->trace && !dir->node)
		root_trace_list(dir, r, names);
	if (r == 0)
		*ret = g_steal_pointer(&names);
	return r;
}
