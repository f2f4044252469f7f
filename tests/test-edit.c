/* Edits of others' files: the pairs in tests/edit, and the laws of edit.h on those texts, on every
 * file of the data collection, and on random texts. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "edit/edit.h"
#include "edit/slot.h"

/* ---- the pairs ---- */

/* "### NAME: add-first WORD to KEY", the text before, "---", the text after. Of each text, "\" at
 * the end of a line takes its newline away when it is the last, and "%r" is a carriage return. */
struct pair {
	char *name;
	char *word;
	struct edit_place place;
	char *key;
	bool remove;
	char *before, *after;
};

static const struct {
	const char *file;
	enum edit_format format;
} tables[] = {
	{ "shell", EDIT_SHELL },     { "array", EDIT_SHELL }, { "dracut", EDIT_SHELL },
	{ "cmdline", EDIT_CMDLINE }, { "entry", EDIT_ENTRY }, { "refind", EDIT_REFIND },
	{ "limine", EDIT_LIMINE },   { "yaml", EDIT_YAML },   { "modprobe", EDIT_MODPROBE },
	{ "lines", EDIT_LINES },
};

static void pair_free(gpointer data)
{
	struct pair *pair = data;

	g_free(pair->name);
	g_free(pair->word);
	g_free(pair->key);
	g_free(pair->before);
	g_free(pair->after);
	g_free(pair);
}

static char *replace(const char *text, const char *from, const char *to)
{
	g_auto(GStrv) parts = g_strsplit(text, from, -1);

	return g_strjoinv(to, parts);
}

static char *read_text(const char *text)
{
	g_autofree char *copy = replace(text, "%r", "\r");
	size_t n = strlen(copy);

	if (n >= 2 && strcmp(copy + n - 2, "\\\n") == 0)
		copy[n - 2] = '\0';
	return g_steal_pointer(&copy);
}

static void read_order(struct pair *pair, const char *line)
{
	g_auto(GStrv) halves = g_strsplit(line, ": ", 2);
	const char *order = halves[1];
	const char *blank = strchr(order, ' ');
	g_autofree char *verb = g_strndup(order, (gsize)(blank - order));
	const char *to = g_strrstr(blank, pair->remove ? " from " : " to ");

	pair->name = g_strdup(halves[0]);
	pair->remove = strcmp(verb, "remove") == 0;
	to = g_strrstr(blank, pair->remove ? " from " : " to ");
	pair->word = to ? g_strndup(blank + 1, (gsize)(to - blank - 1)) : g_strdup(blank + 1);
	pair->key = to ? g_strdup(strchr(to + 1, ' ') + 1) : NULL;
	pair->place.key = pair->key;
	pair->place.first = strcmp(verb, "add-first") == 0;
	pair->place.padded = strcmp(verb, "add-padded") == 0;
	pair->place.which = g_str_has_prefix(verb, "add-at-") ? verb[7] - '0' : EDIT_LAST;
}

static struct pair *read_pair(const char *text, enum edit_format format)
{
	struct pair *pair = g_new0(struct pair, 1);
	const char *newline = strchr(text, '\n');
	g_autofree char *line = g_strndup(text, (gsize)(newline - text));
	g_auto(GStrv) halves = g_strsplit(newline + 1, "---\n", 2);

	pair->place.format = format;
	read_order(pair, line);
	pair->before = read_text(halves[0]);
	pair->after = read_text(halves[1]);
	return pair;
}

static GPtrArray *read_pairs(const char *name, enum edit_format format)
{
	g_autofree char *file = g_strconcat(name, ".cases", NULL);
	g_autofree char *path = g_build_filename(g_getenv("VFIOKIT_TESTS"), "edit", file, NULL);
	g_autofree char *text = NULL;
	GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_auto(GStrv) parts = g_strsplit(text, "### ", -1);
	for (char **part = parts + 1; *part; part++)
		g_ptr_array_add(pairs, read_pair(*part, format));
	return pairs;
}

static void check_pair(const struct pair *pair)
{
	g_autoptr(GError) error = NULL;

	g_test_message("%s", pair->name);
	if (pair->remove) {
		g_autofree char *after = edit_remove(pair->before, &pair->place, pair->word);
		g_assert_cmpstr(after, ==, pair->after);
		return;
	}
	g_autofree char *after = edit_add(pair->before, &pair->place, pair->word, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(after, ==, pair->after);
	g_autofree char *twice = edit_add(after, &pair->place, pair->word, &error);
	g_assert_cmpstr(twice, ==, after);
	g_autofree char *back = edit_remove(after, &pair->place, pair->word);
	if (strcmp(pair->before, pair->after) != 0)
		g_assert_cmpstr(back, ==, pair->before);
}

static void test_pairs(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	g_autoptr(GPtrArray) pairs = read_pairs(tables[i].file, tables[i].format);

	g_assert_cmpuint(pairs->len, >, 2);
	for (guint j = 0; j < pairs->len; j++)
		check_pair(pairs->pdata[j]);
}

/* ---- what cannot be done is refused ---- */

static const struct {
	const char *text;
	struct edit_place place;
	const char *word;
} hopeless[] = {
	{ "X=\"never closed\n", { EDIT_SHELL, "X", EDIT_LAST, false, false }, "a" },
	{ "X='single'\n", { EDIT_SHELL, "X", EDIT_LAST, false, false }, "it's" },
	{ "X=(# nothing\n)\n", { EDIT_SHELL, "X", EDIT_LAST, false, false }, "a" },
	{ "no strings here\n", { EDIT_REFIND, NULL, 0, false, false }, "a" },
	{ "cmdline: a\n", { EDIT_LIMINE, "cmdline", 1, false, false }, "b" },
	{ "a=\"open b\n", { EDIT_CMDLINE, NULL, EDIT_LAST, false, false }, "c" },
	{ "a\n", { EDIT_CMDLINE, NULL, EDIT_LAST, false, false }, "two\nlines" },
	{ "a\n", { EDIT_CMDLINE, NULL, EDIT_LAST, false, false }, "two words" },
	{ "modules_force_load: [a, b]\nmodules_force_load: [c]\n",
	  { EDIT_YAML, "modules_force_load", 1, false, false },
	  "d" },
};

static void test_hopeless(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(hopeless); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *after =
			edit_add(hopeless[i].text, &hopeless[i].place, hopeless[i].word, &error);
		g_test_message("%s", hopeless[i].text);
		g_assert_null(after);
		g_assert_error(error, VFIOKIT_ERROR, STATUS_REFUSED);
	}
}

/* ---- laws ---- */

static const struct edit_place places[] = {
	{ EDIT_CMDLINE, NULL, EDIT_LAST, false, false },
	{ EDIT_SHELL, "GRUB_CMDLINE_LINUX_DEFAULT", EDIT_LAST, false, false },
	{ EDIT_SHELL, "GRUB_CMDLINE_LINUX", EDIT_LAST, false, false },
	{ EDIT_SHELL, "MODULES", EDIT_LAST, true, false },
	{ EDIT_SHELL, "HOOKS", EDIT_LAST, false, false },
	{ EDIT_SHELL, "force_drivers", EDIT_LAST, false, true },
	{ EDIT_ENTRY, "options", EDIT_LAST, false, false },
	{ EDIT_REFIND, NULL, 0, false, false },
	{ EDIT_LIMINE, "cmdline", 0, false, false },
	{ EDIT_MODPROBE, "options vfio-pci", EDIT_LAST, false, false },
	{ EDIT_YAML, "modules_force_load", EDIT_LAST, false, false },
	{ EDIT_LINES, NULL, EDIT_LAST, false, false },
};

static const char *const words[] = { "iommu=pt", "intel_iommu=on", "vfio_pci", "ids=10de:1c03",
				     "a=\"b c\"" };

static GArray *all_slots(const char *text, const struct edit_place *place)
{
	static GArray *(*const finders[])(const char *text, const char *key) = {
		[EDIT_CMDLINE] = cmdline_slots, [EDIT_SHELL] = shell_slots,
		[EDIT_ENTRY] = entry_slots,     [EDIT_REFIND] = refind_slots,
		[EDIT_LIMINE] = limine_slots,   [EDIT_MODPROBE] = modprobe_slots,
		[EDIT_YAML] = yaml_slots,       [EDIT_LINES] = lines_slots,
	};

	return finders[place->format](text, place->key);
}

/* emit(parse(x)) = x: words, slots and what is between them lie one behind the other in x. */
static void check_tiles(const char *text, const struct edit_place *place)
{
	g_autoptr(GArray) slots = all_slots(text, place);
	g_autoptr(GString) out = g_string_new(NULL);
	size_t at = 0;

	for (guint i = 0; i < slots->len; i++) {
		const struct slot *slot = &g_array_index(slots, struct slot, i);
		g_autoptr(GArray) found = slot_words(text, slot);
		g_assert_cmpuint(slot->start, >=, at);
		g_assert_cmpuint(slot->end, >=, slot->start);
		for (guint j = 0; j < found->len; j++) {
			const struct word *word = &g_array_index(found, struct word, j);
			g_assert_cmpuint(word->start, >=, at);
			g_assert_cmpuint(word->end, >, word->start);
			g_assert_cmpuint(word->end, <=, slot->end);
			g_string_append_len(out, text + at, (gssize)(word->end - at));
			at = word->end;
		}
		at = MAX(at, slot->start);
		g_string_append_len(out, text + out->len, (gssize)(at - out->len));
	}
	g_string_append(out, text + out->len);
	g_assert_cmpstr(out->str, ==, text);
}

static void check_laws(const char *text, const struct edit_place *place, const char *word)
{
	g_autoptr(GError) error = NULL;
	bool had = edit_has(text, place, word);
	g_autofree char *without = edit_remove(text, place, word);
	g_autofree char *after = edit_add(text, place, word, &error);

	g_assert_false(edit_has(without, place, word));
	if (!after)
		return; /* refused: only an error may be told */
	g_assert_true(edit_has(after, place, word));
	if (had)
		g_assert_cmpstr(after, ==, text);
	g_autofree char *twice = edit_add(after, place, word, &error);
	g_assert_cmpstr(twice, ==, after);
	g_autofree char *back = edit_remove(after, place, word);
	if (strcmp(without, text) == 0)
		g_assert_cmpstr(back, ==, text);
}

static void check_text(const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		check_tiles(text, &places[i]);
		for (size_t j = 0; j < G_N_ELEMENTS(words); j++)
			check_laws(text, &places[i], words[j]);
	}
}

static void check_folder(const char *path, unsigned *n)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_autofree char *text = NULL;
		if (g_file_test(file, G_FILE_TEST_IS_DIR)) {
			check_folder(file, n);
		} else if (g_file_get_contents(file, &text, NULL, NULL)) {
			check_text(text);
			(*n)++;
		}
	}
}

static void test_data(void)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *path = g_build_filename(data ? data : "", "boot-config", NULL);
	unsigned n = 0;

	if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
		g_test_skip("the data collection is not there");
		return;
	}
	check_folder(path, &n);
	g_test_message("%u files", n);
	g_assert_cmpuint(n, >, 100);
}

/* Texts of what matters to the readers, put together at random. */
static char *random_text(GRand *rand)
{
	static const char *const pieces[] = {
		"X",
		"GRUB_CMDLINE_LINUX",
		"_DEFAULT",
		"=",
		"+=",
		"\"",
		"'",
		"(",
		")",
		"\\",
		"\n",
		" ",
		"\t",
		"#",
		"options",
		"vfio-pci",
		"iommu=pt",
		"intel_iommu=",
		"on",
		",",
		":",
		"cmdline",
		"MODULES",
		"$(",
		"`",
		"quiet",
		"modules_force_load",
		"\r",
		"ids=",
		"# added by vfiokit\n",
		"HOOKS",
		"force_drivers",
		";",
		"export ",
		"[",
		"]",
		"\"\"",
		"$GRUB_CMDLINE_LINUX",
		"vfio_pci",
		"\\\n",
		"if ",
		"fi",
		"{ ",
		"&&",
		"<<X",
		". ",
		"declare ",
	};
	GString *text = g_string_new(NULL);
	int n = g_rand_int_range(rand, 0, 24);

	for (int i = 0; i < n; i++)
		g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
	return g_string_free(text, FALSE);
}

static void test_random(void)
{
	const char *given = g_getenv("VFIOKIT_SEED");
	guint32 seed = given ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
	GRand *rand = g_rand_new_with_seed(seed);

	g_test_message("VFIOKIT_SEED=%u", seed);
	for (unsigned i = 0; i < 3000; i++) {
		g_autofree char *text = random_text(rand);
		check_text(text);
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *path = g_strconcat("/edit/pairs/", tables[i].file, NULL);
		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_pairs);
	}
	g_test_add_func("/edit/hopeless", test_hopeless);
	g_test_add_func("/edit/data", test_data);
	g_test_add_func("/edit/random", test_random);
	return g_test_run();
}
