/* Running programs of the machine: the only place that starts any. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Runs argv (NULL-terminated; argv[0] is looked for where the system keeps its programs, whatever
 * PATH says) without input, in the C locale, and waits for it, seconds at most. True when it ends
 * with status 0. Else false and STATUS_FAILED with its last line on either output; it is killed
 * with all that it started when the time is up. */
bool run_program(const char *const *argv, unsigned seconds, GError **error);

/* The same with a file as its input (from where the descriptor stands): what it prints is given to
 * take, piece by piece. What it says of errors is not kept. */
bool run_filter(const char *const *argv, int input,
		void (*take)(const char *data, size_t length, void *user), void *user,
		unsigned seconds, GError **error);

/* Like run_program(); returns what it wrote on either output, the caller's to free, or NULL. For
 * programs that say little. */
char *run_output(const char *const *argv, unsigned seconds, GError **error);

/* Is there such a program? */
bool run_can(const char *name);

/* Its absolute path, the caller's to free; NULL: there is none. */
char *run_find(const char *name);
