/* See rule.h: the whole table, and how it is judged. */
#include <string.h>

#include "rules/exam.h"
#include "rules/known.h"
#include "rules/tables.h"

/* In the order in which people should read them: what everything else stands on first. */
static const struct rule *const tables[] = {
	rules_cpu,     rules_iommu,   rules_choice, rules_group,   rules_reset,
	rules_binding, rules_persist, rules_boot,   rules_display, rules_memory,
	rules_usb,     rules_guests,  rules_audit,  rules_libvirt,
};

const struct rule *rule_get(unsigned number)
{
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
		for (const struct rule *rule = tables[i]; rule->id; rule++)
			if (number-- == 0)
				return rule;
	return NULL;
}

static unsigned count_rules(void)
{
	unsigned n = 0;

	while (rule_get(n))
		n++;
	return n;
}

/* The number of a rule; -1: there is none of that id. */
static int number_of(const char *id, size_t length)
{
	const struct rule *rule;

	for (unsigned i = 0; (rule = rule_get(i)); i++)
		if (strlen(rule->id) == length && memcmp(rule->id, id, length) == 0)
			return (int)i;
	return -1;
}

const struct rule *rule_find(const char *id)
{
	int number = number_of(id, strlen(id));

	return number >= 0 ? rule_get((unsigned)number) : NULL;
}

/* The next of the rules that this one stands on, as a number; -1 at the end. */
static int next_prerequisite(const char **cursor)
{
	if (!*cursor)
		return -1;
	*cursor += strspn(*cursor, " ");
	size_t length = strcspn(*cursor, " ");
	int number = length > 0 ? number_of(*cursor, length) : -1;
	*cursor += length;
	return number;
}

/* ---- which ---- */

static bool is_wanted(const struct rules_request *request, const struct rule *rule)
{
	if (!request->only)
		return rule->sets & request->set;
	for (unsigned i = 0; i < request->n_only; i++)
		if (request->only[i] == rule)
			return true;
	return false;
}

/* Marks those that are wanted, and what they stand on: 2 are shown, 1 only judged. */
static char *mark_rules(const struct rules_request *request, unsigned n)
{
	char *marks = g_new0(char, n + 1);

	for (unsigned i = n; i-- > 0;) {
		const struct rule *rule = rule_get(i);
		const char *after = rule->after;
		int number;
		if (is_wanted(request, rule))
			marks[i] = 2;
		while (marks[i] && (number = next_prerequisite(&after)) >= 0)
			marks[number] = MAX(marks[number], 1);
	}
	return marks;
}

unsigned rules_needs(const struct rules_request *request)
{
	unsigned n = count_rules();
	/* what is meant for guests, and whether the machine is a whole one, is asked by all */
	unsigned needs = PROBE_BOOT | PROBE_DOMAINS | PROBE_SETTINGS;
	g_autofree char *marks = mark_rules(request, n);

	for (unsigned i = 0; i < n; i++)
		if (marks[i])
			needs |= rule_get(i)->needs;
	return needs;
}

/* ---- judging ---- */

struct run {
	struct exam exam;
	const char *marks;
	int *root;                    /* of each rule: number of the one that failed; -1: none */
	enum finding_verdict *result; /* of each rule: its worst finding */
};

static enum finding_verdict worst_of(const GPtrArray *findings, guint from)
{
	enum finding_verdict worst = FINDING_PASS;

	for (guint i = from; i < findings->len; i++)
		worst = MIN(worst, ((const struct finding *)findings->pdata[i])->verdict);
	return worst;
}

/* The rule that keeps this one from being judged; -1: nothing does. */
static int find_obstacle(const struct run *run, const struct rule *rule)
{
	const char *after = rule->after;
	int number;

	while ((number = next_prerequisite(&after)) >= 0) {
		int root = run->root[number];
		if (run->result[number] == FINDING_FAIL)
			return number;
		if (run->result[number] == FINDING_SKIPPED && run->result[root] != FINDING_UNKNOWN)
			return root;
	}
	return -1;
}

/* The rule without whose answer it means nothing that this one has found nothing; -1: none. */
static int find_unknown(const struct run *run, const struct rule *rule)
{
	const char *after = rule->after;
	int number;

	while ((number = next_prerequisite(&after)) >= 0)
		if (run->result[run->root[number]] == FINDING_UNKNOWN)
			return run->root[number];
	return -1;
}

static void skip(struct run *run, unsigned number, int obstacle)
{
	const struct rule *root = rule_get((unsigned)obstacle);
	enum finding_verdict why = run->result[obstacle];

	run->root[number] = obstacle;
	exam_add(&run->exam, FINDING_SKIPPED, NULL,
		 why == FINDING_FAIL      ? "Not asked, because %s failed."
		 : why == FINDING_UNKNOWN ? "Cannot be told: %s is not known."
					  : "Not asked: %s does not hold.",
		 root->id);
}

/* Asks of one function, or (pci -1) once. Where nothing is found, what was not known is noted. */
static void ask_of(struct exam *exam, int pci, GArray *doubts)
{
	guint before = exam->findings->len;

	exam->settled = false;
	if (pci < 0)
		exam->rule->judge(exam);
	else
		exam->rule->judge_each(exam, pci);
	if (exam->findings->len == before && !exam->settled)
		doubts_find(exam, pci, doubts);
}

static void ask(struct exam *exam, GArray *doubts)
{
	const struct rule *rule = exam->rule;
	unsigned index = 0;
	int pci;

	if (rule->judge)
		ask_of(exam, -1, doubts);
	while (rule->judge_each && (pci = next_chosen(exam, &index)) >= 0)
		if (rule->of_kind == KIND_OTHER ||
		    pci_dev_is_kind(&exam->host->pci[pci], rule->of_kind))
			ask_of(exam, pci, doubts);
		else if (pci_dev_is_kind(&exam->host->pci[pci], KIND_UNKNOWN))
			doubts_find(exam, pci, doubts); /* whether it is about it, too */
}

static void say_no_ground(struct exam *exam, const char *folder)
{
	g_autofree char *text =
		g_strdup_printf(exam->host->part
					? "Not known: %s of the host is not seen from here."
					: "Not known: there is no %s here.",
				folder);

	exam_unknown(exam, NULL, folder, text);
}

/* Is that good? Only where it could have been seen. */
static void say_nothing_found(struct run *run, unsigned number)
{
	const struct rule *rule = rule_get(number);
	int unknown = find_unknown(run, rule);

	if (unknown >= 0)
		skip(run, number, unknown);
	else if (rule->ground && !setting_folder(run->exam.host, rule->ground))
		say_no_ground(&run->exam, rule->ground);
	else
		exam_pass(&run->exam, NULL, "%s", rule->good);
}

static void judge_one(struct run *run, unsigned number)
{
	struct exam *exam = &run->exam;
	guint before = exam->findings->len;
	g_autoptr(GArray) doubts = doubts_new();
	int obstacle;

	exam->rule = rule_get(number);
	obstacle = find_obstacle(run, exam->rule);
	run->root[number] = (int)number;
	if (obstacle >= 0)
		skip(run, number, obstacle);
	else if (exam->rule->of_domain && !exam->domain)
		exam_add(exam, FINDING_SKIPPED, NULL,
			 "Asked of one guest only: name it, as in 'vfiokit doctor NAME'.");
	else
		ask(exam, doubts);
	if (exam->findings->len > before || find_unknown(run, exam->rule) < 0)
		doubts_tell(exam, doubts);
	if (exam->findings->len == before)
		say_nothing_found(run, number);
	run->result[number] = worst_of(exam->findings, before);
	if (run->marks[number] < 2)
		g_ptr_array_set_size(exam->findings, (gint)before);
}

/* The chosen functions that the host still has: what it would lose by giving them away. */
static GArray *list_host_owned(const struct host *host, const unsigned *chosen)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < host->n_pci; i++) {
		int index = (int)i;
		if (chosen[i] && !pci_driver_is_vfio(host->pci[i].driver))
			g_array_append_val(list, index);
	}
	return list;
}

void rules_run(const struct rules_request *request, GPtrArray *findings)
{
	const struct host *host = request->host;
	unsigned n = count_rules();
	g_autofree char *marks = mark_rules(request, n);
	g_autofree int *root = g_new0(int, n + 1);
	g_autofree enum finding_verdict *result = g_new0(enum finding_verdict, n + 1);
	g_autofree unsigned *chosen = chosen_find(request);
	g_autoptr(GArray) owned = list_host_owned(host, chosen);
	LOSS_AUTO struct loss loss = { 0 };
	struct iommu_verdict verdict;

	iommu_judge(host, &verdict);
	loss_of(host, (const int *)(const void *)owned->data, owned->len, &loss);
	struct run run = {
		.exam = { .host = host,
			  .verdict = &verdict,
			  .domain = request->domain,
			  .chosen = chosen,
			  .loss = &loss,
			  .findings = findings },
		.marks = marks,
		.root = root,
		.result = result,
	};
	for (unsigned i = 0; i < n; i++)
		if (marks[i])
			judge_one(&run, i);
	iommu_verdict_clear(&verdict);
	findings_sort(findings);
}
