/* A change that is tried for one boot before it lasts. Pure.
 *
 * The loader gets an entry of its own, a copy of the one that boots now with the parameters of the
 * change and "vfiokit=trial", and is told to boot it once. What binds early acts only where that
 * word is on the command line. So every other start, and the one after a trial that did not come
 * up, is that of before, by itself. The unit of persist.h looks at the end of the boot whether all
 * went well; if so the trial is taken back and its command is run without --trial. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/host.h"
#include "plan/plan.h"

#define TRIAL_PATH "/etc/vfiokit/trial"
#define TRIAL_WORD "vfiokit=trial"

/* Nothing is owned. */
struct trial_request {
	const GPtrArray *words; /* parameters of the kernel (of const char *); NULL: none more */
	const char *const
		*argv;        /* the command that makes it last, without the program; ends NULL */
	const char *grub_cfg; /* GRUB: the text of host.boot.grub_cfg; NULL: not readable */
	const char *mounts;   /* the text of /proc/self/mountinfo; NULL: not readable */
	bool installed;       /* the unit is there to say that it went well */
};

/* Adds the steps: to be the last of a plan. False with the refusal "trial-impossible" where the
 * loader cannot be told so, or could not forget it: it would start the trial again and again. The
 * host must have been probed with PROBE_BOOT. */
bool trial_plan(const struct host *host, const struct trial_request *request, struct plan *plan);

/* The words of a command that a record of a trial holds; NULL when it holds none. */
char **trial_argv(const char *text);

/* The parameters of the kernel that the entry of a trial adds to those of before, by blanks; NULL:
 * it is no such entry. The caller's. */
char *trial_entry_words(const char *entry);

/* ---- parts, for tests ---- */

/* The entry for GRUB, made from the first of its menu; NULL where that has not the usual form. */
char *trial_grub_entry(const char *grub_cfg, const GPtrArray *words);

/* The same of systemd-boot. */
char *trial_entry(const char *entry, const GPtrArray *words);

/* Is what is mounted at path on a plain partition, in a file system that GRUB writes? */
bool trial_is_plain(const char *mounts, const char *path);
