/* See tree.h. */
#include "base/tree.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define MAX_LINKS 40 /* as the kernel's MAXSYMLINKS */

struct tree {
	struct tree_node *root;
};

static void node_free(gpointer data)
{
	struct tree_node *node = data;

	if (node->children)
		g_hash_table_destroy(node->children);
	g_free(node->data);
	g_free(node->name);
	g_free(node);
}

static struct tree_node *node_new(struct tree_node *parent, const char *name, size_t length,
				  enum tree_kind kind)
{
	struct tree_node *node = g_new0(struct tree_node, 1);

	node->kind = kind;
	node->parent = parent;
	node->name = g_strndup(name, length);
	if (parent) {
		if (!parent->children)
			parent->children =
				g_hash_table_new_full(g_str_hash, g_str_equal, NULL, node_free);
		g_hash_table_replace(parent->children, node->name, node);
	}
	return node;
}

struct tree *tree_new(void)
{
	struct tree *tree = g_new0(struct tree, 1);

	tree->root = node_new(NULL, "", 0, TREE_DIR);
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	node_free(tree->root);
	g_free(tree);
}

const struct tree_node *tree_root(const struct tree *tree)
{
	return tree->root;
}

static struct tree_node *node_child(const struct tree_node *node, const char *name, size_t length)
{
	char buf[256];

	if (!node->children || length >= sizeof(buf))
		return NULL;
	memcpy(buf, name, length);
	buf[length] = '\0';
	return g_hash_table_lookup(node->children, buf);
}

/* One step of a walk. make: create missing directories. */
struct walk {
	const struct tree *tree;
	bool make;
	unsigned links; /* followed so far */
};

static struct tree_node *walk_path(struct walk *walk, struct tree_node *node, const char *path,
				   bool follow_last, int *error);

static struct tree_node *walk_name(struct walk *walk, struct tree_node *node, const char *name,
				   size_t length, bool follow, int *error)
{
	if (length == 1 && name[0] == '.')
		return node;
	if (length == 2 && name[0] == '.' && name[1] == '.')
		return node->parent ? node->parent : node;

	struct tree_node *child = node_child(node, name, length);
	if (!child && walk->make && length < 256)
		return node_new(node, name, length, TREE_DIR);
	if (!child) {
		*error = ENOENT;
		return NULL;
	}
	if (child->kind != TREE_LINK || !follow)
		return child;
	if (++walk->links > MAX_LINKS) {
		*error = ELOOP;
		return NULL;
	}
	return walk_path(walk, node, child->data, true, error);
}

static struct tree_node *walk_path(struct walk *walk, struct tree_node *node, const char *path,
				   bool follow_last, int *error)
{
	if (*path == '/')
		node = walk->tree->root;

	while (node) {
		while (*path == '/')
			path++;
		if (*path == '\0')
			return node;
		if (node->kind != TREE_DIR) {
			*error = node->kind == TREE_ERROR ? node->error : ENOTDIR;
			return NULL;
		}
		size_t length = strcspn(path, "/");
		bool last = path[length + strspn(path + length, "/")] == '\0';
		node = walk_name(walk, node, path, length, !last || follow_last, error);
		path += length;
	}
	return NULL;
}

const struct tree_node *tree_find(const struct tree *tree, const struct tree_node *node,
				  const char *path, bool follow, int *error)
{
	struct walk walk = { .tree = tree };

	return walk_path(&walk, node ? (struct tree_node *)node : tree->root, path, follow, error);
}

static int put(struct tree *tree, const char *path, enum tree_kind kind, struct tree_node **ret)
{
	struct walk walk = { .tree = tree, .make = true };
	g_autofree char *copy = g_strdup(path);
	size_t length = strlen(copy);
	int error = EINVAL;

	while (length > 0 && copy[length - 1] == '/')
		copy[--length] = '\0';
	char *slash = strrchr(copy, '/');
	const char *name = slash ? slash + 1 : copy;
	if (slash)
		*slash = '\0';
	if (*name == '\0' && kind == TREE_DIR) {
		*ret = tree->root;
		return 0;
	}
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strlen(name) > 255)
		return -EINVAL;

	struct tree_node *dir = walk_path(&walk, tree->root, slash ? copy : "", true, &error);
	if (!dir)
		return -error;
	if (dir->kind != TREE_DIR)
		return -ENOTDIR;

	struct tree_node *old = node_child(dir, name, strlen(name));
	if (old && old->kind == TREE_DIR) {
		*ret = old;
		return kind == TREE_DIR ? 0 : -EISDIR;
	}
	*ret = node_new(dir, name, strlen(name), kind);
	return 0;
}

int tree_put_dir(struct tree *tree, const char *path)
{
	struct tree_node *node;

	return put(tree, path, TREE_DIR, &node);
}

int tree_put_file(struct tree *tree, const char *path, const char *data, size_t length)
{
	struct tree_node *node;
	int r = put(tree, path, TREE_FILE, &node);

	if (r < 0)
		return r;
	node->data = g_malloc(length + 1);
	if (length > 0)
		memcpy(node->data, data, length);
	node->data[length] = '\0';
	node->length = length;
	return 0;
}

int tree_put_link(struct tree *tree, const char *path, const char *target)
{
	struct tree_node *node;
	int r = put(tree, path, TREE_LINK, &node);

	if (r < 0)
		return r;
	node->data = g_strdup(target);
	node->length = strlen(target);
	return 0;
}

int tree_put_error(struct tree *tree, const char *path, int error)
{
	struct tree_node *node = NULL;
	int r = put(tree, path, TREE_ERROR, &node);

	if (r == 0 && node)
		node->error = error;
	return r;
}

GPtrArray *tree_names(const struct tree_node *node)
{
	GPtrArray *names = g_ptr_array_new();
	GHashTableIter iter;
	gpointer key;

	if (node->children) {
		g_hash_table_iter_init(&iter, node->children);
		while (g_hash_table_iter_next(&iter, &key, NULL))
			g_ptr_array_add(names, key);
	}
	g_ptr_array_sort(names, text_compare);
	return names;
}
