/* What cmdline_plan.c (a row for each chain) and fallback.c (a way back in the loader's menu)
 * share. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "edit/edit.h"
#include "model/binding.h"
#include "model/host.h"
#include "plan/plan.h"

/* In titles of entries that do so. */
#define WITHOUT_TITLE "without vfiokit"

/* What names of our entries begin with in systemd-boot's folder: see fallback_is_aside(). */
#define SDBOOT_OWN "0-vfiokit-"

struct cmdline_job {
	const struct host *host;
	const struct boot *boot;
	struct plan *plan;
	const GPtrArray *add;    /* of const char *; NULL: none */
	const GPtrArray *remove; /* the same */
	bool way_back;           /* see struct cmdline_request */
	bool kept;               /* the entry without our changes starts from copies */
	bool changed;            /* a file is changed, so what is made of it must be made anew */
};

bool job_is_empty(const struct cmdline_job *job);

/* Words with blanks between them; the caller's. */
char *job_words(const GPtrArray *words);

/* Adds a refusal that says what to do by hand. False. */
bool job_refuse(struct cmdline_job *job, const char *id, const char *subject, const char *what);

/* Adds a step that changes path from old (NULL: not there) to text; nothing when they are equal.
 * why: NULL stands for the words of the job. True. */
bool job_put_file(struct cmdline_job *job, const char *path, const char *old, const char *text,
		  const char *why);

/* The same with the words of the job put in and taken out. otherwise: what a file that is not there
 * is made from; NULL: it must be there. False with a refusal. */
bool job_edit_file(struct cmdline_job *job, const char *path, const struct edit_place *place,
		   const char *otherwise);

/* The same from a text that is not old itself. */
bool job_edit_text(struct cmdline_job *job, const char *path, const char *old, const char *from,
		   const struct edit_place *place);

void job_run(struct cmdline_job *job, const char *const *argv, const char *const *undo,
	     const char *why);

/* Do the drop-ins of /etc/cmdline.d have the word? */
bool dropin_has(const struct boot *boot, const char *word);

/* ---- the way back ---- */

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

/* The text of an entry (at path) that boots without our changes, with copies in place of what
 * building images anew writes in place; adds the steps that make them, or the warning "no-copy".
 * The same text where nothing is at risk. The caller's. */
char *kept_entry(struct cmdline_job *job, const char *entry, const char *text);

/* The same for a menu that is not made of entries: the name of the running kernel's initramfs,
 * whose copy has KEPT_OWN in front of it. NULL: nothing is at risk, or it cannot be kept. Not
 * owned. */
const char *kept_initramfs(struct cmdline_job *job);
#define KEPT_OWN "vfiokit-"

/* Is the entry at path such a copy? */
bool fallback_is_copy(const char *path);

/* rEFInd and Limine: the first entry is changed, and one without the change is in the menu. */
bool fallback_refind(struct cmdline_job *job);
bool fallback_limine(struct cmdline_job *job);

/* Where a tool owns the entries: says how to boot without the change. */
void fallback_hint(struct cmdline_job *job);
