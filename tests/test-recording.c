/* The text form of a recorded host: what is written is read back equal, what pasting does to it is
 * forgiven, and everything else wrong is an error with its line number. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "base/recording.h"
#include "base/tree.h"

static void assert_equal(const struct tree_node *a, const struct tree_node *b)
{
	g_assert_cmpint(a->kind, ==, b->kind);
	g_assert_cmpstr(a->name, ==, b->name);
	g_assert_cmpint(a->error, ==, b->error);
	g_assert_cmpmem(a->data, a->length, b->data, b->length);
	if (a->kind != TREE_DIR)
		return;

	g_autoptr(GPtrArray) left = tree_names(a);
	g_autoptr(GPtrArray) right = tree_names(b);
	g_assert_cmpuint(left->len, ==, right->len);
	for (guint i = 0; i < left->len; i++) {
		g_assert_cmpstr(left->pdata[i], ==, right->pdata[i]);
		assert_equal(g_hash_table_lookup(a->children, left->pdata[i]),
			     g_hash_table_lookup(b->children, right->pdata[i]));
	}
}

static struct tree *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct tree *tree = recording_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	g_assert_nonnull(tree);
	return tree;
}

static void assert_file(const struct tree *tree, const char *path, const char *data, size_t length)
{
	int error = 0;
	const struct tree_node *node = tree_find(tree, NULL, path, false, &error);

	g_assert_cmpint(error, ==, 0);
	g_assert_cmpint(node->kind, ==, TREE_FILE);
	g_assert_cmpmem(node->data, node->length, data, length);
}

static void assert_text(const struct tree *tree, const char *path, const char *text)
{
	assert_file(tree, path, text, strlen(text));
}

/* ---- every form ---- */

static const char *const example = "vfiokit-host 1\n"
				   "# two lines of notes\n"
				   "# and nothing else\n"
				   "\n"
				   "[/]\n"
				   "top = at the root\n"
				   "\n"
				   "[/sys/devices/0000:01:00.0]\n"
				   "config x 64\n"
				   "| 000: de 10 03 1c 07 00 10 00 a1 00 00 03 10 00 80 00\n"
				   "| 020-02f: ff\n"
				   "| 030: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01\n"
				   "driver -> ../../bus/pci/drivers/nvidia\n"
				   "empty =-\n"
				   "label =- no newline\n"
				   "newline =\n"
				   "odd%20name%25 =\n"
				   "power/\n"
				   "reset_method ! EACCES\n"
				   "resource :\n"
				   "| 0x00000000f6000000 0x00000000f6ffffff\n"
				   "|\n"
				   "|   indented, 100%, %2541, blank at the end%20\n"
				   "strange ! 4000\n"
				   "unended :-\n"
				   "| one\n"
				   "| two\n"
				   "vendor = 0x10de\n"
				   "\n"
				   "[end]\n";

static void test_forms(void)
{
	struct tree *tree = parse(example);
	int error = 0;

	assert_text(tree, "/top", "at the root\n");
	assert_text(tree, "/sys/devices/0000:01:00.0/vendor", "0x10de\n");
	assert_text(tree, "/sys/devices/0000:01:00.0/label", "no newline");
	assert_text(tree, "/sys/devices/0000:01:00.0/empty", "");
	assert_text(tree, "/sys/devices/0000:01:00.0/newline", "\n");
	assert_text(tree, "/sys/devices/0000:01:00.0/odd name%", "\n");
	assert_text(tree, "/sys/devices/0000:01:00.0/unended", "one\ntwo");
	assert_text(tree, "/sys/devices/0000:01:00.0/resource",
		    "0x00000000f6000000 0x00000000f6ffffff\n\n"
		    "  indented, 100%, %41, blank at the end \n");

	char config[64] = "\xde\x10\x03\x1c\x07\0\x10\0\xa1\0\0\x03\x10\0\x80";
	memset(config + 0x20, 0xff, 16);
	config[0x3f] = 1;
	assert_file(tree, "/sys/devices/0000:01:00.0/config", config, sizeof(config));

	const struct tree_node *dir =
		tree_find(tree, NULL, "/sys/devices/0000:01:00.0", false, &error);
	const struct tree_node *node = g_hash_table_lookup(dir->children, "driver");
	g_assert_cmpint(node->kind, ==, TREE_LINK);
	g_assert_cmpstr(node->data, ==, "../../bus/pci/drivers/nvidia");
	node = g_hash_table_lookup(dir->children, "reset_method");
	g_assert_cmpint(node->kind, ==, TREE_ERROR);
	g_assert_cmpint(node->error, ==, EACCES);
	node = g_hash_table_lookup(dir->children, "strange");
	g_assert_cmpint(node->error, ==, 4000);
	node = g_hash_table_lookup(dir->children, "power");
	g_assert_cmpint(node->kind, ==, TREE_DIR);
	tree_free(tree);
}

/* The example is written in the canonical form: reading and writing it changes nothing. */
static void test_canonical(void)
{
	const char *const notes[] = { "two lines of notes", "and nothing else", NULL };
	struct tree *tree = parse(example);
	g_autofree char *text = recording_emit(tree, notes);

	g_assert_cmpstr(text, ==, example);
	g_assert_true(recording_looks_like(text, strlen(text)));
	tree_free(tree);
}

static void test_fold(void)
{
	struct tree *tree = tree_new();
	g_autoptr(GString) flags = g_string_new("flags\t\t: fpu");
	for (int i = 0; i < 200; i++)
		g_string_append_printf(flags, " flag%d", i);
	g_string_append_c(flags, '\n');
	g_autoptr(GString) solid = g_string_new("  ");
	for (int i = 0; i < 150; i++)
		g_string_append(solid, "%4x\xc3\xa4\x01");
	tree_put_file(tree, "/proc/cpuinfo", flags->str, flags->len);
	tree_put_file(tree, "/solid", solid->str, solid->len);

	g_autofree char *text = recording_emit(tree, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		g_assert_cmpuint(strlen(*line), <, 100);
	struct tree *back = parse(text);
	assert_equal(tree_root(tree), tree_root(back));
	tree_free(tree);
	tree_free(back);
}

/* ---- every tree ---- */

static char *random_bytes(size_t *length)
{
	static const char *const pieces[] = {
		"a",  "0000", "flag ", " ",  "  ",       "\t",       "%",       "%4",
		"41", "\n",   "\n\n",  "\r", "\xc3\xa4", "\xc2\xa0", "\xff",    "\xe2\x80\xae",
		"|",  "+ ",   "~ ",    "#",  ">",        "[end]",    "\x1b[1m",
	};
	GString *out = g_string_new(NULL);
	int n = g_test_rand_int_range(0, g_test_rand_bit() ? 4 : 120);
	bool binary = g_test_rand_int_range(0, 4) == 0;

	for (int i = 0; i < n; i++) {
		if (!binary)
			g_string_append(out,
					pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
		else if (g_test_rand_bit())
			for (int left = g_test_rand_int_range(1, 60),
				 c = g_test_rand_bit() ? 0 : 0xff;
			     left > 0; left--)
				g_string_append_c(out, (char)c);
		else
			g_string_append_c(out, (char)g_test_rand_int_range(0, 256));
	}
	*length = out->len;
	return g_string_free(out, FALSE);
}

/* Any bytes that a file system allows. */
static char *random_name(void)
{
	size_t length;

	for (;;) {
		g_autofree char *bytes = random_bytes(&length);
		g_strdelimit(bytes, "/", '_');
		if (strlen(bytes) > 200)
			bytes[200] = '\0';
		if (*bytes != '\0' && strcmp(bytes, ".") != 0 && strcmp(bytes, "..") != 0)
			return g_steal_pointer(&bytes);
	}
}

static void put_random(struct tree *tree, const char *path)
{
	static const int errors[] = { EACCES, EPERM, EIO, EINVAL, ENODEV, 1000, 4095 };
	size_t length;
	g_autofree char *bytes = random_bytes(&length);

	switch (g_test_rand_int_range(0, 6)) {
	case 0:
		tree_put_dir(tree, path);
		break;
	case 1:
		tree_put_error(tree, path, errors[g_test_rand_int_range(0, G_N_ELEMENTS(errors))]);
		break;
	case 2:
		tree_put_link(tree, path, bytes);
		break;
	default:
		tree_put_file(tree, path, bytes, length);
		break;
	}
}

static void test_random(void)
{
	for (int round = 0; round < 400; round++) {
		struct tree *tree = tree_new();
		g_autofree char *dir = g_strdup("");
		for (int i = g_test_rand_int_range(0, 12); i > 0; i--) {
			g_autofree char *name = random_name();
			g_autofree char *path = g_strconcat(dir, "/", name, NULL);
			put_random(tree, path);
			if (g_test_rand_bit() && tree_put_dir(tree, path) == 0 &&
			    strlen(path) < 3000) {
				g_free(dir);
				dir = g_steal_pointer(&path);
			}
		}
		g_autofree char *text = recording_emit(tree, NULL);
		struct tree *back = parse(text);
		assert_equal(tree_root(tree), tree_root(back));
		g_autofree char *again = recording_emit(back, NULL);
		g_assert_cmpstr(text, ==, again);
		tree_free(tree);
		tree_free(back);
	}
}

/* ---- what pasting does ---- */

static void assert_same(const char *text)
{
	struct tree *tree = parse(example);
	struct tree *other = parse(text);

	g_assert_true(recording_looks_like(text, strlen(text)));
	assert_equal(tree_root(tree), tree_root(other));
	tree_free(tree);
	tree_free(other);
}

static char *each_line(const char *before, const char *after)
{
	g_auto(GStrv) lines = g_strsplit(example, "\n", -1);
	GString *out = g_string_new(NULL);

	for (char **line = lines; *line; line++)
		g_string_append_printf(out, "%s%s%s", before, *line, after);
	return g_string_free(out, FALSE);
}

static void test_pasted(void)
{
	static const struct {
		const char *before, *after;
	} damages[] = {
		{ "> ", "\n" },   { ">>", "\n" },       { "> > ", "\r\n" },
		{ "    ", "\n" }, { "\t", "  \t\r\n" }, { "\xc2\xa0 ", "\xc2\xa0\n" },
		{ "", "\n\r\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autofree char *text = each_line(damages[i].before, damages[i].after);
		assert_same(text);
	}
	g_autofree char *fenced = g_strconcat("\xef\xbb\xbfHello,\n\nhere is my host:\n```\n",
					      example, "```\n\nThanks!\n[/sys]\n", NULL);
	assert_same(fenced);
}

/* ---- what is wrong ---- */

#define HEAD "vfiokit-host 1\n[/d]\n"

static const struct {
	const char *text;
	const char *message; /* its beginning */
} mistakes[] = {
	{ "", "no recorded host" },
	{ "lspci\n00:00.0 Host bridge\n", "no recorded host" },
	{ "vfiokit-host x\n", "no recorded host" },
	{ "vfiokit-host 2\n[end]\n", "line 1: a recording of version '2'" },
	{ "vfiokit-host 1\n", "line 1: the recording is cut off here" },
	{ HEAD "a = b\n", "line 3: the recording is cut off here" },
	{ "vfiokit-host 1\na = b\n[end]\n", "line 2: an entry before the first" },
	{ "vfiokit-host 1\n[d]\n[end]\n", "line 2: no [/directory]" },
	{ "vfiokit-host 1\n[/d\n[end]\n", "line 2: no [/directory]" },
	{ "vfiokit-host 1\n[/a/../b]\n[end]\n", "line 2: '..' cannot be the name" },
	{ "vfiokit-host 1\n[/a//b]\n[end]\n", "line 2: '' cannot be the name" },
	{ "vfiokit-host 1\n[/%2e%2e]\n[end]\n", "line 2: '%2e%2e' cannot be the name" },
	{ HEAD "a%2fb = c\n[end]\n", "line 3: 'a%2fb' cannot be the name" },
	{ HEAD "a/b = c\n[end]\n", "line 3: 'a/b' cannot be the name" },
	{ HEAD "a%00 = c\n[end]\n", "line 3: 'a%00' cannot be the name" },
	{ HEAD "/\n[end]\n", "line 3: '' cannot be the name" },
	{ HEAD "a = b\na = b\n[end]\n", "line 4: 'a' is there twice" },
	{ HEAD "a/\na = b\n[end]\n", "line 4: 'a' is there twice" },
	{ HEAD "a -> b\n[/d/a]\n[end]\n", "line 4: 'a' is no directory" },
	{ HEAD "a ! EACCES\n[/d/a]\n[end]\n", "line 4: 'a' is no directory" },
	{ HEAD "a -> /%00\n[end]\n", "line 4: 'a' cannot be a link" },
	{ HEAD "a\n[end]\n", "line 3: not understood: 'a'" },
	{ HEAD "a ? b\n[end]\n", "line 3: not understood: 'a ? b'" },
	{ HEAD "a \x1b[31m b\n[end]\n", "line 3: not understood: 'a ?[31m b'" },
	{ HEAD "a ! EFUNNY\n[end]\n", "line 3: 'EFUNNY' is no error" },
	{ HEAD "a ! 0\n[end]\n", "line 3: '0' is no error" },
	{ HEAD "a ! 99999\n[end]\n", "line 3: '99999' is no error" },
	{ HEAD "a : b\n[end]\n", "line 3: nothing may stand behind" },
	{ HEAD "a :\n[end]\n", "line 4: no lines follow 'a'" },
	{ HEAD "| b\n[end]\n", "line 3: a row that belongs to nothing" },
	{ HEAD "a = b\n| c\n[end]\n", "line 4: a row that belongs to nothing" },
	{ HEAD "a ! EACCES\n| c\n[end]\n", "line 4: a row that belongs to nothing" },
	{ HEAD "+ c\n[end]\n", "line 3: no line that could go on" },
	{ HEAD "a :\n+ c\n[end]\n", "line 4: no line that could go on" },
	{ HEAD "a x 4\n~ 00\n[end]\n", "line 4: no line that could go on" },
	{ HEAD "a x\n[end]\n", "line 3: the length of 'a' is no number" },
	{ HEAD "a x -1\n[end]\n", "line 3: the length of 'a' is no number" },
	{ HEAD "a x 4k\n[end]\n", "line 3: the length of 'a' is no number" },
	{ HEAD "config x 99999999999\n[end]\n", "line 3: 'config' is too long" },
	{ HEAD "config x 99999999999999999999999\n[end]\n", "line 3: the length of" },
	{ HEAD "a x 4\n| 000: 00 00 00 00 00\n[end]\n", "line 4: bytes behind the end" },
	{ HEAD "a x 4\n| 004: 00\n[end]\n", "line 4: bytes behind the end" },
	{ HEAD "a x 4\n| 000-004: 00\n[end]\n", "line 4: bytes behind the end" },
	{ HEAD "a x 4\n| fffffffffffffff: 00\n[end]\n", "line 4: bytes behind the end" },
	{ HEAD "a x 4\n| 0-fffffffffffffff: 00\n[end]\n", "line 4: bytes behind the end" },
	{ HEAD "a x 4\n| 2-1: 00\n[end]\n", "line 4: no row of bytes" },
	{ HEAD "a x 4\n| 0-1: 00 01\n[end]\n", "line 4: a run has one value" },
	{ HEAD "a x 4\n| 0: 0\n[end]\n", "line 4: no byte: '0'" },
	{ HEAD "a x 4\n| 0: zz\n[end]\n", "line 4: no byte: 'zz'" },
	{ HEAD "a x 4\n| 0:\n[end]\n", "line 4: no row of bytes" },
	{ HEAD "a x 4\n|\n[end]\n", "line 4: no row of bytes" },
};

static void test_mistakes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		g_autoptr(GError) error = NULL;
		size_t length = strlen(mistakes[i].text);
		g_autofree char *exact = g_memdup2(mistakes[i].text, length);
		struct tree *tree = recording_parse(exact, length, &error);

		g_assert_null(tree);
		g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
		if (!g_str_has_prefix(error->message, mistakes[i].message))
			g_error("'%s' instead of '%s'", error->message, mistakes[i].message);
	}
	g_autoptr(GError) error = NULL;
	g_assert_null(recording_parse(HEAD "a = \0b\n[end]\n", 31, &error));
	g_assert_true(g_str_has_prefix(error->message, "line 3: a NUL byte"));
}

/* Cut off anywhere, or with one byte changed: a tree or an error, and nothing else. */
static void test_damaged(void)
{
	size_t length = strlen(example);

	for (size_t i = 0; i < length; i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *cut = g_memdup2(example, i + 1);
		struct tree *tree = recording_parse(cut, i, &error);
		g_assert_true((tree != NULL) == (i >= length - 1));
		g_assert_true((tree == NULL) == (error != NULL));
		tree_free(tree);
	}
	for (size_t i = 0; i < length; i++) {
		g_autofree char *text = g_strdup(example);
		g_autoptr(GError) error = NULL;
		text[i] = (char)g_test_rand_int_range(0, 256);
		struct tree *tree = recording_parse(text, length, &error);
		g_assert_true((tree == NULL) == (error != NULL));
		tree_free(tree);
	}
}

/* ---- bounds ---- */

static void test_depth(void)
{
	g_autoptr(GString) text = g_string_new("vfiokit-host 1\n[");
	for (int i = 0; i < RECORDING_MAX_DEPTH; i++)
		g_string_append(text, "/d");
	gsize length = text->len;
	g_string_append(text, "]\nname = x\n[end]\n");
	tree_free(parse(text->str));

	g_string_insert(text, (gssize)length, "/d");
	g_autoptr(GError) error = NULL;
	g_assert_null(recording_parse(text->str, text->len, &error));
	g_assert_true(g_str_has_prefix(error->message, "line 2: directories nested too deeply"));
}

static void test_total(void)
{
	g_autoptr(GString) text = g_string_new("vfiokit-host 1\n[/d]\n");
	for (int i = 0; i < 1000; i++)
		g_string_append_printf(text, "f%d x %d\n", i, RECORDING_MAX_BYTES);
	g_string_append(text, "[end]\n");

	g_autoptr(GError) error = NULL;
	g_assert_null(recording_parse(text->str, text->len, &error));
	g_assert_true(g_str_has_prefix(error->message, "line 131: more than"));
}

static double seconds_for(int entries)
{
	g_autoptr(GString) text = g_string_new("vfiokit-host 1\n");
	for (int i = 0; i < entries; i++) {
		if (i % 8 == 0)
			g_string_append_printf(text, "[/sys/devices/pci0000:00/%d/function]\n", i);
		g_string_append_printf(text, "entry%d = value\n", i);
	}
	g_string_append(text, "[end]\n");

	g_autoptr(GTimer) timer = g_timer_new();
	tree_free(parse(text->str));
	return g_timer_elapsed(timer, NULL);
}

static void test_many(void)
{
	double few = seconds_for(25000);
	double many = seconds_for(200000);

	g_test_message("25,000 entries %.3f s, 200,000 entries %.3f s", few, many);
	g_assert_cmpfloat(many, <, 8 * 4 * few + 0.5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recording/forms", test_forms);
	g_test_add_func("/recording/canonical", test_canonical);
	g_test_add_func("/recording/fold", test_fold);
	g_test_add_func("/recording/random", test_random);
	g_test_add_func("/recording/pasted", test_pasted);
	g_test_add_func("/recording/mistakes", test_mistakes);
	g_test_add_func("/recording/damaged", test_damaged);
	g_test_add_func("/recording/depth", test_depth);
	g_test_add_func("/recording/total", test_total);
	g_test_add_func("/recording/many", test_many);
	return g_test_run();
}
