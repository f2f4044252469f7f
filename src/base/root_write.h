/* Writing through the door: the attributes of sysfs, and files that are replaced whole. For apply/
 * only: all else reads.
 *
 * As in root.h, paths are taken inside the root; all functions return 0 or -errno. A root in memory
 * cannot be written: -EROFS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct root;

/* Writes text into an attribute that is there already, in one write. The error is the kernel's
 * answer to what was asked of it. May wait as long as the kernel does. */
int root_write(struct root *root, const char *path, const char *text);

/* The same in a child that can be left behind, see bounded_write(). */
int root_write_bounded(struct root *root, const char *path, const char *text, int lock,
		       unsigned seconds, pid_t *stuck);

/* Gives path new contents, whole or not at all, on the disk when this returns: written beside it,
 * synced and renamed. A file that is there keeps its mode, owner, labels and access lists; a new
 * one gets mode. A link is not followed but replaced. Where the disk has no room for a second file,
 * the file itself is written, if it is long enough: so that a full disk does not keep anything from
 * being taken back. */
int root_replace(struct root *root, const char *path, const char *data, size_t length,
		 unsigned mode);

/* Makes path a copy of the file from, whole or not at all, on the disk when this returns, and reads
 * both once more: -EIO when they differ. A new one gets the mode of from. */
int root_copy(struct root *root, const char *from, const char *path);

/* Removes a file, on the disk when this returns. */
int root_remove(struct root *root, const char *path);

/* Removes a directory that is empty; else -ENOTEMPTY. */
int root_remove_dir(struct root *root, const char *path);

/* Is there room, and leave, for a file of that contents at path? Writes it for a trial into the
 * file system of the nearest directory that is there, without a name. Returns a descriptor that
 * holds that room until root_leave_room(), so that several can be tried for at once; else -errno.
 */
int root_try_room(struct root *root, const char *path, const char *data, size_t length);
void root_leave_room(int room);

/* Removes what a run of root_replace() that was killed may have left beside path. */
int root_clear_beside(struct root *root, const char *path);

/* Makes a directory and those above it; 0 also when it is there. */
int root_make_dir(struct root *root, const char *path, unsigned mode);

/* Opens a file, as open(2) does; returns the descriptor, which the caller closes, or -errno. */
int root_open_file(struct root *root, const char *path, int flags, unsigned mode);

/* Appends text to a file that is open for that; sync: and waits until it is on the disk. */
int file_append(int fd, const char *text, size_t length, bool sync);
