/* A file that the user names on the command line: opened as the user means it, not inside a root.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads the file at path, "-" for standard input, of at most 64 MiB; NUL-terminated, the caller's
 * to free, length without the NUL. NULL and STATUS_USAGE when it cannot be read or is larger. */
char *input_read(const char *path, size_t *length, GError **error);

/* Maps the file at path, or where that is NULL the first of paths that is there; NULL: none. The
 * caller's to unref. */
GMappedFile *input_map(const char *path, const char *const *paths, size_t n);

/* Is there something of that name that can be read? */
bool input_exists(const char *path);

/* Reads the same, of any size, line by line: line() gets each without its newline, at most max
 * bytes of it (what is longer is cut), and not terminated. False and STATUS_USAGE when it cannot be
 * read. */
bool input_each_line(const char *path, size_t max,
		     void (*line)(const char *text, size_t length, void *data), void *data,
		     GError **error);
