/* See boot_parts.h: from GRUB to the tools that feed it. */
#include <string.h>

#include "model/boot_parts.h"

/* Is /etc/default/grub.d read? A patch of Debian's, which those after it have; the text of
 * grub-mkconfig tells. */
static bool has_dropins(const struct boot *boot)
{
	const char *text = boot_text(boot, "grub-mkconfig");

	if (text)
		return strstr(text, "default/grub.d") != NULL;
	return os_is(&boot->os, "debian") || os_is(&boot->os, "ubuntu");
}

static bool is_red_hat(const struct boot *boot)
{
	return boot_is_there(boot, "grubby") || os_is(&boot->os, "fedora") ||
	       os_is(&boot->os, "rhel");
}

/* Does GRUB take its entries from /boot/loader/entries? Where it is not said, they are there only
 * for that. */
static bool uses_entries(const struct boot *boot, const char *settings)
{
	unsigned index = 0;
	bool shut = boot_has(boot, "/boot/loader/entries") == TRI_UNKNOWN;
	bool there = shut || boot_match(boot, "/boot/loader/entries/*.conf", &index);

	if (boot_has_setting(settings, "GRUB_ENABLE_BLSCFG", "true"))
		return there;
	return there && !shut && is_red_hat(boot) &&
	       !boot_has_setting(settings, "GRUB_ENABLE_BLSCFG", "false");
}

static enum boot_chain judge_bls(struct boot_judge *judge)
{
	boot_note(judge, "GRUB takes its entries from /boot/loader/entries");
	if (is_red_hat(judge->boot))
		return BOOT_GRUB_BLS;
	if (boot_is_there(judge->boot, "sdbootutil"))
		return BOOT_SDBOOTUTIL;
	return boot_doubt(judge, "GRUB takes its entries from /boot/loader/entries here, and there "
				 "is no grubby to change them");
}

/* Is it called grub2 here? */
static bool has_grub2(const struct boot *boot)
{
	if (boot_is_there(boot, "grub-mkconfig"))
		return false;
	return boot_is_there(boot, "grub2-mkconfig") || os_is(&boot->os, "fedora") ||
	       os_is(&boot->os, "rhel") || os_is(&boot->os, "suse");
}

/* Where there is none yet, where it is to be. Red Hat's of before Fedora 34 and RHEL 9 have it on
 * the EFI system partition, and no other. */
static const char *find_grub_cfg(const struct boot *boot)
{
	static const char *const usual[] = { "/boot/grub2/grub.cfg", "/boot/grub/grub.cfg" };
	const struct boot_file *file;
	unsigned index = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
		if (boot_is_there(boot, usual[i]))
			return usual[i];
	file = has_grub2(boot) ? boot_match(boot, "*/EFI/*/grub.cfg", &index) : NULL;
	return file ? file->path : has_grub2(boot) ? usual[0] : usual[1];
}

enum boot_chain boot_chain_grub(struct boot_judge *judge)
{
	struct boot *boot = judge->boot;
	const char *settings = boot_text(boot, "/etc/default/grub");

	boot->grub_cfg = find_grub_cfg(boot);
	if (boot_has_setting(boot_text(boot, "/etc/sysconfig/bootloader"), "LOADER_TYPE",
			     "grub2-bls") &&
	    boot_is_there(boot, "sdbootutil")) {
		boot_note(judge, "/etc/sysconfig/bootloader: LOADER_TYPE=grub2-bls");
		return BOOT_SDBOOTUTIL;
	}
	if (uses_entries(boot, settings))
		return judge_bls(judge);
	if (boot_has(boot, "/etc/default/grub") == TRI_NO && !has_dropins(boot))
		return boot_doubt(judge,
				  "GRUB runs without /etc/default/grub: %s was written by "
				  "hand, or by another tool",
				  boot->grub_cfg);
	if (has_dropins(boot)) {
		boot_note(judge, "grub-mkconfig reads /etc/default/grub.d");
		return BOOT_GRUB_DROPIN;
	}
	return BOOT_GRUB;
}
