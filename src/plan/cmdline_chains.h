/* What each chain of boot tools does with parameters: a function for each, of which cmdline_plan.c
 * has the table. False with a refusal. */
#pragma once

#include "plan/cmdline_job.h"

/* GRUB: grub-mkconfig, and where proxmox-boot-tool copies what it makes. */
bool chain_grub(struct cmdline_job *job);
bool chain_proxmox_grub(struct cmdline_job *job);

/* Tools that are told the words. */
bool chain_grubby(struct cmdline_job *job);
bool chain_ostree(struct cmdline_job *job);
bool chain_kernelstub(struct cmdline_job *job);

/* /etc/kernel/cmdline. */
bool chain_proxmox(struct cmdline_job *job);
bool chain_sdbootutil(struct cmdline_job *job);
bool chain_kernel_install(struct cmdline_job *job);

/* Unified kernel images. */
bool chain_uki_mkinitcpio(struct cmdline_job *job);
bool chain_uki_dracut(struct cmdline_job *job);

/* Menus that people write, or a tool from one file of theirs (rEFInd's and Limine's: fallback.h).
 */
bool chain_sdboot_manage(struct cmdline_job *job);
bool chain_entries(struct cmdline_job *job);
bool chain_limine_tool(struct cmdline_job *job);

/* ---- shared by some ---- */

/* The first line of a file that says something. */
extern const struct edit_place chain_first_line;

/* Words go into /etc/kernel/cmdline, which is made where there is none. */
bool chain_edit_cmdline(struct cmdline_job *job);

/* Has proxmox-boot-tool write the menus anew, where something has changed. */
void chain_refresh_proxmox(struct cmdline_job *job);
