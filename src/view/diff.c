/* See diff.h. What both texts begin and end with is left away; of what is between, the longest
 * common subsequence stays. Where that would take too large a table, all of it is taken out and put
 * in, which is right, too. */
#include "view/diff.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define AROUND    3
#define MAX_TABLE ((size_t)4 * 1024 * 1024) /* cells, of two bytes */

/* The lines of both texts, each with its newline; the last may have none. */
struct texts {
	GPtrArray *a, *b;
	guint head, end_a, end_b; /* what differs lies between */
	GString *marks;           /* ' ', '-' or '+' for each line that is shown, were all shown */
};

static GPtrArray *split(const char *text)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	while (text && *text) {
		const char *newline = strchr(text, '\n');
		size_t length = newline ? (size_t)(newline - text) + 1 : strlen(text);
		g_ptr_array_add(lines, g_strndup(text, length));
		text += length;
	}
	return lines;
}

static bool is_equal(const struct texts *texts, guint i, guint j)
{
	return strcmp(texts->a->pdata[i], texts->b->pdata[j]) == 0;
}

/* ---- what stays ---- */

static void trim(struct texts *texts)
{
	texts->end_a = texts->a->len;
	texts->end_b = texts->b->len;
	while (texts->head < MIN(texts->end_a, texts->end_b) &&
	       is_equal(texts, texts->head, texts->head))
		texts->head++;
	while (MIN(texts->end_a, texts->end_b) > texts->head &&
	       is_equal(texts, texts->end_a - 1, texts->end_b - 1)) {
		texts->end_a--;
		texts->end_b--;
	}
}

static void mark(struct texts *texts, char c, guint n)
{
	for (guint i = 0; i < n; i++)
		g_string_append_c(texts->marks, c);
}

/* Cell (i, j): how many lines the texts have in common from there on. */
static guint16 *make_table(const struct texts *texts, guint n_a, guint n_b)
{
	size_t width = (size_t)n_b + 1;
	guint16 *table = g_new0(guint16, ((size_t)n_a + 1) * width);

	for (guint i = n_a; i-- > 0;)
		for (guint j = n_b; j-- > 0;) {
			guint16 down = table[(i + 1) * width + j], right = table[i * width + j + 1];
			table[i * width + j] =
				is_equal(texts, texts->head + i, texts->head + j)
					? (guint16)(table[(i + 1) * width + j + 1] + 1)
					: MAX(down, right);
		}
	return table;
}

static void mark_middle(struct texts *texts)
{
	guint n_a = texts->end_a - texts->head, n_b = texts->end_b - texts->head, i = 0, j = 0;
	size_t width = (size_t)n_b + 1;

	if (((size_t)n_a + 1) * width > MAX_TABLE || MIN(n_a, n_b) > G_MAXUINT16) {
		mark(texts, '-', n_a);
		mark(texts, '+', n_b);
		return;
	}
	g_autofree guint16 *table = make_table(texts, n_a, n_b);
	while (i < n_a || j < n_b) {
		bool both = i < n_a && j < n_b;
		bool same = both && is_equal(texts, texts->head + i, texts->head + j);
		bool out = !same && i < n_a &&
			   (j == n_b || table[(i + 1) * width + j] >= table[i * width + j + 1]);
		mark(texts, same ? ' ' : out ? '-' : '+', 1);
		i += same || out;
		j += same || !out;
	}
}

/* ---- hunks ---- */

/* Where the next hunk starts, from this mark on: AROUND before the first that is no blank; the end
 * when there is none. */
static size_t hunk_start(const GString *marks, size_t from)
{
	size_t first = from + strspn(marks->str + from, " ");

	if (first == marks->len)
		return first;
	return first - MIN(first - from, AROUND);
}

/* Behind its last mark: changes that are no more than twice AROUND apart are in one. */
static size_t hunk_end(const GString *marks, size_t start)
{
	size_t end = start + strspn(marks->str + start, " ");

	for (;;) {
		end += strcspn(marks->str + end, " ");
		size_t same = strspn(marks->str + end, " ");
		if (same > 2 * (size_t)AROUND || end + same == marks->len)
			return end + MIN(same, AROUND);
		end += same;
	}
}

/* Lines are counted from 1, but an empty range is named by the line before it. */
static void add_range(GString *text, char c, guint from, guint n)
{
	g_string_append_printf(text, "%c%u,%u", c, n > 0 ? from + 1 : from, n);
}

static void add_line(GString *text, char c, const char *line)
{
	g_string_append_printf(text, "%c%s", c, line);
	if (!g_str_has_suffix(line, "\n"))
		g_string_append(text, "\n\\ No newline at end of file\n");
}

static guint count(const GString *marks, size_t start, size_t end, char unlike)
{
	guint n = 0;

	for (size_t i = start; i < end; i++)
		n += marks->str[i] != unlike;
	return n;
}

static void add_hunk(GString *text, const struct texts *texts, size_t start, size_t end)
{
	guint i = count(texts->marks, 0, start, '+'), j = count(texts->marks, 0, start, '-');

	g_string_append(text, "@@ ");
	add_range(text, '-', i, count(texts->marks, start, end, '+'));
	g_string_append_c(text, ' ');
	add_range(text, '+', j, count(texts->marks, start, end, '-'));
	g_string_append(text, " @@\n");
	for (size_t at = start; at < end; at++) {
		char c = texts->marks->str[at];
		add_line(text, c, c == '+' ? texts->b->pdata[j] : texts->a->pdata[i]);
		i += c != '+';
		j += c != '-';
	}
}

char *diff_unified(const char *path, const char *from, const char *to)
{
	g_autoptr(GPtrArray) a = split(from), b = split(to);
	g_autoptr(GString) marks = g_string_new(NULL);
	struct texts texts = { .a = a, .b = b, .marks = marks };
	GString *text = g_string_new(NULL);

	trim(&texts);
	if (texts.head == texts.end_a && texts.head == texts.end_b)
		return g_string_free(text, FALSE);
	mark(&texts, ' ', texts.head);
	mark_middle(&texts);
	mark(&texts, ' ', a->len - texts.end_a);
	g_string_append_printf(text, "--- %s\n+++ %s\n", from ? path : "/dev/null",
			       to ? path : "/dev/null");
	for (size_t start = hunk_start(marks, 0); start < marks->len;) {
		size_t end = hunk_end(marks, start);
		add_hunk(text, &texts, start, end);
		start = hunk_start(marks, end);
	}
	return g_string_free(text, FALSE);
}
