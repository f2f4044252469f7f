/* See boot_parts.h: from the loader to the tools that feed it. */
#include <string.h>

#include "base/text.h"
#include "model/boot_parts.h"

/* ---- systemd-boot ---- */

/* kernel-install writes who it was, or else entries that no person writes: of a kernel in a folder
 * of its version, below one of the machine's ID (90-loaderentry.install). */
static bool is_generated(const char *text)
{
	static const char *const marks[] = { "kernel/install.d", "\nmachine-id", "\nversion " };
	const char *linux_line = strstr(text, "\nlinux");

	if (strstr(text, marks[0]))
		return true;
	for (size_t i = 1; i < G_N_ELEMENTS(marks); i++)
		if (!strstr(text, marks[i]))
			return false;
	if (!linux_line)
		return false;
	const char *end = strchr(linux_line + 1, '\n');
	g_autofree char *line =
		end ? g_strndup(linux_line, (gsize)(end - linux_line)) : g_strdup(linux_line);
	return g_str_has_suffix(g_strchomp(line), "/linux");
}

/* Is every word of an entry's line on the command line? The loader writes "initrd /a" there as
 * "initrd=\a". */
static bool line_was_booted(const char *line, const char *cmdline)
{
	g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
	bool initrd = words[0] && strcmp(words[0], "initrd") == 0;
	bool options = words[0] && strcmp(words[0], "options") == 0;

	for (size_t i = 1; (initrd || options) && words[i]; i++) {
		g_autofree char *path =
			initrd ? g_strdelimit(g_strconcat("initrd=", words[i], NULL), "/", '\\')
			       : g_strdup(words[i]);
		if (*words[i] && !cmdline_has(cmdline, path))
			return false;
	}
	return true;
}

static bool was_booted(const char *text, const char *cmdline)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	bool all = strstr(text, "options") != NULL;

	for (char **line = lines; all && *line; line++)
		all = line_was_booted(g_strchomp(*line), cmdline);
	return all;
}

/* The entry that a trial was made from which runs, and whose own entry is gone by now: see
 * plan/trial.h. NULL: none, or several. */
static const struct boot_file *find_tried(const struct boot_judge *judge)
{
	const char *cmdline = judge->host->platform.kernel.cmdline;
	const struct boot_file *file, *found = NULL;
	unsigned index = 0, n = 0;

	if (!cmdline || !cmdline_has(cmdline, "vfiokit=trial"))
		return NULL;
	while ((file = boot_match(judge->boot, "*/loader/entries/*.conf", &index))) {
		if (!file->text || !was_booted(file->text, cmdline))
			continue;
		found = file;
		n++;
	}
	return n == 1 ? found : NULL;
}

/* The entry in use: the one that the loader named, else the only one. */
static const struct boot_file *find_entry(const struct boot *boot, unsigned *n)
{
	const struct boot_file *file, *only = NULL;
	unsigned index = 0;

	*n = 0;
	while ((file = boot_match(boot, "*/loader/entries/*.conf", &index))) {
		const char *name = strrchr(file->path, '/') + 1;
		if (boot->entry_selected && g_ascii_strcasecmp(boot->entry_selected, name) == 0)
			return file;
		only = file;
		(*n)++;
	}
	return *n == 1 && !boot->entry_selected ? only : NULL;
}

/* "arch+3-1.conf", where systemd-boot calls it "arch.conf". */
static const struct boot_file *find_counted(const struct boot *boot)
{
	const char *selected = boot->entry_selected;
	size_t stem = selected && g_str_has_suffix(selected, ".conf")
			      ? strlen(selected) - strlen(".conf")
			      : 0;
	g_autofree char *pattern =
		g_strdup_printf("*/loader/entries/%.*s+*.conf", (int)stem, selected);
	unsigned index = 0;

	return stem > 0 ? boot_match(boot, pattern, &index) : NULL;
}

/* All entries are of one kind? */
static bool all_generated(const struct boot *boot)
{
	const struct boot_file *file;
	unsigned index = 0, n = 0;

	while ((file = boot_match(boot, "*/loader/entries/*.conf", &index))) {
		if (!file->text || !is_generated(file->text))
			return false;
		n++;
	}
	return n > 0;
}

static enum boot_chain judge_entries(struct boot_judge *judge)
{
	struct boot *boot = judge->boot;
	unsigned n;
	const struct boot_file *entry = find_entry(boot, &n);

	if (!entry)
		entry = find_tried(judge);
	if (entry && !entry->text)
		return boot_doubt(judge, "the entry %s cannot be read", entry->path);
	if ((entry && is_generated(entry->text)) || (!entry && all_generated(boot))) {
		boot_note(judge, "%s: written by kernel-install",
			  entry ? entry->path : "all entries");
		return BOOT_KERNEL_INSTALL;
	}
	if (entry) {
		boot_note(judge, "%s: written by hand", entry->path);
		boot->entry = entry->path;
		return BOOT_ENTRIES;
	}
	const struct boot_file *counted = find_counted(boot);
	if (counted)
		return boot_doubt(judge,
				  "systemd-boot counts tries in the name of %s, and renames it at "
				  "each start until one is found good",
				  counted->path);
	if (boot->entry_selected && n > 0)
		return boot_doubt(judge,
				  "the loader used the entry '%s', and there is no such file",
				  boot->entry_selected);
	if (n > 1)
		return boot_doubt(judge,
				  "there are %u entries of systemd-boot, and nothing says "
				  "which was used",
				  n);
	if (boot_has(boot, "/efi/loader/entries") == TRI_UNKNOWN ||
	    boot_has(boot, "/boot/efi/loader/entries") == TRI_UNKNOWN ||
	    boot_has(boot, "/boot/loader/entries") == TRI_UNKNOWN)
		return boot_doubt(judge,
				  "the entries of systemd-boot cannot be read (run as root)");
	return boot_doubt(judge, "systemd-boot was used, and there are no entries of it where it "
				 "looks for them");
}

static enum boot_chain judge_uki(struct boot_judge *judge);

static enum boot_chain judge_sdboot(struct boot_judge *judge)
{
	struct boot *boot = judge->boot;
	unsigned index = 0;

	if (os_is(&boot->os, "suse") &&
	    (boot_is_there(boot, "sdbootutil") || boot_is_there(boot, "/etc/kernel/cmdline"))) {
		boot_note(judge, "openSUSE with systemd-boot: sdbootutil");
		return BOOT_SDBOOTUTIL;
	}
	if (boot_is_there(boot, "/etc/sdboot-manage.conf")) {
		boot_note(judge, "/etc/sdboot-manage.conf: there");
		return BOOT_SDBOOT_MANAGE;
	}
	bool images = boot_match(boot, "*/EFI/Linux/*.efi", &index) != NULL;
	index = 0;
	bool entries = boot_match(boot, "*/loader/entries/*.conf", &index) != NULL;
	if (images &&
	    (!entries || (boot->entry_selected && g_str_has_suffix(boot->entry_selected, ".efi"))))
		return judge_uki(judge);
	return judge_entries(judge);
}

/* ---- unified kernel images ---- */

static bool any_text_has(const struct boot *boot, const char *pattern, const char *words,
			 bool (*matches)(const char *text, const char *words))
{
	const struct boot_file *file;
	unsigned index = 0;

	while ((file = boot_match(boot, pattern, &index)))
		if (file->text && matches(file->text, words))
			return true;
	return false;
}

/* A line that is no comment and holds these words. */
static bool has_line_with(const char *text, const char *words)
{
	const char *line;
	size_t length;

	while ((line = text_next_line(&text, &length)))
		if (length > 0 && *line != '#' && g_strstr_len(line, (gssize)length, words))
			return true;
	return false;
}

/* Does a preset of mkinitcpio take the command line of what is usually booted from another file
 * than /etc/kernel/cmdline? One that is named is read instead of /etc/cmdline.d. */
static bool names_other_cmdline(const struct boot *boot, const char *text)
{
	static const char option[] = "--cmdline", usual[] = "/etc/kernel/cmdline";
	const char *line;
	size_t length;
	unsigned index = 0;
	bool dropins = boot_match(boot, "/etc/cmdline.d/*.conf", &index) != NULL;

	while ((line = text_next_line(&text, &length))) {
		const char *at = g_strstr_len(line, (gssize)length, option);
		if (!at || *line == '#' || text_after(line, "fallback_"))
			continue;
		at += strlen(option);
		at += strspn(at, " =");
		size_t end = strcspn(at, " \t\r\n\"'");
		if (dropins || end != strlen(usual) || strncmp(at, usual, end) != 0)
			return true;
	}
	return false;
}

static bool is_uefi_dracut(const char *text, const char *ignored)
{
	return boot_has_setting(text, "uefi", "yes");
}

static enum boot_chain judge_uki(struct boot_judge *judge)
{
	const struct boot *boot = judge->boot;
	const char *settings = boot_text(boot, "/etc/kernel/install.conf");

	if (!settings)
		settings = boot_text(boot, "/usr/lib/kernel/install.conf");
	if (any_text_has(boot, "/etc/mkinitcpio.d/*.preset", "_uki=", has_line_with)) {
		unsigned index = 0;
		const struct boot_file *file;
		while ((file = boot_match(boot, "/etc/mkinitcpio.d/*.preset", &index)))
			if (file->text && names_other_cmdline(boot, file->text))
				return boot_doubt(
					judge, "a preset in /etc/mkinitcpio.d names another file "
					       "for the command line");
		boot_note(judge, "/etc/mkinitcpio.d: presets with _uki=");
		return BOOT_UKI_MKINITCPIO;
	}
	if (boot_has_setting(settings, "layout", "uki") ||
	    boot_has_setting(settings, "uki_generator", "ukify") ||
	    boot_has_setting(settings, "uki_generator", "dracut")) {
		boot_note(judge, "kernel/install.conf: unified kernel images by kernel-install");
		return BOOT_KERNEL_INSTALL;
	}
	if (any_text_has(boot, "/etc/dracut.conf*", NULL, is_uefi_dracut) ||
	    any_text_has(boot, "/usr/lib/dracut/dracut.conf.d/*", NULL, is_uefi_dracut)) {
		boot_note(judge, "dracut.conf: uefi=yes");
		return BOOT_UKI_DRACUT;
	}
	return boot_doubt(judge, "a unified kernel image was booted, and nothing says what builds "
				 "it: its command line is inside");
}

/* ---- rEFInd and Limine ---- */

static enum boot_chain judge_refind(struct boot_judge *judge)
{
	if (boot_is_there(judge->boot, "/boot/refind_linux.conf"))
		return BOOT_REFIND;
	return boot_doubt(judge, "rEFInd was used, and there is no /boot/refind_linux.conf: its "
				 "parameters may be in a stanza of refind.conf");
}

static enum boot_chain judge_limine(struct boot_judge *judge)
{
	static const char *const places[] = { "/EFI/limine/limine.conf", "/EFI/BOOT/limine.conf",
					      "/limine.conf", "/limine/limine.conf" };
	struct boot *boot = judge->boot;
	unsigned n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		const char *path = boot_on_partition(boot, places[i]);
		if (path)
			boot->limine_conf = path;
		n += path != NULL;
	}
	if (boot_is_there(boot, "/etc/default/limine")) {
		boot_note(judge, "/etc/default/limine: there");
		return BOOT_LIMINE_TOOL;
	}
	if (n == 1)
		return BOOT_LIMINE;
	return boot_doubt(judge, n > 1 ? "there are several files limine.conf, and nothing says "
					 "which was used"
				       : "Limine was used, and its limine.conf was not found");
}

enum boot_chain boot_chain_of(struct boot_judge *judge, enum loader loader)
{
	static enum boot_chain (*const judges[])(struct boot_judge * judge) = {
		[LOADER_GRUB] = boot_chain_grub, [LOADER_SDBOOT] = judge_sdboot,
		[LOADER_UKI] = judge_uki,        [LOADER_REFIND] = judge_refind,
		[LOADER_LIMINE] = judge_limine,
	};

	return judges[loader] ? judges[loader](judge) : BOOT_UNCERTAIN;
}
