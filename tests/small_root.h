/* For tests of changes: the files of a small machine, in a folder of its own. */
#pragma once

#include <glib.h>

/* The path of a file in the folder; the caller's. */
char *small_path(const char *folder, const char *name);

/* Writes a file, and the folders above it; length: -1 for a text. */
void small_put(const char *folder, const char *name, const char *text, gssize length);

/* Writes an initramfs that holds one empty file of that name. */
void small_put_archive(const char *folder, const char *name, const char *file);
