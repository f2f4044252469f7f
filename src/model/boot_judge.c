/* See boot.h: package manager, initramfs generator, and the chain of tools that feeds the loader;
 * found, or chosen by hand. */
#include <string.h>

#include "model/boot_parts.h"

/* ---- packages ---- */

static enum package_manager judge_packages(const struct boot *boot)
{
	static const struct {
		const char *family;
		enum package_manager manager;
	} families[] = {
		{ "debian", PACKAGES_APT },
		{ "ubuntu", PACKAGES_APT },
		{ "arch", PACKAGES_PACMAN },
		{ "fedora", PACKAGES_DNF },
		{ "rhel", PACKAGES_DNF },
		{ "centos", PACKAGES_DNF },
		{ "suse", PACKAGES_ZYPPER },
		{ "opensuse", PACKAGES_ZYPPER },
		{ "opensuse-tumbleweed", PACKAGES_ZYPPER },
		{ "opensuse-leap", PACKAGES_ZYPPER },
		{ "alpine", PACKAGES_APK },
		{ "void", PACKAGES_XBPS },
		{ "gentoo", PACKAGES_PORTAGE },
	};

	if (boot_is_there(boot, "/etc/NIXOS") || os_is(&boot->os, "nixos"))
		return PACKAGES_NIX;
	if (boot_is_there(boot, "/run/ostree-booted") && boot_is_there(boot, "rpm-ostree"))
		return PACKAGES_RPM_OSTREE;
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		if (os_is(&boot->os, families[i].family))
			return families[i].manager;
	return PACKAGES_UNKNOWN;
}

/* ---- initramfs ---- */

/* Debian's dracut brings an update-initramfs of its own, so the name proves nothing; its text does,
 * and so does what only initramfs-tools has. */
static bool is_dracuts(const struct boot *boot)
{
	const char *text = boot_text(boot, "update-initramfs");

	if (text && strstr(text, "dracut"))
		return true;
	if (text && strstr(text, "mkinitramfs"))
		return false;
	return !boot_is_there(boot, "/usr/share/initramfs-tools/hook-functions") &&
	       !boot_is_there(boot, "/usr/share/initramfs-tools/hooks");
}

static bool has_presets(const struct boot *boot)
{
	unsigned index = 0;

	return boot_match(boot, "/etc/mkinitcpio.d/*.preset", &index) != NULL;
}

static enum initramfs judge_initramfs(struct boot_judge *judge)
{
	const struct boot *boot = judge->boot;
	bool dracut = boot_is_there(boot, "dracut");

	if (boot_is_there(boot, "/etc/NIXOS"))
		return INITRAMFS_NIXOS;
	if (boot->update_initramfs && dracut && is_dracuts(boot)) {
		boot_note(judge, "update-initramfs is here that of dracut");
		return INITRAMFS_DRACUT;
	}
	if (boot->update_initramfs ||
	    boot_is_there(boot, "/usr/share/initramfs-tools/hook-functions")) {
		boot_note(judge, "update-initramfs: initramfs-tools");
		return INITRAMFS_TOOLS;
	}
	if (boot_is_there(boot, "/etc/booster.yaml") && !has_presets(boot)) {
		boot_note(judge, "/etc/booster.yaml: booster");
		return INITRAMFS_BOOSTER;
	}
	if (has_presets(boot) || (boot_is_there(boot, "/etc/mkinitcpio.conf") && !dracut)) {
		boot_note(judge, "/etc/mkinitcpio.conf: mkinitcpio");
		return INITRAMFS_MKINITCPIO;
	}
	if (dracut || boot_is_there(boot, "/etc/dracut.conf") ||
	    boot_is_there(boot, "/etc/dracut.conf.d")) {
		boot_note(judge, dracut ? "dracut is installed" : "/etc/dracut.conf.d: dracut");
		return INITRAMFS_DRACUT;
	}
	return boot_is_there(boot, "mkinitcpio") ? INITRAMFS_MKINITCPIO : INITRAMFS_UNKNOWN;
}

/* ---- distributions with a way of their own ---- */

static bool is_bios(const struct host *host)
{
	return host->platform.firmware.efi == TRI_NO;
}

static enum boot_chain judge_proxmox(struct boot_judge *judge, enum loader loader)
{
	const char *cmdline = judge->host->platform.kernel.cmdline;

	boot_note(judge, "/etc/kernel/proxmox-boot-uuids: there");
	if (loader == LOADER_SDBOOT)
		return BOOT_PROXMOX;
	if (loader == LOADER_GRUB || is_bios(judge->host) ||
	    (cmdline && g_str_has_prefix(cmdline, "BOOT_IMAGE=")))
		return BOOT_PROXMOX_GRUB;
	if (cmdline && strstr(cmdline, "initrd=\\EFI\\proxmox\\")) {
		boot_note(judge,
			  "/proc/cmdline: initrd=\\EFI\\proxmox, as systemd-boot is given it");
		return BOOT_PROXMOX;
	}
	if (boot_is_there(judge->boot, "/etc/kernel/cmdline"))
		return BOOT_PROXMOX;
	return boot_doubt(judge, "proxmox-boot-tool feeds GRUB or systemd-boot, and nothing says "
				 "which was used");
}

/* The chain, where the distribution decides it; BOOT_CHAINS: it does not. */
static enum boot_chain judge_distribution(struct boot_judge *judge)
{
	const struct boot *boot = judge->boot;

	if (boot_is_there(boot, "/etc/NIXOS")) {
		boot_note(judge, "/etc/NIXOS: there");
		return BOOT_NIXOS;
	}
	if (boot_is_there(boot, "/run/ostree-booted")) {
		boot_note(judge, "/run/ostree-booted: there");
		if (boot_is_there(boot, "rpm-ostree") || !boot_is_there(boot, "bootc"))
			return BOOT_OSTREE;
		return boot_doubt(judge, "this is an image-based system without rpm-ostree: its "
					 "parameters belong to the image");
	}
	if (boot_is_there(boot, "transactional-update"))
		return boot_doubt(judge,
				  "this system is changed in new snapshots only. In a "
				  "'transactional-update shell', %s writes the menu from %s",
				  boot_is_there(boot, "/etc/kernel/cmdline")
					  ? "sdbootutil update-all-entries"
					  : "grub2-mkconfig",
				  boot_is_there(boot, "/etc/kernel/cmdline") ? "/etc/kernel/cmdline"
									     : "/etc/default/grub");
	if (boot_is_there(boot, "/etc/kernel/proxmox-boot-uuids"))
		return judge_proxmox(judge, boot_loader_by_variables(judge));
	if (boot_is_there(boot, "/etc/kernelstub/configuration") && !is_bios(judge->host)) {
		boot_note(judge, "/etc/kernelstub/configuration: there");
		enum loader loader = boot_loader_by_variables(judge);
		if (loader == LOADER_UNKNOWN || loader == LOADER_SDBOOT)
			return BOOT_KERNELSTUB;
		return boot_doubt(judge, "kernelstub feeds systemd-boot, but %s was used",
				  boot->stub_info ? boot->stub_info : boot->loader_info);
	}
	return BOOT_CHAINS;
}

/* ---- all of it ---- */

static void check_chain(struct boot_judge *judge)
{
	const char *sources = NULL;
	g_autofree char *word = boot_stranger(judge->host, judge->boot->chain, &sources);

	if (word) {
		boot_note(judge, "chain that was found, and given up: %s",
			  boot_chain_words(judge->boot->chain));
		judge->boot->chain = boot_doubt(
			judge,
			"%s does not look like what booted: '%s' is on the command line, and "
			"not in there",
			sources, word);
	} else if (sources) {
		boot_note(judge, "/proc/cmdline agrees with %s", sources);
	}
}

static void keep_evidence(struct boot_judge *judge)
{
	size_t size = judge->evidence->len * sizeof(const char *);

	judge->boot->evidence = host_alloc(judge->host, size);
	if (size > 0)
		memcpy(judge->boot->evidence, judge->evidence->pdata, size);
	judge->boot->n_evidence = judge->evidence->len;
}

void boot_judge(struct host *host)
{
	g_autoptr(GPtrArray) evidence = g_ptr_array_new();
	struct boot *boot = &host->boot;
	struct boot_judge judge = { host, boot, evidence };

	boot->uncertain = NULL;
	boot->packages = judge_packages(boot);
	boot->update_initramfs = boot_is_there(boot, "update-initramfs");
	boot->initramfs = judge_initramfs(&judge);
	boot->chain = judge_distribution(&judge);
	if (boot->chain == BOOT_CHAINS) {
		enum loader loader = boot_find_loader(&judge);
		boot->chain = boot_chain_of(&judge, loader);
	}
	if (boot->chain != BOOT_UNCERTAIN)
		check_chain(&judge);
	if (boot->chain == BOOT_UNCERTAIN && !boot->uncertain)
		boot_doubt_others(&judge);
	keep_evidence(&judge);
}

/* ---- chosen by hand ---- */

static bool choose_family(struct boot_judge *judge, const char *name)
{
	static const struct {
		const char *name;
		enum loader loader;
	} families[] = {
		{ "grub", LOADER_GRUB },     { "systemd-boot", LOADER_SDBOOT },
		{ "uki", LOADER_UKI },       { "refind", LOADER_REFIND },
		{ "limine", LOADER_LIMINE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		if (strcmp(families[i].name, name) == 0) {
			judge->boot->chain = boot_chain_of(judge, families[i].loader);
			return true;
		}
	if (strcmp(name, "proxmox") != 0)
		return false;
	judge->boot->chain = judge_proxmox(judge, boot_loader_by_variables(judge));
	return true;
}

static enum loader loader_of(enum boot_chain chain)
{
	static const enum loader loaders[BOOT_CHAINS] = {
		[BOOT_GRUB] = LOADER_GRUB,
		[BOOT_GRUB_DROPIN] = LOADER_GRUB,
		[BOOT_GRUB_BLS] = LOADER_GRUB,
		[BOOT_PROXMOX_GRUB] = LOADER_GRUB,
		[BOOT_ENTRIES] = LOADER_SDBOOT,
		[BOOT_KERNEL_INSTALL] = LOADER_SDBOOT,
		[BOOT_SDBOOT_MANAGE] = LOADER_SDBOOT,
		[BOOT_SDBOOTUTIL] = LOADER_SDBOOT,
		[BOOT_UKI_MKINITCPIO] = LOADER_UKI,
		[BOOT_UKI_DRACUT] = LOADER_UKI,
		[BOOT_REFIND] = LOADER_REFIND,
		[BOOT_LIMINE] = LOADER_LIMINE,
		[BOOT_LIMINE_TOOL] = LOADER_LIMINE,
	};

	return loaders[chain];
}

static bool choose_chain(struct boot_judge *judge, const char *name)
{
	for (unsigned i = BOOT_UNCERTAIN + 1; i < BOOT_CHAINS; i++) {
		if (strcmp(boot_chain_name(i), name) != 0)
			continue;
		boot_chain_of(judge, loader_of(i)); /* for what belongs to it */
		judge->boot->uncertain = NULL;
		judge->boot->chain = (enum boot_chain)i;
		return true;
	}
	return false;
}

bool boot_choose(struct host *host, const char *name)
{
	g_autoptr(GPtrArray) evidence = g_ptr_array_new();
	struct boot_judge judge = { host, &host->boot, evidence };

	host->boot.uncertain = NULL;
	boot_note(&judge, "chosen by hand: %s", name);
	if (!choose_family(&judge, name) && !choose_chain(&judge, name))
		return false;
	keep_evidence(&judge);
	return host->boot.chain != BOOT_UNCERTAIN;
}
