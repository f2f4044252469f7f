/* See finding.h. */
#include "model/finding.h"

#include <string.h>

#include "base/text.h"

static const char *const names[] = {
	[FINDING_FAIL] = "fail",       [FINDING_WARN] = "warn", [FINDING_UNKNOWN] = "unknown",
	[FINDING_SKIPPED] = "skipped", [FINDING_PASS] = "pass",
};

const char *finding_verdict_name(enum finding_verdict verdict)
{
	return names[verdict];
}

static void finding_free(void *data)
{
	struct finding *finding = data;

	g_free(finding->subject);
	g_free(finding->what);
	g_free(finding->cause);
	g_ptr_array_unref(finding->evidence);
	g_ptr_array_unref(finding->fix);
	g_free(finding);
}

GPtrArray *findings_new(void)
{
	return g_ptr_array_new_with_free_func(finding_free);
}

G_GNUC_PRINTF(1, 0)
static char *format_text(const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);

	return text_printable(text, strlen(text));
}

struct finding *finding_add_list(GPtrArray *findings, const char *id, enum finding_verdict verdict,
				 const char *subject, const char *format, va_list args)
{
	struct finding *finding = g_new0(struct finding, 1);

	finding->id = id;
	finding->verdict = verdict;
	finding->subject = text_printable(subject, strlen(subject));
	finding->what = format_text(format, args);
	finding->evidence = g_ptr_array_new_with_free_func(g_free);
	finding->fix = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(findings, finding);
	return finding;
}

struct finding *finding_add(GPtrArray *findings, const char *id, enum finding_verdict verdict,
			    const char *subject, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = finding_add_list(findings, id, verdict, subject, format, args);
	va_end(args);
	return finding;
}

void finding_evidence(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(finding->evidence, format_text(format, args));
	va_end(args);
}

void finding_cause(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_free(finding->cause);
	finding->cause = format_text(format, args);
	va_end(args);
}

void finding_fix(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(finding->fix, format_text(format, args));
	va_end(args);
}

void findings_sort(GPtrArray *findings)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();

	for (int verdict = 0; verdict < FINDING_N_VERDICTS; verdict++)
		for (guint i = 0; i < findings->len; i++) {
			struct finding *finding = findings->pdata[i];
			if ((int)finding->verdict == verdict)
				g_ptr_array_add(sorted, finding);
		}
	if (sorted->len > 0)
		memcpy(findings->pdata, sorted->pdata, sorted->len * sizeof(*sorted->pdata));
}

unsigned findings_count(const GPtrArray *findings, enum finding_verdict verdict)
{
	unsigned n = 0;

	for (guint i = 0; i < findings->len; i++)
		n += ((const struct finding *)findings->pdata[i])->verdict == verdict;
	return n;
}

bool findings_has_bad(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = findings->pdata[i];
		if (strcmp(finding->id, id) == 0 && finding->verdict <= FINDING_WARN)
			return true;
	}
	return false;
}

bool findings_are_bad(const GPtrArray *findings)
{
	return findings_count(findings, FINDING_FAIL) + findings_count(findings, FINDING_WARN) > 0;
}
