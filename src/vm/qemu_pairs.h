/* An option of QEMU, and what stands behind it: "value,key=value,switch", or JSON. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct pair {
	char *key; /* "" for a first value without one */
	char *value;
};

/* The name of an option, which stands behind one dash or two; NULL: the word is none. */
const char *pairs_option(const char *word);

/* The pairs of a text (of struct pair), in its order; nested objects become "file.filename". The
 * caller's. */
GArray *pairs_split(const char *text);

/* The value of a key; the last one counts, as with QEMU. NULL: not there. */
const char *pairs_get(const GArray *pairs, const char *key);

/* The same of the key that a first value without one stands for. */
const char *pairs_get_implied(const GArray *pairs, const char *key);

/* "on", "yes", "true". */
bool pairs_is_on(const char *value);

/* A decimal number; -1: none, or NULL. */
int pairs_int(const char *text);

/* "8G"; a number without a letter is of units of plain bytes. 0: none, or NULL. */
uint64_t pairs_size(const char *text, uint64_t plain);
