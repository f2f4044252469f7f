/* See finding.h. What fits on the screen is found by printing into memory and counting lines. */
#include "view/finding.h"

#include <stdlib.h>
#include <string.h>

#define SCREEN_LINES 22 /* of 24: one for the prompt, one for the command that was typed */
#define INDENT       9

static const enum role roles[] = {
	[FINDING_FAIL] = ROLE_BAD,    [FINDING_WARN] = ROLE_WARN, [FINDING_UNKNOWN] = ROLE_WARN,
	[FINDING_SKIPPED] = ROLE_DIM, [FINDING_PASS] = ROLE_GOOD,
};

/* ---- one ---- */

/* "fail     group-viable (0000:01:00.0)"; returns how many columns that took. */
static unsigned print_head(const struct term *term, const struct finding *finding)
{
	const char *verdict = finding_verdict_name(finding->verdict);

	term_print(term, roles[finding->verdict], "%-*s", INDENT - 1, verdict);
	fputc(' ', term->out);
	term_print(term, ROLE_STRONG, "%s", finding->id);
	fprintf(term->out, " (%s)", finding->subject);
	return (unsigned)(INDENT + g_utf8_strlen(finding->id, -1) +
			  g_utf8_strlen(finding->subject, -1) + 3);
}

static void print_word(const struct term *term, enum role role, const char *word, const char *text)
{
	unsigned width = (unsigned)strlen(word);

	fprintf(term->out, "%*s%s", INDENT, "", word);
	term_paragraph(term, role, INDENT + width, INDENT + width, INDENT + width, text);
}

/* A command is never broken by us: it is there to be copied. */
static void print_fix(const struct term *term, const char *command)
{
	if (g_str_has_prefix(command, "# ")) {
		print_word(term, ROLE_PLAIN, "do: ", command + 2);
		return;
	}
	fprintf(term->out, "%*srun: ", INDENT, "");
	term_print(term, ROLE_COMMAND, "%s\n", command);
}

/* In full: verdict, rule, subject, what, evidence, cause, fix, where to read more. */
static void print_whole(const struct term *term, const struct finding *finding)
{
	print_head(term, finding);
	fputc('\n', term->out);
	term_paragraph(term, ROLE_PLAIN, INDENT, 0, INDENT, finding->what);
	for (guint i = 0; i < finding->evidence->len; i++)
		print_word(term, ROLE_DIM, "- ", finding->evidence->pdata[i]);
	if (finding->cause)
		term_paragraph(term, ROLE_PLAIN, INDENT, 0, INDENT, finding->cause);
	for (guint i = 0; i < finding->fix->len; i++)
		print_fix(term, finding->fix->pdata[i]);
	if (finding->see)
		print_word(term, ROLE_DIM, "see: ", finding->see);
}

/* In one line, cut where the terminal ends (or at 100 columns). */
static void print_brief(const struct term *term, const struct finding *finding)
{
	unsigned width = term->width > 0 ? (unsigned)term->width : 100;
	unsigned used = print_head(term, finding) + 2;
	glong length = g_utf8_strlen(finding->what, -1);
	const char *dots = term_symbol(term, "…", "...");
	unsigned dots_width = (unsigned)g_utf8_strlen(dots, -1);

	if (used + (unsigned)length <= width) {
		fprintf(term->out, ": %s\n", finding->what);
	} else if (used + dots_width + 12 > width) { /* too little room for words */
		fputc('\n', term->out);
	} else {
		g_autofree char *front =
			g_utf8_substring(finding->what, 0, width - used - dots_width);
		fprintf(term->out, ": %s%s\n", front, dots);
	}
}

/* ---- all ---- */

static unsigned count_lines(const struct term *term, const struct finding *finding)
{
	char *text = NULL;
	size_t size = 0;
	struct term copy = *term;
	unsigned lines = 0;

	copy.out = open_memstream(&text, &size);
	if (!copy.out)
		return 1;
	print_whole(&copy, finding);
	fclose(copy.out);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	free(text);
	return lines;
}

static void print_summary(const struct term *term, const GPtrArray *findings)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int verdict = 0; verdict < FINDING_N_VERDICTS; verdict++) {
		unsigned n = findings_count(findings, (enum finding_verdict)verdict);
		if (n > 0)
			g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", n,
					       finding_verdict_name((enum finding_verdict)verdict));
	}
	if (text->len == 0)
		g_string_append(text, "nothing to judge");
	term_print(term, ROLE_STRONG, "%s\n", text->str);
}

static void print_everything(const struct term *term, const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		if (finding->verdict == FINDING_PASS || finding->verdict == FINDING_SKIPPED)
			print_brief(term, finding);
		else
			print_whole(term, finding);
	}
}

/* The last line but one says what is left out, and how to see it. cut: some are in brief. */
static void print_rest(const struct term *term, unsigned n, bool cut)
{
	if (n > 0)
		fprintf(term->out, "%*sand %u more (--verbose shows them)\n", INDENT, "", n);
	else if (cut)
		fprintf(term->out, "%*s(--verbose shows all of each)\n", INDENT, "");
}

static void print_screen(const struct term *term, const GPtrArray *findings)
{
	unsigned n = findings->len - findings_count(findings, FINDING_PASS) -
		     findings_count(findings, FINDING_SKIPPED);
	unsigned room = SCREEN_LINES - 2; /* the summary, and the line on what is left out */
	unsigned shown = MIN(n, room);
	unsigned spare = room - shown;
	bool full = true;

	for (unsigned i = 0; i < shown; i++) {
		const struct finding *finding = findings->pdata[i];
		unsigned lines = count_lines(term, finding);
		full = full && lines - 1 <= spare;
		if (full) {
			spare -= lines - 1;
			print_whole(term, finding);
		} else {
			print_brief(term, finding);
		}
	}
	print_rest(term, n - shown, !full);
}

void findings_print(const struct term *term, const GPtrArray *findings, bool verbose)
{
	if (verbose)
		print_everything(term, findings);
	else
		print_screen(term, findings);
	print_summary(term, findings);
}

/* ---- JSON ---- */

static void json_list(struct json *json, const char *key, const GPtrArray *list)
{
	json_array(json, key);
	for (guint i = 0; i < list->len; i++)
		json_text(json, NULL, list->pdata[i]);
	json_array_end(json);
}

void findings_json(struct json *json, const GPtrArray *findings)
{
	json_array(json, "findings");
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		json_object(json, NULL);
		json_text(json, "id", finding->id);
		json_text(json, "verdict", finding_verdict_name(finding->verdict));
		json_text(json, "subject", finding->subject);
		json_text(json, "what", finding->what);
		json_list(json, "evidence", finding->evidence);
		json_text(json, "cause", finding->cause);
		json_list(json, "fix", finding->fix);
		json_text(json, "see", finding->see);
		json_object_end(json);
	}
	json_array_end(json);
}
