/* Ways back in menus that are made of boot loader entries, a file each: a copy of one of them,
 * under a name by which it is never the default. See fallback.h. */
#include <string.h>

#include "plan/fallback.h"
#include "plan/kept.h"

/* GRUB compares names of entries as those of packages, and what follows "~" sorts below the same
 * without it (blscfg.c: split_cmp(), vercmp()); a "-" would make the copy the newest kernel, and so
 * the default. */
#define BLS_COPY    "~vfiokit.conf"
#define SDBOOT_COPY SDBOOT_OWN "without.conf"

/* The first systemd-boot for which the name of the copy sorts aside whatever the others are. */
#define SDBOOT_SORTS 250

static const struct edit_place options_line = { EDIT_ENTRY, "options", EDIT_LAST, false, false };

/* ---- copies ---- */

/* "title X" → "title X (without vfiokit)", and the switch among the options. NULL: it cannot be. */
static char *make_entry(const char *text, GError **error)
{
	static const struct edit_place title = { EDIT_ENTRY, "title", EDIT_LAST, false, false };
	g_autofree char *half = edit_add(text, &title, "(without", error);
	g_autofree char *named = half ? edit_add(half, &title, "vfiokit)", error) : NULL;

	return named ? edit_add(named, &options_line, OFF_WORD, error) : NULL;
}

static void put_entry(struct cmdline_job *job, const char *path, const char *old, const char *text)
{
	struct step *step = plan_add(job->plan, STEP_FILE, path, old, text,
				     "keeps an entry in the menu that boots without it");

	step->own = true;
	step->last = true;
	job->changed = true;
}

/* One that is there may start what is built anew now. */
static void keep_copy(struct cmdline_job *job, const struct boot_file *copy)
{
	g_autofree char *kept = copy->text ? kept_entry(job, copy->path, copy->text) : NULL;

	if (kept && strcmp(kept, copy->text) != 0)
		put_entry(job, copy->path, copy->text, kept);
}

/* A copy of an entry, whose text this is, at path. The caller looked whether there is one. */
static bool put_copy(struct cmdline_job *job, const char *entry, const char *text, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *copy = make_entry(text, &error);

	if (!copy && job_is_empty(job))
		fallback_hint(job);
	else if (!copy)
		return job_refuse(job, "boot-uneditable", entry, error->message);
	if (!copy)
		return true;
	g_autofree char *kept = kept_entry(job, entry, copy);
	put_entry(job, path, NULL, kept);
	return true;
}

/* The first copy that was made; NULL: none. */
static const struct boot_file *find_copy(const struct boot *boot, const char *ending)
{
	g_autofree char *pattern = g_strconcat("*/loader/entries/*", ending, NULL);
	unsigned index = 0;

	return boot_match(boot, pattern, &index);
}

bool fallback_is_copy(const char *path)
{
	return g_str_has_suffix(path, BLS_COPY) || g_str_has_suffix(path, "/" SDBOOT_COPY);
}

/* ---- systemd-boot ---- */

/* NULL: another loader, or none that is known. */
static const char *sdboot_version(const struct boot *boot)
{
	static const char product[] = "systemd-boot ";
	const char *name = boot->loader_info ? strstr(boot->loader_info, product) : NULL;

	return name ? name + strlen(product) : NULL;
}

/* The default is the last of the names in ascending order up to version 249, the first in
 * descending order later, and the same end of those that match a pattern of loader.conf; in both,
 * "0-…" is at the other end. Before 250, only letters and numbers above 0 are sure to be on the
 * right side of it (src/boot/efi/boot.c: config_entry_compare(), str_verscmp(),
 * strverscmp_improved()). */
bool fallback_is_aside(const struct boot *boot)
{
	static const char *const patterns[] = { "*/loader/entries/*.conf", "*/EFI/Linux/*.efi" };
	const char *version = sdboot_version(boot);
	const struct boot_file *file;
	unsigned index = 0;
	bool aside = true;

	if (version && g_ascii_strtoull(version, NULL, 10) >= SDBOOT_SORTS)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++, index = 0)
		while ((file = boot_match(boot, patterns[i], &index))) {
			const char *name = strrchr(file->path, '/') + 1;
			aside &= g_str_has_prefix(name, SDBOOT_OWN) ||
				 (g_ascii_isalnum(*name) && *name != '0');
		}
	return aside;
}

/* Entries with a sort-key stand in front of those without (from version 251 on). */
static char *drop_sort_key(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *rest = g_string_new(NULL);

	for (char **line = lines; *line; line++)
		if (!g_str_has_prefix(*line + strspn(*line, " \t"), "sort-key"))
			g_string_append_printf(rest, "%s%s", *line, line[1] ? "\n" : "");
	return g_string_free(rest, FALSE);
}

/* From now on until it is all built, a machine that is cut from power starts by that entry. */
static void start_aside(struct cmdline_job *job)
{
	static const char *const once[] = { "bootctl", "set-oneshot", SDBOOT_COPY, NULL };
	static const char *const never[] = { "bootctl", "set-oneshot", "", NULL };

	if (job->kept && sdboot_version(job->boot) && boot_has(job->boot, "bootctl") == TRI_YES)
		plan_add_run(job->plan, once, never,
			     "if the power fails while images are built anew, the next start is by "
			     "that entry")
			->last = true;
}

/* entry: NULL where none can be copied. */
static bool copy_aside(struct cmdline_job *job, const struct boot_file *entry)
{
	const struct boot_file *copy = find_copy(job->boot, SDBOOT_COPY);

	if (copy) {
		keep_copy(job, copy);
		start_aside(job);
		return true;
	}
	if (!entry || !entry->text || !fallback_is_aside(job->boot)) {
		fallback_hint(job);
		return true;
	}
	g_autofree char *folder = g_path_get_dirname(entry->path);
	g_autofree char *path = g_strconcat(folder, "/" SDBOOT_COPY, NULL);
	g_autofree char *text = drop_sort_key(entry->text);
	bool ok = put_copy(job, entry->path, text, path);
	start_aside(job);
	return ok;
}

bool fallback_entry(struct cmdline_job *job)
{
	const struct boot_file *entry = boot_file_find(job->boot, job->boot->entry);
	bool all = entry && entry->text && !job->way_back;

	if (fallback_is_copy(job->boot->entry))
		return job_refuse(job, "boot-uneditable", job->boot->entry,
				  "this machine was started by the entry without vfiokit: start it "
				  "by the usual one first");
	for (guint i = 0; all && job->add && i < job->add->len; i++)
		all = edit_has(entry->text, &options_line, job->add->pdata[i]);
	return all || copy_aside(job, entry);
}

bool fallback_kernelstub(struct cmdline_job *job)
{
	return copy_aside(job, boot_started_entry(job->boot));
}

/* The tools take their own entries away with a kernel, and know nothing of ours. */
static void warn_kernel(struct cmdline_job *job, const char *entry)
{
	plan_warn(job->plan, "way-back",
		  "the entry without these parameters is a copy of %s: once the kernel of that "
		  "entry is removed, it starts nothing",
		  strrchr(entry, '/') + 1);
}

/* ---- unified kernel images ---- */

/* What the kernel was started with, but for what is to be added. NULL: not known. */
static char *words_of_now(const struct cmdline_job *job)
{
	const char *cmdline = job->host->platform.kernel.cmdline;
	GString *text = g_string_new(NULL);
	struct slice word;

	while (cmdline && cmdline_next(&cmdline, &word)) {
		g_autofree char *copy = g_strndup(word.text, word.length);
		bool ours = strcmp(copy, OFF_WORD) == 0;
		for (guint i = 0; job->add && i < job->add->len; i++)
			ours |= strcmp(copy, job->add->pdata[i]) == 0;
		if (!ours)
			g_string_append_printf(text, "%s ", copy);
	}
	return g_string_free(text, text->len == 0);
}

/* The image that systemd-boot has started; NULL: none, or not one whose parameters an entry may
 * set.
 */
static const struct boot_file *find_image(const struct cmdline_job *job)
{
	const struct boot *boot = job->boot;
	g_autofree char *pattern = g_strconcat("*/EFI/Linux/", boot->entry_selected, NULL);
	unsigned index = 0;
	bool may_set = boot->stub_info && sdboot_version(boot) && fallback_is_aside(boot) &&
		       job->host->platform.firmware.secure_boot == TRI_NO;

	return may_set && boot->entry_selected ? boot_match(boot, pattern, &index) : NULL;
}

bool fallback_image(struct cmdline_job *job)
{
	const struct boot *boot = job->boot;
	const struct boot_file *image = find_image(job);
	const struct boot_file *copy = find_copy(boot, SDBOOT_COPY);
	g_autofree char *words = words_of_now(job);

	if (copy) {
		keep_copy(job, copy);
		start_aside(job);
		return true;
	}
	if (!image || !words) {
		fallback_hint(job);
		return true;
	}
	const char *name = strstr(image->path, "/EFI/Linux/");
	g_autofree char *path = g_strdup_printf("%.*s/loader/entries/" SDBOOT_COPY,
						(int)(name - image->path), image->path);
	g_autofree char *text =
		g_strdup_printf("title %s (" WITHOUT_TITLE ")\nefi %s\noptions %s" OFF_WORD "\n",
				boot->os.name ? boot->os.name : "Linux", name, words);
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (boot->kernels[i].running && strstr(name, boot->kernels[i].release))
			warn_kernel(job, name);
	g_autofree char *kept = kept_entry(job, path, text);
	put_entry(job, path, NULL, kept);
	start_aside(job);
	return true;
}

/* ---- entries that a tool writes ---- */

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
	const struct boot_file *entry =
		counts_entries(boot) ? NULL : find_running(boot, "/boot/loader/entries");

	if (copy && copy->text && *words)
		clean_copy(job, copy->text, words);
	if (copy) {
		keep_copy(job, copy);
		return true;
	}
	if (!entry) {
		fallback_hint(job);
		return true;
	}
	g_autofree char *stem = g_strndup(entry->path, strlen(entry->path) - strlen(".conf"));
	g_autofree char *path = g_strconcat(stem, BLS_COPY, NULL);
	warn_kernel(job, entry->path);
	return put_copy(job, entry->path, entry->text, path);
}

bool fallback_installed(struct cmdline_job *job)
{
	const struct boot_file *entry = find_running(job->boot, "*/loader/entries");
	bool new_copy = entry && !find_copy(job->boot, SDBOOT_COPY);

	if (!entry && job->boot->stub_info)
		return fallback_image(job);
	if (new_copy && fallback_is_aside(job->boot))
		warn_kernel(job, entry->path);
	return copy_aside(job, entry);
}
