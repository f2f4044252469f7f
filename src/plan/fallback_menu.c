/* See fallback_menu.h. */
#include "plan/fallback_menu.h"

#include <string.h>

const struct edit_place fallback_parameters = { EDIT_CMDLINE, NULL, EDIT_LAST, false, false };

bool fallback_is_as_wanted(const struct cmdline_job *job, const char *value)
{
	bool all = true;

	for (guint i = 0; job->add && i < job->add->len; i++)
		all &= edit_has(value, &fallback_parameters, job->add->pdata[i]);
	for (guint i = 0; job->remove && i < job->remove->len; i++)
		all &= !edit_has(value, &fallback_parameters, job->remove->pdata[i]);
	return all;
}

/* ---- which line was booted ---- */

static bool is_among(const GPtrArray *words, const char *word)
{
	for (guint i = 0; words && i < words->len; i++)
		if (strcmp(words->pdata[i], word) == 0)
			return true;
	return false;
}

/* Are all words of one text in the other? The loader's own, and ours, do not count. */
static bool is_within(const struct cmdline_job *job, const char *text, const char *other)
{
	struct slice word;
	bool within = text != NULL;

	while (within && cmdline_next(&text, &word)) {
		g_autofree char *copy = g_strndup(word.text, word.length);
		within = g_str_has_prefix(copy, "initrd=") || strcmp(copy, OFF_WORD) == 0 ||
			 is_among(job->add, copy) || is_among(job->remove, copy) ||
			 edit_has(other, &fallback_parameters, copy);
	}
	return within;
}

int fallback_find_current(const struct cmdline_job *job, const char *text,
			  const struct edit_place *line,
			  bool (*starts)(const struct cmdline_job *job, const char *text,
					 unsigned which))
{
	const char *cmdline = job->host->platform.kernel.cmdline;
	int found[3] = { -1, -1, -1 }, matches[3] = { 0 };
	char *value;

	for (unsigned i = 0; (value = edit_value(text, line, i)); i++) {
		bool same = !edit_has(value, &fallback_parameters, OFF_WORD) &&
			    is_within(job, cmdline, value);
		bool no_others = same && is_within(job, value, cmdline);
		bool running = no_others && starts && starts(job, text, i);
		const bool fits[] = { same, no_others, running };
		g_free(value);
		for (unsigned j = 0; j < G_N_ELEMENTS(fits); j++) {
			found[j] = fits[j] ? (int)i : found[j];
			matches[j] += fits[j];
		}
	}
	for (unsigned j = G_N_ELEMENTS(found); j > 0; j--)
		if (matches[j - 1] == 1)
			return found[j - 1];
	return -1;
}

bool fallback_keep_last(struct cmdline_job *job, bool ok)
{
	const GPtrArray *steps = job->plan->steps;

	if (ok && job->kept && steps->len > 0)
		((struct step *)steps->pdata[steps->len - 1])->last = true;
	return ok;
}
