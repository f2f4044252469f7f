/* Reading options by their tables. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct context;
struct option_row;

/* Where a table's values go. */
struct option_target {
	const struct option_row *rows; /* NULL: no options */
	void *values;
};

/* Reads words[0 … n-1] by the tables given. Words that are no options are appended to rest (of
 * const char *, borrowed); everything behind "--" is no option. With stop_at_word, reading ends at
 * the first such word, and its index is put in *used. Fails with STATUS_USAGE. */
bool options_read(const struct option_target *targets, unsigned n_targets, char **words, unsigned n,
		  bool stop_at_word, unsigned *used, GPtrArray *rest, GError **error);

/* Frees what OPTION_TEXTS values hold. */
void options_clear(const struct option_target *target);
