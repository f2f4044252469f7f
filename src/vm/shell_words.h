/* Words of a shell script, without a shell: enough to find a command line in it. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* A word as a program would get it, and where it stands in the text, quotes and all. */
struct shell_word {
	char *text;
	size_t start;
	size_t end; /* behind it; 0: it stands nowhere as such, as words of "$NAME" */
};

/* Begins the word of a unit of systemd that says how much memory its commands may lock. */
#define SHELL_MEMLOCK "LimitMEMLOCK="

/* The commands of a text in order (of GPtrArray of struct shell_word *, each with at least one
 * word; the array owns all). Quotes, continued lines and comments are understood, of systemd's
 * units what they start. Variables and arrays are filled in where the text itself gives them a
 * plain value before, else they stay as written; nothing is run. JSON in braces, as logs show it
 * without quotes, is one word.
 *
 * Here-documents are no commands, unless they are asked for: then they alone are read. */
GPtrArray *shell_commands(const char *text, bool documents);
