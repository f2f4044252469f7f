/* An entry of the loader's menu that boots without what this program added: see fallback.h. It
 * also carries OFF_WORD, by which what runs early in the boot leaves everything alone. */
#include <string.h>

#include "plan/fallback.h"
#include "plan/kept.h"

#define GRUB_SCRIPT "/etc/grub.d/45_vfiokit"

/* ---- GRUB ---- */

/* "'WORD') ;;", a pattern of the shell's that leaves the word out. The caller's. */
static char *script_line(const char *word)
{
	g_auto(GStrv) parts = g_strsplit(word, "'", -1);
	g_autofree char *quoted = g_strjoinv("'\\''", parts);

	return g_strdup_printf("\t'%s') ;;\n", quoted);
}

#define RUN_LINUX "/etc/grub.d/10_linux 2>/dev/null"

/* Entries for all kernels; that of one initramfs starts its copy. The caller's. */
static char *run_linux(const char *kept)
{
	if (!kept)
		return g_strdup(RUN_LINUX " || :\n");
	return g_strdup_printf(RUN_LINUX " |\n\tsed -e 's,/%s$,/" KEPT_OWN
					 "%s,' -e 's,/%s ,/" KEPT_OWN "%s ,g' || :\n",
			       kept, kept, kept, kept);
}

/* grub-mkconfig exports what its scripts need: so 10_linux can be run once more with other values.
 * A way back must not keep the menu from being written: whatever goes wrong in it, it says nothing.
 */
static char *grub_script(const GPtrArray *words, const char *kept)
{
	g_autofree char *run = run_linux(kept);
	GString *text = g_string_new("#!/bin/sh\n"
				     "# Written by vfiokit; 'vfiokit undo' takes it away.\n"
				     "# Entries that boot without what vfiokit added.\n"
				     "[ -x /etc/grub.d/10_linux ] || exit 0\n"
				     "set -f\n"
				     "words=\n"
				     "for word in $GRUB_CMDLINE_LINUX_DEFAULT; do\n"
				     "\tcase \"$word\" in\n");

	for (guint i = 0; words && i < words->len; i++) {
		g_autofree char *line = script_line(words->pdata[i]);
		g_string_append(text, line);
	}
	g_string_append(text,
			"\t*) words=\"$words $word\" ;;\n"
			"\tesac\n"
			"done\n"
			"GRUB_CMDLINE_LINUX_DEFAULT=\"${words# } " OFF_WORD "\"\n"
			"GRUB_DISTRIBUTOR=\"${GRUB_DISTRIBUTOR:-Linux} (" WITHOUT_TITLE ")\"\n"
			"GRUB_DISABLE_RECOVERY=true\n"
			"GRUB_DISABLE_SUBMENU=\n"
			"export GRUB_CMDLINE_LINUX_DEFAULT GRUB_DISTRIBUTOR "
			"GRUB_DISABLE_RECOVERY GRUB_DISABLE_SUBMENU\n");
	g_string_append(text, run);
	return g_string_free(text, FALSE);
}

/* A script that is there already, with the words that it does not take out yet, and with the copy
 * that it does not start yet. */
static char *extend_script(const char *script, const GPtrArray *words, const char *kept)
{
	g_autofree char *usual = run_linux(NULL), *run = run_linux(kept);
	g_auto(GStrv) parts = g_strsplit(script, usual, 2);
	g_autofree char *old = g_strjoinv(run, parts);
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
	bool is_kept = old && strstr(old, "/" KEPT_OWN);

	if (!job->changed && !job->way_back)
		return true;
	const char *kept = is_kept ? NULL : kept_initramfs(job, true);
	g_autofree char *script =
		old ? extend_script(old, job->add, kept) : grub_script(job->add, kept);
	if (g_strcmp0(script, old) == 0)
		return true;
	job_put_file(job, GRUB_SCRIPT, old, script,
		     "keeps an entry in the menu that boots without it");
	struct step *step = job->plan->steps->pdata[job->plan->steps->len - 1];
	step->mode = old ? 0 : 0755;
	step->last = kept != NULL;
	return true;
}

/* ---- of an earlier change ---- */

bool fallback_is_there(const struct boot *boot)
{
	static const char *const menus[] = { "*/loader/entries/*", "*limine.conf",
					     "*/refind_linux.conf", GRUB_SCRIPT };

	for (size_t i = 0; i < G_N_ELEMENTS(menus); i++) {
		const struct boot_file *file;
		unsigned index = 0;
		while ((file = boot_match(boot, menus[i], &index)))
			if (file->text && strstr(file->text, "(" WITHOUT_TITLE ")"))
				return true;
	}
	return false;
}

/* ---- in words ---- */

/* Why a menu gets no entry of ours; NULL: no tool is to blame. */
static const char *const reasons[BOOT_CHAINS] = {
	[BOOT_PROXMOX] = " (proxmox-boot-tool writes it)",
	[BOOT_SDBOOTUTIL] = " (sdbootutil writes it)",
	[BOOT_SDBOOT_MANAGE] = " (sdboot-manage writes it, and removes what it does not know)",
	[BOOT_LIMINE_TOOL] = " (limine-update writes it)",
	[BOOT_UKI_MKINITCPIO] = " (the parameters are part of the images)",
	[BOOT_UKI_DRACUT] = " (the parameters are part of the images)",
};

/* Does loader.conf keep people from changing entries in the menu of systemd-boot? */
static bool editor_is_off(const struct boot *boot)
{
	static const char *const no[] = { "no", "n", "false", "f", "off", "0", NULL };
	static const struct edit_place editor = { EDIT_ENTRY, "editor", EDIT_LAST, false, false };
	unsigned index = 0;
	const struct boot_file *file = boot_match(boot, "*/loader/loader.conf", &index);
	g_autofree char *value = file && file->text ? edit_value(file->text, &editor, 0) : NULL;

	return value && g_strv_contains(no, g_strchomp(value));
}

void fallback_hint(struct cmdline_job *job)
{
	const struct boot *boot = job->boot;
	const char *reason = reasons[boot->chain] ? reasons[boot->chain] : "";
	bool words = !job_is_empty(job);

	if (boot->chain == BOOT_OSTREE)
		plan_warn(
			job->plan, "way-back",
			"the deployment of now stays in the loader's menu, without new parameters: "
			"press 'e' there and add " OFF_WORD
			" where nothing is to be bound, either");
	else if (boot->stub_info && job->host->platform.firmware.secure_boot == TRI_YES)
		plan_warn(
			job->plan, "way-back",
			"the loader's menu gets no entry of its own without these parameters, and "
			"with Secure Boot nothing there can change those of a signed image: keep a "
			"medium from which this machine can be started");
	else if (boot->stub_info && !boot->loader_info)
		plan_warn(job->plan, "way-back",
			  "the firmware starts the image by itself, and no menu of a loader is "
			  "known in which %s for one start: keep a medium from which this machine "
			  "can be started",
			  words ? "these parameters could be taken away"
				: OFF_WORD " could be added");
	else
		plan_warn(job->plan, "way-back",
			  "the loader's menu gets no entry of its own without %s%s: where one is "
			  "needed, press 'e' in the menu%s, and add " OFF_WORD "%s",
			  words ? "these parameters" : "this", reason,
			  words ? ", take them away" : "",
			  editor_is_off(boot)
				  ? " (not before 'editor no' is taken out of loader.conf)"
				  : "");
}
