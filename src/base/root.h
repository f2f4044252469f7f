/* The door: the only place that opens files of the machine.
 *
 * A root is "/", another directory tree, or a recorded host in memory. All paths are taken inside
 * it: links are followed, but absolute links and ".." stop at the root (openat2 with
 * RESOLVE_IN_ROOT), so another tree can never leak into the live machine, nor the reverse.
 *
 * All functions return 0 or a length when they succeed, and -errno when not: -ENOENT means "not
 * there", -EACCES "there, but not for you". The two are different facts; see host_gap().
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct root;
struct tree;
struct tree_node;

/* Opens the tree at path; "/" is the live machine. Fails with STATUS_USAGE when it is no readable
 * directory, or when the kernel (before 5.6) cannot keep another tree shut in. */
struct root *root_open(const char *path, GError **error);

/* A root made of a tree in memory, which it owns from now on. */
struct root *root_from_tree(struct tree *tree);

void root_free(struct root *root);

/* Is this the running machine? Then facts that no file holds can be asked for, too. */
bool root_is_live(const struct root *root);

/* Does the machine lack what is not there? So it is live, and in a recording made on the running
 * machine; another tree may be a part of a machine only, and so is what a container sees. */
bool root_is_whole(const struct root *root);

/* Does the running machine, or the one that was recorded, show itself in part only, as to who is in
 * a container? Other trees do not know. */
bool root_is_part(const struct root *root);
#define ROOT_READER "/vfiokit/reader" /* who made a recording: "root", "user part", … */

/* Everything that is read through root from now on is also put into tree (to make a recording of
 * it). tree stays the caller's and must live as long as the root; NULL ends it. */
void root_trace(struct root *root, struct tree *tree);

/* An open directory. Plain data: move it, but close it once. */
struct root_dir {
	struct root *root;
	int fd;                       /* -1: in memory */
	const struct tree_node *node; /* NULL: in a file system */
	char *path;                   /* NULL: opened by its name in another one */
};

/* A closed directory: closing it does nothing, reading from it gives -ENOENT. */
#define ROOT_DIR_CLOSED ((struct root_dir){ .fd = -1 })

/* name is taken inside dir: links that lead out of it are not followed in other trees than the live
 * one. What is reached by such a link is opened from the root, by path. */
int root_dir_open(struct root *root, const char *path, struct root_dir *ret);
int root_dir_open_at(const struct root_dir *dir, const char *name, struct root_dir *ret);
void root_dir_close(struct root_dir *dir);

/* Reads a regular file in dir (name may hold slashes) from its start into buf: at most size - 1
 * bytes, a NUL behind them. Returns how many. A longer file is cut off there without an error:
 * callers size buf for what they look for. */
ssize_t root_dir_read(const struct root_dir *dir, const char *name, void *buf, size_t size);

/* The same for an attribute of sysfs, which the kernel gives whole in one read: half the calls. */
ssize_t root_dir_attribute(const struct root_dir *dir, const char *name, void *buf, size_t size);

/* For attributes that may never come (base/bounded.h): names many of them, by paths from the root,
 * to be read by root_dir_attribute() right after this, in directories opened by the same paths.
 * Then they cost a third. Where there is nothing to gain, nothing is done; root_forget() drops what
 * nobody has read. */
void root_read_ahead(struct root *root, const GPtrArray *paths);

/* The same for n attributes of each directory (names of char *) in a folder. */
void root_read_ahead_each(struct root *root, const char *folder, const GPtrArray *names,
			  const char *const *attributes, size_t n);
void root_forget(struct root *root);

/* The text of a link, as root_dir_read(); a longer one is -ENAMETOOLONG. */
ssize_t root_dir_link(const struct root_dir *dir, const char *name, char *buf, size_t size);

/* The names in a directory, sorted, without "." and ".."; the array owns them. */
int root_dir_list(const struct root_dir *dir, GPtrArray **ret);

/* The same by path from the root. */
ssize_t root_read(struct root *root, const char *path, void *buf, size_t size);
ssize_t root_link(struct root *root, const char *path, char *buf, size_t size);
int root_list(struct root *root, const char *path, GPtrArray **ret);
bool root_exists(struct root *root, const char *path);

/* The same, with the reason why not: 0, -ENOENT, or -EACCES where its folder is shut to us. */
int root_look(struct root *root, const char *path);

/* What a file is, and whose. */
struct root_node {
	char type;     /* as ls shows it: '-' file, 'd', 'c', 'b', 'p', 's' */
	unsigned mode; /* permission bits, with set-id and sticky bits */
	uint32_t uid;
	uint32_t gid;
	uint64_t size; /* bytes */
};

/* Asks it of the file that path leads to. A tree in memory does not know: -ENODATA there for what
 * exists. Not traced: to be asked inside root_digest(). */
int root_stat(struct root *root, const char *path, struct root_node *ret);

/* How many bytes may still be written to the file system of a directory; otherwise the same. */
int root_space(struct root *root, const char *path, uint64_t *bytes);

/* Reads a whole file of at most max bytes (a longer one is cut there). The text, with a NUL behind
 * it, is the caller's; NULL and *error (an errno value; may be NULL) on failure. length may be
 * NULL. */
char *root_read_all(struct root *root, const char *path, size_t max, size_t *length, int *error);

/* Facts that no file of the machine holds: asked from the running machine by make(), and kept in a
 * recording under /vfiokit/NAME. Returns the text, the caller's to free, or NULL where it is not
 * known: not live and not recorded, or make() itself does not know. */
char *root_fact(struct root *root, const char *name, char *(*make)(struct root *root));

/* The same for what make() works out from files that are too many or too large to be recorded: it
 * is asked on any root that does not carry the answer. */
char *root_digest(struct root *root, const char *name, char *(*make)(struct root *root));

/* The same for a make() that has to be told something. */
char *root_digest_of(struct root *root, const char *name,
		     char *(*make)(struct root *root, const void *data), const void *data);

/* The two halves of root_digest(), for who works out several at the same time: the answer that is
 * recorded, the caller's to free, or NULL; and what is to be recorded. */
char *root_kept(struct root *root, const char *name);
void root_keep(struct root *root, const char *name, const char *text);

/* Closes a root or a directory when the variable goes out of scope. */
static inline void root_auto_free(struct root **root)
{
	root_free(*root);
}
#define ROOT_AUTO     __attribute__((cleanup(root_auto_free)))
#define ROOT_DIR_AUTO __attribute__((cleanup(root_dir_close)))

/* Does this process read as root does? */
bool root_is_privileged(void);
