/* What really boots this machine: distribution, initramfs generator, kernels, boot loader, and the
 * files that they are configured by.
 *
 * probe/boot.c reads the files of a table and the EFI variables of the loader; boot_judge() decides
 * from them, pure, which chain of tools leads from a configuration file to the kernel's command
 * line, and says why. Nothing is guessed: where two chains are possible, or where the file that a
 * chain would edit does not hold what is on the command line now, the chain is BOOT_UNCERTAIN. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/tri.h"

struct host;

/* /etc/os-release (or /usr/lib/os-release); NULL: not known. */
struct os_release {
	const char *id;      /* "debian" */
	const char *id_like; /* "rhel fedora" */
	const char *version; /* VERSION_ID, "12"; rolling distributions have none */
	const char *name;    /* PRETTY_NAME */
};

enum package_manager {
	PACKAGES_UNKNOWN,
	PACKAGES_APT,
	PACKAGES_DNF,
	PACKAGES_PACMAN,
	PACKAGES_ZYPPER,
	PACKAGES_RPM_OSTREE,
	PACKAGES_NIX,
	PACKAGES_APK,
	PACKAGES_XBPS,
	PACKAGES_PORTAGE,
};

enum initramfs {
	INITRAMFS_UNKNOWN, /* none of those below was found, or two that exclude each other */
	INITRAMFS_TOOLS,   /* initramfs-tools */
	INITRAMFS_DRACUT,
	INITRAMFS_MKINITCPIO,
	INITRAMFS_BOOSTER,
	INITRAMFS_NIXOS,
};

/* How parameters come onto the kernel's command line. */
enum boot_chain {
	BOOT_UNCERTAIN,
	BOOT_NIXOS,          /* boot.kernelParams */
	BOOT_OSTREE,         /* rpm-ostree kargs */
	BOOT_PROXMOX,        /* /etc/kernel/cmdline, proxmox-boot-tool refresh */
	BOOT_PROXMOX_GRUB,   /* GRUB's files, proxmox-boot-tool refresh */
	BOOT_KERNELSTUB,     /* kernelstub -a */
	BOOT_GRUB_DROPIN,    /* /etc/default/grub.d/, update-grub */
	BOOT_GRUB,           /* /etc/default/grub, grub-mkconfig or grub2-mkconfig */
	BOOT_GRUB_BLS,       /* grubby */
	BOOT_SDBOOTUTIL,     /* /etc/kernel/cmdline, sdbootutil */
	BOOT_SDBOOT_MANAGE,  /* /etc/sdboot-manage.conf, sdboot-manage gen */
	BOOT_KERNEL_INSTALL, /* /etc/kernel/cmdline, kernel-install: entries or UKIs */
	BOOT_ENTRIES,        /* entries of systemd-boot written by hand */
	BOOT_UKI_MKINITCPIO, /* /etc/cmdline.d or /etc/kernel/cmdline, mkinitcpio -P */
	BOOT_UKI_DRACUT,     /* kernel_cmdline of dracut.conf.d, dracut */
	BOOT_REFIND,         /* /boot/refind_linux.conf */
	BOOT_LIMINE_TOOL,    /* /etc/default/limine, limine-update */
	BOOT_LIMINE,         /* limine.conf, by hand */
	BOOT_CHAINS,
};

/* A file that was looked for; a program by its name alone, wherever the system keeps programs. */
struct boot_file {
	const char *path; /* "/etc/default/grub", "grubby" */
	const char *text; /* NULL: not read */
	int error;        /* 0; ENOENT: not there; EACCES: not for us; ENODATA: there, and only that
			   * was asked */
};

/* An installed kernel: a folder of /lib/modules that holds modules. */
struct boot_kernel {
	const char *release;
	const char *image;     /* path; NULL: none found by the names that are in use */
	const char *initramfs; /* path; NULL: none found */
	enum tri vfio_builtin; /* vfio-pci is in the kernel itself */
	bool running;

	/* PROBE_IMAGES: names in the initramfs that have "vfio" in them, without a leading "/";
	 * NULL: not asked, or not known */
	const char *const *vfio_names;
	unsigned n_vfio_names;
	const char *image_error; /* why they are not known; NULL */
	unsigned image_seconds;  /* that looking into it would take: not done; 0 */
};

/* A file that a loader starts: a kernel, an initramfs, both in one. */
struct boot_image {
	const char *path;
	int size; /* MiB, rounded up; -1: not known */
	int room; /* MiB that are free in its file system, rounded down; -1: not known */
};

struct boot {
	bool probed; /* else all below is not known */
	struct os_release os;
	enum package_manager packages;
	enum initramfs initramfs;
	bool update_initramfs; /* there is such a command, whoever made it */
	enum boot_chain chain;
	const char *entry;       /* BOOT_ENTRIES: path of the entry in use */
	const char *grub_cfg;    /* GRUB: the file that is generated; NULL: not known */
	const char *uncertain;   /* BOOT_UNCERTAIN: why, one sentence */
	const char *limine_conf; /* Limine: its file; NULL: none found */

	/* EFI variables of the Boot Loader Interface (systemd.io); NULL: not set, or no EFI */
	const char *loader_info;    /* "systemd-boot 255", "GRUB 2.12" */
	const char *stub_info;      /* "systemd-stub 255": a unified kernel image runs */
	const char *entry_selected; /* "arch.conf" */

	const char **evidence; /* for people: what was found, one line each */
	unsigned n_evidence;
	const struct boot_kernel *kernels; /* sorted by release */
	unsigned n_kernels;
	const struct boot_file *files; /* sorted by path */
	unsigned n_files;
	const struct boot_image *images; /* that are there; none unless boot_is_in_place() */
	unsigned n_images;
};

/* What was found at path; NULL when it was never looked for. */
const struct boot_file *boot_file_find(const struct boot *boot, const char *path);

/* Is there something at path? TRI_UNKNOWN: not looked for, or it may not be looked at. */
enum tri boot_has(const struct boot *boot, const char *path);

/* The text of a file; NULL when there is none, or it could not be read. */
const char *boot_text(const struct boot *boot, const char *path);

/* The next file whose path matches pattern ('*' also stands for slashes), *index is where to go on,
 * 0 at first; NULL at the end. */
const struct boot_file *boot_match(const struct boot *boot, const char *pattern, unsigned *index);

/* The loader's entry that was started, by the name that systemd-boot gave; NULL: not known, or not
 * there under that name. */
const struct boot_file *boot_started_entry(const struct boot *boot);

/* The next line of a loader's entry that names such a file ("initrd /initramfs.img"): value is the
 * name, in *cursor. False at the end. */
bool boot_entry_next(const char **cursor, const char **value, size_t *length);

/* Where that is: the folder that holds entry's "loader/entries", and the name. The caller's. */
char *boot_entry_path(const char *entry, const char *value, size_t length);

/* NULL: it is not there, or was not looked for. */
const struct boot_image *boot_image_find(const struct boot *boot, const char *path);

/* Is one of these files written in place when images are built anew? So a power cut then leaves
 * half of it: dracut copies the new image over the old one (dracut.sh), mkinitcpio packs it into
 * its place (build_image()); kernel-install and kernelstub copy all of an entry's files
 * (90-loaderentry.install). update-initramfs and booster rename. */
bool boot_is_in_place(const struct boot *boot);
bool boot_copies_all(const struct boot *boot);

/* Does os-release name one of these families, as ID or in ID_LIKE? */
bool os_is(const struct os_release *os, const char *family);

/* Fills what follows from the files and variables: packages, initramfs, chain, evidence. */
void boot_judge(struct host *host);

/* The user knows better: takes the chain called so, or the one that fits this machine of the family
 * called so ("grub", "systemd-boot", "uki", "limine", "proxmox"), without comparing it with the
 * command line. False where there is no such name, or nothing of that family fits; the chain is
 * then uncertain, and boot.uncertain says why. */
bool boot_choose(struct host *host, const char *name);

/* "grub-dropin", "kernel-install", … as in --boot=CHAIN; for BOOT_UNCERTAIN "uncertain". */
const char *boot_chain_name(enum boot_chain chain);
/* In words: "GRUB, with a drop-in file". */
const char *boot_chain_words(enum boot_chain chain);

/* "dracut", "initramfs-tools", …; "not known". */
const char *initramfs_name(enum initramfs initramfs);

/* The file of vfiokit's that tells this generator what to take in; NULL: it takes in neither files
 * nor modules by one. */
const char *initramfs_own_file(enum initramfs initramfs);
