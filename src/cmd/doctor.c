/* vfiokit doctor, vfiokit audit: the rules, asked of this machine, of one guest or of devices. */
#include "cmd/doctor.h"

#include <string.h>

#include "cmd/vm_lint.h"
#include "probe/probe.h"
#include "view/finding.h"
#include "view/table.h"

static const struct option_row doctor_option_rows[] = {
	{ .name = "list",
	  .kind = OPTION_FLAG,
	  .help = "list all rules, and judge nothing",
	  .offset = offsetof(struct doctor_options, list) },
	{ .name = "explain",
	  .kind = OPTION_FLAG,
	  .help = "explain the rules that are named, and judge nothing",
	  .offset = offsetof(struct doctor_options, explain) },
	{ .name = "log",
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .help = "explain the messages in a log, '-' is standard input, and judge nothing",
	  .offset = offsetof(struct doctor_options, log) },
	{ .name = "fix",
	  .kind = OPTION_FLAG,
	  .help = "make one plan of the remedies that the program can carry out, and do it",
	  .offset = offsetof(struct doctor_options, fix) },
	OPTION_DRY_RUN(struct doctor_options),
	OPTION_ALLOW(struct doctor_options),
	OPTION_YES(struct doctor_options),
	{ 0 },
};

/* ---- what is asked for ---- */

static bool fail_argument(const char *argument, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "'%s' is no rule, no guest and no device of this machine", argument);
	error_hint(error, "'vfiokit doctor --list' lists the rules, 'virsh list --all' the guests, "
			  "'vfiokit check' the devices");
	return false;
}

/* Takes the rules out of the arguments; what is left names guests and devices. */
static void take_rules(struct doctor *doctor)
{
	struct context *context = doctor->context;

	for (unsigned i = 0; i < context->n_arguments; i++) {
		const struct rule *rule = rule_find(context->arguments[i]);
		g_ptr_array_add(rule ? doctor->rules : doctor->others,
				rule ? (gpointer)rule : (gpointer)context->arguments[i]);
	}
}

static bool is_device(const char *argument)
{
	return strchr(argument, ':') != NULL;
}

static bool take_other(struct doctor *doctor, const char *argument, GError **error)
{
	const struct domain *domain = domain_find(doctor->host, argument);

	if (domain && doctor->domain && doctor->domain != domain) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "one guest at a time: '%s' or '%s'",
			    doctor->domain->name, argument);
		return false;
	}
	if (domain) {
		doctor->domain = domain;
		return true;
	}
	if (is_device(argument))
		return context_find_devices(doctor->host, argument, doctor->devices, error);
	return fail_argument(argument, error);
}

static struct rules_request make_request(const struct doctor *doctor)
{
	return (struct rules_request){
		.host = doctor->host,
		.set = doctor->set,
		.only = doctor->rules->len > 0 ? (const struct rule *const *)doctor->rules->pdata
					       : NULL,
		.n_only = doctor->rules->len,
		.domain = doctor->domain,
		.devices = (const int *)(const void *)doctor->devices->data,
		.n_devices = doctor->devices->len,
	};
}

/* ---- rules for people ---- */

enum { COLUMN_ID, COLUMN_SETS, COLUMN_TITLE };

static const struct column columns[] = {
	[COLUMN_ID] = { .heading = "RULE" },
	[COLUMN_SETS] = { .heading = "OF" },
	[COLUMN_TITLE] = { .heading = "QUESTION", .width = 0.5, .wrap = true },
};

static const char *sets_text(const struct rule *rule)
{
	bool both = rule->sets == (RULE_DOCTOR | RULE_AUDIT);

	return both ? "doctor, audit" : rule->sets & RULE_AUDIT ? "audit" : "doctor";
}

static bool is_listed(const struct doctor *doctor, const struct rule *rule)
{
	if (doctor->rules->len == 0)
		return rule->sets & doctor->set;
	return g_ptr_array_find(doctor->rules, rule, NULL);
}

static void json_rule(struct json *json, const struct rule *rule)
{
	json_object(json, NULL);
	json_text(json, "id", rule->id);
	json_text(json, "title", rule->title);
	json_bool(json, "doctor", rule->sets & RULE_DOCTOR);
	json_bool(json, "audit", rule->sets & RULE_AUDIT);
	json_bool(json, "of_domain", rule->of_domain);
	json_text(json, "reads", rule->reads);
	json_words(json, "after", rule->after ? rule->after : "");
	json_text(json, "explanation", rule->explain);
	json_text(json, "see", rule->see);
	json_object_end(json);
}

static void list_json(struct doctor *doctor)
{
	const struct rule *rule;
	struct json json;

	context_json(doctor->context, &json, "vfiokit.rules/1");
	json_array(&json, "rules");
	for (unsigned i = 0; (rule = rule_get(i)); i++)
		if (is_listed(doctor, rule))
			json_rule(&json, rule);
	json_array_end(&json);
	json_object_end(&json);
	json_end(&json);
}

static void list_rules(struct doctor *doctor)
{
	struct table *table = table_new(&doctor->context->term, columns, G_N_ELEMENTS(columns));
	const struct rule *rule;

	for (unsigned i = 0; (rule = rule_get(i)); i++) {
		if (!is_listed(doctor, rule))
			continue;
		struct table_row *row = table_add(table, NULL);
		table_set(row, COLUMN_ID, rule->id);
		table_set(row, COLUMN_SETS, sets_text(rule));
		table_set(row, COLUMN_TITLE, rule->title);
	}
	table_print(table);
}

static void explain_rule(const struct term *term, const struct rule *rule)
{
	const struct {
		const char *word;
		const char *text;
	} lines[] = {
		{ "Reads:   ", rule->reads },
		{ "After:   ", rule->after ? rule->after : "nothing" },
		{ "Good is: ", rule->good },
		{ "See:     ", rule->see },
	};

	term_print(term, ROLE_STRONG, "%s: %s\n", rule->id, rule->title);
	term_paragraph(term, ROLE_PLAIN, 2, 0, 2, rule->explain);
	if (rule->of_domain)
		term_paragraph(term, ROLE_PLAIN, 2, 0, 2,
			       "It is asked of one guest: vfiokit doctor NAME.");
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		fprintf(term->out, "  %s", lines[i].word);
		term_paragraph(term, ROLE_PLAIN, 11, 11, 11, lines[i].text);
	}
}

static int explain_rules(struct doctor *doctor, GError **error)
{
	if (doctor->others->len > 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "there is no rule '%s'",
			    (const char *)doctor->others->pdata[0]);
		error_hint(error, "'vfiokit doctor --list' lists them");
		return -1;
	}
	if (doctor->rules->len == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "option '--explain' needs a RULE");
		error_hint(error, "'vfiokit doctor --list' lists them");
		return -1;
	}
	if (doctor->context->json) {
		list_json(doctor);
		return STATUS_OK;
	}
	for (guint i = 0; i < doctor->rules->len; i++) {
		if (i > 0)
			fputc('\n', doctor->context->term.out);
		explain_rule(&doctor->context->term, doctor->rules->pdata[i]);
	}
	return STATUS_OK;
}

/* ---- judging ---- */

/* What a plan that binds devices looks at: see bind_plan.h. */
#define NEEDS_OF_FIX                                                                               \
	(PROBE_DETAIL | PROBE_REGIONS | PROBE_USB | PROBE_USAGE | PROBE_HOLDERS | PROBE_MACHINE)

/* Prints findings, or writes them as JSON; returns the exit status. */
static int tell(struct doctor *doctor, const GPtrArray *findings, bool verbose)
{
	struct context *context = doctor->context;

	if (context->json) {
		struct json json;
		context_json(context, &json, "vfiokit.findings/1");
		findings_json(&json, findings);
		if (doctor->host)
			context_json_gaps(&json, doctor->host);
		json_object_end(&json);
		json_end(&json);
	} else {
		findings_print(&context->term, findings, context->verbose || verbose);
	}
	return findings_are_bad(findings) ? STATUS_FOUND : STATUS_OK;
}

/* Most rules are about devices that a guest is to have: with none, "44 skipped" says little. What
 * fails comes first. */
static void note_unnamed(const struct doctor *doctor, const GPtrArray *findings)
{
	const struct context *context = doctor->context;

	if (context->json || context->quiet || findings_count(findings, FINDING_FAIL) > 0)
		return;
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		if (strcmp(finding->id, "devices-chosen") != 0 ||
		    finding->verdict != FINDING_SKIPPED)
			continue;
		g_autofree char *prefix = context_command(context);
		g_autofree char *text =
			g_strdup_printf("No device is meant for a guest yet, so what is about "
					"devices was not asked. To ask it of one: %s %s DEVICE",
					prefix, doctor->set == RULE_AUDIT ? "audit" : "doctor");
		term_paragraph(&context->term, ROLE_DIM, 0, 0, 0, text);
	}
}

static int judge(struct doctor *doctor, GError **error)
{
	const struct doctor_options *options = doctor->context->options;
	g_autoptr(GPtrArray) findings = findings_new();
	struct rules_request request = make_request(doctor);

	bool guest = doctor->others->len > 0 && doctor->rules->len == 0;
	unsigned needs = rules_needs(&request) | (options->fix ? NEEDS_OF_FIX : 0) |
			 (guest ? LINT_PARTS : 0);
	if (needs & PROBE_IMAGES && doctor->rules->len > 0)
		needs |= PROBE_IMAGES_ALL; /* who asks for a rule wants its answer */
	doctor->host = context_host(doctor->context, needs, error);
	if (!doctor->host)
		return -1;
	for (guint i = 0; i < doctor->others->len; i++)
		if (!take_other(doctor, doctor->others->pdata[i], error))
			return -1;
	request = make_request(doctor);
	rules_run(&request, findings);
	if (doctor->domain && doctor->rules->len == 0) {
		doctor_read_definition(doctor, findings);
		doctor_read_guest_log(doctor, findings);
		findings_sort(findings);
	}
	if (options->fix)
		return doctor_fix(doctor, findings, error);
	int status = tell(doctor, findings, doctor->rules->len > 0);
	note_unnamed(doctor, findings);
	return status;
}

static int explain_log(struct doctor *doctor, const char *path, GError **error)
{
	g_autoptr(GPtrArray) findings = findings_new();

	if (!doctor_read_log(path, findings, error))
		return -1;
	findings_sort(findings);
	return tell(doctor, findings, true);
}

static int run(struct context *context, unsigned set, GError **error)
{
	const struct doctor_options *options = context->options;
	struct doctor doctor = {
		.context = context,
		.set = set,
		.rules = g_ptr_array_new(),
		.others = g_ptr_array_new(),
		.devices = g_array_new(FALSE, FALSE, sizeof(int)),
	};
	int status = STATUS_OK;

	take_rules(&doctor);
	if (options->log)
		status = explain_log(&doctor, options->log, error);
	else if (options->explain)
		status = explain_rules(&doctor, error);
	else if (options->list && context->json)
		list_json(&doctor);
	else if (options->list)
		list_rules(&doctor);
	else
		status = judge(&doctor, error);
	g_ptr_array_unref(doctor.rules);
	g_ptr_array_unref(doctor.others);
	g_array_unref(doctor.devices);
	return status;
}

static int run_doctor(struct context *context, GError **error)
{
	return run(context, RULE_DOCTOR, error);
}

static int run_audit(struct context *context, GError **error)
{
	return run(context, RULE_AUDIT, error);
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[DOMAIN|DEVICE|RULE…]",
	.summary = "find out what keeps passthrough from working, and how to mend it",
	.help = "Judges this machine by rules: what is so, where that is seen, why, and which "
		"commands mend it, the most important first. Named rules alone are judged when "
		"there are any. DOMAIN is a guest that libvirt knows: then its devices and its "
		"definition are judged, too. DEVICE is an address (01:00.0), a slot (01:00) or ids "
		"(10de:1c03) that is to be given to a guest.\n"
		"\n"
		"With --log the messages of QEMU, libvirt, the kernel and NVIDIA's driver in a "
		"file are explained. With --fix the remedies that the program can carry out itself "
		"become one change, with a plan, a journal and a way back; the others are left to "
		"you.\n"
		"\n"
		"Else nothing is changed. What could not be read is reported as unknown, with how "
		"to find out; --verbose also shows what passed.",
	.options = doctor_option_rows,
	.options_size = sizeof(struct doctor_options),
	.run = run_doctor,
};

const struct command command_audit = {
	.name = "audit",
	.arguments = "[DOMAIN|DEVICE|RULE…]",
	.summary = "find out what endangers the host, and how to mend it",
	.help = "Judges the security of this machine as a host of guests with devices: switches "
		"that take protection away, who can reach devices and definitions, and how guests "
		"are confined. It states the risk and the remedy, and never weakens anything.",
	.options = doctor_option_rows,
	.options_size = sizeof(struct doctor_options),
	.run = run_audit,
};
