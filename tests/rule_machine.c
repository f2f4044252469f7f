/* See rule_machine.h. */
#include "rule_machine.h"

#include <string.h>

#include "base/root.h"
#include "fixture.h"
#include "plan_fixture.h"
#include "probe/probe.h"
#include "rules/rule.h"

struct tree *rule_machine(const struct rule_pair *pair, const struct rule_side *side)
{
	struct tree *tree = pair->host ? bundled_tree(pair->host) : tree_new();

	fixture_put(tree, side->lines);
	return tree;
}

static GPtrArray *judge_host(const struct rule_pair *pair, const struct host *host,
			     const GArray *devices)
{
	const struct rule *rule = rule_find(pair->rule);
	const struct domain *domain = pair->domain ? domain_find(host, pair->domain) : NULL;
	const struct rules_request request = {
		.host = host,
		.set = rule->sets,
		.only = &rule,
		.n_only = 1,
		.domain = domain,
		.devices = devices ? (const int *)(const void *)devices->data : NULL,
		.n_devices = devices ? devices->len : 0,
	};

	if (pair->domain && !domain)
		return NULL;
	GPtrArray *findings = findings_new();
	rules_run(&request, findings);
	return findings;
}

GPtrArray *rule_judge(const struct rule_pair *pair, const struct rule_side *side,
		      struct tree *machine)
{
	g_autoptr(GError) error = NULL;
	struct root *root ROOT_AUTO = root_from_tree(machine);
	struct host *host HOST_AUTO =
		host_probe(root, PROBE_ALL & ~(unsigned)PROBE_TOPOLOGY, &error);
	const char *words = side->devices ? side->devices : pair->devices;

	g_assert_no_error(error);
	g_autoptr(GArray) devices = words ? functions_of(host, words) : NULL;
	return judge_host(pair, host, devices);
}

char *rule_line_path(const char *line)
{
	const char *link = strstr(line, " -> "), *file = strstr(line, " = ");

	return link   ? g_strndup(line, (gsize)(link - line))
	       : file ? g_strndup(line, (gsize)(file - line))
		      : g_strdup(line);
}

void rule_print(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		g_test_message("%s %s: %s", finding_verdict_name(finding->verdict),
			       finding->subject, finding->what);
	}
}
