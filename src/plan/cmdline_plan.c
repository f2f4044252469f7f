/* See cmdline_plan.h: a row for each chain. Facts about the tools: design notes, from their manuals
 * (grub-mkconfig, grubby(8), kernel-install(8), mkinitcpio(8), dracut.conf(5), rpm-ostree(1)). */
#include "plan/cmdline_plan.h"

#include <string.h>

#include "edit/edit.h"
#include "plan/cmdline_parts.h"
#include "plan/initramfs.h"

#define DROPIN "/etc/default/grub.d/99-vfiokit.cfg"

/* ---- words ---- */

bool job_is_empty(const struct cmdline_job *job)
{
	return (!job->add || job->add->len == 0) && (!job->remove || job->remove->len == 0);
}

char *job_words(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; words && i < words->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
				       (const char *)words->pdata[i]);
	return g_string_free(text, FALSE);
}

static char *why_words(const struct cmdline_job *job)
{
	g_autofree char *add = job_words(job->add);
	g_autofree char *gone = job_words(job->remove);

	if (job_is_empty(job))
		return g_strdup("keeps an entry in the menu that boots without it");
	return g_strdup_printf("parameters of the kernel:%s%s%s%s", *add ? " with " : "", add,
			       *gone ? " without " : "", gone);
}

/* ---- files ---- */

/* The text with all words that must be there and none that must not. NULL: it cannot be done. */
static char *edit_words(const struct cmdline_job *job, const char *text,
			const struct edit_place *place, GError **error)
{
	char *now = g_strdup(text);

	for (guint i = 0; job->remove && i < job->remove->len; i++) {
		char *next = edit_remove(now, place, job->remove->pdata[i]);
		g_free(now);
		now = next;
	}
	for (guint i = 0; now && job->add && i < job->add->len; i++) {
		char *next = edit_add(now, place, job->add->pdata[i], error);
		g_free(now);
		now = next;
	}
	return now;
}

bool job_refuse(struct cmdline_job *job, const char *id, const char *subject, const char *what)
{
	g_autofree char *add = job_words(job->add);
	g_autofree char *gone = job_words(job->remove);

	plan_refuse(job->plan, id, subject, false, "%s. Do it by hand:%s%s%s%s", what,
		    *add ? " add to the kernel's command line: " : "", add,
		    *gone ? " take away from it: " : "", gone);
	return false;
}

bool job_put_file(struct cmdline_job *job, const char *path, const char *old, const char *text,
		  const char *why)
{
	if (g_strcmp0(old, text) == 0)
		return true;
	g_autofree char *words = why ? NULL : why_words(job);
	plan_add(job->plan, STEP_FILE, path, old, text, why ? why : words);
	job->changed = true;
	return true;
}

bool job_edit_text(struct cmdline_job *job, const char *path, const char *old, const char *from,
		   const struct edit_place *place)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = edit_words(job, from, place, &error);

	if (!text)
		return job_refuse(job, "boot-uneditable", path,
				  error ? error->message : "this file cannot be changed");
	return job_put_file(job, path, old, text, NULL);
}

bool job_edit_file(struct cmdline_job *job, const char *path, const struct edit_place *place,
		   const char *otherwise)
{
	const char *old = boot_text(job->boot, path);
	enum tri there = boot_file_find(job->boot, path) ? boot_has(job->boot, path) : TRI_NO;

	if (!old && (there != TRI_NO || !otherwise))
		return job_refuse(job, "boot-unreadable", path,
				  "this file is needed, and cannot be read");
	return job_edit_text(job, path, old, old ? old : otherwise, place);
}

/* ---- programs ---- */

void job_run(struct cmdline_job *job, const char *const *argv, const char *const *undo,
	     const char *why)
{
	plan_add_run(job->plan, argv, undo, why);
}

/* made: the menu that it writes, in which the first of the words must be then; NULL: none. Returns
 * the step, NULL where nothing was changed. */
static struct step *run_if_changed(struct cmdline_job *job, const char *const *argv,
				   const char *why, const char *made)
{
	if (!job->changed)
		return NULL;
	struct step *step = plan_add_run(job->plan, argv, NULL, why);
	if (made && job->add && job->add->len > 0) {
		step->path = g_strdup(made);
		step->new_value = g_strdup(job->add->pdata[0]);
	}
	return step;
}

/* ---- GRUB ---- */

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
	const char *tool = strstr(cfg, "/grub2/") ? "grub2-mkconfig" : "grub-mkconfig";
	const char *const short_form[] = { "update-grub", NULL };
	const char *const long_form[] = { tool, "-o", cfg, NULL };
	bool has_short = job->boot->chain == BOOT_GRUB_DROPIN;

	struct step *step = run_if_changed(job, has_short ? short_form : long_form,
					   "writes GRUB's menu anew", cfg);
	if (step) /* the menu keeps the way back until all else is undone */
		step->last = job->kept;
}

static bool plan_grub(struct cmdline_job *job)
{
	bool ok = grub_edit(job, job->boot->chain == BOOT_GRUB_DROPIN);

	run_mkconfig(job);
	return ok;
}

static const char *const refresh[] = { "proxmox-boot-tool", "refresh", NULL };

static bool plan_proxmox_grub(struct cmdline_job *job)
{
	bool ok = grub_edit(job, true);

	run_if_changed(job, refresh, "writes the menus on all EFI system partitions anew", NULL);
	return ok;
}

/* ---- tools that are told the words ---- */

static bool entries_have(const struct boot *boot, const char *word)
{
	static const struct edit_place options = { EDIT_ENTRY, "options", EDIT_LAST, false, false };
	const struct boot_file *file;
	unsigned index = 0, n = 0;

	while ((file = boot_match(boot, "/boot/loader/entries/*.conf", &index))) {
		if (fallback_is_copy(file->path))
			continue;
		bool shared = file->text && strstr(file->text, "$kernelopts");
		const char *environment = boot_text(boot, "/boot/grub2/grubenv");
		bool has = file->text && (edit_has(file->text, &options, word) ||
					  (shared && environment && strstr(environment, word)));
		if (!has)
			return false;
		n++;
	}
	return n > 0;
}

static bool is_configured(const struct boot *boot, const char *word)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\"", word);
	const char *text = boot_text(boot, "/etc/kernelstub/configuration");
	const char *user = text ? strstr(text, "\"user\"") : NULL;

	return user && strstr(user, quoted);
}

/* The words of list of which has() is not, or is. The caller's array; not the words. */
static GPtrArray *choose_words(const struct boot *boot, const GPtrArray *list, bool there,
			       bool (*has)(const struct boot *boot, const char *word))
{
	GPtrArray *chosen = g_ptr_array_new();

	for (guint i = 0; list && i < list->len; i++)
		if (has(boot, list->pdata[i]) == there)
			g_ptr_array_add(chosen, list->pdata[i]);
	return chosen;
}

static bool plan_grubby(struct cmdline_job *job)
{
	g_autoptr(GPtrArray) missing = choose_words(job->boot, job->add, false, entries_have);
	g_autofree char *words = job_words(missing);
	g_autofree char *gone = job_words(job->remove);
	g_autofree char *args = g_strconcat("--args=", words, NULL);
	g_autofree char *no_args = g_strconcat("--remove-args=", words, NULL);
	g_autofree char *args_gone = g_strconcat("--args=", gone, NULL);
	g_autofree char *no_args_gone = g_strconcat("--remove-args=", gone, NULL);
	const char *const all = "--update-kernel=ALL";
	const char *const add[] = { "grubby", all, args, NULL };
	const char *const add_undo[] = { "grubby", all, no_args, NULL };
	const char *const take[] = { "grubby", all, no_args_gone, NULL };
	const char *const take_undo[] = { "grubby", all, args_gone, NULL };

	if (*gone)
		job_run(job, take, take_undo, "changes every boot loader entry");
	if (*words)
		job_run(job, add, add_undo,
			"changes every boot loader entry, and those of kernels to come");
	return (!*words && !*gone) || fallback_bls(job, words);
}

/* One option for each word, as rpm-ostree wants it. The caller's (g_strfreev). */
static char **ostree_argv(const struct cmdline_job *job, const char *add, const char *remove)
{
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, g_strdup("rpm-ostree"));
	g_ptr_array_add(argv, g_strdup("kargs"));
	for (guint i = 0; job->remove && i < job->remove->len; i++)
		g_ptr_array_add(argv, g_strconcat(remove, job->remove->pdata[i], NULL));
	for (guint i = 0; job->add && i < job->add->len; i++)
		g_ptr_array_add(argv, g_strconcat(add, job->add->pdata[i], NULL));
	g_ptr_array_add(argv, NULL);
	return (char **)(void *)g_ptr_array_free(argv, FALSE);
}

static bool plan_ostree(struct cmdline_job *job)
{
	g_autoptr(GPtrArray) missing = choose_words(job->boot, job->add, false, entries_have);
	struct cmdline_job rest = *job;

	rest.add = missing;
	if (job_is_empty(&rest))
		return true;
	g_auto(GStrv) argv = ostree_argv(&rest, "--append-if-missing=", "--delete-if-present=");
	g_auto(GStrv) undo = ostree_argv(&rest, "--delete-if-present=", "--append-if-missing=");
	job_run(job, (const char *const *)argv, (const char *const *)undo,
		"makes a new deployment; the one of now stays in the menu");
	return true;
}

static bool plan_kernelstub(struct cmdline_job *job)
{
	g_autoptr(GPtrArray) missing = choose_words(job->boot, job->add, false, is_configured);
	g_autoptr(GPtrArray) there = choose_words(job->boot, job->remove, true, is_configured);
	g_autofree char *words = job_words(missing);
	g_autofree char *gone = job_words(there);
	const char *const add[] = { "kernelstub", "-a", words, NULL };
	const char *const take[] = { "kernelstub", "-d", words, NULL };
	const char *const add_gone[] = { "kernelstub", "-a", gone, NULL };
	const char *const take_gone[] = { "kernelstub", "-d", gone, NULL };

	if (*words || *gone)
		fallback_kernelstub(job);
	if (*gone)
		job_run(job, take_gone, add_gone, "changes the entry of systemd-boot");
	if (*words)
		job_run(job, add, take, "changes the entry of systemd-boot");
	return true;
}

/* ---- /etc/kernel/cmdline ---- */

static const struct edit_place first_line = { EDIT_CMDLINE, NULL, EDIT_LAST, false, false };

/* What /etc/kernel/cmdline is made from where there is none: the file that stands in for it, else
 * what is on the command line now without what the loader put there. NULL: not known. */
static char *make_cmdline(const struct cmdline_job *job)
{
	static const char *const loaders[] = { "BOOT_IMAGE=", "initrd=", "systemd.machine_id=" };
	const char *vendor = boot_text(job->boot, "/usr/lib/kernel/cmdline");
	const char *cmdline = job->host->platform.kernel.cmdline;
	GString *text = g_string_new(NULL);
	struct slice word;

	while (!vendor && cmdline && cmdline_next(&cmdline, &word)) {
		bool own = false;
		for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++)
			own |= word.length >= strlen(loaders[i]) &&
			       strncmp(word.text, loaders[i], strlen(loaders[i])) == 0;
		if (!own)
			g_string_append_printf(text, "%s%.*s", text->len > 0 ? " " : "",
					       (int)word.length, word.text);
	}
	if (vendor || text->len == 0) {
		g_string_free(text, TRUE);
		return g_strdup(vendor);
	}
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

static bool edit_cmdline(struct cmdline_job *job)
{
	g_autofree char *otherwise = make_cmdline(job);

	return job_edit_file(job, "/etc/kernel/cmdline", &first_line, otherwise);
}

static bool plan_proxmox(struct cmdline_job *job)
{
	bool ok = edit_cmdline(job);

	run_if_changed(job, refresh, "writes the menus on all EFI system partitions anew", NULL);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

static bool plan_sdbootutil(struct cmdline_job *job)
{
	static const char *const argv[] = { "sdbootutil", "update-all-entries", NULL };
	bool ok = edit_cmdline(job);

	run_if_changed(job, argv, "writes all boot loader entries anew", NULL);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

/* systemd from version 256 on installs all kernels at once (kernel-install(8)). */
static bool has_add_all(const struct boot *boot)
{
	const char *text = boot->loader_info ? boot->loader_info : boot->stub_info;
	const char *digits = text ? strpbrk(text, "0123456789") : NULL;

	return digits && g_ascii_strtoull(digits, NULL, 10) >= 256;
}

static bool run_kernel_install(struct cmdline_job *job)
{
	static const char *const again[] = { "reinstall-kernels", NULL };
	static const char *const all[] = { "kernel-install", "add-all", NULL };
	const struct boot *boot = job->boot;
	const char *why = "writes the boot loader's entry of every kernel anew";

	if (job->way_back && initramfs_installs(job->host))
		return true;
	if (boot_has(boot, "reinstall-kernels") == TRI_YES) {
		run_if_changed(job, again, why, NULL);
		return true;
	}
	if (has_add_all(boot)) {
		run_if_changed(job, all, why, NULL);
		return true;
	}
	for (unsigned i = 0; i < boot->n_kernels; i++) {
		const struct boot_kernel *kernel = &boot->kernels[i];
		const char *const one[] = { "kernel-install", "add", kernel->release, kernel->image,
					    NULL };
		if (!kernel->image)
			return job_refuse(job, "boot-uneditable", kernel->release,
					  "the image of this kernel was not found");
		run_if_changed(job, one, "writes the boot loader's entry of this kernel anew",
			       NULL);
	}
	return true;
}

static bool plan_kernel_install(struct cmdline_job *job)
{
	if (!edit_cmdline(job))
		return false;
	return !job->changed || (fallback_installed(job) && run_kernel_install(job));
}

/* ---- others ---- */

static bool plan_sdboot_manage(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_SHELL, "LINUX_OPTIONS", EDIT_LAST, false,
						 false };
	static const char *const argv[] = { "sdboot-manage", "gen", NULL };
	bool ok = job_edit_file(job, "/etc/sdboot-manage.conf", &place, NULL);

	run_if_changed(job, argv, "writes all boot loader entries anew", NULL);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

static bool plan_entries(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_ENTRY, "options", EDIT_LAST, false, false };

	return fallback_entry(job) && job_edit_file(job, job->boot->entry, &place, NULL);
}

/* Drop-ins where they are in use, and hold where the root is. */
static bool uses_cmdline_d(const struct boot *boot)
{
	const char *text = boot_text(boot, "/etc/kernel/cmdline");
	unsigned index = 0;

	return boot_match(boot, "/etc/cmdline.d/*.conf", &index) &&
	       !(text && strstr(text, "root="));
}

/* Not where the same is done for what shall be in the initramfs. */
static void build_images(struct cmdline_job *job, enum initramfs initramfs, const char *const *argv)
{
	if (job->changed)
		fallback_image(job);
	if (!job->way_back || job->boot->initramfs != initramfs)
		run_if_changed(job, argv, "builds all unified kernel images anew", NULL);
}

static bool plan_uki_mkinitcpio(struct cmdline_job *job)
{
	static const char *const argv[] = { "mkinitcpio", "-P", NULL };
	bool dropins = uses_cmdline_d(job->boot);
	const struct boot_file *file;
	unsigned index = 0;
	bool ok = true;

	if (!dropins)
		ok = edit_cmdline(job);
	struct cmdline_job rest = *job;
	rest.add = NULL;
	while (dropins && ok && (file = boot_match(job->boot, "/etc/cmdline.d/*.conf", &index)))
		ok = job_edit_file(&rest, file->path, &first_line, NULL);
	g_autoptr(GPtrArray) missing = choose_words(job->boot, job->add, false, dropin_has);
	rest.add = missing;
	if (dropins && ok && missing->len > 0)
		ok = job_edit_file(&rest, "/etc/cmdline.d/vfiokit.conf", &first_line, "\n");
	job->changed |= rest.changed;
	build_images(job, INITRAMFS_MKINITCPIO, argv);
	return ok;
}

bool dropin_has(const struct boot *boot, const char *word)
{
	const struct boot_file *file;
	unsigned index = 0;

	while ((file = boot_match(boot, "/etc/cmdline.d/*.conf", &index)))
		if (file->text && edit_has(file->text, &first_line, word))
			return true;
	return false;
}

static bool plan_uki_dracut(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_SHELL, "kernel_cmdline", EDIT_LAST, false,
						 true };
	static const char *const argv[] = { "dracut", "-f", "--regenerate-all", NULL };

	if (job->remove && job->remove->len > 0)
		return job_refuse(job, "boot-uneditable", "/etc/dracut.conf.d",
				  "what is to go may stand in any of dracut's files");
	bool ok = job_edit_file(job, "/etc/dracut.conf.d/90-vfiokit-cmdline.conf", &place, "");
	build_images(job, INITRAMFS_DRACUT, argv);
	return ok;
}

static bool plan_refind(struct cmdline_job *job)
{
	return fallback_refind(job);
}

static bool plan_limine_tool(struct cmdline_job *job)
{
	static const struct edit_place place = { EDIT_SHELL, "KERNEL_CMDLINE[default]", EDIT_LAST,
						 false, false };
	static const char *const argv[] = { "limine-update", NULL };
	const char *text = boot_text(job->boot, "/etc/default/limine");
	g_autofree char *value = text ? edit_value(text, &place, 0) : NULL;

	/* With a value of ours alone, the tool would leave out where the root is. */
	if (!value || !*value)
		return job_refuse(job, "boot-uneditable", "/etc/default/limine",
				  "there is no KERNEL_CMDLINE[default] with the parameters of now");
	bool ok = job_edit_file(job, "/etc/default/limine", &place, NULL);
	run_if_changed(job, argv, "writes Limine's menu anew", job->boot->limine_conf);
	if (job->changed)
		fallback_hint(job);
	return ok;
}

static bool plan_limine(struct cmdline_job *job)
{
	return fallback_limine(job);
}

static bool plan_nixos(struct cmdline_job *job)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; job->add && i < job->add->len; i++)
		g_string_append_printf(list, " \"%s\"", (const char *)job->add->pdata[i]);
	g_autofree char *gone = job_words(job->remove);
	plan_warn(job->plan, "nixos",
		  "NixOS is configured in one place, and nothing is changed here. Write into its "
		  "configuration: boot.kernelParams = [%s ];%s%s then run: nixos-rebuild boot",
		  list->str, *gone ? " without " : "", gone);
	return true;
}

static bool plan_uncertain(struct cmdline_job *job)
{
	g_autofree char *what =
		g_strdup_printf("it is not certain what boots this machine: %s (--boot=CHAIN says "
				"it)",
				job->boot->uncertain ? job->boot->uncertain : "nothing was found");

	return job_refuse(job, "boot-uncertain", "host", what);
}

static bool (*const chains[BOOT_CHAINS])(struct cmdline_job *job) = {
	[BOOT_UNCERTAIN] = plan_uncertain,
	[BOOT_NIXOS] = plan_nixos,
	[BOOT_OSTREE] = plan_ostree,
	[BOOT_PROXMOX] = plan_proxmox,
	[BOOT_PROXMOX_GRUB] = plan_proxmox_grub,
	[BOOT_KERNELSTUB] = plan_kernelstub,
	[BOOT_GRUB_DROPIN] = plan_grub,
	[BOOT_GRUB] = plan_grub,
	[BOOT_GRUB_BLS] = plan_grubby,
	[BOOT_SDBOOTUTIL] = plan_sdbootutil,
	[BOOT_SDBOOT_MANAGE] = plan_sdboot_manage,
	[BOOT_KERNEL_INSTALL] = plan_kernel_install,
	[BOOT_ENTRIES] = plan_entries,
	[BOOT_UKI_MKINITCPIO] = plan_uki_mkinitcpio,
	[BOOT_UKI_DRACUT] = plan_uki_dracut,
	[BOOT_REFIND] = plan_refind,
	[BOOT_LIMINE_TOOL] = plan_limine_tool,
	[BOOT_LIMINE] = plan_limine,
};

/* Without words: those chains whose menu we write can have an entry, others only a hint. */
static bool plan_way_back(struct cmdline_job *job)
{
	switch (job->boot->chain) {
	case BOOT_GRUB:
	case BOOT_GRUB_DROPIN:
	case BOOT_PROXMOX_GRUB:
	case BOOT_ENTRIES:
	case BOOT_REFIND:
	case BOOT_LIMINE:
		return chains[job->boot->chain](job);
	case BOOT_GRUB_BLS:
		return fallback_bls(job, "");
	case BOOT_KERNEL_INSTALL:
		return fallback_installed(job);
	case BOOT_KERNELSTUB:
		return fallback_kernelstub(job);
	case BOOT_UKI_MKINITCPIO:
	case BOOT_UKI_DRACUT:
		return fallback_image(job);
	case BOOT_UNCERTAIN:
	case BOOT_NIXOS:
		return true;
	default:
		fallback_hint(job);
		return true;
	}
}

void cmdline_keep_way_back(const struct host *host, struct plan *plan)
{
	static const bool copies[BOOT_CHAINS] = {
		[BOOT_KERNEL_INSTALL] = true, [BOOT_KERNELSTUB] = true,
		[BOOT_ENTRIES] = true,        [BOOT_GRUB_BLS] = true,
		[BOOT_UKI_MKINITCPIO] = true, [BOOT_UKI_DRACUT] = true,
		[BOOT_GRUB] = true,           [BOOT_GRUB_DROPIN] = true,
	};
	const struct cmdline_request nothing = { .way_back = true };
	const struct boot *boot = &host->boot;
	bool in_it = boot->entry && fallback_is_copy(boot->entry);

	if (copies[boot->chain] && boot_is_in_place(boot) && !in_it)
		cmdline_plan(host, &nothing, plan);
}

void cmdline_end_way_back(struct plan *plan)
{
	for (guint i = plan->steps->len; i > 0; i--) {
		const struct step *step = plan->steps->pdata[i - 1];
		if (step->kind == STEP_RUN && step->last && step->undo && *step->undo)
			plan_add_run(plan, (const char *const *)step->undo, plan_no_undo,
				     "all is built: the next start is as usual")
				->last = true;
	}
}

bool cmdline_plan(const struct host *host, const struct cmdline_request *request, struct plan *plan)
{
	struct cmdline_job job = {
		.host = host,
		.boot = &host->boot,
		.plan = plan,
		.add = request->add,
		.remove = request->remove,
		.way_back = request->way_back,
	};

	if (job_is_empty(&job))
		return !job.way_back || plan_way_back(&job);
	return chains[host->boot.chain](&job);
}
