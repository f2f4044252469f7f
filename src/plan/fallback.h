/* An entry of the loader's menu that boots without our changes: the way back. */
#pragma once

#include "plan/cmdline_job.h"

/* In titles of entries that do so. */
#define WITHOUT_TITLE "without vfiokit"

/* What names of our entries begin with in systemd-boot's folder: see fallback_is_aside(). */
#define SDBOOT_OWN "0-vfiokit-"

/* GRUB: a script in /etc/grub.d that writes an entry without what this program added. */
bool fallback_grub(struct cmdline_job *job);

/* systemd-boot: a copy of the entry in use, of a chain whose entries people write; and of
 * kernelstub's, which keeps one entry for whatever kernel is the newest. */
bool fallback_entry(struct cmdline_job *job);
bool fallback_kernelstub(struct cmdline_job *job);

/* systemd-boot with unified kernel images: an entry that hands one of them the parameters of now,
 * which the stub in it takes in place of its own where Secure Boot is off (systemd-stub(7); stub.c:
 * use_load_options()). */
bool fallback_image(struct cmdline_job *job);

/* Does systemd-boot never choose an entry by itself whose name begins with "0-"? */
bool fallback_is_aside(const struct boot *boot);

/* GRUB with boot loader entries, after grubby was told words: a copy of the running kernel's entry;
 * one that was made before stays without the words. */
bool fallback_bls(struct cmdline_job *job, const char *words);

/* kernel-install: a copy of the running kernel's entry, of which it knows nothing. */
bool fallback_installed(struct cmdline_job *job);

/* Is the entry at path such a copy? */
bool fallback_is_copy(const char *path);

/* rEFInd and Limine: the first entry is changed, and one without the change is in the menu. */
bool fallback_refind(struct cmdline_job *job);
bool fallback_limine(struct cmdline_job *job);

/* Is there an entry of ours in a menu, from a change that is not undone? */
bool fallback_is_there(const struct boot *boot);

/* Where a tool owns the entries: says how to boot without the change. */
void fallback_hint(struct cmdline_job *job);
