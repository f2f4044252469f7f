/* A private directory with a copy of parts of a root, for a library that wants to read files
 * itself. What it reads can then only have come through the door. */
#pragma once

#include <glib.h>

struct root;
struct scratch;

/* Makes an empty directory that only we may enter, where temporary files are kept. NULL on failure.
 */
struct scratch *scratch_new(void);

/* Removes it with all that is in it. */
void scratch_free(struct scratch *scratch);

const char *scratch_path(const struct scratch *scratch);

/* Copies the file or the directory at path (of the root, without a slash in front) to the same path
 * in scratch. Links that could lead out of it are left out, and so is what cannot be read. Bounded:
 * what is too deep, too large or too much is left out, too. */
void scratch_copy(struct scratch *scratch, struct root *root, const char *path);

static inline void scratch_auto_free(struct scratch **scratch)
{
	scratch_free(*scratch);
}
#define SCRATCH_AUTO __attribute__((cleanup(scratch_auto_free)))
