/* Single words of a shell script: where each ends, and what it is without its quotes. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct shell_cursor {
	const char *at;
	bool in_array; /* "NAME=(" is open, in which a bracket is part of a word */
};

static inline bool shell_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Does no word go on there? */
bool shell_ends_word(const struct shell_cursor *cursor);

/* The word that begins there, behind which the cursor moves; the caller's. Variables and "$(…)"
 * stay as they are written. */
char *shell_scan_word(struct shell_cursor *cursor);
