/* See root.h: reading by path from the top of a root, whole files, and facts that no file holds. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/root_parts.h"
#include "base/tree.h"

#define MAX_FACT (16 * 1024 * 1024)

/* The top directory, borrowed: not to be closed. */
static struct root_dir root_top(const struct root *root)
{
	return (struct root_dir){
		.root = (struct root *)root,
		.fd = root->fd,
		.node = root->tree ? tree_root(root->tree) : NULL,
	};
}

ssize_t root_read(struct root *root, const char *path, void *buf, size_t size)
{
	const struct root_dir top = root_top(root);

	return root_dir_read(&top, path, buf, size);
}

ssize_t root_link(struct root *root, const char *path, char *buf, size_t size)
{
	const struct root_dir top = root_top(root);

	return root_dir_link(&top, path, buf, size);
}

int root_list(struct root *root, const char *path, GPtrArray **ret)
{
	struct root_dir dir = ROOT_DIR_CLOSED;
	int r = root_dir_open(root, path, &dir);

	if (r == 0)
		r = root_dir_list(&dir, ret);
	root_dir_close(&dir);
	return r;
}

static int look_memory(const struct tree *tree, const char *path)
{
	int error = ENOENT;
	const struct tree_node *node = tree_find(tree, NULL, path, true, &error);

	if (!node)
		return -error;
	/* ENODATA: it was there, and nobody read it. */
	return node->kind == TREE_ERROR && node->error != ENODATA ? -node->error : 0;
}

int root_look(struct root *root, const char *path)
{
	int error;

	if (root->tree)
		return look_memory(root->tree, path);

	int fd = root_open_from(root, root->fd, path, O_PATH);
	if (fd < 0) {
		if (root->trace && fd != -ENOENT && fd != -ENOTDIR)
			tree_put_error(root->trace, path, -fd);
		return fd;
	}
	struct stat st;
	if (root->trace && fstat(fd, &st) == 0) {
		root_trace_links(root, path, true);
		if (S_ISDIR(st.st_mode))
			tree_put_dir(root->trace, path);
		else if (!tree_find(root->trace, NULL, path, true, &error))
			tree_put_error(root->trace, path, ENODATA);
	}
	close(fd);
	return 0;
}

bool root_exists(struct root *root, const char *path)
{
	int error;

	if (root->tree)
		return tree_find(root->tree, NULL, path, true, &error) != NULL;
	return root_look(root, path) == 0;
}

static char type_letter(mode_t mode)
{
	static const struct {
		mode_t type;
		char letter;
	} types[] = {
		{ S_IFREG, '-' }, { S_IFDIR, 'd' }, { S_IFCHR, 'c' },
		{ S_IFBLK, 'b' }, { S_IFIFO, 'p' }, { S_IFSOCK, 's' },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if ((mode & S_IFMT) == types[i].type)
			return types[i].letter;
	return '?';
}

int root_stat(struct root *root, const char *path, struct root_node *ret)
{
	struct stat st;
	int error;

	if (root->tree)
		return tree_find(root->tree, NULL, path, true, &error) ? -ENODATA : -error;
	int fd = root_open_from(root, root->fd, path, O_PATH);
	if (fd < 0)
		return fd;
	int r = fstat(fd, &st) < 0 ? -errno : 0;
	close(fd);
	if (r == 0)
		*ret = (struct root_node){
			.type = type_letter(st.st_mode),
			.mode = st.st_mode & 07777,
			.uid = st.st_uid,
			.gid = st.st_gid,
			.size = (uint64_t)st.st_size,
		};
	return r;
}

int root_space(struct root *root, const char *path, uint64_t *bytes)
{
	struct statvfs st;

	if (root->tree)
		return -ENODATA;
	int fd = root_open_from(root, root->fd, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	int r = fstatvfs(fd, &st) < 0 ? -errno : 0;
	close(fd);
	if (r == 0)
		*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	return r;
}

/* How many bytes to begin with: most files are small, those of /proc do not tell. */
static size_t first_size(const struct root *root, const char *path, size_t max)
{
	const size_t usual = (size_t)64 * 1024;
	struct stat st;

	if (!root->live || fstatat(root->fd, path, &st, 0) < 0 || st.st_size <= 0)
		return MIN(usual, max);
	return MIN(MAX((size_t)st.st_size + 1, usual), max);
}

char *root_read_all(struct root *root, const char *path, size_t max, size_t *length, int *error)
{
	size_t size = first_size(root, path, max) + 1;
	g_autofree char *buf = g_malloc(size);
	ssize_t n;

	while ((n = root_read(root, path, buf, size)) == (ssize_t)size - 1 && size - 1 < max) {
		size = MIN((size - 1) * 4, max) + 1;
		buf = g_realloc(buf, size);
	}
	if (n < 0) {
		if (error)
			*error = (int)-n;
		return NULL;
	}
	if (length)
		*length = (size_t)n;
	return g_steal_pointer(&buf);
}

/* What is read on the way is no part of the recording, but what is answered is. */
static struct tree *pause_trace(struct root *root)
{
	return g_steal_pointer(&root->trace);
}

static char *keep_fact(struct root *root, struct tree *trace, const char *name, char *text)
{
	root->trace = trace;
	if (text)
		root_keep(root, name, text);
	return text;
}

static char *make_fact(struct root *root, const char *name, char *(*make)(struct root *root))
{
	struct tree *trace = pause_trace(root);

	return keep_fact(root, trace, name, make(root));
}

void root_keep(struct root *root, const char *name, const char *text)
{
	g_autofree char *path = g_strconcat("/vfiokit/", name, NULL);

	if (root->trace)
		tree_put_file(root->trace, path, text, strlen(text));
}

char *root_kept(struct root *root, const char *name)
{
	g_autofree char *path = g_strconcat("/vfiokit/", name, NULL);

	return root->live ? NULL : root_read_all(root, path, MAX_FACT, NULL, NULL);
}

char *root_fact(struct root *root, const char *name, char *(*make)(struct root *root))
{
	return root->live ? make_fact(root, name, make) : root_kept(root, name);
}

char *root_digest(struct root *root, const char *name, char *(*make)(struct root *root))
{
	char *text = root_kept(root, name);

	return text ? text : make_fact(root, name, make);
}

char *root_digest_of(struct root *root, const char *name,
		     char *(*make)(struct root *root, const void *data), const void *data)
{
	char *text = root_kept(root, name);

	if (text)
		return text;
	struct tree *trace = pause_trace(root);
	return keep_fact(root, trace, name, make(root, data));
}

bool root_is_privileged(void)
{
	return geteuid() == 0;
}
