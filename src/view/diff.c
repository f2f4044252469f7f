/* See diff.h. What both begin and end with is left away; what is between is all taken out and all
 * put in: right for any two texts, and short for small changes of small files. */
#include "view/diff.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define AROUND 3

/* The lines of a text, each with its newline; the last may have none. */
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

static bool is_equal(const GPtrArray *a, guint i, const GPtrArray *b, guint j)
{
	return strcmp(a->pdata[i], b->pdata[j]) == 0;
}

static void add_lines(GString *text, char mark, const GPtrArray *lines, guint from, guint to)
{
	for (guint i = from; i < to; i++) {
		const char *line = lines->pdata[i];
		g_string_append_printf(text, "%c%s", mark, line);
		if (!g_str_has_suffix(line, "\n"))
			g_string_append(text, "\n\\ No newline at end of file\n");
	}
}

/* Lines are counted from 1, but an empty range is named by the line before it. */
static void add_range(GString *text, char mark, guint from, guint to)
{
	g_string_append_printf(text, "%c%u,%u", mark, to > from ? from + 1 : from, to - from);
}

char *diff_unified(const char *path, const char *from, const char *to)
{
	g_autoptr(GPtrArray) a = split(from), b = split(to);
	guint head = 0, tail = 0, most = MIN(a->len, b->len);
	GString *text = g_string_new(NULL);

	while (head < most && is_equal(a, head, b, head))
		head++;
	while (tail < most - head && is_equal(a, a->len - tail - 1, b, b->len - tail - 1))
		tail++;
	if (head == a->len && head == b->len)
		return g_string_free(text, FALSE);
	guint start = head - MIN(head, AROUND), after = MIN(tail, AROUND);
	guint end_a = a->len - tail, end_b = b->len - tail;

	g_string_append_printf(text, "--- %s\n+++ %s\n@@ ", from ? path : "/dev/null",
			       to ? path : "/dev/null");
	add_range(text, '-', start, end_a + after);
	g_string_append_c(text, ' ');
	add_range(text, '+', start, end_b + after);
	g_string_append(text, " @@\n");
	add_lines(text, ' ', a, start, head);
	add_lines(text, '-', a, head, end_a);
	add_lines(text, '+', b, head, end_b);
	add_lines(text, ' ', a, end_a, end_a + after);
	return g_string_free(text, FALSE);
}
