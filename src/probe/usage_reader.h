/* What the parts of usage_probe() share: where uses are put, and how a class is listed. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/root.h"
#include "model/usage.h"
#include "probe/devpath.h"

struct blocks;
struct host;

struct usage_reader {
	struct root *root;
	struct host *host;
	const bool *wanted; /* see struct usage_request */
	struct blocks
		*blocks; /* for the parts after it, set by usage_read_blocks(); NULL: left out */
	GArray *list;    /* of struct usage */
	bool shut;       /* an entry of a class could not be looked at: none is all known */
};

#define KIND_BIT(kind) (1U << (kind))

/* Adds a use. name and detail (NULL: nothing) are copied, made harmless for a terminal. */
void usage_add(struct usage_reader *reader, enum usage_kind kind, struct place place,
	       const char *name, const char *detail);
void usage_add_process(struct usage_reader *reader, enum usage_kind kind, struct place place,
		       const char *name, const char *detail, int pid);

/* An opened directory of /sys/class. Its entries are links that climb out of it, so what is behind
 * them is read by their path from the root. */
struct class_dir {
	struct root *root;
	struct root_dir dir;
	char *path;       /* "/sys/class/NAME" */
	GPtrArray *names; /* NULL: the class is not there */
	GPtrArray *links; /* of each of them, where it leads: char *; NULL: it is no link */
};

/* Lists a class. kinds (an OR of KIND_BIT) are noted as known: when it could be listed, and when it
 * is not there although the whole of /sys/class is. False when there is nothing to list. */
bool class_dir_open(struct usage_reader *reader, const char *name, unsigned kinds,
		    struct class_dir *ret);
void class_dir_close(struct class_dir *dir);
#define CLASS_DIR_AUTO __attribute__((cleanup(class_dir_close)))

/* Where entry i is; in *path (may be NULL) what says so, until the class is closed. False: nothing
 * says so. */
bool class_dir_place(const struct usage_reader *reader, const struct class_dir *dir, guint i,
		     struct place *ret, const char **path);

/* Is one of the entries PREFIXn (NULL: any) at a function that is asked for? Those by radio and by
 * NVMe's multipath, of which the link does not say where they are, count as such. */
bool class_dir_is_wanted(const struct usage_reader *reader, const struct class_dir *dir,
			 const char *prefix);

/* Is name the prefix and then a number: "card0", but not "card0-DP-1"? */
bool name_is_numbered(const char *name, const char *prefix);

/* The path of an attribute or directory of an entry; the caller's to free. */
char *class_dir_path(const struct class_dir *dir, const char *entry, const char *name);

/* The first line of an attribute; NULL when it is not there or empty. The caller's to free. */
char *class_dir_text(const struct class_dir *dir, const char *entry, const char *attribute);

/* The parts, in the order in which they are called. */
void usage_read_blocks(struct usage_reader *reader);
void usage_read_nets(struct usage_reader *reader);
void usage_read_inputs(struct usage_reader *reader);
void usage_read_classes(struct usage_reader *reader);
void usage_read_holders(struct usage_reader *reader);
