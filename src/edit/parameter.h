/* A parameter of the kernel as a word: NAME, NAME=VALUE, and for some names NAME=A,B,… of which
 * the elements of several add up. In names '-' is '_' (kernel: parameq() in kernel/params.c). */
#pragma once

#include <stdbool.h>

/* Does one say all that word says: the same, or a list with all its elements? */
bool parameter_covers(const char *there, const char *word);

/* Does it say anything of what word says? */
bool parameter_touches(const char *there, const char *word);

/* Are both lists of the same name, so that one can have the elements of the other? */
bool parameter_joins(const char *there, const char *word);

/* With the elements of word behind its own, each once; the caller's. */
char *parameter_join(const char *there, const char *word);

/* Without the elements of word; the caller's. NULL: none is left, or it is no list. */
char *parameter_without(const char *there, const char *word);
