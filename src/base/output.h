/* A file that the user asks for on the command line, written whole or not at all. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes length bytes to a new file beside path and gives it that name when it is complete;
 * readable as the umask says. A file that is there already is replaced only with replace set: else
 * false and STATUS_REFUSED. False and STATUS_USAGE when it cannot be written. */
bool output_write(const char *path, const char *data, size_t length, bool replace, GError **error);
