/* For tests of posted text: a host in words, and texts in disguise. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct host;

/* Everything the reader knows of host, one line for each function; the caller's to free. words:
 * also the parts that only words know (drivers, groups, names). */
char *posted_describe(const struct host *host);

/* Reads text; aborts the test when that fails. */
struct host *posted_must_read(const char *text, size_t length);

/* What mail programs, forums and terminals do to a text. Each gives a new text. */
struct disguise {
	const char *name;
	char *(*put_on)(const char *text);
};
extern const struct disguise posted_disguises[];
extern const unsigned posted_n_disguises;

/* A file of tests/posted, or of $VFIOKIT_DATA; NULL: not there. */
char *posted_fixture(const char *name, size_t *length);
char *posted_data(const char *name, size_t *length);

/* The names in a directory of $VFIOKIT_DATA, sorted; NULL: not there. */
GPtrArray *posted_data_names(const char *directory);
