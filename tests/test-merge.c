/* Taking a change of a text back when the text has been changed since. */
#include <glib.h>

#include "base/merge.h"

static const struct {
	const char *name;
	const char *before, *after, *now;
	const char *merged; /* NULL: the same place was changed */
} cases[] = {
	{ "nothing since", "a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\n", "a\nb\nc\n" },
	{ "elsewhere", "a\nb\nc\n", "a\nB\nc\n", "x\na\nB\nc\ny\n", "x\na\nb\nc\ny\n" },
	{ "a line was added", "a\nb\n", "a\nb\nours\n", "a\nb\nours\ntheirs\n", "a\nb\ntheirs\n" },
	{ "and one before it", "a\n", "a\nours\n", "a\ntheirs\nours\n", "a\ntheirs\n" },
	{ "a line was taken out", "a\nb\nc\n", "a\nc\n", "a\nc\nd\n", "a\nb\nc\nd\n" },
	{ "there it was changed", "a\nb\nc\n", "a\nc\n", "a\nx\nc\n", NULL },
	{ "the same line, another word", "X=\"quiet\"\n", "X=\"quiet iommu=pt\"\n",
	  "X=\"quiet iommu=pt nosmt\"\n", "X=\"quiet nosmt\"\n" },
	{ "the same line, a word in front", "X=\"quiet\"\n", "X=\"quiet iommu=pt\"\n",
	  "X=\"splash quiet iommu=pt\"\n", "X=\"splash quiet\"\n" },
	{ "the same word", "X=\"quiet\"\n", "X=\"quiet iommu=pt\"\n", "X=\"quiet iommu=off\"\n",
	  NULL },
	{ "the line is gone", "a\nX=\"quiet\"\nb\n", "a\nX=\"quiet iommu=pt\"\nb\n", "a\nb\n",
	  NULL },
	{ "two lines of ours, one changed", "a\n", "a\none\ntwo\n", "a\none\nTWO\n", NULL },
	{ "two places", "a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n", "A\nb\nx\nd\nE\n",
	  "a\nb\nx\nd\ne\n" },
	{ "two places, one changed", "a\nb\nc\n", "A\nb\nC\n", "A\nb\nQ\n", NULL },
	{ "no newline", "a", "a b", "a b\nc", NULL },
	{ "from nothing", "", "ours\n", "ours\n", "" },
	{ "equal lines", "x\nx\n", "x\nx\nx\n", "x\nx\nx\ny\n", "x\nx\ny\n" },
};

static void test_case(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	g_autofree char *merged = merge_back(cases[i].before, cases[i].after, cases[i].now);

	g_assert_cmpstr(merged, ==, cases[i].merged);
}

static char *random_text(GRand *rand)
{
	static const char *const pieces[] = {
		"a\n", "b\n", "c d\n", "c e\n", " ", "f", "\n", "\""
	};
	GString *text = g_string_new(NULL);
	int n = g_rand_int_range(rand, 0, 9);

	for (int i = 0; i < n; i++)
		g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
	return g_string_free(text, FALSE);
}

/* Laws: nothing since gives what was before; no change at all gives what is now. */
static void test_laws(void)
{
	const char *given = g_getenv("VFIOKIT_SEED");
	guint32 seed = given ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
	GRand *rand = g_rand_new_with_seed(seed);

	g_test_message("VFIOKIT_SEED=%u", seed);
	for (unsigned i = 0; i < 5000; i++) {
		g_autofree char *a = random_text(rand), *b = random_text(rand);
		g_autofree char *back = merge_back(a, b, b);
		g_autofree char *same = merge_back(a, a, b);
		g_autofree char *any = merge_back(a, b, a);
		g_assert_cmpstr(back, ==, a);
		g_assert_cmpstr(same, ==, b);
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/merge/case/%s", cases[i].name);
		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_case);
	}
	g_test_add_func("/merge/laws", test_laws);
	return g_test_run();
}
