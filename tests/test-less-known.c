/* Rules where less is known: what could not be read must never make them say that all is well.
 *
 * The two machines of a pair differ in a few files only. A machine of which just those cannot be
 * read may be the one or the other: whoever calls it good calls the bad one good, too. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "rule_machine.h"
#include "rules/rule.h"

static const struct rule_pair *const tables[] = { pairs_machine, pairs_device, pairs_guest,
						  pairs_audit };

/* ---- what differs ---- */

static bool is_equal(const struct tree_node *a, const struct tree_node *b)
{
	if (!a || !b || a->kind != b->kind)
		return a == b;
	return a->kind == TREE_DIR ||
	       (a->length == b->length && memcmp(a->data, b->data, a->length) == 0);
}

static void add_differing(const struct rule_side *side, const struct tree *bad,
			  const struct tree *good, GPtrArray *lines)
{
	for (size_t i = 0; i < G_N_ELEMENTS(side->lines) && side->lines[i]; i++) {
		g_autofree char *path = rule_line_path(side->lines[i]);
		int error;
		if (!is_equal(tree_find(bad, NULL, path, false, &error),
			      tree_find(good, NULL, path, false, &error)))
			g_ptr_array_add(lines, (gpointer)side->lines[i]);
	}
}

/* The lines in which the two machines of a pair differ. */
static GPtrArray *list_differing(const struct rule_pair *pair, const struct tree *bad,
				 const struct tree *good)
{
	GPtrArray *lines = g_ptr_array_new();

	add_differing(&pair->bad, bad, good, lines);
	add_differing(&pair->good, bad, good, lines);
	return lines;
}

/* ---- what cannot be read ---- */

/* Facts that a program finds out: what they hold where it may not. A row for each kind of line. */
static char *hide_lines(const char *text, const char *front, const char *back)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *hidden = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		const char *path = strchr(*line, '/');
		if (path)
			g_string_append_printf(hidden, "%s%.*s%s\n", front,
					       (int)strcspn(path, "\t"), path, back);
	}
	return g_string_free(hidden, FALSE);
}

static char *hidden_nodes(const char *text)
{
	return hide_lines(text, "? ", "");
}

static char *hidden_hooks(const char *text)
{
	return hide_lines(text, "", "\t!\t?\t-");
}

static char *hidden_all(const char *text G_GNUC_UNUSED)
{
	return g_strdup("! EACCES\n");
}

static char *hidden_holders(const char *text G_GNUC_UNUSED)
{
	return g_strdup("unreadable\t9\n");
}

static const struct {
	const char *path;
	char *(*hide)(const char *text); /* text of either machine → what is there to be read */
} facts[] = {
	{ "/vfiokit/domains", hidden_all },     { "/vfiokit/kernel-log", hidden_all },
	{ "/vfiokit/nodes", hidden_nodes },     { "/vfiokit/hooks", hidden_hooks },
	{ "/vfiokit/holders", hidden_holders },
};

/* Where a folder lists what there is: that it is there is the fact, whatever it holds. */
static const char *const listed[] = {
	"/sys/firmware/acpi/tables/*",
	"/sys/kernel/iommu_groups/*/devices/*",
	"/lib/modules/*/modules.dep",
	"/boot/initrd.img-*",
	"/usr/share/*",
};

static bool is_entry(const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(listed); i++)
		if (g_pattern_match_simple(listed[i], path))
			return true;
	return false;
}

/* Is it in one of those, or in a folder that only one of the machines has? */
static bool is_listed(const char *path, const struct tree *bad, const struct tree *good)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int error;

	return is_entry(path) || !tree_find(bad, NULL, folder, true, &error) !=
					 !tree_find(good, NULL, folder, true, &error);
}

/* The uevent tells the driver and the ids; the latter are in files of their own, too. */
static void hide_driver(struct tree *machine, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *driver = g_strconcat(folder, "/driver", NULL);

	tree_put_error(machine, path, EACCES);
	tree_put_error(machine, driver, EACCES);
}

/* Takes from the machine what is at path. False where it cannot be taken. */
static bool hide(struct tree *machine, const char *path, const char *line)
{
	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
		if (strcmp(path, facts[i].path) == 0) {
			g_autofree char *text = facts[i].hide(line + strlen(path) + strlen(" = "));
			return tree_put_file(machine, path, text, strlen(text)) == 0;
		}
	if (g_str_has_suffix(path, "/uevent"))
		hide_driver(machine, path);
	return tree_put_error(machine, path, EACCES) == 0;
}

/* ---- the machine between ---- */

/* NULL: the two differ in what is asked of, or by what is listed, not in what could be hidden. */
static struct tree *make_between(const struct rule_pair *pair)
{
	struct tree *bad = rule_machine(pair, &pair->bad);
	struct tree *good = rule_machine(pair, &pair->good);
	struct tree *machine = rule_machine(pair, &pair->good);
	g_autoptr(GPtrArray) lines = list_differing(pair, bad, good);
	bool hidden = lines->len > 0;

	for (guint i = 0; i < lines->len; i++) {
		g_autofree char *path = rule_line_path(lines->pdata[i]);
		g_test_message("not readable: %s", path);
		hidden = hidden && !is_listed(path, bad, good) &&
			 hide(machine, path, lines->pdata[i]);
	}
	tree_free(bad);
	tree_free(good);
	if (!hidden)
		g_clear_pointer(&machine, tree_free);
	return machine;
}

static void test_unreadable(gconstpointer data)
{
	const struct rule_pair *pair = data;
	struct tree *machine = make_between(pair);
	g_autoptr(GPtrArray) findings = machine ? rule_judge(pair, &pair->good, machine) : NULL;

	if (!findings)
		return; /* or the guest that is asked of is not known: no answer */
	rule_print(findings);
	if (findings_count(findings, FINDING_PASS) > 0)
		g_test_fail(); /* and go on: all that are wrong in one run */
}

/* A machine that breaks the rule, of which one file less can be read: it may look better then, but
 * not good. */
static void test_one_less(gconstpointer data)
{
	const struct rule_pair *pair = data;
	const char *const *lines = pair->bad.lines;

	for (size_t i = 0; i < G_N_ELEMENTS(pair->bad.lines) && lines[i]; i++) {
		struct tree *machine = rule_machine(pair, &pair->bad);
		g_autofree char *path = rule_line_path(lines[i]);
		g_autoptr(GPtrArray) findings = NULL;
		g_test_message("not readable: %s", path);
		if (!is_entry(path) && hide(machine, path, lines[i]))
			findings = rule_judge(pair, &pair->bad, machine);
		else
			tree_free(machine);
		if (!findings)
			continue;
		rule_print(findings);
		if (findings_count(findings, FINDING_PASS) > 0)
			g_test_fail();
	}
}

static void add_tests(const char *name, void (*test)(gconstpointer data))
{
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (unsigned i = 0; tables[t][i].rule; i++) {
			g_autofree char *path =
				g_strdup_printf("/%s/%s/%zu.%u", name, tables[t][i].rule, t, i);
			g_test_add_data_func(path, &tables[t][i], test);
		}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add_tests("unreadable", test_unreadable);
	add_tests("one-less", test_one_less);
	return g_test_run();
}
