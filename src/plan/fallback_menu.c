/* Ways back in menus that are one file, written by people: one entry more. See fallback.h. */
#include <string.h>

#include "plan/fallback.h"

static const struct edit_place parameters = { EDIT_CMDLINE, NULL, EDIT_LAST, false, false };

/* Is the value as the job wants it? */
static bool is_as_wanted(const struct cmdline_job *job, const char *value)
{
	bool all = true;

	for (guint i = 0; job->add && i < job->add->len; i++)
		all &= edit_has(value, &parameters, job->add->pdata[i]);
	for (guint i = 0; job->remove && i < job->remove->len; i++)
		all &= !edit_has(value, &parameters, job->remove->pdata[i]);
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
			 edit_has(other, &parameters, copy);
	}
	return within;
}

/* The slot that holds all words of the command line now, and that is not our own entry's; of
 * several, the one that holds no others. -1: none, or several. */
static int find_current(const struct cmdline_job *job, const char *text,
			const struct edit_place *line)
{
	const char *cmdline = job->host->platform.kernel.cmdline;
	int found = -1, exact = -1, matches = 0, exact_matches = 0;
	char *value;

	for (unsigned i = 0; (value = edit_value(text, line, i)); i++) {
		bool same =
			!edit_has(value, &parameters, OFF_WORD) && is_within(job, cmdline, value);
		bool no_others = same && is_within(job, value, cmdline);
		g_free(value);
		found = same ? (int)i : found;
		exact = no_others ? (int)i : exact;
		matches += same;
		exact_matches += no_others;
	}
	if (exact_matches == 1)
		return exact;
	return matches == 1 ? found : -1;
}

/* ---- rEFInd ---- */

/* The line that was booted is changed; where that is not known, the first, which rEFInd takes
 * unless another is chosen. */
bool fallback_refind(struct cmdline_job *job)
{
	struct edit_place place = { EDIT_REFIND, NULL, 0, false, false };
	const char *path = "/boot/refind_linux.conf";
	const char *text = boot_text(job->boot, path);

	place.which = text ? MAX(find_current(job, text, &place), 0) : 0;
	g_autofree char *value = text ? edit_value(text, &place, (unsigned)place.which) : NULL;

	if (!value)
		return job_refuse(job, "boot-unreadable", path,
				  "this file holds no parameters that can be read");
	if (!job->way_back && is_as_wanted(job, value))
		return true;
	bool newline = g_str_has_suffix(text, "\n");
	g_auto(GStrv) quoted = g_strsplit(value, "\"", -1);
	g_autofree char *doubled = g_strjoinv("\"\"", quoted);
	g_autofree char *longer =
		strstr(text, "(" WITHOUT_TITLE ")")
			? g_strdup(text)
			: g_strdup_printf("%s%s\"Boot (" WITHOUT_TITLE ")\" \"%s " OFF_WORD "\"%s",
					  text, newline ? "" : "\n", doubled, newline ? "\n" : "");
	return job_edit_text(job, path, text, longer, &place);
}

/* ---- Limine ---- */

static const struct edit_place limine_line = { EDIT_LIMINE, "cmdline", 0, false, false };

/* Titles begin with "/", with ":" in limine.cfg of before version 8; one more for each level
 * (CONFIG.md, "Entries and sub-entries"). */
static bool is_title(const char *line)
{
	line += strspn(line, " \t");
	return *line == '/' || *line == ':';
}

static unsigned count_slots(const char *text)
{
	unsigned n = 0;
	char *value;

	while ((value = edit_value(text, &limine_line, n))) {
		g_free(value);
		n++;
	}
	return n;
}

/* The lines from a title up to the next one. */
static char *take_entry(char **lines)
{
	GString *text = g_string_new(NULL);

	do {
		g_string_append_printf(text, "%s\n", *lines++);
	} while (*lines && !is_title(*lines));
	return g_string_free(text, FALSE);
}

/* The entry that slot number which is in. NULL: it is in none. The caller's. */
static char *find_entry(char **lines, unsigned which)
{
	for (unsigned n = 0; *lines; lines++) {
		g_autofree char *entry = is_title(*lines) ? take_entry(lines) : NULL;
		unsigned in_it = entry ? count_slots(entry) : 0;
		if (which < n + in_it)
			return in_it == 1 ? g_steal_pointer(&entry) : NULL;
		n += in_it;
	}
	return NULL;
}

/* "//Title\n…" → "\n/Title (without vfiokit)\n…" on the first level, with the switch. NULL: it
 * cannot be. */
static char *make_entry(const char *entry)
{
	const char *mark = entry + strspn(entry, " \t");
	const char *title = mark + strspn(mark, mark[0] == ':' ? ":+" : "/+");
	const char *body = strchr(title, '\n') + 1;
	g_autofree char *name = g_strchomp(g_strndup(title, (size_t)(body - title)));
	g_autofree char *switched = edit_add(body, &limine_line, OFF_WORD, NULL);

	return switched ? g_strdup_printf("\n%c%s (" WITHOUT_TITLE ")\n%s", *mark, name,
					  g_strchomp(switched))
			: NULL;
}

/* Is the default entry one of those that are there, by its number or by its name? One that is
 * counted behind the last would be ours. */
static bool default_is_there(const char *text, char **lines)
{
	static const struct edit_place chosen = { EDIT_LIMINE, "default_entry", 0, false, false };
	g_autofree char *value = edit_value(text, &chosen, 0);
	guint64 number = value ? g_ascii_strtoull(value, NULL, 10) : 0, titles = 0;

	for (; *lines; lines++)
		titles += is_title(*lines);
	return number <= titles;
}

/* The text with one entry more at its end; the caller's. NULL: there is none to be copied, or it
 * would not be as safe. */
static char *append_entry(const char *text, unsigned which)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *entry = find_entry(lines, which);
	g_autofree char *copy = entry && default_is_there(text, lines) ? make_entry(entry) : NULL;

	return copy ? g_strdup_printf("%s%s%s\n", text, g_str_has_suffix(text, "\n") ? "" : "\n",
				      copy)
		    : NULL;
}

bool fallback_limine(struct cmdline_job *job)
{
	const char *path = job->boot->limine_conf;
	const char *text = path ? boot_text(job->boot, path) : NULL;
	int which = text ? find_current(job, text, &limine_line) : -1;
	const struct edit_place place = { EDIT_LIMINE, "cmdline", which, false, false };

	if (which < 0)
		return job_refuse(job, "boot-uneditable", path ? path : "limine.conf",
				  "it is not certain which entry was booted");
	g_autofree char *value = edit_value(text, &limine_line, (unsigned)which);
	if (!job->way_back && is_as_wanted(job, value))
		return true;
	g_autofree char *longer = strstr(text, "(" WITHOUT_TITLE ")")
					  ? g_strdup(text)
					  : append_entry(text, (unsigned)which);
	if (!longer)
		fallback_hint(job);
	return job_edit_text(job, path, text, longer ? longer : text, &place);
}
