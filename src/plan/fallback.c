/* An entry of the loader's menu that boots without what this program added: see cmdline_parts.h. It
 * also carries OFF_WORD, by which what runs early in the boot leaves everything alone. */
#include <string.h>

#include "plan/cmdline_parts.h"

#define GRUB_SCRIPT "/etc/grub.d/45_vfiokit"
#define SUFFIX      "without vfiokit"

static const struct edit_place options_line = { EDIT_ENTRY, "options", EDIT_LAST, false, false };

/* ---- GRUB ---- */

/* "'WORD') ;;", a pattern of the shell's that leaves the word out. The caller's. */
static char *script_line(const char *word)
{
	g_auto(GStrv) parts = g_strsplit(word, "'", -1);
	g_autofree char *quoted = g_strjoinv("'\\''", parts);

	return g_strdup_printf("\t'%s') ;;\n", quoted);
}

/* grub-mkconfig exports what its scripts need: so 10_linux can be run once more with other values.
 * A way back must not keep the menu from being written: whatever goes wrong in it, it says nothing.
 */
static char *grub_script(const GPtrArray *words)
{
	GString *text = g_string_new("#!/bin/sh\n"
				     "# Written by vfiokit; 'vfiokit undo' takes it away.\n"
				     "# Entries that boot without what vfiokit added.\n"
				     "[ -x /etc/grub.d/10_linux ] || exit 0\n"
				     "words=\n"
				     "for word in $GRUB_CMDLINE_LINUX_DEFAULT; do\n"
				     "\tcase \"$word\" in\n");

	for (guint i = 0; words && i < words->len; i++) {
		g_autofree char *line = script_line(words->pdata[i]);
		g_string_append(text, line);
	}
	g_string_append(text, "\t*) words=\"$words $word\" ;;\n"
			      "\tesac\n"
			      "done\n"
			      "GRUB_CMDLINE_LINUX_DEFAULT=\"${words# } " OFF_WORD "\"\n"
			      "GRUB_DISTRIBUTOR=\"${GRUB_DISTRIBUTOR:-Linux} (" SUFFIX ")\"\n"
			      "GRUB_DISABLE_RECOVERY=true\n"
			      "GRUB_DISABLE_SUBMENU=\n"
			      "export GRUB_CMDLINE_LINUX_DEFAULT GRUB_DISTRIBUTOR "
			      "GRUB_DISABLE_RECOVERY GRUB_DISABLE_SUBMENU\n"
			      "/etc/grub.d/10_linux 2>/dev/null || :\n");
	return g_string_free(text, FALSE);
}

/* A script that is there already, with the words that it does not take out yet. */
static char *extend_script(const char *old, const GPtrArray *words)
{
	g_auto(GStrv) halves = g_strsplit(old, "\t*)", 2);
	GString *text = g_string_new(halves[0]);

	for (guint i = 0; halves[1] && words && i < words->len; i++) {
		g_autofree char *line = script_line(words->pdata[i]);
		if (!strstr(old, line))
			g_string_append(text, line);
	}
	if (halves[1])
		g_string_append_printf(text, "\t*)%s", halves[1]);
	return g_string_free(text, FALSE);
}

bool fallback_grub(struct cmdline_job *job)
{
	const char *old = boot_text(job->boot, GRUB_SCRIPT);
	g_autofree char *script = old ? extend_script(old, job->add) : grub_script(job->add);

	if (!job->changed && !job->way_back)
		return true;
	job_put_file(job, GRUB_SCRIPT, old, script,
		     "keeps an entry in the menu that boots without it");
	if (!old)
		((struct step *)job->plan->steps->pdata[job->plan->steps->len - 1])->mode = 0755;
	return true;
}

/* ---- systemd-boot ---- */

/* "title X" → "title X (without vfiokit)", and the switch among the options. NULL: it cannot be. */
static char *make_entry(const char *text, GError **error)
{
	static const struct edit_place title = { EDIT_ENTRY, "title", EDIT_LAST, false, false };
	g_autofree char *half = edit_add(text, &title, "(without", error);
	g_autofree char *named = half ? edit_add(half, &title, "vfiokit)", error) : NULL;

	return named ? edit_add(named, &options_line, OFF_WORD, error) : NULL;
}

bool fallback_entry(struct cmdline_job *job)
{
	const char *text = boot_text(job->boot, job->boot->entry);
	g_autofree char *stem =
		g_strndup(job->boot->entry, strlen(job->boot->entry) - strlen(".conf"));
	g_autofree char *path = g_strconcat(stem, "-without-vfiokit.conf", NULL);
	g_autoptr(GError) error = NULL;

	if (!text)
		return job_refuse(job, "boot-unreadable", job->boot->entry,
				  "this entry cannot be read");
	bool all = !job->way_back;
	for (guint i = 0; job->add && i < job->add->len; i++)
		all &= edit_has(text, &options_line, job->add->pdata[i]);
	if (all || boot_text(job->boot, path))
		return true; /* nothing changes, or the copy was made before */
	g_autofree char *copy = make_entry(text, &error);
	if (!copy)
		return job_refuse(job, "boot-uneditable", job->boot->entry, error->message);
	return job_put_file(job, path, NULL, copy,
			    "keeps an entry in the menu that boots without it");
}

/* ---- rEFInd ---- */

/* Is the value as the job wants it? */
static bool is_as_wanted(const struct cmdline_job *job, const char *value)
{
	static const struct edit_place line = { EDIT_CMDLINE, NULL, EDIT_LAST, false, false };
	bool all = true;

	for (guint i = 0; job->add && i < job->add->len; i++)
		all &= edit_has(value, &line, job->add->pdata[i]);
	for (guint i = 0; job->remove && i < job->remove->len; i++)
		all &= !edit_has(value, &line, job->remove->pdata[i]);
	return all;
}

bool fallback_refind(struct cmdline_job *job)
{
	static const struct edit_place first = { EDIT_REFIND, NULL, 0, false, false };
	const char *path = "/boot/refind_linux.conf";
	const char *text = boot_text(job->boot, path);
	g_autofree char *value = text ? edit_value(text, &first, 0) : NULL;

	if (!value)
		return job_refuse(job, "boot-unreadable", path,
				  "this file holds no parameters that can be read");
	if (is_as_wanted(job, value))
		return true;
	bool newline = g_str_has_suffix(text, "\n");
	g_auto(GStrv) quoted = g_strsplit(value, "\"", -1);
	g_autofree char *doubled = g_strjoinv("\"\"", quoted);
	g_autofree char *longer =
		strstr(text, "(" SUFFIX ")")
			? g_strdup(text)
			: g_strdup_printf("%s%s\"Boot (" SUFFIX ")\" \"%s " OFF_WORD "\"%s", text,
					  newline ? "" : "\n", doubled, newline ? "\n" : "");
	return job_edit_text(job, path, text, longer, &first);
}

/* ---- Limine ---- */

/* The slot whose words are those of the command line now; -1: none, or several. */
static int find_current(const struct cmdline_job *job, const char *text)
{
	static const struct edit_place any = { EDIT_LIMINE, "cmdline", EDIT_LAST, false, false };
	static const struct edit_place line = { EDIT_CMDLINE, NULL, EDIT_LAST, false, false };
	int found = -1, matches = 0;
	char *value;

	for (unsigned i = 0; (value = edit_value(text, &any, i)); i++) {
		const char *cmdline = job->host->platform.kernel.cmdline;
		bool same = cmdline != NULL;
		struct slice word;
		while (same && cmdline_next(&cmdline, &word)) {
			g_autofree char *copy = g_strndup(word.text, word.length);
			same = g_str_has_prefix(copy, "initrd=") || edit_has(value, &line, copy);
		}
		g_free(value);
		found = same ? (int)i : found;
		matches += same;
	}
	return matches == 1 ? found : -1;
}

bool fallback_limine(struct cmdline_job *job)
{
	const char *path = job->boot->limine_conf;
	const char *text = path ? boot_text(job->boot, path) : NULL;
	int which = text ? find_current(job, text) : -1;
	const struct edit_place place = { EDIT_LIMINE, "cmdline", which, false, false };

	if (which < 0)
		return job_refuse(job, "boot-uneditable", path ? path : "limine.conf",
				  "it is not certain which entry was booted");
	fallback_hint(job);
	return job_edit_text(job, path, text, text, &place);
}

/* ---- in words ---- */

void fallback_hint(struct cmdline_job *job)
{
	plan_warn(job->plan, "way-back",
		  "the loader's menu gets no entry of its own without these parameters: where one "
		  "is needed, press 'e' in the menu, take them away, and add " OFF_WORD);
}
