/* Changes of single pieces in a command line as somebody wrote it: quotes, continued lines,
 * comments and the rest of a script stay byte for byte. Pure.
 *
 * A word is "PIECE,PIECE,…", a piece "KEY=VALUE", "KEY" or (the first) a value alone; two commas
 * stand for one that is no end (QEMU: "QemuOpts"). Functions return false, and change nothing, when
 * what they would change does not stand in the text as such: it comes from a variable, or is JSON,
 * or a quote begins in the middle of it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "vm/guest.h"

struct line_edits;

/* The text must live as long. */
struct line_edits *line_edits_new(const char *text);
void line_edits_free(struct line_edits *edits);
static inline void line_edits_auto_free(struct line_edits **edits)
{
	line_edits_free(*edits);
}
#define LINE_EDITS_AUTO __attribute__((cleanup(line_edits_auto_free)))

/* Is there a piece of this key in the word? */
bool line_has(const struct line_edits *edits, const struct guest_place *word, const char *key);

/* Takes out every piece of this key. */
bool line_drop(struct line_edits *edits, const struct guest_place *word, const char *key);

/* Gives the key that value: in its last piece, else in a new one at the end. */
bool line_set(struct line_edits *edits, const struct guest_place *word, const char *key,
	      const char *value);

/* Gives the first piece, which has no key, another value; where it has this key, that. */
bool line_set_first(struct line_edits *edits, const struct guest_place *word, const char *key,
		    const char *value);

/* Takes out the words from the one to the other, with their line where nothing else is on it. */
bool line_drop_words(struct line_edits *edits, const struct guest_place *first,
		     const struct guest_place *last);

/* The text with all changes; the caller's. */
char *line_edits_apply(const struct line_edits *edits);
