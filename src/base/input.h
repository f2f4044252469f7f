/* A file that the user names on the command line: opened as the user means it, not inside a root.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads the file at path, "-" for standard input, of at most 64 MiB; NUL-terminated, the caller's
 * to free, length without the NUL. NULL and STATUS_USAGE when it cannot be read or is larger. */
char *input_read(const char *path, size_t *length, GError **error);

/* Is there something of that name that can be read? */
bool input_exists(const char *path);
