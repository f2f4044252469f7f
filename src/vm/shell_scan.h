/* Single words of a shell script: where each ends, and what it is without its quotes.
 *
 * What edit/ reads of shells is another matter: there a value must be found and left as it is
 * written, here it must be understood and its place is known already. */
#pragma once

#include <glib.h>
#include <stdbool.h>

static inline bool shell_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Does no word go on at that place? in_array: "NAME=(" is open, in which a bracket is part of a
 * word. */
bool shell_ends_word(const char *at, bool in_array);

/* Takes the word that begins there off *at, which moves behind it; the caller's. Variables and
 * "$(…)" stay as they are written. */
char *shell_scan_word(const char **at, bool in_array);
