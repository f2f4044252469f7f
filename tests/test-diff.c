/* Diffs: taking a diff and the old text gives the new text, for texts of any shape. */
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "view/diff.h"

/* How far a hunk goes, as its first line says. */
struct range {
	unsigned start, taken, put;
};

static struct range read_range(const char *line)
{
	struct range range = { 0 };
	unsigned start_put;

	g_assert_cmpint(sscanf(line, "@@ -%u,%u +%u,%u @@", &range.start, &range.taken, &start_put,
			       &range.put),
			==, 4);
	return range;
}

/* Copies the lines of *cursor before line n (from 1 on); *at is the one that it stands at. */
static void copy_until(GString *text, const char **cursor, unsigned *at, unsigned n)
{
	for (; *at < n; (*at)++) {
		const char *newline = strchr(*cursor, '\n');
		g_assert_nonnull(newline);
		g_string_append_len(text, *cursor, newline + 1 - *cursor);
		*cursor = newline + 1;
	}
}

/* What patch(1) makes of old by a diff: lines before each hunk, then those of the hunk that are not
 * taken out, then the rest. Checks what the hunks say of old on the way. */
static char *patch(const char *old, const char *diff)
{
	g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);
	GString *text = g_string_new(NULL);
	struct range range = { 0 };
	const char *cursor = old ? old : "";
	unsigned at = 1;

	for (char **line = lines + 2; *line && **line; line++) {
		bool bare = line[1] && line[1][0] == '\\';
		g_autofree char *whole = g_strconcat(*line + 1, bare ? "" : "\n", NULL);
		if (**line == '\\')
			continue;
		if (**line == '@') {
			g_assert_cmpuint(range.taken + range.put, ==, 0);
			range = read_range(*line);
			copy_until(text, &cursor, &at, range.start + (range.taken == 0));
			continue;
		}
		if (**line != '+') {
			g_assert_true(g_str_has_prefix(cursor, whole));
			cursor += strlen(whole);
			range.taken--;
			at++;
		}
		if (**line != '-') {
			g_string_append(text, whole);
			range.put--;
		}
	}
	g_assert_cmpuint(range.taken + range.put, ==, 0);
	g_string_append(text, cursor);
	return g_string_free(text, FALSE);
}

static void test_words(void)
{
	g_autofree char *diff = diff_unified("/etc/x", "a\nb\nc\n", "a\nB\nc\n");
	g_autofree char *new_file = diff_unified("/etc/x", NULL, "a\n");
	g_autofree char *gone = diff_unified("/etc/x", "a\n", NULL);
	g_autofree char *same = diff_unified("/etc/x", "a\n", "a\n");

	g_assert_cmpstr(diff, ==, "--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
	g_assert_cmpstr(new_file, ==, "--- /dev/null\n+++ /etc/x\n@@ -0,0 +1,1 @@\n+a\n");
	g_assert_cmpstr(gone, ==, "--- /etc/x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
	g_assert_cmpstr(same, ==, "");
}

/* Changes that are far apart are shown apart, and what is between is not. */
static void test_hunks(void)
{
	static const char from[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n";
	g_autofree char *far =
		diff_unified("f", from, "1\nb\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n14\n");
	g_autofree char *near = diff_unified("f", "1\n2\n3\n4\n", "2\n3\n4\n5\n");

	g_assert_cmpstr(far, ==,
			"--- f\n+++ f\n@@ -1,4 +1,5 @@\n 1\n+b\n 2\n 3\n 4\n"
			"@@ -10,5 +11,4 @@\n 10\n 11\n 12\n-13\n 14\n");
	g_assert_cmpstr(near, ==, "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-1\n 2\n 3\n 4\n+5\n");
}

/* Texts too long for a table: right all the same. */
static void test_long(void)
{
	g_autoptr(GString) from = g_string_new("a\n"), to = g_string_new("b\n");

	for (int i = 0; i < 3000; i++) {
		g_string_append_printf(from, "%d\n", i);
		g_string_append_printf(to, "%d\n", i % 2 ? i : -i);
	}
	g_autofree char *diff = diff_unified("f", from->str, to->str);
	g_autofree char *patched = patch(from->str, diff);
	g_assert_cmpstr(patched, ==, to->str);
}

static char *random_text(void)
{
	GString *text = g_string_new(NULL);
	int n = g_test_rand_int_range(0, 40);

	for (int i = 0; i < n; i++)
		g_string_append_printf(text, "%d\n", g_test_rand_int_range(0, 3));
	if (g_test_rand_int_range(0, 4) == 0)
		g_string_append(text, "end");
	return g_string_free(text, FALSE);
}

static void test_random(void)
{
	unsigned tried = 0;

	for (unsigned i = 0; i < 20000; i++) {
		g_autofree char *from = random_text(), *to = random_text();
		g_autofree char *diff = diff_unified("f", from, to);
		if (strcmp(from, to) == 0) {
			g_assert_cmpstr(diff, ==, "");
			continue;
		}
		g_autofree char *patched = patch(from, diff);
		g_assert_cmpstr(patched, ==, to);
		tried++;
	}
	g_assert_cmpuint(tried, >, 10000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/diff/words", test_words);
	g_test_add_func("/diff/hunks", test_hunks);
	g_test_add_func("/diff/long", test_long);
	g_test_add_func("/diff/random", test_random);
	return g_test_run();
}
