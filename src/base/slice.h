/* A piece of a text: a pointer and a length, not terminated, owned by nobody. All pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *text;
	size_t length;
};

/* slice without its first n bytes; n is at most its length. */
static inline struct slice slice_from(struct slice slice, size_t n)
{
	return (struct slice){ slice.text + n, slice.length - n };
}

/* The bytes of the blank at the front of slice, 0 when there is none. Blanks are those that pasting
 * leaves behind, too: tab, carriage return, no-break space, byte order mark. */
size_t slice_blank(struct slice slice);

/* slice without the blanks at its front. */
struct slice slice_skip_blanks(struct slice slice);

/* slice without the blanks at its end. */
struct slice slice_chomp(struct slice slice);

/* Takes what stands before the next blank off *slice, and the blanks behind it. */
struct slice slice_take_word(struct slice *slice);

/* Takes a number in the base given (10 or 16) of at most 15 digits off the front of *slice. Returns
 * false when there is no digit. */
bool slice_take_number(struct slice *slice, unsigned base, size_t *ret);

/* Byte by byte. */
bool slice_equal(struct slice a, struct slice b);

bool slice_is_word(struct slice slice, const char *word);
