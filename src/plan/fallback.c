/* An entry of the loader's menu that boots without what this program added: see cmdline_parts.h. It
 * also carries OFF_WORD, by which what runs early in the boot leaves everything alone. */
#include <string.h>

#include "plan/cmdline_parts.h"

#define GRUB_SCRIPT "/etc/grub.d/45_vfiokit"
#define SUFFIX      "without vfiokit"

/* How names of copies end. GRUB compares names of entries as those of packages, and what follows
 * "~" sorts below the same without it (blscfg.c: split_cmp(), vercmp()); a "-" would make the copy
 * the newest kernel, and so the default. systemd-boot sorts "-" below "."; "~" is not for its
 * names. */
#define BLS_COPY    "~vfiokit.conf"
#define SDBOOT_COPY "-without-vfiokit.conf"

/* The oldest systemd-boot that the disk lab has seen to sort so: whether older ones do is not
 * known. */
#define SDBOOT_SORTS 252

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

/* A copy of an entry under another name. The caller looked whether there is one. */
static bool put_copy(struct cmdline_job *job, const char *entry, const char *path)
{
	const char *text = boot_text(job->boot, entry);
	g_autoptr(GError) error = NULL;

	if (!text)
		return job_refuse(job, "boot-unreadable", entry, "this entry cannot be read");
	g_autofree char *copy = make_entry(text, &error);
	if (!copy)
		return job_refuse(job, "boot-uneditable", entry, error->message);
	return job_put_file(job, path, NULL, copy,
			    "keeps an entry in the menu that boots without it");
}

/* "/a/b.conf" → "/a/bENDING". */
static char *copy_path(const char *entry, const char *ending)
{
	g_autofree char *stem = g_strndup(entry, strlen(entry) - strlen(".conf"));

	return g_strconcat(stem, ending, NULL);
}

bool fallback_entry(struct cmdline_job *job)
{
	const char *text = boot_text(job->boot, job->boot->entry);
	g_autofree char *path = copy_path(job->boot->entry, SDBOOT_COPY);
	bool all = text && !job->way_back;

	for (guint i = 0; text && job->add && i < job->add->len; i++)
		all &= edit_has(text, &options_line, job->add->pdata[i]);
	if (all || boot_text(job->boot, path))
		return true; /* nothing changes, or the copy was made before */
	return put_copy(job, job->boot->entry, path);
}

/* ---- entries that a tool writes ---- */

/* The tools take their own entries away with a kernel, and know nothing of ours. */
static void warn_kernel(struct cmdline_job *job, const char *entry)
{
	plan_warn(job->plan, "way-back",
		  "the entry without these parameters is a copy of %s: once the kernel of that "
		  "entry is removed, it starts nothing",
		  strrchr(entry, '/') + 1);
}

/* The first copy that was made; NULL: none. */
static const struct boot_file *find_copy(const struct boot *boot, const char *ending)
{
	g_autofree char *pattern = g_strconcat("*/loader/entries/*", ending, NULL);
	unsigned index = 0;

	return boot_match(boot, pattern, &index);
}

/* entry: NULL where none can be copied. */
static bool copy_generated(struct cmdline_job *job, const struct boot_file *entry,
			   const char *ending)
{
	if (find_copy(job->boot, ending))
		return true;
	if (!entry) {
		fallback_hint(job);
		return true;
	}
	g_autofree char *path = copy_path(entry->path, ending);
	warn_kernel(job, entry->path);
	return put_copy(job, entry->path, path);
}

/* A number above 0 that says which entry is the default: one entry more would shift it. */
static bool is_position(const char *value)
{
	return value && g_ascii_isdigit(*value) && strspn(value, "0123456789") == strlen(value) &&
	       strcmp(value, "0") != 0;
}

static bool counts_entries(const struct boot *boot)
{
	static const struct edit_place chosen = { EDIT_SHELL, "GRUB_DEFAULT", EDIT_LAST, false,
						  false };
	static const char key[] = "\nsaved_entry=";
	const char *settings = boot_text(boot, "/etc/default/grub");
	g_autofree char *value = settings ? edit_value(settings, &chosen, 0) : NULL;
	const char *environment = boot_text(boot, "/boot/grub2/grubenv");
	const char *saved = environment ? strstr(environment, key) : NULL;
	const char *name = saved ? saved + strlen(key) : "";
	g_autofree char *line = g_strndup(name, strcspn(name, "\n"));

	return is_position(value) || is_position(line);
}

/* The entry of the running kernel in such a folder, if it holds its parameters itself. NULL: none,
 * or several. It need not be the one that was booted: that may be a trial's. */
static const struct boot_file *find_running(const struct boot *boot, const char *folder)
{
	const struct boot_file *found = NULL, *file;
	unsigned n = 0;

	for (unsigned i = 0; i < boot->n_kernels; i++) {
		if (!boot->kernels[i].running)
			continue;
		g_autofree char *pattern =
			g_strdup_printf("%s/*-%s.conf", folder, boot->kernels[i].release);
		unsigned index = 0;
		while ((file = boot_match(boot, pattern, &index))) {
			found = file;
			n++;
		}
	}
	return n == 1 && found->text && !strstr(found->text, "$kernelopts") ? found : NULL;
}

/* grubby puts words into every entry, and into the copy, too: out of that they are taken again, by
 * its title (grubby: param_to_indexes()). */
static void clean_copy(struct cmdline_job *job, const char *text, const char *words)
{
	static const struct edit_place title = { EDIT_ENTRY, "title", EDIT_LAST, false, false };
	g_autofree char *value = edit_value(text, &title, 0);
	g_autofree char *which = g_strconcat("--update-kernel=TITLE=", value, NULL);
	g_autofree char *out = g_strconcat("--remove-args=", words, NULL);
	g_autofree char *in = g_strconcat("--args=", words, NULL);
	const char *const argv[] = { "grubby", which, out, NULL };
	const char *const undo[] = { "grubby", which, in, NULL };

	if (value)
		job_run(job, argv, undo, "keeps the entry that boots without it as it was");
}

bool fallback_bls(struct cmdline_job *job, const char *words)
{
	const struct boot *boot = job->boot;
	const struct boot_file *copy = find_copy(boot, BLS_COPY);

	if (copy && copy->text && *words)
		clean_copy(job, copy->text, words);
	return copy_generated(job,
			      counts_entries(boot) ? NULL
						   : find_running(boot, "/boot/loader/entries"),
			      BLS_COPY);
}

bool fallback_is_copy(const char *path)
{
	return g_str_has_suffix(path, BLS_COPY) || g_str_has_suffix(path, SDBOOT_COPY);
}

/* Entries stand newest first in newer ones of systemd-boot, and a copy below what it is of; before,
 * the last was the default (src/boot/efi/boot.c). */
static bool sorts_copies_below(const struct boot *boot)
{
	const char *version = boot->loader_info ? strstr(boot->loader_info, "systemd-boot ") : NULL;

	return version &&
	       g_ascii_strtoull(version + strlen("systemd-boot "), NULL, 10) >= SDBOOT_SORTS;
}

bool fallback_installed(struct cmdline_job *job)
{
	const struct boot *boot = job->boot;

	return copy_generated(job,
			      sorts_copies_below(boot) ? find_running(boot, "*/loader/entries")
						       : NULL,
			      SDBOOT_COPY);
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
