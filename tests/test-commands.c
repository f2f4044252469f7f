/* Commands that have parts: which one a line means. What the shells make of it is test-completion's
 * business. */

#include "base/text.h"
#include "cmd/command.h"

static int run_nothing(struct context *context, GError **error)
{
	return STATUS_OK;
}

static const struct command part_xml = { .name = "vm xml", .run = run_nothing };
static const struct command part_lint = { .name = "vm lint", .run = run_nothing };
static const struct command *const parts[] = { &part_xml, &part_lint, NULL };
static const struct command whole = { .name = "vm", .parts = parts };
static const struct command plain = { .name = "check", .run = run_nothing };

static void test_part(void)
{
	g_assert_true(command_part(&whole, "xml") == &part_xml);
	g_assert_true(command_part(&whole, "lint") == &part_lint);
	g_assert_null(command_part(&whole, "vm"));
	g_assert_null(command_part(&whole, "vm xml"));
	g_assert_null(command_part(&whole, "xm"));
	g_assert_null(command_part(&plain, "check"));
}

static void test_word(void)
{
	g_assert_cmpstr(command_word(&part_xml), ==, "xml");
	g_assert_cmpstr(command_word(&plain), ==, "check");
}

/* What is proposed for a word that is no command, nor option. */
static void test_near(void)
{
	static const struct {
		const char *typed, *meant;
		bool near;
	} cases[] = {
		{ "check", "check", true },   { "chek", "check", true },
		{ "checkk", "check", true },  { "hceck", "check", true },
		{ "chack", "check", true },   { "ch", "check", true },
		{ "checks", "check", true },  { "chkc", "check", false },
		{ "probe", "record", false }, { "", "check", false },
		{ "hepl", "help", true },     { "jsn", "json", true },
		{ "bindd", "unbind", false }, { "xcheck", "check", true },
		{ "chec-", "check", true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s, %s", cases[i].typed, cases[i].meant);
		g_assert_true(text_is_near(cases[i].typed, cases[i].meant) == cases[i].near);
	}
}

/* Every row of the program's own tables, so that what the recipes ask for is kept. */
static void check_rows(const struct command *const *list, const char *above)
{
	for (size_t i = 0; list[i]; i++) {
		g_autofree char *name =
			above ? g_strdup_printf("%s %s", above, command_word(list[i])) : NULL;
		g_assert_nonnull(list[i]->summary);
		g_assert_true(list[i]->run || list[i]->parts);
		g_assert_cmpstr(list[i]->name, ==, name ? name : command_word(list[i]));
		if (list[i]->parts)
			check_rows(list[i]->parts, list[i]->name);
	}
}

static void test_rows(void)
{
	check_rows(commands, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/commands/part", test_part);
	g_test_add_func("/commands/word", test_word);
	g_test_add_func("/commands/near", test_near);
	g_test_add_func("/commands/rows", test_rows);
	return g_test_run();
}
