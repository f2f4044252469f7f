/* What the files of the door share: see root.c (opening and reading), root_trace.c (recording what
 * is read), root_path.c (the same by path, and facts), root_wait.c (what may never come). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/root.h"

struct bounded;
struct tree;

struct root {
	int fd; /* -1: in memory */
	bool live;
	bool part;               /* live, and not all of the machine can be seen from here */
	struct tree *tree;       /* in memory: owned; else NULL */
	struct tree *trace;      /* borrowed; NULL: not tracing */
	struct bounded *bounded; /* what may not come back; NULL: nothing yet */
	bool ahead;              /* some of them have been read ahead */
};

/* Opens name from the directory dirfd, inside the root. Returns a descriptor or -errno. */
int root_open_from(const struct root *root, int dirfd, const char *name, int flags);

/* Reads an attribute that may never come, as root_dir_attribute(); -ENOSYS: name is none, or must
 * be read like any other here. */
ssize_t root_read_waiting(const struct root_dir *dir, const char *name, char *buf, size_t size);

/* Reads the link name in a directory of a file system, as root_dir_link(). */
ssize_t root_link_file(const struct root_dir *dir, const char *name, char *buf, size_t size);

/* Puts the links that path leads through into the trace, so that it resolves there as it did here:
 * without them, the trace would get directories in their places. last: the last name, too. */
void root_trace_links(const struct root *root, const char *path, bool last);

/* The path of name in dir, for the trace; the caller's to free. */
char *root_trace_path(const struct root_dir *dir, const char *name);

/* Puts what reading name in dir gave (n bytes of data, or -errno) into the trace. */
void root_trace_data(const struct root_dir *dir, const char *name, const void *data, ssize_t n);

/* Puts the names of a directory into the trace; result is that of the listing. */
void root_trace_list(const struct root_dir *dir, int result, const GPtrArray *names);
