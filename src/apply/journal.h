/* Where changes are kept: /var/lib/vfiokit/changes, one file for each (see change.h), and the lock
 * that lets one change be made at a time, /run/vfiokit.lock. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apply/change.h"

struct root;

#define JOURNAL_DIR  "/var/lib/vfiokit/changes"
#define JOURNAL_LOCK "/run/vfiokit.lock"

/* Takes the lock; it ends with the process, too. The descriptor, or -1 and STATUS_REFUSED naming
 * the process that holds it. */
int journal_lock(struct root *root, GError **error);
void journal_unlock(int lock);

/* Is a change being made by some process now? */
bool journal_is_locked(struct root *root);

struct journal;

/* Starts a journal of a new change that has its steps, verb, line and who set; gives it id,
 * sequence, time and boot. changes: all of before, as journal_list() gives them. When it returns,
 * all that is on the disk. change stays the caller's. NULL: STATUS_FAILED. */
struct journal *journal_begin(struct root *root, const GPtrArray *changes, struct change *change,
			      GError **error);

/* Adds lines, the text of some change_line(); and waits until they are on the disk when the change
 * has steps that last. Of the others a restart leaves nothing, and what must outlive this process
 * alone is safe with the kernel. */
bool journal_add(struct journal *journal, const char *lines, GError **error);
void journal_free(struct journal *journal);

/* Marks a change of the past as taken back by another. */
bool journal_mark_undone(struct root *root, const char *id, const char *by, GError **error);

/* All changes, the newest first (of struct change; the array owns them). Files that are none are
 * passed over. NULL: STATUS_FAILED, the directory cannot be read. */
GPtrArray *journal_list(struct root *root, GError **error);

/* The kernel's name of this boot; NULL: not known. The caller's to free. */
char *journal_boot_id(struct root *root);
