/* Findings: their order, what they look like on a screen, and in JSON. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json-reader.h"
#include "model/finding.h"
#include "view/finding.h"

static struct finding *add(GPtrArray *list, const char *id, enum finding_verdict verdict)
{
	struct finding *finding =
		finding_add(list, id, verdict, "host", "The rule %s found something.", id);

	finding->see = "guide#there";
	return finding;
}

/* What is printed on a terminal of that width; 0: none. The caller's to free. */
static char *print(GPtrArray *list, int width, bool verbose)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const struct term term = { .out = out, .utf8 = true, .width = width };

	findings_print(&term, list, verbose);
	fclose(out);
	return text;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_order(void)
{
	g_autoptr(GPtrArray) list = findings_new();
	static const char *const expected[] = { "c", "f", "b", "e", "d", "a" };

	add(list, "a", FINDING_PASS);
	add(list, "b", FINDING_WARN);
	add(list, "c", FINDING_FAIL);
	add(list, "d", FINDING_SKIPPED);
	add(list, "e", FINDING_UNKNOWN);
	add(list, "f", FINDING_FAIL);
	findings_sort(list);
	for (guint i = 0; i < list->len; i++)
		g_assert_cmpstr(((struct finding *)list->pdata[i])->id, ==, expected[i]);
	g_assert_cmpuint(findings_count(list, FINDING_FAIL), ==, 2);
}

static void test_bad(void)
{
	for (int verdict = 0; verdict < FINDING_N_VERDICTS; verdict++) {
		g_autoptr(GPtrArray) list = findings_new();
		g_assert_false(findings_are_bad(list));
		add(list, "a", FINDING_PASS);
		g_assert_false(findings_are_bad(list));
		add(list, "b", (enum finding_verdict)verdict);
		bool bad = verdict == FINDING_FAIL || verdict == FINDING_WARN;
		g_assert_true(findings_are_bad(list) == bad);
	}
}

static void test_full(void)
{
	g_autoptr(GPtrArray) list = findings_new();
	struct finding *finding = add(list, "group-viable", FINDING_FAIL);

	add(list, "other", FINDING_PASS);
	finding_evidence(finding, "%s: driver %s", "/sys/x", "nvidia");
	finding_cause(finding, "Replaced.");
	finding_cause(finding, "A driver of the host still has a member of the group.");
	finding_fix(finding, "# Take the card out.");
	finding_fix(finding, "vfiokit bind 01:00.1 && echo a line that is longer than the "
			     "terminal stays whole");
	g_autofree char *text = print(list, 60, false);
	g_assert_cmpstr(text, ==,
			"fail     group-viable (host)\n"
			"         The rule group-viable found something.\n"
			"         - /sys/x: driver nvidia\n"
			"         A driver of the host still has a member of the\n"
			"         group.\n"
			"         do: Take the card out.\n"
			"         run: vfiokit bind 01:00.1 && echo a line that is longer than the "
			"terminal stays whole\n"
			"         see: guide#there\n"
			"1 fail, 1 pass\n");
}

/* However many there are, it is one screen; none is lost without being counted. */
static void test_screen(void)
{
	static const unsigned sizes[] = { 0, 1, 4, 5, 18, 19, 20, 21, 22, 23, 50, 500 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GPtrArray) list = findings_new();
		for (unsigned j = 0; j < sizes[i]; j++)
			finding_cause(add(list, "some-rule", FINDING_WARN),
				      "It is so because of a reason that takes more than one line "
				      "to be told on a terminal of eighty columns.");
		g_autofree char *text = print(list, 80, false);
		g_autofree char *whole = print(list, 80, true);
		g_autofree char *summary = g_strdup_printf("%u warn\n", sizes[i]);
		g_assert_cmpuint(count_lines(text), <=, 22);
		g_assert_true(g_str_has_suffix(text, sizes[i] ? summary : "nothing to judge\n"));
		g_assert_true((strstr(text, "more (--verbose shows them)") != NULL) ==
			      (sizes[i] > 20));
		g_assert_cmpuint(count_lines(whole), ==, sizes[i] * 5 + 1);
	}
}

/* The brief form is cut to the terminal, and never in the middle of a character. */
static void test_brief(void)
{
	for (int width = 40; width < 120; width++) {
		g_autoptr(GPtrArray) list = findings_new();
		finding_add(list, "rule", FINDING_PASS, "h\xc3\xb6st",
			    "\xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\xc3\xb6 "
			    "and then a text that needs some more columns, and more, and more");
		g_autofree char *text = print(list, width, true);
		g_assert_true(g_utf8_validate(text, -1, NULL));
		g_assert_cmpint(g_utf8_strlen(text, strchr(text, '\n') - text), <=, width);
	}
}

/* What a machine says cannot upset the terminal. */
static void test_hostile(void)
{
	g_autoptr(GPtrArray) list = findings_new();
	struct finding *finding = finding_add(list, "rule", FINDING_FAIL, "a\033[2Jb", "%s",
					      "\033]0;title\007 and \xff\n");

	finding_evidence(finding, "%s", "x\ry");
	finding_fix(finding, "rm %s", "\n/");
	g_autofree char *text = print(list, 80, true);
	for (const char *c = text; *c; c++)
		g_assert_true((unsigned char)*c >= ' ' || *c == '\n');
	g_assert_cmpuint(count_lines(text), ==, 5);
}

static void test_json(void)
{
	g_autoptr(GPtrArray) list = findings_new();
	struct finding *finding = add(list, "iommu-enabled", FINDING_FAIL);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct json json;

	finding_evidence(finding, "/proc/cmdline: \"quoted\"");
	finding_fix(finding, "update-grub");
	finding_add(list, "plain", FINDING_PASS, "0000:01:00.0", "All is well.");
	json_begin(&json, out);
	json_object(&json, NULL);
	findings_json(&json, list);
	json_object_end(&json);
	json_end(&json);
	fclose(out);
	struct reader *r = reader_parse(text, size);
	g_assert_nonnull(r);
	g_assert_cmpuint(reader_length(r, "findings"), ==, 2);
	g_assert_cmpstr(reader_text(r, "findings.0.id"), ==, "iommu-enabled");
	g_assert_cmpstr(reader_text(r, "findings.0.verdict"), ==, "fail");
	g_assert_cmpstr(reader_text(r, "findings.0.subject"), ==, "host");
	g_assert_cmpstr(reader_text(r, "findings.0.what"), ==,
			"The rule iommu-enabled found something.");
	g_assert_cmpstr(reader_text(r, "findings.0.evidence.0"), ==, "/proc/cmdline: \"quoted\"");
	g_assert_true(reader_is_null(r, "findings.0.cause"));
	g_assert_cmpstr(reader_text(r, "findings.0.fix.0"), ==, "update-grub");
	g_assert_cmpstr(reader_text(r, "findings.0.see"), ==, "guide#there");
	g_assert_true(reader_is_null(r, "findings.1.see"));
	g_assert_cmpuint(reader_length(r, "findings.1.fix"), ==, 0);
	reader_free(r);
	free(text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/order", test_order);
	g_test_add_func("/bad", test_bad);
	g_test_add_func("/full", test_full);
	g_test_add_func("/screen", test_screen);
	g_test_add_func("/brief", test_brief);
	g_test_add_func("/hostile", test_hostile);
	g_test_add_func("/json", test_json);
	return g_test_run();
}
