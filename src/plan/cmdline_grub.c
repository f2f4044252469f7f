/* Chains that end in a menu of GRUB's that grub-mkconfig writes: see cmdline_chains.h. */
#include <string.h>

#include "plan/cmdline_chains.h"
#include "plan/fallback.h"

#define DROPIN "/etc/default/grub.d/99-vfiokit.cfg"

static const struct edit_place grub_default = { EDIT_SHELL, "GRUB_CMDLINE_LINUX_DEFAULT", EDIT_LAST,
						false, false };
static const struct edit_place grub_always = { EDIT_SHELL, "GRUB_CMDLINE_LINUX", EDIT_LAST, false,
					       false };

static bool grub_has(const struct boot *boot, const char *word)
{
	static const char *const patterns[] = { "/etc/default/grub", "/etc/default/grub.d/*" };

	for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
		const struct boot_file *file;
		unsigned index = 0;
		while ((file = boot_match(boot, patterns[i], &index)))
			if (file->text && (edit_has(file->text, &grub_default, word) ||
					   edit_has(file->text, &grub_always, word)))
				return true;
	}
	return false;
}

/* Takes words away from a file of GRUB's, where it has them. */
static void remove_from_grub(struct cmdline_job *job, const char *path)
{
	const char *old = boot_text(job->boot, path);
	g_autofree char *now = g_strdup(old);

	for (guint i = 0; old && job->remove && i < job->remove->len; i++) {
		g_autofree char *half = edit_remove(now, &grub_default, job->remove->pdata[i]);
		g_free(now);
		now = edit_remove(half, &grub_always, job->remove->pdata[i]);
	}
	if (old)
		job_put_file(job, path, old, now, NULL);
}

/* GRUB reads its menu as a script of its own, and grub-mkconfig writes words into it as they are.
 */
static bool check_grub_words(struct cmdline_job *job)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_.,:=/@%+-*~!^?[]";

	for (guint i = 0; job->add && i < job->add->len; i++) {
		const char *word = job->add->pdata[i];
		if (word[strspn(word, plain)] != '\0')
			return job_refuse(job, "boot-uneditable", "/etc/default/grub",
					  "a parameter holds what means something to GRUB");
	}
	return true;
}

/* The file that is read after ours, and would take our words away again; NULL: none. */
static const char *find_later(const struct boot *boot)
{
	const struct boot_file *file;
	unsigned index = 0;

	while ((file = boot_match(boot, "/etc/default/grub.d/*.cfg", &index)))
		if (file->text && strcmp(file->path, DROPIN) > 0 &&
		    edit_sets_anew(file->text, &grub_default))
			return file->path;
	return NULL;
}

/* Puts the words into a file of our own. */
static bool write_dropin(struct cmdline_job *job)
{
	const char *later = find_later(job->boot);

	if (later)
		return job_refuse(job, "boot-uneditable", later,
				  "this file is read after " DROPIN
				  ", and sets GRUB_CMDLINE_LINUX_DEFAULT anew");
	return job_edit_file(job, DROPIN, &grub_default,
			     "# Written by vfiokit; 'vfiokit undo' takes it away.\n"
			     "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT\"\n");
}

static bool grub_edit(struct cmdline_job *job, bool dropin)
{
	g_autoptr(GPtrArray) missing = g_ptr_array_new();
	const GPtrArray *all = job->add;
	const struct boot_file *file;
	unsigned index = 0;
	bool ok = true;

	if (!check_grub_words(job))
		return false;
	for (guint i = 0; all && i < all->len; i++)
		if (!grub_has(job->boot, all->pdata[i]))
			g_ptr_array_add(missing, all->pdata[i]);
	if (dropin || missing->len == 0)
		remove_from_grub(job, "/etc/default/grub");
	while ((file = boot_match(job->boot, "/etc/default/grub.d/*", &index)))
		if (strcmp(file->path, DROPIN) != 0)
			remove_from_grub(job, file->path);
	job->add = missing;
	if (dropin && missing->len > 0)
		ok = write_dropin(job);
	else if (missing->len > 0)
		ok = job_edit_file(job, "/etc/default/grub", &grub_default, NULL);
	if (ok)
		ok = fallback_grub(job);
	job->add = all;
	return ok;
}

static void run_mkconfig(struct cmdline_job *job)
{
	const char *cfg = job->boot->grub_cfg ? job->boot->grub_cfg : "/boot/grub/grub.cfg";
	bool two = strstr(cfg, "/grub2/") || strstr(cfg, "/EFI/");
	const char *tool = two ? "grub2-mkconfig" : "grub-mkconfig";
	const char *const short_form[] = { "update-grub", NULL };
	const char *const long_form[] = { tool, "-o", cfg, NULL };
	bool has_short = job->boot->chain == BOOT_GRUB_DROPIN;

	struct step *step = job_run_if_changed(job, has_short ? short_form : long_form,
					       "writes GRUB's menu anew", cfg);
	if (step) /* the menu keeps the way back until all else is undone */
		step->last = job->kept;
}

bool chain_grub(struct cmdline_job *job)
{
	bool ok = grub_edit(job, job->boot->chain == BOOT_GRUB_DROPIN);

	run_mkconfig(job);
	return ok;
}

bool chain_proxmox_grub(struct cmdline_job *job)
{
	bool ok = grub_edit(job, true);

	chain_refresh_proxmox(job);
	return ok;
}
