/* See slice.h. */
#include "base/slice.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *text;
	size_t length;
} blanks[] = {
	{ " ", 1 },
	{ "\t", 1 },
	{ "\r", 1 },
	{ "\xc2\xa0", 2 },     /* no-break space */
	{ "\xef\xbb\xbf", 3 }, /* byte order mark */
};

size_t slice_blank(struct slice slice)
{
	for (size_t i = 0; i < G_N_ELEMENTS(blanks); i++) {
		size_t n = blanks[i].length;
		if (slice.length >= n && memcmp(slice.text, blanks[i].text, n) == 0)
			return n;
	}
	return 0;
}

struct slice slice_skip_blanks(struct slice slice)
{
	size_t n;

	while ((n = slice_blank(slice)) > 0)
		slice = slice_from(slice, n);
	return slice;
}

static size_t blank_at_end(struct slice slice)
{
	for (size_t i = 0; i < G_N_ELEMENTS(blanks); i++) {
		size_t n = blanks[i].length;
		if (slice.length >= n &&
		    memcmp(slice.text + slice.length - n, blanks[i].text, n) == 0)
			return n;
	}
	return 0;
}

struct slice slice_chomp(struct slice slice)
{
	size_t n;

	while ((n = blank_at_end(slice)) > 0)
		slice.length -= n;
	return slice;
}

struct slice slice_take_word(struct slice *slice)
{
	struct slice word = { slice->text, 0 };

	while (word.length < slice->length && slice_blank(slice_from(*slice, word.length)) == 0)
		word.length++;
	*slice = slice_skip_blanks(slice_from(*slice, word.length));
	return word;
}

bool slice_take_number(struct slice *slice, unsigned base, size_t *ret)
{
	size_t value = 0, n = 0;

	for (; n < slice->length && n < 15; n++) {
		int digit = text_hex_digit(slice->text[n]);
		if (digit < 0 || (unsigned)digit >= base)
			break;
		value = value * base + (unsigned)digit;
	}
	*slice = slice_from(*slice, n);
	*ret = value;
	return n > 0;
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

bool slice_is_word(struct slice slice, const char *word)
{
	return slice.length == strlen(word) && memcmp(slice.text, word, slice.length) == 0;
}
