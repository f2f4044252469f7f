/* See boot.h: questions to what was found, and names. The decision is in boot_judge.c. */
#include "model/boot.h"

#include <errno.h>
#include <string.h>

/* ---- files ---- */

const struct boot_file *boot_file_find(const struct boot *boot, const char *path)
{
	unsigned low = 0, high = boot->n_files;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(boot->files[middle].path, path);
		if (order == 0)
			return &boot->files[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

enum tri boot_has(const struct boot *boot, const char *path)
{
	const struct boot_file *file = boot_file_find(boot, path);

	if (!file)
		return TRI_UNKNOWN;
	if (file->text || file->error == 0 || file->error == ENODATA)
		return TRI_YES;
	/* A file that we may not read is there all the same; one in a folder that we may not
	 * look into may be there. */
	return file->error == ENOENT || file->error == ENOTDIR ? TRI_NO : TRI_UNKNOWN;
}

const char *boot_text(const struct boot *boot, const char *path)
{
	const struct boot_file *file = boot_file_find(boot, path);

	return file ? file->text : NULL;
}

const struct boot_file *boot_match(const struct boot *boot, const char *pattern, unsigned *index)
{
	while (*index < boot->n_files) {
		const struct boot_file *file = &boot->files[(*index)++];
		if (file->error != ENOENT && g_pattern_match_simple(pattern, file->path))
			return file;
	}
	return NULL;
}

const struct boot_file *boot_started_entry(const struct boot *boot)
{
	g_autofree char *pattern = g_strconcat("*/loader/entries/", boot->entry_selected, NULL);
	unsigned index = 0;

	return boot->entry_selected ? boot_match(boot, pattern, &index) : NULL;
}

/* ---- os-release ---- */

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

bool os_is(const struct os_release *os, const char *family)
{
	return has_word(os->id, family) || has_word(os->id_like, family);
}

/* ---- names ---- */

static const struct {
	const char *name;
	const char *words;
} chains[BOOT_CHAINS] = {
	[BOOT_UNCERTAIN] = { "uncertain", "not certain" },
	[BOOT_NIXOS] = { "nixos", "NixOS, from its configuration" },
	[BOOT_OSTREE] = { "rpm-ostree", "rpm-ostree" },
	[BOOT_PROXMOX] = { "proxmox-systemd-boot", "systemd-boot, by proxmox-boot-tool" },
	[BOOT_PROXMOX_GRUB] = { "proxmox-grub", "GRUB, by proxmox-boot-tool" },
	[BOOT_KERNELSTUB] = { "kernelstub", "systemd-boot, by kernelstub" },
	[BOOT_GRUB_DROPIN] = { "grub-dropin", "GRUB, with a drop-in file" },
	[BOOT_GRUB] = { "grub-file", "GRUB, by /etc/default/grub" },
	[BOOT_GRUB_BLS] = { "grub-bls", "GRUB with boot loader entries, by grubby" },
	[BOOT_SDBOOTUTIL] = { "sdbootutil", "boot loader entries, by sdbootutil" },
	[BOOT_SDBOOT_MANAGE] = { "sdboot-manage", "systemd-boot, by sdboot-manage" },
	[BOOT_KERNEL_INSTALL] = { "kernel-install", "systemd-boot, by kernel-install" },
	[BOOT_ENTRIES] = { "systemd-boot-entries", "systemd-boot, with entries written by hand" },
	[BOOT_UKI_MKINITCPIO] = { "uki-mkinitcpio", "unified kernel images, by mkinitcpio" },
	[BOOT_UKI_DRACUT] = { "uki-dracut", "unified kernel images, by dracut" },
	[BOOT_REFIND] = { "refind", "rEFInd" },
	[BOOT_LIMINE_TOOL] = { "limine-update", "Limine, by limine-update" },
	[BOOT_LIMINE] = { "limine-conf", "Limine, by limine.conf" },
};

const char *boot_chain_name(enum boot_chain chain)
{
	return chain < BOOT_CHAINS ? chains[chain].name : NULL;
}

const char *boot_chain_words(enum boot_chain chain)
{
	return chain < BOOT_CHAINS ? chains[chain].words : NULL;
}

const char *initramfs_name(enum initramfs initramfs)
{
	static const char *const names[] = {
		[INITRAMFS_UNKNOWN] = "not known", [INITRAMFS_TOOLS] = "initramfs-tools",
		[INITRAMFS_DRACUT] = "dracut",     [INITRAMFS_MKINITCPIO] = "mkinitcpio",
		[INITRAMFS_BOOSTER] = "booster",   [INITRAMFS_NIXOS] = "NixOS",
	};

	return names[initramfs];
}

const char *initramfs_own_file(enum initramfs initramfs)
{
	static const char *const paths[] = {
		[INITRAMFS_TOOLS] = "/etc/initramfs-tools/hooks/vfiokit",
		[INITRAMFS_DRACUT] = "/etc/dracut.conf.d/90-vfiokit.conf",
		[INITRAMFS_MKINITCPIO] = "/etc/mkinitcpio.conf.d/vfiokit.conf",
	};

	return initramfs < G_N_ELEMENTS(paths) ? paths[initramfs] : NULL;
}
