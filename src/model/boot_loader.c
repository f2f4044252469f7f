/* Which loader started the kernel; in that order of trust: what the loader itself said in EFI
 * variables, what it left on the command line, which files there are. */
#include <string.h>

#include "base/text.h"
#include "model/boot_parts.h"

#define BOOT_IMAGE "BOOT_IMAGE="

enum loader boot_loader_by_variables(struct boot_judge *judge)
{
	static const struct {
		const char *prefix;
		enum loader loader;
	} names[] = {
		{ "systemd-boot", LOADER_SDBOOT },
		{ "GRUB", LOADER_GRUB },
		{ "rEFInd", LOADER_REFIND },
		{ "Limine", LOADER_LIMINE },
	};
	const struct boot *boot = judge->boot;

	if (boot->loader_info)
		boot_note(judge, "EFI variable LoaderInfo: %s", boot->loader_info);
	if (boot->entry_selected)
		boot_note(judge, "EFI variable LoaderEntrySelected: %s", boot->entry_selected);
	if (boot->stub_info)
		boot_note(judge, "EFI variable StubInfo: %s", boot->stub_info);
	/* Its tool puts parameters into the images, too. */
	bool by_tool = boot->loader_info &&
		       g_ascii_strncasecmp(boot->loader_info, "Limine", 6) == 0 &&
		       boot_is_there(boot, "/etc/default/limine");
	if (boot->stub_info && !by_tool)
		return LOADER_UKI;
	for (size_t i = 0; boot->loader_info && i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strncasecmp(boot->loader_info, names[i].prefix,
					strlen(names[i].prefix)) == 0)
			return names[i].loader;
	return LOADER_UNKNOWN;
}

static bool has_unified_images(const struct boot *boot)
{
	unsigned index = 0;

	return boot_match(boot, "*/EFI/Linux/*.efi", &index) != NULL;
}

static bool has_limine(const struct boot *boot)
{
	return boot_is_there(boot, "/etc/default/limine") ||
	       boot_is_there(boot, "/boot/limine/limine.conf") ||
	       boot_on_partition(boot, "/limine.conf") ||
	       boot_on_partition(boot, "/EFI/limine/limine.conf") ||
	       boot_on_partition(boot, "/EFI/BOOT/limine.conf");
}

static bool has_sdboot(const struct boot *boot)
{
	unsigned index = 0;

	return boot_on_partition(boot, "/loader/loader.conf") ||
	       boot_match(boot, "*/EFI/systemd/*.efi", &index) ||
	       boot_is_there(boot, "/etc/sdboot-manage.conf");
}

static bool has_grub(const struct boot *boot)
{
	return boot_is_there(boot, "/etc/default/grub") ||
	       boot_is_there(boot, "/boot/grub/grub.cfg") ||
	       boot_is_there(boot, "/boot/grub2/grub.cfg");
}

static bool has_refind(const struct boot *boot)
{
	return boot_is_there(boot, "/boot/refind_linux.conf") ||
	       boot_on_partition(boot, "/EFI/refind/refind.conf");
}

/* One loader of which there are files; where there are several, nobody knows which was used. */
static enum loader loader_by_files(struct boot_judge *judge)
{
	const struct boot *boot = judge->boot;
	bool sdboot = has_sdboot(boot);
	const struct {
		bool there;
		enum loader loader;
		const char *name;
	} found[] = {
		{ has_grub(boot), LOADER_GRUB, "GRUB" },
		{ sdboot, LOADER_SDBOOT, "systemd-boot" },
		{ has_unified_images(boot) && !sdboot, LOADER_UKI, "unified kernel images" },
		{ has_refind(boot), LOADER_REFIND, "rEFInd" },
		{ has_limine(boot), LOADER_LIMINE, "Limine" },
	};
	enum loader answer = LOADER_UNKNOWN;
	g_autoptr(GString) names = g_string_new(NULL);
	unsigned n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(found); i++) {
		if (!found[i].there)
			continue;
		answer = found[i].loader;
		g_string_append_printf(names, "%s%s", n++ > 0 ? " and " : "", found[i].name);
	}
	if (n == 1)
		boot_note(judge, "there are files of %s only", names->str);
	if (n > 1)
		boot_doubt(judge, "there are files of %s, and nothing says which was used",
			   names->str);
	return n == 1 ? answer : LOADER_UNKNOWN;
}

/* GRUB puts the path of the kernel in front of what its configuration says, "/…" or "(hd0,gpt2)/…"
 * (grub-core/lib/cmdline.c), and no more than that. Syslinux, LILO and ELILO write the same word
 * with what they call the kernel, and syslinux the initrd, too. */
static bool was_told_by_grub(const char *cmdline)
{
	const char *image = text_after(cmdline, BOOT_IMAGE);

	return image && (*image == '/' || *image == '(') && !strstr(cmdline, " initrd=");
}

enum loader boot_find_loader(struct boot_judge *judge)
{
	const char *cmdline = judge->host->platform.kernel.cmdline;
	enum loader loader = boot_loader_by_variables(judge);

	if (loader != LOADER_UNKNOWN)
		return loader;
	if (cmdline && was_told_by_grub(cmdline) && has_grub(judge->boot)) {
		boot_note(judge, "/proc/cmdline starts with " BOOT_IMAGE ", as GRUB makes it");
		return LOADER_GRUB;
	}
	if (cmdline && strstr(cmdline, BOOT_IMAGE) && !was_told_by_grub(cmdline)) {
		boot_note(judge,
			  "/proc/cmdline has " BOOT_IMAGE " as other loaders than GRUB make it");
		return LOADER_UNKNOWN;
	}
	return loader_by_files(judge);
}
