/* Rules: each with a machine that breaks it and one, nearly the same, that does not; and what holds
 * for the table as a whole. */
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "plan_fixture.h"
#include "probe/probe.h"
#include "rule_machine.h"
#include "rules/rule.h"

static const struct rule_pair *const tables[] = { pairs_machine, pairs_device, pairs_guest,
						  pairs_audit };

/* ---- one side ---- */

static GPtrArray *judge_side(const struct rule_pair *pair, const struct rule_side *side)
{
	GPtrArray *findings = rule_judge(pair, side, rule_machine(pair, side));

	g_assert_nonnull(findings);
	return findings;
}

static const struct finding *find(const GPtrArray *findings, enum finding_verdict verdict,
				  const char *what)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		if (finding->verdict == verdict && strstr(finding->what, what))
			return finding;
	}
	return NULL;
}

/* Whoever reads a finding must see where it comes from, and what to do. */
static void check_complete(const struct finding *finding)
{
	g_assert_nonnull(finding->see);
	if (finding->verdict == FINDING_SKIPPED)
		return;
	g_assert_cmpuint(finding->evidence->len, >, 0);
	if (finding->verdict != FINDING_UNKNOWN)
		g_assert_cmpuint(finding->fix->len, >, 0);
	for (guint i = 0; i < finding->fix->len; i++)
		g_assert_true(*(const char *)finding->fix->pdata[i] != '\0');
}

static void test_bad(gconstpointer data)
{
	const struct rule_pair *pair = data;
	g_autoptr(GPtrArray) findings = judge_side(pair, &pair->bad);
	const struct finding *finding = find(findings, pair->verdict, pair->what);

	rule_print(findings);
	g_assert_nonnull(finding);
	for (guint i = 0; i < findings->len; i++)
		check_complete(findings->pdata[i]);
}

static void test_good(gconstpointer data)
{
	const struct rule_pair *pair = data;
	g_autoptr(GPtrArray) findings = judge_side(pair, &pair->good);

	rule_print(findings);
	g_assert_cmpuint(findings->len, >, 0);
	g_assert_cmpuint(findings_count(findings, FINDING_PASS), ==, findings->len);
}

static void add_pairs(void)
{
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (unsigned i = 0; tables[t][i].rule; i++) {
			const struct rule_pair *pair = &tables[t][i];
			g_autofree char *bad = g_strdup_printf("/%s/%zu.%u/bad", pair->rule, t, i);
			g_autofree char *good =
				g_strdup_printf("/%s/%zu.%u/good", pair->rule, t, i);
			g_test_add_data_func(bad, pair, test_bad);
			g_test_add_data_func(good, pair, test_good);
		}
}

/* ---- the table ---- */

static bool has_pair(const char *id)
{
	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (unsigned i = 0; tables[t][i].rule; i++)
			if (strcmp(tables[t][i].rule, id) == 0)
				return true;
	return false;
}

static void test_all_have_pairs(void)
{
	const struct rule *rule;
	unsigned missing = 0;

	for (unsigned i = 0; (rule = rule_get(i)); i++)
		if (!has_pair(rule->id)) {
			g_test_message("no pair of machines for the rule %s", rule->id);
			missing++;
		}
	g_assert_cmpuint(missing, ==, 0);
}

static void test_numbers(void)
{
	const struct rule *rule;
	unsigned doctor = 0, audit = 0;

	for (unsigned i = 0; (rule = rule_get(i)); i++) {
		doctor += (rule->sets & RULE_DOCTOR) != 0;
		audit += (rule->sets & RULE_AUDIT) != 0;
	}
	g_assert_cmpuint(doctor, >=, 60);
	g_assert_cmpuint(audit, >=, 20);
}

static bool is_sentence(const char *text, char end)
{
	return text && strlen(text) > 8 && text[strlen(text) - 1] == end && !strchr(text, '\n') &&
	       !strstr(text, "  ");
}

static void check_prerequisites(const struct rule *rule, unsigned number)
{
	g_auto(GStrv) ids = g_strsplit(rule->after ? rule->after : "", " ", -1);

	for (char **id = ids; *id; id++) {
		const struct rule *other = rule_find(*id);
		bool before = false;
		g_assert_nonnull(other);
		for (unsigned i = 0; i < number; i++)
			before = before || rule_get(i) == other;
		g_assert_true(before);
		/* one that belongs to the other command alone would never be judged with it */
		g_assert_true((rule->sets & ~other->sets) == 0);
	}
}

static void test_rows(void)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	const struct rule *rule;

	for (unsigned i = 0; (rule = rule_get(i)); i++) {
		g_test_message("%s", rule->id);
		g_assert_true(g_hash_table_add(ids, (gpointer)rule->id));
		g_assert_true(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
			      strlen(rule->id));
		g_assert_true(!rule->judge != !rule->judge_each && rule->sets);
		g_assert_true(rule->of_kind == KIND_OTHER || rule->judge_each);
		g_assert_true(is_sentence(rule->title, '?'));
		g_assert_true(is_sentence(rule->explain, '.'));
		g_assert_true(is_sentence(rule->good, '.'));
		g_assert_true(rule->reads && *rule->reads);
		g_assert_true(g_str_has_prefix(rule->see, "guide#"));
		g_assert_true(rule_find(rule->id) == rule);
		check_prerequisites(rule, i);
	}
	g_assert_null(rule_find("no-such-rule"));
	g_assert_null(rule_find(""));
}

/* "## GPU still used by host" → "gpu-still-used-by-host" (as web pages of repositories have it) */
static char *anchor_of(const char *heading)
{
	GString *text = g_string_new(NULL);

	for (; *heading; heading++) {
		if (g_ascii_isalnum(*heading) || *heading == '-' || *heading == '_')
			g_string_append_c(text, g_ascii_tolower(*heading));
		else if (*heading == ' ')
			g_string_append_c(text, '-');
	}
	return g_string_free(text, FALSE);
}

static void add_anchors(const char *path, GHashTable *anchors)
{
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		if (**line == '#')
			g_hash_table_add(anchors, anchor_of(*line + strspn(*line, "# ")));
}

static void test_guide(void)
{
	g_autofree char *folder =
		g_build_filename(g_getenv("VFIOKIT_TESTS"), "..", "docs", "guide", NULL);
	g_autoptr(GHashTable) anchors =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const struct rule *rule;
	const char *name;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".md")) {
			g_autofree char *path = g_build_filename(folder, name, NULL);
			add_anchors(path, anchors);
		}
	for (unsigned i = 0; (rule = rule_get(i)); i++) {
		g_test_message("%s: %s", rule->id, rule->see);
		g_assert_true(g_hash_table_contains(anchors, rule->see + strlen("guide#")));
	}
}

/* ---- prerequisites ---- */

static enum finding_verdict verdict_of(const GPtrArray *findings, const char *id, const char **what)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		if (strcmp(finding->id, id) == 0) {
			*what = finding->what;
			return finding->verdict;
		}
	}
	g_assert_not_reached();
}

static void test_skipped(void)
{
	struct host *host HOST_AUTO = bundled_host("vm-without-iommu", NULL);
	g_autoptr(GPtrArray) findings = findings_new();
	const struct rules_request request = { .host = host, .set = RULE_DOCTOR };
	const char *what;

	rules_run(&request, findings);
	g_assert_cmpint(verdict_of(findings, "iommu-acpi-table", &what), ==, FINDING_FAIL);
	/* also where the rule between was skipped itself, the one that failed is named */
	g_assert_cmpint(verdict_of(findings, "group-viable", &what), ==, FINDING_SKIPPED);
	g_assert_cmpstr(what, ==, "Not asked, because iommu-acpi-table failed.");
	g_assert_cmpint(verdict_of(findings, "usb-device-missing", &what), ==, FINDING_SKIPPED);
	g_assert_cmpstr(what, ==, "Asked of one guest only: name it, as in 'vfiokit doctor NAME'.");
}

/* A rule that is asked for alone is judged with what it stands on, and shown alone. */
static void test_alone(void)
{
	struct host *host HOST_AUTO = bundled_host("identical-gpus", NULL);
	g_autoptr(GPtrArray) findings = findings_new();
	const struct rule *rule = rule_find("group-viable");
	const struct rules_request request = {
		.host = host,
		.set = RULE_DOCTOR,
		.only = &rule,
		.n_only = 1,
	};

	rules_run(&request, findings);
	g_assert_cmpuint(findings->len, ==, 1);
	g_assert_cmpstr(((struct finding *)findings->pdata[0])->id, ==, "group-viable");
	g_assert_true(rules_needs(&request) & PROBE_DOMAINS);
	g_assert_false(rules_needs(&request) & PROBE_HOLDERS);
}

static struct host *bare_host(const char *const *lines)
{
	g_autoptr(GError) error = NULL;
	struct tree *tree = tree_new();

	fixture_put(tree, lines);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	struct host *host = host_probe(root, PROBE_ALL & ~(unsigned)PROBE_TOPOLOGY, &error);
	g_assert_no_error(error);
	return host;
}

/* Nothing known is nothing wrong: a posted listing, or an empty tree, gives no fail and no warning.
 */
static void test_nothing_known(void)
{
	static const char *const lines[] = { "/proc/", "/sys/bus/pci/devices/", NULL };
	struct host *host HOST_AUTO = bare_host(lines);
	static const unsigned sets[] = { RULE_DOCTOR, RULE_AUDIT };

	for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autoptr(GPtrArray) findings = findings_new();
		const struct rules_request request = { .host = host, .set = sets[i] };
		rules_run(&request, findings);
		rule_print(findings);
		g_assert_cmpuint(findings_count(findings, FINDING_FAIL), ==, 0);
		g_assert_cmpuint(findings_count(findings, FINDING_WARN), ==, 0);
		g_assert_cmpuint(findings_count(findings, FINDING_UNKNOWN), >, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add_pairs();
	g_test_add_func("/table/pairs", test_all_have_pairs);
	g_test_add_func("/table/numbers", test_numbers);
	g_test_add_func("/table/rows", test_rows);
	g_test_add_func("/table/guide", test_guide);
	g_test_add_func("/run/skipped", test_skipped);
	g_test_add_func("/run/alone", test_alone);
	g_test_add_func("/run/nothing-known", test_nothing_known);
	return g_test_run();
}
