/* See merge.h. A text is a row of pieces: lines, or the words and blanks of a line. What differs
 * between before and after, by their longest common row, is looked for in what is there now. */
#include "base/merge.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/slice.h"

#define MAX_CELLS ((size_t)16 * 1024 * 1024) /* of the table of common rows */

struct row {
	struct slice *list;
	size_t n;
};

/* ---- pieces ---- */

static size_t line_length(const char *text, size_t length)
{
	const char *newline = memchr(text, '\n', length);

	return newline ? (size_t)(newline - text) + 1 : length;
}

/* A word, a blank, a quote. */
static size_t word_length(const char *text, size_t length)
{
	static const char borders[] = " \t\r\n\"'()";
	size_t n = 0;

	while (n < length && !memchr(borders, text[n], sizeof(borders) - 1))
		n++;
	return MAX(n, 1);
}

static struct row split(struct slice text, size_t (*take)(const char *text, size_t length))
{
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(struct slice));
	struct row row;

	while (text.length > 0) {
		const struct slice piece = { text.text, take(text.text, text.length) };
		g_array_append_val(pieces, piece);
		text.text += piece.length;
		text.length -= piece.length;
	}
	row.n = pieces->len;
	row.list = (struct slice *)(void *)g_array_steal(pieces, NULL);
	return row;
}

/* ---- which piece of one is which of the other ---- */

/* For each piece of a its partner in b, or -1: those of a longest common row. NULL: too long. */
static int *align(struct row a, struct row b)
{
	size_t width = b.n + 1;

	if ((a.n + 1) > MAX_CELLS / width)
		return NULL;
	g_autofree guint32 *best = g_new0(guint32, (a.n + 1) * width);
	int *partner = g_new(int, a.n + 1);
	for (size_t i = a.n; i-- > 0;)
		for (size_t j = b.n; j-- > 0;) {
			guint32 skip = MAX(best[(i + 1) * width + j], best[i * width + j + 1]);
			bool same = slice_equal(a.list[i], b.list[j]);
			best[i * width + j] = same ? best[(i + 1) * width + j + 1] + 1 : skip;
		}
	size_t j = 0;
	for (size_t i = 0; i < a.n; i++) {
		partner[i] = -1;
		while (j < b.n && !slice_equal(a.list[i], b.list[j]) &&
		       best[i * width + j + 1] >= best[(i + 1) * width + j])
			j++;
		if (j < b.n && slice_equal(a.list[i], b.list[j]))
			partner[i] = (int)j++;
	}
	return partner;
}

/* ---- what differs, and where that is now ---- */

struct merge {
	struct row before, after, now;
	int *to_before; /* of each piece of after */
	int *to_now;
	GString *out;
	size_t done; /* pieces of now that are written */
	bool by_line;
};

/* after[a, b) stands where before[c, d) was. */
struct change {
	size_t a, b, c, d;
};

static void write_pieces(struct merge *merge, struct row row, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		g_string_append_len(merge->out, row.list[i].text, (gssize)row.list[i].length);
}

/* Is after[a, b) in one piece in now? Then it is now[*from, *to). */
static bool find_whole(const struct merge *merge, const struct change *change, size_t *from,
		       size_t *to)
{
	for (size_t i = change->a; i < change->b; i++)
		if (merge->to_now[i] < 0 ||
		    (i > change->a && merge->to_now[i] != merge->to_now[i - 1] + 1))
			return false;
	*from = (size_t)merge->to_now[change->a];
	*to = *from + change->b - change->a;
	return true;
}

/* Where nothing of after is to go: are the pieces around the place still side by side? */
static bool find_gap(const struct merge *merge, const struct change *change, size_t *from,
		     size_t *to)
{
	size_t at = change->a;
	int left = at == 0 ? -1 : merge->to_now[at - 1];
	int right = at == merge->after.n ? (int)merge->now.n : merge->to_now[at];

	if ((at > 0 && left < 0) || right < 0 || right != left + 1)
		return false;
	*from = *to = (size_t)right;
	return true;
}

static char *merge_words(struct slice before, struct slice after, struct slice now);

/* One line that became another, and that has changed since: by its words. */
static bool merge_line(struct merge *merge, const struct change *change)
{
	if (!merge->by_line || change->b != change->a + 1 || change->d != change->c + 1)
		return false;
	int left = change->a == 0 ? -1 : merge->to_now[change->a - 1];
	int right = change->b == merge->after.n ? (int)merge->now.n : merge->to_now[change->b];
	if ((change->a > 0 && left < 0) || right != left + 2)
		return false;
	g_autofree char *line =
		merge_words(merge->before.list[change->c], merge->after.list[change->a],
			    merge->now.list[left + 1]);
	if (!line)
		return false;
	write_pieces(merge, merge->now, merge->done, (size_t)left + 1);
	g_string_append(merge->out, line);
	merge->done = (size_t)right;
	return true;
}

static bool take_back(struct merge *merge, const struct change *change)
{
	size_t from, to;
	bool found = change->b > change->a ? find_whole(merge, change, &from, &to)
					   : find_gap(merge, change, &from, &to);

	if (!found || from < merge->done)
		return merge_line(merge, change);
	write_pieces(merge, merge->now, merge->done, from);
	write_pieces(merge, merge->before, change->c, change->d);
	merge->done = to;
	return true;
}

/* The next place where they differ, from a and c on; false at the end. */
static bool find_change(const struct merge *merge, size_t a, size_t c, struct change *change)
{
	while (a < merge->after.n && c < merge->before.n && merge->to_before[a] == (int)c) {
		a++;
		c++;
	}
	*change = (struct change){ a, a, c, merge->before.n };
	while (change->b < merge->after.n && merge->to_before[change->b] < 0)
		change->b++;
	if (change->b < merge->after.n)
		change->d = (size_t)merge->to_before[change->b];
	return change->b > change->a || change->d > change->c;
}

static bool merge_all(struct merge *merge)
{
	struct change change = { 0 };

	while (find_change(merge, change.b, change.d, &change))
		if (!take_back(merge, &change))
			return false;
	write_pieces(merge, merge->now, merge->done, merge->now.n);
	return true;
}

static char *merge_pieces(struct slice before, struct slice after, struct slice now,
			  size_t (*take)(const char *text, size_t length))
{
	struct merge merge = {
		.before = split(before, take),
		.after = split(after, take),
		.now = split(now, take),
		.out = g_string_new(NULL),
		.by_line = take == line_length,
	};

	merge.to_before = align(merge.after, merge.before);
	merge.to_now = align(merge.after, merge.now);
	bool ok = merge.to_before && merge.to_now && merge_all(&merge);
	g_free(merge.before.list);
	g_free(merge.after.list);
	g_free(merge.now.list);
	g_free(merge.to_before);
	g_free(merge.to_now);
	return g_string_free(merge.out, !ok);
}

static char *merge_words(struct slice before, struct slice after, struct slice now)
{
	return merge_pieces(before, after, now, word_length);
}

char *merge_back(const char *before, const char *after, const char *now)
{
	return merge_pieces((struct slice){ before, strlen(before) },
			    (struct slice){ after, strlen(after) },
			    (struct slice){ now, strlen(now) }, line_length);
}
