/* Diffs: taking a diff and the old text gives the new text, for texts of any shape. */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "view/diff.h"

/* What patch(1) makes of old by a diff of one hunk: lines before the hunk, then those of the hunk
 * that are not taken out, then the rest. Checks what the hunk says of old on the way. */
static char *patch(const char *old, const char *diff)
{
	g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);
	GString *text = g_string_new(NULL);
	unsigned start = 0, taken = 0, put = 0, said_taken = 0, said_put = 0;
	const char *cursor = old ? old : "";

	g_assert_nonnull(strstr(lines[2], "@@ -"));
	start = (unsigned)g_ascii_strtoull(lines[2] + 4, NULL, 10);
	said_taken = (unsigned)g_ascii_strtoull(strchr(lines[2], ',') + 1, NULL, 10);
	said_put = (unsigned)g_ascii_strtoull(strrchr(lines[2], ',') + 1, NULL, 10);
	for (unsigned i = 1; i < start + (said_taken == 0); i++) {
		const char *newline = strchr(cursor, '\n');
		g_assert_nonnull(newline);
		g_string_append_len(text, cursor, newline + 1 - cursor);
		cursor = newline + 1;
	}
	for (char **line = lines + 3; *line && **line; line++) {
		bool bare = line[1] && line[1][0] == '\\';
		g_autofree char *whole = g_strconcat(*line + 1, bare ? "" : "\n", NULL);
		if (**line == '\\')
			continue;
		if (**line != '+') {
			g_assert_true(g_str_has_prefix(cursor, whole));
			cursor += strlen(whole);
			taken++;
		}
		if (**line != '-') {
			g_string_append(text, whole);
			put++;
		}
	}
	g_assert_cmpuint(taken, ==, said_taken);
	g_assert_cmpuint(put, ==, said_put);
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

static char *random_text(void)
{
	GString *text = g_string_new(NULL);
	int n = g_test_rand_int_range(0, 16);

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
	g_test_add_func("/diff/random", test_random);
	return g_test_run();
}
