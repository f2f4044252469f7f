/* A tree of files in memory: what a recorded host is read into, and what a recording is made from.
 *
 * Paths are absolute or relative to the root, '/' between names. Links are kept as text and
 * followed inside the tree only: ".." at the root stays at the root, as in a chroot.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum tree_kind {
	TREE_DIR,
	TREE_FILE,  /* data, length */
	TREE_LINK,  /* data: the text of the link */
	TREE_ERROR, /* exists, but reading it fails with error */
};

struct tree_node {
	enum tree_kind kind;
	int error;                /* TREE_ERROR: an errno value */
	char *data;               /* TREE_FILE, TREE_LINK: NUL-terminated; else NULL */
	size_t length;            /* of data, without the NUL */
	struct tree_node *parent; /* NULL: the root */
	char *name;               /* "" for the root */
	GHashTable *children;     /* TREE_DIR: name → struct tree_node, owned; may be NULL */
};

struct tree;

struct tree *tree_new(void);
void tree_free(struct tree *tree);

const struct tree_node *tree_root(const struct tree *tree);

/* Puts a node at path, making the directories on the way; links on the way are followed. An
 * existing node is replaced, but a directory is never replaced by something else, nor something
 * else used as a directory. Returns 0, or -errno (-ENOTDIR, -EISDIR, -ELOOP, -EINVAL). */
int tree_put_dir(struct tree *tree, const char *path);
int tree_put_file(struct tree *tree, const char *path, const char *data, size_t length);
int tree_put_link(struct tree *tree, const char *path, const char *target);
int tree_put_error(struct tree *tree, const char *path, int error);

/* Finds path, starting at node (NULL: the root). Links on the way are followed, and the last one
 * too when follow is set. Returns NULL and sets *error to an errno value when there is nothing. */
const struct tree_node *tree_find(const struct tree *tree, const struct tree_node *node,
				  const char *path, bool follow, int *error);

/* The names in a directory, sorted; the array and not the strings is the caller's. */
GPtrArray *tree_names(const struct tree_node *node);
